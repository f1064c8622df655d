"""Write small PDF files from text, rules and form fields (ISO 32000-1), for measurements and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_PAGE = (595, 842)


def text_pdf(
    pages: Sequence[Sequence[str]],
    table: Sequence[Sequence[str]] = (),
    form: Mapping[str, str] | None = None,
) -> bytes:
    """Write a PDF.

    Args:
        pages: lines of each page, Latin-1.
        table: rows of a ruled table on the last page.
        form: filled text fields.

    Returns:
        the file.
    """
    objects: list[bytes] = [b"", b""]  # the catalog and the page tree come when their children are known
    font = _add(objects, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    fields = [
        _add(
            objects,
            b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (%s) /V (%s) /Rect [60 %d 300 %d] /F 4 >>"
            % (_escaped(name), _escaped(value), 100 + 30 * place, 120 + 30 * place),
        )
        for place, (name, value) in enumerate((form or {}).items())
    ]
    kids = []
    for number, lines in enumerate(pages):
        last = number == len(pages) - 1
        stream = _page_stream(lines, table if last else ())
        content = _add(objects, b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        notes = b" /Annots [%s]" % b" ".join(b"%d 0 R" % field for field in fields) if last and fields else b""
        kids.append(
            _add(
                objects,
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R"
                b" /Resources << /Font << /F1 %d 0 R >> >>%s >>" % (*_PAGE, content, font, notes),
            )
        )
    acroform = b" /AcroForm << /Fields [%s] >>" % b" ".join(b"%d 0 R" % field for field in fields) if fields else b""
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R%s >>" % acroform
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    return _file(objects)


def _add(objects: list[bytes], body: bytes) -> int:
    objects.append(body)
    return len(objects)


def _escaped(text: str) -> bytes:
    return text.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _page_stream(lines: Sequence[str], table: Sequence[Sequence[str]]) -> bytes:
    parts = [b"BT /F1 11 Tf 14 TL 60 790 Td"]
    parts += [b"(%s) Tj T*" % _escaped(line) for line in lines]
    parts.append(b"ET")
    top = 780 - 14 * len(lines)
    columns = max((len(row) for row in table), default=0)
    width = 475 // columns if columns else 0
    for place, row in enumerate(table):
        y = top - 20 * (place + 1)
        for column, cell in enumerate(row):
            x = 60 + width * column
            parts.append(b"%d %d %d 20 re S" % (x, y, width))
            parts.append(b"BT /F1 9 Tf %d %d Td (%s) Tj ET" % (x + 4, y + 6, _escaped(cell)))
    return b"\n".join(parts)


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
