"""The manifest of a model folder: which files belong to it, their hashes, and how good they were when made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from actors.language.errors import LanguageError
from actors.language.hybrid_encoder import ARABIC, ENGLISH

FORMAT: Final = 1
NAME: Final = "manifest.json"
REDUCED_FILES: Final = ("static.npy", "static_tokenizer.json", "quick.npz", "mixing.json")
FULL_FILES: Final = (*ENGLISH.all(), *ARABIC.all(), "ordinary.txt")


class ModelFileError(LanguageError, ValueError):
    """A model file is missing, damaged, or not the one that the manifest names; the message says which."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model folder holds.

    Attributes:
        files: sha256 hex digest of each file.
        versions: of the libraries and the corpus that made them.
        scores: by cross-validation and on held-out text, as ``training`` reports them.
        format: of the folder.
    """

    files: dict[str, str]
    versions: dict[str, str] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def full(self) -> bool:
        """Whether the models of the full tier are there."""
        return all(name in self.files for name in FULL_FILES)


def digest(path: Path) -> str:
    """Hash a file.

    Args:
        path: of the file.

    Returns:
        its sha256 as hex digits.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write(folder: Path, names: tuple[str, ...], versions: dict[str, str], scores: dict[str, Any]) -> Manifest:
    """Hash the files of a folder and write its manifest, last.

    Args:
        folder: the model folder.
        names: files that belong to it.
        versions: of what made them.
        scores: how good they are.

    Returns:
        the manifest.

    Raises:
        OSError: a file cannot be read or the manifest not written.
    """
    manifest = Manifest({name: digest(folder / name) for name in names}, versions, scores)
    content = {"format": FORMAT, "versions": versions, "files": manifest.files, "scores": scores}
    part = folder / (NAME + ".part")
    part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(folder / NAME)
    return manifest


def read(folder: Path) -> Manifest:
    """Read a manifest without checking the files.

    Args:
        folder: the model folder.

    Returns:
        the manifest.

    Raises:
        ModelFileError: it is missing or malformed.
    """
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        manifest = Manifest(
            {str(k): str(v) for k, v in content["files"].items()},
            dict(content.get("versions", {})),
            dict(content.get("scores", {})),
            int(content["format"]),
        )
    except FileNotFoundError as error:
        raise ModelFileError(
            f"no models in {folder}: {NAME} is missing; `majlis train --out {folder}` makes them"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelFileError(f"{path} is damaged: {error}") from error
    if manifest.format != FORMAT:
        raise ModelFileError(f"{path} has format {manifest.format}, this program reads {FORMAT}")
    return manifest


def verify(folder: Path, names: tuple[str, ...]) -> Manifest:
    """Check files against the manifest before anything is loaded from them.

    Args:
        folder: the model folder.
        names: the files that will be loaded.

    Returns:
        the manifest.

    Raises:
        ModelFileError: the manifest or a file is missing, damaged or another one; named.
    """
    manifest = read(folder)
    for name in names:
        if name not in manifest.files:
            raise ModelFileError(f"{folder / NAME} does not list {name}")
        try:
            found = digest(folder / name)
        except OSError as error:
            raise ModelFileError(f"model file {folder / name} cannot be read: {error}") from error
        if found != manifest.files[name]:
            raise ModelFileError(f"model file {folder / name} is damaged or does not match its manifest")
    return manifest
