"""What an operator can do where models cannot be used."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

from actors.language.gazetteer.load import FILES_VARIABLE, GazetteerError
from actors.language.hub_models import HubModelError
from actors.language.models_manifest import ModelFileError
from actors.language.tagger.flair_names import FlairModelError

_OFFLINE: Final = "HF_HUB_OFFLINE"
_HUB: Final = "https://huggingface.co"
_REACH_S: Final = 5.0


def remedy_of(error: BaseException, models: Path | None) -> str:
    """Tell what helps against an error of loading.

    Args:
        error: what was raised; what it was raised from counts too.
        models: the model folder, where one is configured.

    Returns:
        a sentence or a command; "" where there is nothing to say.
    """
    while not isinstance(error, (GazetteerError, HubModelError, FlairModelError, ModelFileError)):
        if error.__cause__ is None:
            return 'set language.engine = "rules" to work without models' if isinstance(error, ImportError) else ""
        error = error.__cause__
    if isinstance(error, GazetteerError):
        return f"mend that line, or take the file out of {FILES_VARIABLE}"
    if isinstance(error, (HubModelError, FlairModelError)):
        flair = isinstance(error, FlairModelError)
        names = "understanding.flair_model" if flair else "understanding.names_model or understanding.sentiment_model"
        return (
            f"correct {names}, or empty it for the project's own model; a name on the hub needs internet at the first "
            "load (and HF_HUB_OFFLINE not set), a path does not"
        )
    return f"majlis train --quick --out {shlex.quote(str(models))}" if models is not None else "majlis train --quick"


def spare_retries(names: Sequence[str]) -> None:
    """Where the model hub cannot be reached, make its library look only at what was loaded before.

    Left to itself it tries each file of a model six times, which takes a minute; a worker has to be ready by then.

    Args:
        names: of models, or paths.
    """
    on_hub = [name for name in names if name and not Path(name).exists()]
    if not on_hub or os.environ.get(_OFFLINE, "0").upper() in {"1", "ON", "YES", "TRUE"}:
        return
    import httpx

    try:
        httpx.head(os.environ.get("HF_ENDPOINT") or _HUB, timeout=_REACH_S)
    except (httpx.HTTPError, httpx.InvalidURL):
        os.environ[_OFFLINE] = "1"
        constants = sys.modules.get("huggingface_hub.constants")  # it read the variable when it was imported
        if constants is not None:
            constants.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the model libraries' own lines off the terminal, such as each try to reach the hub: the error says it."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            yield
    finally:
        logging.disable(before)
