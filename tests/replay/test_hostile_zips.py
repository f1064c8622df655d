"""Zips that nobody vouches for: one clear line each, nothing written by name, the rest is read."""

import errno
import io
import os
import stat
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from actors.media.content_store import ContentStore
from actors.whatsapp.export_contract import ReadLimits
from messages.inbound import Attachment
from tests.replay.exports import OPTIONS, Outcome, make_zip, read_path

CHAT = (
    b"13/06/2023, 21:55 - Ana: one\n13/06/2023, 21:56 - Ana: IMG-1.jpg (file attached)\n13/06/2023, 21:57 - Ana: last\n"
)
NAME = "WhatsApp Chat with Ana.txt"


def texts(outcome: Outcome) -> list[str]:
    return [m.text for m in outcome.messages]


def test_media_is_kept_by_content(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "IMG-1.jpg": b"picture", "other.jpg": b"unnamed"})
    store = ContentStore(tmp_path / "media")
    outcome = read_path(path, media=store)
    (attachment,) = outcome.messages[1].attachments
    assert (attachment.name, attachment.mime, attachment.size) == ("IMG-1.jpg", "image/jpeg", 7)
    assert attachment.note == "not yet read"
    assert store.open(attachment.sha256).read() == b"picture"
    assert len(outcome.warnings) == 1  # one file that no message names
    assert outcome.rejects == []


def test_without_keeper_the_attachment_is_named_only(tmp_path: Path) -> None:
    outcome = read_path(make_zip(tmp_path / "x.zip", {NAME: CHAT, "IMG-1.jpg": b"picture"}))
    assert outcome.messages[1].attachments[0].note == "not kept"


def test_several_chats_of_one_zip_are_several_conversations(tmp_path: Path) -> None:
    members = {
        "WhatsApp Chat - Zoe/_chat.txt": b"[13/06/23, 21:55:00] Zoe: \xe2\x80\x8e<attached: a.jpg>\n",
        "WhatsApp Chat - Zoe/a.jpg": b"zoe's",
        "WhatsApp Chat - Bob/_chat.txt": b"[13/06/23, 21:55:00] Bob: \xe2\x80\x8e<attached: a.jpg>\n",
        "WhatsApp Chat - Bob/a.jpg": b"bob's own",
    }
    outcome = read_path(make_zip(tmp_path / "all.zip", members), media=ContentStore(tmp_path / "media"))
    assert [(m.conversation, m.attachments[0].size) for m in outcome.messages] == [("Zoe", 5), ("Bob", 9)]
    assert [
        m.conversation for m in read_path(make_zip(tmp_path / "WhatsApp Chat - Eve.zip", {"_chat.txt": CHAT})).messages
    ] == ["Eve"] * 3


@pytest.mark.parametrize(
    "name", ["../../evil.jpg", "/etc/evil.jpg", "a/../../evil.jpg", "C:evil.jpg", "..\\evil.jpg", "\\\\host\\evil.jpg"]
)
def test_names_that_leave_the_folder(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    chat = CHAT + f"13/06/2023, 21:58 - Ana: {name} (file attached)\n".encode()
    path = make_zip(inner / "x.zip", {NAME: chat, name: b"evil"})
    outcome = read_path(path, media=ContentStore(inner / "media"))
    assert len(outcome.rejects) == 1
    assert "leaves the zip's folder" in outcome.rejects[0].reason
    assert len(outcome.messages) == 4
    assert outcome.messages[3].attachments[0].note == "missing from the export"
    assert "/" not in outcome.messages[3].attachments[0].name
    files = [p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()]
    assert files == [Path("a/b/x.zip")]


def test_kept_media_never_lies_under_its_own_name(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "IMG-1.jpg": b"picture"})
    read_path(path, media=ContentStore(tmp_path / "media"))
    kept = [p.name for p in (tmp_path / "media").rglob("*") if p.is_file()]
    assert len(kept) == 1
    assert len(kept[0]) == 62


def test_symbolic_link(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NAME, CHAT)
        link = zipfile.ZipInfo("IMG-1.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    outcome = read_path(path, media=ContentStore(tmp_path / "media"))
    assert [r.reason for r in outcome.rejects] == ["is a symbolic link"]
    assert outcome.messages[1].attachments[0].note == "missing from the export"
    assert len(outcome.messages) == 3


def test_zip_bomb_member_is_refused_and_the_chat_is_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "IMG-1.jpg": bytes(8 << 20)})
    outcome = read_path(path, media=ContentStore(tmp_path / "media"))
    assert "zip bomb" in outcome.rejects[0].reason
    assert len(outcome.messages) == 3
    assert not (tmp_path / "media").exists()


def test_chat_that_is_a_bomb(tmp_path: Path) -> None:
    outcome = read_path(make_zip(tmp_path / "x.zip", {NAME: CHAT + bytes(8 << 20)}))
    assert len(outcome.rejects) == 2  # the member, and that no chat is left
    assert outcome.messages == []


def test_total_size_and_number_of_members_are_bounded(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "a.jpg": os.urandom(2000)})
    small = msgspec.structs.replace(OPTIONS, limits=ReadLimits(zip_bytes=1000))
    assert "would unpack to" in read_path(path, small).rejects[0].reason
    few = msgspec.structs.replace(OPTIONS, limits=ReadLimits(zip_members=1))
    assert "2 entries" in read_path(path, few).rejects[0].reason


def test_a_member_that_lies_about_its_size(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"IMG-1.jpg": b"x" * 5000, NAME: CHAT})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)  # the directory says 10 bytes
    path.write_bytes(bytes(data))
    store = ContentStore(tmp_path / "media")
    outcome = read_path(path, media=store)
    assert len(outcome.messages) == 3
    assert "could not be kept" in outcome.messages[1].attachments[0].note
    assert [p for p in (tmp_path / "media").rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_truncated_zip(tmp_path: Path, keep: float) -> None:
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "IMG-1.jpg": os.urandom(3000)})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    outcome = read_path(path)
    assert [r.reason.partition(":")[0] for r in outcome.rejects] == ["is a damaged or truncated zip"]


def test_damage_in_the_middle_of_a_chat(tmp_path: Path) -> None:
    lines = b"".join(b"13/06/2023, 21:55 - Ana: %s\n" % os.urandom(400).hex().encode() for _ in range(2000))
    path = make_zip(tmp_path / "x.zip", {NAME: lines})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = b"\xff" * 64
    path.write_bytes(bytes(data))
    outcome = read_path(path)
    assert 0 < len(outcome.messages) < 2000
    assert all(len(m.text) == 800 for m in outcome.messages)  # none in part
    assert "cannot be read from here on" in outcome.rejects[-1].reason


def test_encrypted_and_oddly_packed_members(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "IMG-1.jpg": b"x"})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(bytes(data))
    assert [r.reason for r in read_path(path).rejects] == ["is encrypted"]
    data[at + 8] &= 0xFE
    data[at + 10] = 99
    path.write_bytes(bytes(data))
    assert "unknown method" in read_path(path).rejects[0].reason
    assert len(read_path(path).messages) == 3


def test_nested_zips_are_named_not_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("_chat.txt", CHAT)
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "WhatsApp Chat - Bob.zip": inner.getvalue()})
    outcome = read_path(path)
    assert len(outcome.messages) == 3
    assert "zip inside a zip" in outcome.rejects[0].reason
    only = read_path(make_zip(tmp_path / "y.zip", {"WhatsApp Chat - Bob.zip": inner.getvalue()}))
    assert only.messages == []
    assert len(only.rejects) == 2


def test_a_zip_that_a_message_carries_is_a_document(tmp_path: Path) -> None:
    chat = b"13/06/2023, 21:55 - Ana: plans.zip (file attached)\n"
    path = make_zip(tmp_path / "x.zip", {NAME: chat, "plans.zip": b"PK"})
    outcome = read_path(path, media=ContentStore(tmp_path / "media"))
    assert outcome.rejects == []
    assert outcome.messages[0].kind == "document"


def test_text_documents_beside_a_chat_are_no_chats(tmp_path: Path) -> None:
    chat = b"13/06/2023, 21:55 - Ana: notes.txt (file attached)\n"
    outcome = read_path(make_zip(tmp_path / "x.zip", {NAME: chat, "notes.txt": b"13/06/2023, 21:55 - Eve: fake\n"}))
    assert [m.sender for m in outcome.messages] == ["Ana"]


def test_zips_without_a_chat(tmp_path: Path) -> None:
    for members in ({}, {"a.jpg": b"x"}, {"deep/notes.txt": b"hello"}):
        outcome = read_path(make_zip(tmp_path / "x.zip", members))
        assert outcome.messages == []
        assert "holds no chat" in outcome.rejects[0].reason


def test_twin_members(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NAME, CHAT)
        archive.writestr("IMG-1.jpg", b"first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("IMG-1.jpg", b"second!")
    outcome = read_path(path, media=ContentStore(tmp_path / "media"))
    assert len(outcome.messages) == 3


def test_a_file_that_is_too_large_to_keep_does_not_stop_the_rest(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "IMG-1.jpg": b"picture"})
    outcome = read_path(path, media=ContentStore(tmp_path / "media", max_bytes=3))
    assert len(outcome.messages) == 3
    assert "more than 3 bytes" in outcome.messages[1].attachments[0].note


class FullDisk:
    def keep(self, stream: BinaryIO, name: str) -> Attachment:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_stops_at_the_message_whose_file_has_no_room(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {NAME: CHAT, "IMG-1.jpg": b"picture"})
    outcome = read_path(path, media=FullDisk())
    assert texts(outcome) == ["one"]
    (reject,) = outcome.rejects
    assert reject.where.endswith(":2")
    assert "No space left" in reject.reason
    again = read_path(path, media=ContentStore(tmp_path / "media"))
    assert [m.id for m in again.messages][:1] == [m.id for m in outcome.messages]
    assert len(again.messages) == 3


def test_store_is_idempotent_and_refuses_names_for_digests(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "media")
    first = store.keep(io.BytesIO(b"same"), "../../a")
    assert store.keep(io.BytesIO(b"same"), "b").sha256 == first.sha256
    assert len([p for p in (tmp_path / "media").rglob("*") if p.is_file()]) == 1
    damaged = store.path(first.sha256)
    damaged.write_bytes(b"sam")
    store.keep(io.BytesIO(b"same"), "c")
    assert damaged.read_bytes() == b"same"
    for name in ("../../etc/passwd", "", "A" * 64, first.sha256[:-1] + "/"):
        with pytest.raises(ValueError, match="SHA-256"):
            store.path(name)
