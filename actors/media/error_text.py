"""Write what a library says of a file without saying where the file lies here."""

from __future__ import annotations

import re
from pathlib import Path

_MOST_CHARS = 200
_OBJECT = re.compile(r"\s*'?<[\w.]+[^<>]*(?:object at|name=)[^<>]*>'?")


def error_text(error: BaseException, path: Path) -> str:
    """Write an error as one line for a row.

    Args:
        error: of a library.
        path: of the file that it was reading; neither it nor a part of it comes into the text.

    Returns:
        one line without paths, at most 200 characters; the error's kind where nothing else is left.
    """
    text = str(error)
    for told in (repr(str(path)), f'"{path}"', str(path)):
        text = text.replace(told, "the file")
    folder = str(path.parent)
    if len(folder) > 1:
        text = text.replace(folder, "")
    text = re.sub(r"\bfile the file\b", "the file", _OBJECT.sub(" the file", text))
    text = " ".join(text.split())
    return text[:_MOST_CHARS] or type(error).__name__
