"""Make the bundled example: ``python -m actors.whatsapp.example.make_example``.

The three chats are in the text files beside this script, with ``~`` for the left-to-right mark and ``>`` for the
right-to-left mark that WhatsApp writes. The picture and the PDF are drawn here. The voice note is
``voice-note.opus``; ``--voice`` makes it anew with espeak-ng, which has to be installed.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
VOICE = HERE / "voice-note.opus"
SPOKEN = (
    "Hello, this is Karim from Cedar Court. Nobody came this morning, and the air conditioner is still leaking. "
    "Please send somebody today, before five p m. Thank you."
)
SIGN = (
    ("FOR SALE", 92),
    ("Marina Crest Tower", 58),
    ("Unit 1204  -  2 bedrooms, 3 baths", 44),
    ("1,310 sqft  -  full sea view", 44),
    ("AED 2,150,000", 80),
    ("Palm & Dune Realty   04 555 0142", 42),
)
PRICE_LIST = (
    "Palm & Dune Realty - Price list, March 2026",
    "",
    "Unit   Project              Type         Size         Price",
    "1204   Marina Crest Tower   2 bedrooms   1,310 sqft   AED 2,150,000",
    "807    Marina Crest Tower   2 bedrooms   1,180 sqft   AED 1,950,000",
    "302    Cedar Court          1 bedroom      780 sqft   AED 75,000 a year",
    "14     Al Warqa             villa, 5 BR  4,500 sqft   AED 200,000 a year",
    "",
    "Prices without the 2% agency fee. Viewings: 04 555 0142, sales@example.com",
)
_STAMP = (2026, 3, 18, 12, 0, 0)


def sign_jpeg() -> bytes:
    """Draw the property sign.

    Returns:
        a JPEG of 900 by 620 pixels.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (900, 620), (244, 239, 226))
    draw = ImageDraw.Draw(image)
    draw.rectangle((14, 14, 885, 605), outline=(26, 71, 92), width=10)
    y = 48
    for number, (text, size) in enumerate(SIGN):
        color = (168, 42, 34) if number in {0, 4} else (26, 48, 66)
        draw.text((450, y), text, font=ImageFont.load_default(size), fill=color, anchor="ma")
        y += size + 28
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def price_list_pdf() -> bytes:
    """Write the price list as a PDF of one page with a text layer.

    Returns:
        the file (PDF 1.4, ISO 32000's minimal structure).
    """
    lines = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in PRICE_LIST]
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    content = f"BT /F1 11 Tf 16 TL 48 780 Td {shown} ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Title (Price list March 2026) /Author (Palm & Dune Realty) >>",
    )
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def speak() -> bytes:
    """Speak the voice note with espeak-ng and encode it as WhatsApp does: Ogg, Opus, mono.

    Returns:
        the file.
    """
    import av

    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "voice.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(wave), SPOKEN], check=True)
        out = io.BytesIO()
        with av.open(str(wave)) as source, av.open(out, "w", format="ogg") as target:
            stream = target.add_stream("libopus", rate=48_000)
            stream.bit_rate = 20_000
            stream.layout = "mono"
            resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
            for frame in source.decode(audio=0):
                for piece in resampler.resample(frame):
                    target.mux(stream.encode(piece))
            for piece in resampler.resample(None):
                target.mux(stream.encode(piece))
            target.mux(stream.encode(None))
        return out.getvalue()


def _chat(name: str) -> str:
    text = (HERE / name).read_text(encoding="utf-8")
    return text.replace("~", "\u200e").replace(">/", "\u200f/")


def build() -> bytes:
    """Pack the example.

    Returns:
        the zip; the same bytes for the same libraries.
    """
    sophie = "\n".join(  # iOS puts a mark before the date, too, where a message carries more than text
        f"\u200e{line}" if "\u200e<" in line else line for line in _chat("sophie.txt").split("\n")
    )
    # Android's exports have a narrow no-break space before am and pm.
    karim = _chat("karim.txt").replace(" am - ", "\u202fam - ").replace(" pm - ", "\u202fpm - ")
    members = {
        "WhatsApp Chat - Sophie Bennett/_chat.txt": sophie.replace("\n", "\r\n").encode(),
        "WhatsApp Chat - Sophie Bennett/00000006-Price list March.pdf": price_list_pdf(),
        "WhatsApp Chat - Sophie Bennett/00000007-PHOTO-2026-03-12-10-05-40.jpg": sign_jpeg(),
        "WhatsApp Chat with Karim Haddad/WhatsApp Chat with Karim Haddad.txt": karim.encode(),
        "WhatsApp Chat with Karim Haddad/PTT-20260303-WA0004.opus": VOICE.read_bytes(),
        "WhatsApp Chat - أبو خالد/_chat.txt": _chat("abu_khaled.txt").encode(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def main() -> None:
    """Write ``example.zip`` beside this script."""
    if "--voice" in sys.argv[1:]:
        VOICE.write_bytes(speak())
    target = HERE / "example.zip"
    target.write_bytes(build())
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
