"""The lookup tables as they lie in the data folder: how many rows, how old, and which of them cannot be used."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SHOWN = 5
"""Rows that cannot be used are told one by one up to so many."""


def kept_tables(folder: Path) -> dict[str, dict[str, Any]]:
    """Look at the tables that are there, whoever wrote them: the Google Sheets sink or ``majlis gallery import``.

    Args:
        folder: the data folder.

    Returns:
        for each table its ``rows`` (blank ones are none), ``age_s`` since it last changed, ``unusable`` rows and the
        first ``problems`` of them, and its ``trouble`` where nothing of it can be used.
    """
    from actors.sheets.lookup_files import TABLES, lookup_file

    tables = {}
    for table in TABLES:
        path = lookup_file(folder, table)
        try:
            age_s = round(max(0.0, time.time() - path.stat().st_mtime), 1)
        except OSError:
            continue
        tables[table] = {**_look(path, table), "age_s": age_s}
    return tables


def add_kept(told: Mapping[str, Mapping[str, Any]], kept: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Put what the sink tells of its tables and what lies in the data folder together.

    Args:
        told: by table, of the sink; empty where it reads none.
        kept: of the data folder, see :func:`kept_tables`.

    Returns:
        the facts by table; what the sink knows wins.
    """
    bare: dict[str, Any] = {"worksheet": "", "rows": None, "age_s": None, "trouble": "", "unusable": 0, "problems": []}
    found: dict[str, dict[str, Any]] = {}
    for table in dict.fromkeys((*told, *kept)):
        here, there = kept.get(table, {}), told.get(table, {})
        trouble = "; ".join(dict.fromkeys(filter(None, (str(each.get("trouble") or "") for each in (there, here)))))
        known = {name: value for name, value in there.items() if value is not None}
        found[table] = {**bare, **here, **known, "trouble": trouble}
    return found


def _look(path: Path, table: str) -> dict[str, Any]:
    from actors.sheets.lookup_files import by_field, read_lookup
    from actors.whatsapp.errors import InventoryError
    from actors.whatsapp.inventory import Inventory

    try:
        read = read_lookup(path)
    except (OSError, ValueError) as error:
        return {"rows": None, "unusable": 0, "problems": [], "trouble": str(error)}
    problems, trouble = list(read.problems), ""
    if table == "properties":
        try:
            problems += Inventory.from_rows(map(by_field, read.rows)).problems
        except InventoryError as error:
            trouble = f"nothing of it is offered: {error}"
    rows = sum(map(bool, read.rows))
    return {"rows": rows, "unusable": len(problems), "problems": problems[:SHOWN], "trouble": trouble}
