"""Reads the dialogues written for these tests."""

from __future__ import annotations

from pathlib import Path

from actors.language.evaluate_flow import Dialogue, Turn


def read_file(path: Path) -> list[Dialogue]:
    dialogues: list[Dialogue] = []
    for number, block in enumerate(path.read_text(encoding="utf-8").split("\n\n")):
        turns = []
        for line in block.strip().splitlines():
            if line.startswith("#"):
                continue
            mark, _, text = line.partition(" ")
            turns.append(Turn("system", text, None) if mark == "S" else Turn("user", text, mark == "U*"))
        dialogues.append(Dialogue(f"own-{number}", tuple(turns)))
    return dialogues
