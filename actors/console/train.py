"""`majlis train`: make the model folder from the corpus."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from actors.language.settings import DEFAULT_MODELS

app = typer.Typer(add_completion=False)


@app.command(name="train", help="Train the models of understanding from the corpus and write the model folder.")
def train(
    out: Annotated[Path, typer.Option(help="Model folder to write.")] = DEFAULT_MODELS,
    quick: Annotated[bool, typer.Option("--quick", help="Use the kept encoders: two minutes, not an hour.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Replace the kept artefacts of the project.")] = False,
    kept_encoder: Annotated[
        bool, typer.Option("--kept-encoder", help="Use the kept encoder; train tagger and mixing weights on it.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads of every library.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of every source of chance.")] = 1,
    epochs: Annotated[int, typer.Option(min=0, max=50, help="Passes over the corpus; 0: each encoder's own.")] = 0,
    average_with: Annotated[
        Path | None, typer.Option(help="Take the mean with the encoder layers of an earlier training in this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest's scores as JSON.")] = False,
) -> None:
    """Train and write the model folder.

    Args:
        out: the model folder.
        quick: take the kept encoder, tagger and mixing weights.
        keep: replace what a quick training takes.
        kept_encoder: take the kept encoder, train the rest.
        threads: of every library.
        seed: of every source of chance.
        epochs: of the encoders in a full training; their own numbers where 0.
        average_with: folder with an earlier training's layers.
        as_json: print the scores for programs.

    Raises:
        Exit: 1 where the training failed.
    """
    from actors.language.errors import LanguageError
    from actors.language.training import run

    plan = run.TrainPlan(out, quick, keep, kept_encoder, threads, seed, epochs, average_with)
    err = Console(stderr=True)
    try:
        manifest = run.train(plan, lambda line: err.print(line, markup=False, highlight=False))
    except (LanguageError, OSError, ImportError) as error:
        err.print(f"majlis train: {error}", markup=False, highlight=False)
        raise typer.Exit(1) from error
    if as_json:
        sys.stdout.write(json.dumps({"files": manifest.files, "scores": manifest.scores}, ensure_ascii=False) + "\n")
    else:
        Console().print_json(data=manifest.scores)


command = typer.main.get_command(app)
