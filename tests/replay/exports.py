"""What the tests of this folder share: reading a text as an exported chat."""

import datetime as dt
import zipfile
from pathlib import Path

from actors.whatsapp.export_contract import MediaKeeper, ReadOptions, Rejected
from actors.whatsapp.export_source import read_source
from messages.inbound import Inbound

NOW_MS = round(dt.datetime(2026, 6, 1, tzinfo=dt.UTC).timestamp() * 1000)
OPTIONS = ReadOptions(now_ms=NOW_MS)


class Outcome:
    """Everything that reading a file gave."""

    def __init__(self) -> None:
        self.messages: list[Inbound] = []
        self.rejects: list[Rejected] = []
        self.warnings: list[str] = []


def read_path(path: Path, options: ReadOptions = OPTIONS, media: MediaKeeper | None = None) -> Outcome:
    outcome = Outcome()
    for item in read_source(path, options, media, outcome.warnings.append):
        if isinstance(item, Rejected):
            assert "\n" not in item.where + item.reason
            assert item.reason
            assert len(item.raw) <= 65_536
            outcome.rejects.append(item)
        else:
            outcome.messages.append(item)
    return outcome


def read_text(
    folder: Path, text: str | bytes, options: ReadOptions = OPTIONS, name: str = "WhatsApp Chat with Ana.txt"
) -> Outcome:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_path(path, options)


def local(message: Inbound) -> str:
    """The message's time on its own clock."""
    zone = dt.timezone(dt.timedelta(minutes=message.utc_offset_min))
    return dt.datetime.fromtimestamp(message.sent_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path
