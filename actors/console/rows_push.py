"""``majlis rows push``, with its progress bar."""

from __future__ import annotations

from actors.sheets.push import PushReport, push
from actors.system.settings import Settings


def push_rows(settings: Settings, *, terminal: bool) -> PushReport:
    """Push the folder's rows.

    Args:
        settings: the data folder and the section ``sheets``.
        terminal: whether a progress bar is shown.

    Returns:
        the report.

    Raises:
        SheetsError: it cannot begin, or needs a person.
    """
    if not terminal:
        return push(settings.folder, settings.sheets)
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rows", total=None)
        return push(
            settings.folder, settings.sheets, lambda done, total: progress.update(task, completed=done, total=total)
        )
