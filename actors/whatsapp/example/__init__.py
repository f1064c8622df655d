"""The bundled example: a zip of three exported chats with a picture, a voice note and a price list."""

from pathlib import Path

EXAMPLE = Path(__file__).with_name("example.zip")
"""The zip; ``make_example.py`` beside it makes it."""

OWNER = "Palm & Dune Realty"
"""Name under which the business writes in it."""
