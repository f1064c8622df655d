"""Read RTF (Rich Text Format, version 1.9): its text, without its codes."""

from __future__ import annotations

import re
from pathlib import Path

from actors.media.content import Content
from actors.media.errors import UnreadableError
from actors.media.settings import MIB, MediaSettings

_MOST_BYTES = 32 * MIB
_MOST_DEPTH = 1000
_TOKEN = re.compile(
    r"\\(?P<word>[a-z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-f]{2})|\\(?P<sign>[^a-z])|(?P<brace>[{}])"
    r"|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.IGNORECASE,
)
# Groups that hold something other than the document's text.
_NOT_TEXT = frozenset(
    {
        "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "objdata", "themedata", "colorschememapping",
        "datastore", "latentstyles", "listtable", "listoverridetable", "revtbl", "rsidtbl", "generator", "xmlnstbl",
        "fldinst", "header", "footer", "headerl", "headerr", "headerf", "footerl", "footerr", "footerf", "filetbl",
        "mmathpr", "pgptbl", "bkmkstart", "bkmkend", "annotation", "atnid", "atnauthor", "atrfstart", "atrfend",
    }
)  # fmt: skip
_SIGNS = {
    "par": "\n", "line": "\n", "page": "\n", "sect": "\n", "row": "\n", "cell": "\t", "nestcell": "\t", "tab": "\t",
    "nestrow": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "bullet": "•", "emspace": " ", "enspace": " ", "~": "\xa0", "_": "-", "\\": "\\", "{": "{", "}": "}", "\n": "\n",
}  # fmt: skip


class _Group:
    """What holds in a group until it ends: whether its text is the document's, and how Unicode is written."""

    def __init__(self, *, silent: bool, skip: int) -> None:
        self.silent = silent
        self.skip = skip  # signs after a Unicode one that stand for it in readers that know none
        self.started = False


def read_rtf(path: Path, settings: MediaSettings) -> Content:
    """Read an RTF file.

    Args:
        path: the file.
        settings: bounds.

    Returns:
        its content: text, the cells of its tables separated by tabs.

    Raises:
        UnreadableError: it is damaged.
    """
    with path.open("rb") as stream:
        data = stream.read(_MOST_BYTES + 1)
    content = Content("rtf")
    if len(data) > _MOST_BYTES:
        content.notes.append(f"only the first {_MOST_BYTES // MIB} MiB were read")
    text, pictures, closed = rtf_text(data[:_MOST_BYTES].decode("latin-1"), settings.max_text_chars + 1)
    lines = (line.strip(" \0") for line in text.split("\n"))
    content.text = "\n".join(line for line in lines if line.strip())
    if pictures:
        content.notes.append(f"pictures and objects in it were not read ({pictures})")
    if not closed:
        content.notes.append("it is cut off or damaged; what is there was read")
    return content


def rtf_text(source: str, most_chars: int) -> tuple[str, int, bool]:
    """Take the text out of RTF.

    Args:
        source: the file, a sign for each byte.
        most_chars: of the text; the rest is left.

    Returns:
        the text, how many pictures and objects it holds, and whether all its groups are closed.

    Raises:
        UnreadableError: its groups are nested without end.
    """
    walk = _Walk()
    for token in _TOKEN.finditer(source):
        walk.take(token)
        if walk.ended or walk.length > most_chars:
            break
    walk.flush()
    text = "".join(walk.parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text[:most_chars], walk.pictures, walk.ended or walk.length > most_chars


class _Walk:
    """Gathers the text of an RTF file, token by token."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.pictures = 0
        self.ended = False
        self._pending = bytearray()
        self._groups = [_Group(silent=False, skip=1)]
        self._encoding = "cp1252"
        self._skipping = 0

    def take(self, token: re.Match[str]) -> None:
        """Take one token."""
        group = self._groups[-1]
        if token["brace"]:
            self._brace(token["brace"], group)
            return
        first, group.started = not group.started, True
        word = (token["word"] or "").lower()
        if token["sign"] == "*" and first:
            group.silent = True
        elif word in _NOT_TEXT:
            self.pictures += word in {"pict", "object"} and not group.silent
            group.silent = True
        elif word == "ansicpg":
            self._encoding = _code_page(token["number"])
        elif word == "uc":
            group.skip = int(token["number"] or 1)
        elif not group.silent:
            self._text(token, word, group)

    def flush(self) -> None:
        """Decode the bytes that wait for more of a letter."""
        if self._pending:
            pending = self._pending.decode(self._encoding, "replace")
            self._pending.clear()
            self._put(pending)

    def _brace(self, brace: str, group: _Group) -> None:
        self._skipping = 0
        if brace == "{":
            if len(self._groups) > _MOST_DEPTH:
                raise UnreadableError("a damaged RTF file: its groups are nested without end")
            self._groups.append(_Group(silent=group.silent, skip=group.skip))
            return
        self.flush()
        if len(self._groups) > 1:
            self._groups.pop()
        self.ended = len(self._groups) == 1

    def _text(self, token: re.Match[str], word: str, group: _Group) -> None:
        if word == "u" and token["number"]:
            self._put(chr(int(token["number"]) % 65_536))
            self._skipping = group.skip
        elif token["hex"] is not None:
            if self._skipping:
                self._skipping -= 1
            else:
                self._pending.append(int(token["hex"], 16))
        elif word or token["sign"]:
            self._put(_SIGNS.get(word or token["sign"], ""))
        elif token["text"]:
            self._pending += token["text"][self._skipping :].encode("latin-1", "replace")
            self._skipping = max(0, self._skipping - len(token["text"]))

    def _put(self, text: str) -> None:
        self.flush()
        self.parts.append(text)
        self.length += len(text)


def _code_page(number: str | None) -> str:
    try:
        b"".decode(f"cp{number}")
    except LookupError:
        return "utf-8" if number == "65001" else "cp1252"
    return f"cp{number}"
