"""Draw printed signs, receipts and listing photos as a telephone would take them, with the words that are on them.

Everything is drawn here, with Pillow's own font: noise, blur, uneven light, rotation and perspective come from a seeded
generator, so that a scene's number always gives the same picture.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

WIDTH, HEIGHT = 1000, 700

_PROJECTS = ("Marina Gate 1", "Aspen Park", "Cedar Heights", "Palm View Residence", "Creek Horizon", "Park Towers")
_AREAS = ("Dubai Marina", "Business Bay", "Downtown Dubai", "Jumeirah Village", "Palm Jumeirah", "Dubai Hills")
_NAMES = ("Khalid Rashid", "Maria Santos", "John Baker", "Amina Yusuf", "Peter Novak", "Sara Haddad")
_FEATURES = ("Sea View", "Fully Furnished", "Private Garden", "Two Parking Spaces", "Large Balcony", "Corner Unit")


class Scene(NamedTuple):
    """A picture, RGB, and the words printed in it."""

    kind: str
    image: Image.Image
    words: tuple[str, ...]


def sign(number: int) -> Scene:
    """Draw a property sign on a wall.

    Args:
        number: of the scene.

    Returns:
        the scene, 1000x700.
    """
    rng = random.Random(f"sign {number}")  # noqa: S311 - drawing, not secrets
    phone = f"05{rng.choice('0245')} {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}"
    lines = [
        (rng.choice(("FOR SALE", "FOR RENT", "TO LET")), 92),
        (f"{rng.randrange(1, 6)} Bedroom {rng.choice(('Villa', 'Apartment', 'Townhouse', 'Penthouse'))}", 56),
        (rng.choice(_PROJECTS), 56),
        (rng.choice(_AREAS), 50),
        (rng.choice(_FEATURES), 46),
        (f"Call {phone}", 60),
    ]
    ground = rng.choice(((250, 248, 240), (20, 60, 120), (180, 30, 40), (245, 215, 70), (30, 90, 60)))
    ink = (255, 255, 255) if sum(ground) < 380 else (25, 25, 35)
    return _scene("sign", rng, lines, ground, ink, (860, 580))


def receipt(number: int) -> Scene:
    """Draw a printed payment receipt on a table.

    Args:
        number: of the scene.

    Returns:
        the scene, 1000x700.
    """
    rng = random.Random(f"receipt {number}")  # noqa: S311 - drawing, not secrets
    amount = rng.randrange(5, 200) * 500
    lines = [
        ("PAYMENT RECEIPT", 46),
        (f"Receipt No: R-{rng.randrange(10000, 99999)}", 34),
        (f"Date: {rng.randrange(1, 29):02d}/{rng.randrange(1, 13):02d}/2026", 34),
        (f"Received from: {rng.choice(_NAMES)}", 34),
        (f"Unit {rng.choice('ABC')}-{rng.randrange(101, 2900)} {rng.choice(_PROJECTS)}", 34),
        (f"Amount paid: AED {amount:,}", 36),
        (f"Cheque No {rng.randrange(100000, 999999)}", 34),
        ("Security deposit", 34),
        ("Thank you", 34),
    ]
    return _scene("receipt", rng, lines, (252, 252, 250), (30, 30, 30), (640, 620))


def listing(number: int) -> Scene:
    """Draw a listing photo: a room with a caption bar.

    Args:
        number: of the scene.

    Returns:
        the scene, 1000x700.
    """
    rng = random.Random(f"listing {number}")  # noqa: S311 - drawing, not secrets
    price = rng.randrange(60, 400) * 1000
    lines = [
        (f"Unit {rng.randrange(101, 2900)}  {rng.choice(_PROJECTS)}", 50),
        (f"{rng.randrange(1, 5)} Bedrooms  {rng.randrange(60, 400) * 10:,} sqft", 46),
        (f"AED {price:,} per year", 54),
    ]
    return _scene("listing", rng, lines, (35, 40, 50), (250, 250, 250), (900, 300))


SCENES: dict[str, Callable[[int], Scene]] = {"sign": sign, "receipt": receipt, "listing": listing}


def _scene(
    kind: str,
    rng: random.Random,
    lines: list[tuple[str, int]],
    ground: tuple[int, int, int],
    ink: tuple[int, int, int],
    board: tuple[int, int],
) -> Scene:
    from PIL import Image, ImageDraw, ImageFont

    width, height = board
    panel = Image.new("RGB", board, ground)
    draw = ImageDraw.Draw(panel)
    draw.rectangle((6, 6, width - 7, height - 7), outline=ink, width=3)
    total = sum(size for _, size in lines)
    gap = max(6.0, (height - 40 - total) / (len(lines) + 1))
    top = 20 + gap
    for text, wanted in lines:
        size = wanted
        font = ImageFont.load_default(size=size)
        while draw.textlength(text, font=font) > width - 60:
            size -= 2
            font = ImageFont.load_default(size=size)
        left = 40 if kind == "receipt" else (width - draw.textlength(text, font=font)) / 2
        draw.text((left, top), text, fill=ink, font=font)
        top += wanted + gap
    words = tuple(word for text, _ in lines for word in text.split())
    return Scene(kind, _photographed(panel, rng), words)


def _photographed(panel: Image.Image, rng: random.Random) -> Image.Image:
    """Put a panel before a wall as a hand-held camera sees it: perspective, rotation, light, blur and noise."""
    import numpy as np
    from PIL import Image, ImageFilter

    noise = np.random.default_rng(rng.randrange(1 << 31))
    width, height = panel.size
    left, top = (WIDTH - width) / 2, (HEIGHT - height) / 2
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    shaken = [(x + rng.uniform(-22, 22), y + rng.uniform(-16, 16)) for x, y in corners]
    coefficients = _perspective(shaken, [(0, 0), (width, 0), (width, height), (0, height)])
    wall = np.clip(noise.normal(rng.uniform(110, 190), 6, (HEIGHT, WIDTH, 1)) + noise.normal(0, 3, (1, 1, 3)), 0, 255)
    scene = Image.fromarray(wall.astype(np.uint8), "RGB").filter(ImageFilter.GaussianBlur(2))
    size = (WIDTH, HEIGHT)
    mask = Image.new("L", panel.size, 255).transform(size, Image.Transform.PERSPECTIVE, coefficients)
    seen = panel.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    scene.paste(seen, mask=mask)
    scene = scene.rotate(rng.uniform(-3, 3), Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))
    scene = scene.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9)))
    light = np.linspace(rng.uniform(0.75, 1.0), rng.uniform(0.85, 1.1), WIDTH)[None, :, None]
    pixels = np.asarray(scene, dtype=np.float32) * light + noise.normal(0, rng.uniform(3, 9), (HEIGHT, WIDTH, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def _perspective(seen: list[tuple[float, float]], flat: list[tuple[float, float]]) -> tuple[float, ...]:
    """Solve for the eight coefficients that lead a seen point back to the flat panel (Pillow's convention)."""
    import numpy as np

    rows, values = [], []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(float(value) for value in np.linalg.solve(np.array(rows), np.array(values)))
