"""Read DOCX: all text that a reader of the document sees, in its order; the container is checked before.

python-docx opens the package; its paragraphs and tables leave out content controls, tracked insertions, text boxes and
nested tables, so the XML is walked here (ECMA-376, part 1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from actors.media.content import Content, table_of, table_text
from actors.media.error_text import error_text
from actors.media.errors import UnreadableError
from actors.media.packed import check_container
from actors.media.settings import MediaSettings

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_PICTURES = frozenset(
    {
        "{http://schemas.openxmlformats.org/drawingml/2006/main}blip",
        "{urn:schemas-microsoft-com:vml}imagedata",
    }
)
_MACRO_MAIN = (
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
)
# What is not text of the document: deleted or moved away, field codes, properties, what a text box falls back to.
_SKIPPED = frozenset(
    _W + name
    for name in (
        "del", "moveFrom", "delText", "instrText", "delInstrText", "pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr",
        "sdtPr", "sdtEndPr", "sectPr", "fldData", "ruby",
    )
) | {_MC + "Fallback"}  # fmt: skip
_BREAKS = {_W + "br": "\n", _W + "cr": "\n", _W + "tab": "\t", _W + "noBreakHyphen": "-"}
_CHANGES = (_W + "ins", _W + "del", _W + "moveFrom")
_MOST_SPAN = 64
_MARGINS = ("header", "first_page_header", "even_page_header", "footer", "first_page_footer", "even_page_footer")


class _Walk:
    """Gathers lines and tables of a document's parts."""

    def __init__(self, content: Content, most_rows: int) -> None:
        self.content = content
        self.lines: list[str] = []
        self.pictures = 0
        self.changes = False
        self._rows_left = most_rows
        self._cut = False

    def blocks(self, parent: Any) -> None:
        """Take the paragraphs and tables below an element, however they are wrapped."""
        for child in _children(parent):
            if child.tag == _W + "p":
                self._line(child)
            elif child.tag == _W + "tbl":
                self._table(child)
            else:
                self.changes |= child.tag in _CHANGES
                self.blocks(child)

    def _line(self, paragraph: Any) -> None:
        boxes: list[Any] = []
        text = self._text(paragraph, boxes).strip()
        if text:
            self.lines.append(text)
        for box in boxes:
            self.blocks(box)

    def _text(self, parent: Any, boxes: list[Any]) -> str:
        """Give the text of a paragraph; the text boxes that hang on it are left for after it."""
        parts: list[str] = []
        for child in parent:
            tag = child.tag
            self.changes |= tag in _CHANGES
            if tag in _SKIPPED:
                if tag == _W + "ruby":
                    base = _first(child, _W + "rubyBase")
                    parts.append("" if base is None else self._text(base, boxes))
                continue
            if tag == _W + "t":
                parts.append(child.text or "")
            elif tag in _BREAKS:
                parts.append(_BREAKS[tag])
            elif tag == _W + "sym":
                parts.append(" ")
            elif tag == _W + "txbxContent":
                boxes.append(child)
            elif isinstance(tag, str):
                self.pictures += tag in _PICTURES
                parts.append(self._text(child, boxes))
        return "".join(parts)

    def _table(self, element: Any) -> None:
        inner: list[Any] = []
        number = len(self.content.tables) + 1
        table = table_of(f"table {number}", self._rows(element, inner), self._rows_left)
        if table is not None:
            if self._rows_left > 0:
                self.content.tables.append(table)
            elif not self._cut:
                self._cut = True
                self.content.notes.append("not all tables were read")
            self._rows_left -= min(self._rows_left, 1 + len(table.rows))
            self.lines.append(table_text(table))
        for nested in inner:
            self._table(nested)

    def _rows(self, element: Any, inner: list[Any]) -> Iterator[list[str]]:
        above: dict[int, str] = {}
        for row in _wrapped(element, _W + "tr"):
            cells = [""] * _number(row, "trPr", "gridBefore", 0)
            for cell in _wrapped(row, _W + "tc"):
                merged = _first(_first(cell, _W + "tcPr"), _W + "vMerge")
                place = len(cells)
                goes_on = merged is not None and merged.get(_W + "val", "continue") == "continue"
                text = above.get(place, "") if goes_on else self._cell(cell, inner)
                above[place] = text
                cells += [text] + [""] * (_number(cell, "tcPr", "gridSpan", 1) - 1)
            yield cells

    def _cell(self, cell: Any, inner: list[Any]) -> str:
        texts: list[str] = []
        boxes: list[Any] = []
        waiting = deque(_children(cell))
        while waiting:
            child = waiting.popleft()
            if child.tag == _W + "p":
                texts.append(self._text(child, boxes))
                while boxes:
                    waiting.extend(_children(boxes.pop(0)))
            elif child.tag == _W + "tbl":
                inner.append(child)
            else:
                self.changes |= child.tag in _CHANGES
                waiting.extendleft(reversed(list(_children(child))))
        return " ".join(text for text in texts if text.strip())


def read_docx(path: Path, settings: MediaSettings) -> Content:
    """Read a Word document: paragraphs, tables and text boxes in their order, headers, footers and notes after them.

    Args:
        path: the file, with or without macros.
        settings: bounds.

    Returns:
        its content.

    Raises:
        MediaError: it is damaged, protected or too large.
    """
    notes = check_container(path, settings)
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    content = Content("python-docx", notes=list(notes))
    walk = _Walk(content, settings.max_table_rows)
    try:
        document = _opened(path)
        walk.blocks(document.element.body)
        seen = set(walk.lines)
        for part in _margins(document):
            before = len(walk.lines)
            walk.blocks(part)
            fresh = [line for line in walk.lines[before:] if line not in seen]
            seen |= set(fresh)
            walk.lines[before:] = fresh
        remarks = _footnotes(document, walk)
    except (OpcError, LxmlError, ValueError, KeyError, AttributeError, TypeError, OSError, RecursionError) as error:
        raise UnreadableError(f"not a readable Word document: {error_text(error, path)}") from error
    if walk.pictures:
        content.notes.append(f"pictures in it were not read ({walk.pictures})")
    if walk.changes:
        content.notes.append("it has tracked changes: what was inserted was read, what was deleted was not")
    if remarks:
        content.notes.append("its comments were not read")
    content.text = "\n".join(walk.lines)
    return content


def _opened(path: Path) -> Any:
    """Open a document; python-docx itself refuses those with macros and templates, whose text is written the same."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.part import PartFactory
    from docx.package import Package
    from docx.parts.document import DocumentPart

    for content_type in _MACRO_MAIN:
        PartFactory.part_type_for[content_type] = DocumentPart
    with path.open("rb") as stream:
        package = Package.open(stream)
    part = package.part_related_by(RELATIONSHIP_TYPE.OFFICE_DOCUMENT)
    if not isinstance(part, DocumentPart):
        raise UnreadableError("not a Word document")
    return part.document


def _margins(document: Any) -> Iterator[Any]:
    for section in document.sections:
        for name in _MARGINS:
            margin = getattr(section, name)
            if not margin.is_linked_to_previous:
                yield margin._element  # noqa: SLF001 - python-docx has no other way to the whole of it


def _footnotes(document: Any, walk: _Walk) -> bool:
    """Take foot- and endnotes, and tell whether there are comments."""
    from docx.oxml.parser import parse_xml

    remarks = False
    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if relation.is_external or kind not in {"footnotes", "endnotes", "comments"}:
            continue
        root = parse_xml(relation.target_part.blob)
        if kind == "comments":
            remarks |= len(root) > 0
            continue
        walk.blocks(root)
    return remarks


def _children(parent: Any) -> Iterator[Any]:
    """Give an element's children that may hold text."""
    return (child for child in parent if isinstance(child.tag, str) and child.tag not in _SKIPPED)


def _wrapped(parent: Any, wanted: str) -> Iterator[Any]:
    """Give the rows or cells of a table, also those in content controls and tracked insertions."""
    for child in _children(parent):
        if child.tag == wanted:
            yield child
        elif child.tag not in {_W + "tr", _W + "tc", _W + "p"}:
            yield from _wrapped(child, wanted)


def _first(parent: Iterable[Any] | None, tag: str) -> Any:
    return next((child for child in (() if parent is None else parent) if child.tag == tag), None)


def _number(parent: Any, properties: str, name: str, default: int) -> int:
    found = _first(_first(parent, _W + properties), _W + name)
    told = "" if found is None else found.get(_W + "val", "")
    return min(_MOST_SPAN, int(told)) if told.isdigit() else default
