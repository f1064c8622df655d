"""Golden tests: how exports of different phones, languages and clocks read."""

from pathlib import Path

import msgspec
import pytest

from tests.replay.exports import OPTIONS, local, read_text

# name: (the chat, [(time on the sender's clock, sender, text), ...])
FORMATS: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "ios english 12 h": (
        "[13/06/23, 9:55:10 AM] Ana: hi\n[13/06/23, 12:00:00 AM] Ben: midnight\n[14/06/23, 12:05:09 PM] Ana: noon",
        [
            ("2023-06-13 09:55:10", "Ana", "hi"),
            ("2023-06-13 00:00:00", "Ben", "midnight"),
            ("2023-06-14 12:05:09", "Ana", "noon"),
        ],
    ),
    "ios 24 h dots": ("[13.06.23, 21:55:10] Ana: hallo", [("2023-06-13 21:55:10", "Ana", "hallo")]),
    "ios narrow space": ("[6/13/23, 9:55:10\u202fPM] Ana: hi", [("2023-06-13 21:55:10", "Ana", "hi")]),
    "ios marks before the date": ("\u200e[13/06/2023, 09:55:10] Ana: hi", [("2023-06-13 09:55:10", "Ana", "hi")]),
    "ios iso": ("[2023-06-13, 09:55:10] Ana: hi", [("2023-06-13 09:55:10", "Ana", "hi")]),
    "ios year first slashes": ("[2023/06/13 9:55:10] Ana: hi", [("2023-06-13 09:55:10", "Ana", "hi")]),
    "android english us": ("6/13/23, 9:55 AM - Ana: hi", [("2023-06-13 09:55:00", "Ana", "hi")]),
    "android narrow space": ("6/13/23, 9:55\u202fPM - Ana: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "android lower case": ("13/06/2023, 9:55 pm - Ana: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "android 24 h": ("13/06/2023, 21:55 - Ana: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "android german": ("13.06.23, 21:55 - Ana: hallo", [("2023-06-13 21:55:00", "Ana", "hallo")]),
    "android dutch": ("13-06-2023 21:55 - Ana: hoi", [("2023-06-13 21:55:00", "Ana", "hoi")]),
    "android spanish": ("13/6/23, 9:55 p.\u00a0m. - Ana: hola", [("2023-06-13 21:55:00", "Ana", "hola")]),
    "android spanish am": ("13/6/23 9:55 a. m. - Ana: hola", [("2023-06-13 09:55:00", "Ana", "hola")]),
    "android finnish": ("13.6.2023 klo 21.55 - Ana: hei", [("2023-06-13 21:55:00", "Ana", "hei")]),
    "android indonesian dot clock": ("13/06/23 21.55 - Ana: halo", [("2023-06-13 21:55:00", "Ana", "halo")]),
    "android korean": ("2023. 6. 13. 오후 9:55 - Ana: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "android chinese": ("2023/6/13 下午9:55 - Ana: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "old colon": ("13/06/2023 21:55: Ana: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "arabic ios": (
        "[١٣\u200f/٦\u200f/٢٠٢٣، ٩:٥٥:١٠ ص] أحمد: مرحبا\n[١٣\u200f/٦\u200f/٢٠٢٣، ١١:٠٥:٠٠ م] أحمد: مساء الخير",
        [("2023-06-13 09:55:10", "أحمد", "مرحبا"), ("2023-06-13 23:05:00", "أحمد", "مساء الخير")],
    ),
    "arabic android": (
        "١٣\u200f/٦\u200f/٢٠٢٣، ٩:٥٥ م - أحمد: مرحبا",
        [("2023-06-13 21:55:00", "أحمد", "مرحبا")],
    ),
    "arabic words for the clock": ("13/6/2023، 9:55 مساءً - Ana: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "windows line ends and byte order mark": (
        "\ufeff13/06/2023, 21:55 - Ana: hi\r\n13/06/2023, 21:56 - Ana: ho\r\n",
        [("2023-06-13 21:55:00", "Ana", "hi"), ("2023-06-13 21:56:00", "Ana", "ho")],
    ),
    "several lines": (
        "13/06/2023, 21:55 - Ana: one\n\ntwo: yes\n 3 \n13/06/2023, 21:56 - Ben: \nlater",
        [("2023-06-13 21:55:00", "Ana", "one\n\ntwo: yes\n 3 "), ("2023-06-13 21:56:00", "Ben", "\nlater")],
    ),
    "colon in the text": ("13/06/2023, 21:55 - Ana: a: b: c", [("2023-06-13 21:55:00", "Ana", "a: b: c")]),
    "no text": ("13/06/2023, 21:55 - Ana:", [("2023-06-13 21:55:00", "Ana", "")]),
    "a number as sender": (
        "13/06/2023, 21:55 - \u202a+971 50 123 4567\u202c: hi",
        [("2023-06-13 21:55:00", "+971501234567", "hi")],
    ),
    "an unknown contact of ios": ("[13/06/23, 21:55:00] ~\u202fAna: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "a pasted copy stays text": (
        "13/06/2023, 21:55 - Ana: see\n[12/06/23, 9:00:00 AM] Ben: old",
        [("2023-06-13 21:55:00", "Ana", "see\n[12/06/23, 9:00:00 AM] Ben: old")],
    ),
    "a dated remark stays text": (
        "13/06/2023, 21:55 - Ana: plan\n14/06/2023 10:00: viewing\n15/06/2023 10:00: keys",
        [("2023-06-13 21:55:00", "Ana", "plan\n14/06/2023 10:00: viewing\n15/06/2023 10:00: keys")],
    ),
    "an en dash": ("13/06/2023, 21:55 \u2013 Ana: hi", [("2023-06-13 21:55:00", "Ana", "hi")]),
    "bidi marks and emoji stay": (
        "13/06/2023, 21:55 - Ana: \u202eabc\u202c 👍🏽 \u2066x\u2069",
        [("2023-06-13 21:55:00", "Ana", "\u202eabc\u202c 👍🏽 \u2066x\u2069")],
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_format(tmp_path: Path, name: str) -> None:
    text, expected = FORMATS[name]
    outcome = read_text(tmp_path, text)
    assert outcome.rejects == []
    assert [(local(m), m.sender, m.text) for m in outcome.messages] == expected
    assert all(m.conversation == "Ana" and m.imported and m.kind == "text" for m in outcome.messages)
    assert len({m.id for m in outcome.messages}) == len(expected)


# text after the sender: (kind, text, name of the file, part of its note, extra)
CONTENTS = [
    ("\u200e<attached: 00000012-PHOTO-2023-06-13-09-55-10.jpg>", "image", "", "00000012-PHOTO-2023-06-13-09-55-10.jpg"),
    ("look \u200e<attached: a b.mp4>", "video", "look", "a b.mp4"),
    ("Plan.pdf • \u200e3 pages \u200e<attached: 00000015-Plan.pdf>", "document", "", "00000015-Plan.pdf"),
    ("\u200e<مرفق: 00000012-PHOTO.jpg>", "image", "", "00000012-PHOTO.jpg"),
    ("\u200e<adjunto: 0012-AUDIO.opus>", "audio", "", "0012-AUDIO.opus"),
    ("IMG-20230613-WA0001.jpg (file attached)", "image", "", "IMG-20230613-WA0001.jpg"),
    ("\u200eIMG-20230613-WA0001.jpg (file attached)\nthe kitchen", "image", "the kitchen", "IMG-20230613-WA0001.jpg"),
    ("STK-1.webp (file attached)", "sticker", "", "STK-1.webp"),
    ("Ana.vcf (file attached)", "contacts", "", "Ana.vcf"),
    ("عقد.pdf (الملف مرفق)", "document", "", "عقد.pdf"),
    ("IMG-1.jpg (archivo adjunto)", "image", "", "IMG-1.jpg"),
    ("<Media omitted>", "unsupported", "", ""),
    ("<Media omitted>\nthe caption", "unsupported", "the caption", ""),
    ("<تم استبعاد الوسائط>", "unsupported", "", ""),
    ("\u200eimage omitted", "image", "", ""),
    ("\u200eaudio omitted", "audio", "", ""),
    ("\u200eContact card omitted", "contacts", "", ""),
]


@pytest.mark.parametrize(("text", "kind", "caption", "file"), CONTENTS)
def test_attachments(tmp_path: Path, text: str, kind: str, caption: str, file: str) -> None:
    outcome = read_text(tmp_path, f"13/06/2023, 21:55 - Ana: {text}\n13/06/2023, 21:56 - Ana: next")
    message = outcome.messages[0]
    assert (message.kind, message.text) == (kind, caption)
    assert [a.name for a in message.attachments] == [file]
    assert message.attachments[0].note
    assert message.attachments[0].sha256 == ""


@pytest.mark.parametrize(
    "text", ["image omitted by me", "he wrote <attached files>", "a (file attached) b", "see file.pdf"]
)
def test_words_that_only_resemble_attachments_are_text(tmp_path: Path, text: str) -> None:
    message = read_text(tmp_path, f"13/06/2023, 21:55 - Ana: {text}").messages[0]
    assert (message.kind, message.text, message.attachments) == ("text", text, ())


def test_edited_deleted_and_locations(tmp_path: Path) -> None:
    outcome = read_text(
        tmp_path,
        "13/06/2023, 21:55 - Ana: yes <This message was edited>\n"
        "13/06/2023, 21:56 - Ana: This message was deleted\n"
        "13/06/2023, 21:57 - Ana: تم حذف هذه الرسالة\n"
        "13/06/2023, 21:58 - Ana: location: https://maps.google.com/?q=25.1,55.2\n"
        "13/06/2023, 21:59 - Ana: I think this message was deleted yesterday",
    )
    assert [(m.kind, m.text, m.extra) for m in outcome.messages] == [
        ("text", "yes", {"edited": "yes"}),
        ("unsupported", "This message was deleted", {"deleted": "yes"}),
        ("unsupported", "تم حذف هذه الرسالة", {"deleted": "yes"}),
        ("location", "location: https://maps.google.com/?q=25.1,55.2", {}),
        ("text", "I think this message was deleted yesterday", {}),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "13/06/2023, 21:55 - Messages and calls are end-to-end encrypted. Tap to learn more.",
        "13/06/2023, 21:55 - Ben added +971 50 123 4567",
        '13/06/2023, 21:55 - Ben changed the subject from "a: b" to "c"',
        "13/06/2023, 21:55 - Ben left",
        "[13/06/23, 21:55:00] Ana: \u200eMessages and calls are end-to-end encrypted.",
        "[13/06/23, 21:55:00] My Group: \u200eBen created this group",
        "[13/06/23, 21:55:00] Ana: \u200eMissed voice call",
        "[13/06/23, 21:55:00] Ana: \u200eYou changed the group name",
    ],
)
def test_system_lines(tmp_path: Path, line: str) -> None:
    message = read_text(tmp_path, line).messages[0]
    assert (message.kind, message.sender, message.direction) == ("system", "", "in")
    assert message.text


def test_own_messages_go_out(tmp_path: Path) -> None:
    options = msgspec.structs.replace(OPTIONS, owner_names=("the agency", "+971 50 000 0000".replace(" ", "")))
    outcome = read_text(
        tmp_path,
        "13/06/2023, 21:55 - The Agency: a\n13/06/2023, 21:56 - Ana: b\n13/06/2023, 21:57 - +971 50 000 0000: c",
        options,
    )
    assert [m.direction for m in outcome.messages] == ["out", "in", "out"]


def test_offset_places_the_clock(tmp_path: Path) -> None:
    text = "13/06/2023, 21:55 - Ana: a"
    here = read_text(tmp_path, text, msgspec.structs.replace(OPTIONS, utc_offset_min=0)).messages[0]
    east = read_text(tmp_path, text, msgspec.structs.replace(OPTIONS, utc_offset_min=330)).messages[0]
    assert here.sent_ms - east.sent_ms == 330 * 60_000
    assert here.id == east.id  # the setting must not make a re-read a new message


@pytest.mark.parametrize(
    ("lines", "order", "warns"),
    [
        (["13/06/23", "01/07/23"], "dayfirst", False),
        (["06/13/23", "07/01/23"], "monthfirst", False),
        (["01/02/23", "02/02/23", "01/03/23"], "dayfirst", False),
        (["02/01/23", "02/02/23", "03/01/23"], "monthfirst", False),
        (["05.06.23"], "dayfirst", False),
        (["05/06/23"], "dayfirst", True),
        (["05/06/23", "06/06/23"], "dayfirst", True),
    ],
)
def test_day_order_is_inferred_from_the_whole_file(
    tmp_path: Path, lines: list[str], order: str, *, warns: bool
) -> None:
    text = "\n".join(f"{date}, 21:55 - Ana: x" for date in lines)
    outcome = read_text(tmp_path, text)
    forced = read_text(tmp_path, text, msgspec.structs.replace(OPTIONS, day_order=order))
    assert outcome.messages == forced.messages
    assert bool(outcome.warnings) == warns
    assert outcome.rejects == forced.rejects == []


def test_default_order_is_the_regions(tmp_path: Path) -> None:
    outcome = read_text(tmp_path, "05/06/23, 21:55 - Ana: x", msgspec.structs.replace(OPTIONS, region="US"))
    assert local(outcome.messages[0]).startswith("2023-05-06")


def test_contradictory_dates_are_rejected_each(tmp_path: Path) -> None:
    outcome = read_text(
        tmp_path,
        "13/06/23, 21:55 - Ana: a\n14/06/23, 21:55 - Ana: b\n06/15/23, 21:55 - Ana: c\nc2\n16/06/23, 21:55 - Ana: d",
    )
    assert [m.text for m in outcome.messages] == ["a", "b", "d"]
    assert [(r.where.rpartition(":")[2], r.raw) for r in outcome.rejects] == [("3", b"06/15/23, 21:55 - Ana: c\nc2")]
    assert len(outcome.warnings) == 1


def test_forced_order_rejects_what_it_cannot_read(tmp_path: Path) -> None:
    options = msgspec.structs.replace(OPTIONS, day_order="monthfirst")
    outcome = read_text(tmp_path, "13/06/23, 21:55 - Ana: a\n05/06/23, 21:55 - Ana: b", options)
    assert [m.text for m in outcome.messages] == ["b"]
    assert len(outcome.rejects) == 1


def test_same_message_keeps_its_id_in_a_longer_export(tmp_path: Path) -> None:
    first = [f"13/06/2023, 21:{minute:02d} - Ana: same" for minute in (1, 1, 1, 2)]
    short = read_text(tmp_path, "\n".join(first)).messages
    longer = read_text(
        tmp_path, "\n".join([*first, "13/06/2023, 21:02 - Ana: same", "14/06/2023, 01:00 - Ben: x"])
    ).messages
    assert [m.id for m in longer[:4]] == [m.id for m in short]
    assert len({m.id for m in longer}) == 6


def test_times_that_step_back_do_not_merge_twins(tmp_path: Path) -> None:
    text = "\n".join(f"13/06/2023, 21:{minute:02d} - Ana: same" for minute in (1, 2, 1, 2, 1))
    assert len({m.id for m in read_text(tmp_path, text).messages}) == 5


def test_ids_differ_between_conversations_and_senders(tmp_path: Path) -> None:
    text = "13/06/2023, 21:55 - Ana: a"
    one = read_text(tmp_path, text).messages[0]
    other = read_text(tmp_path, text, name="WhatsApp Chat with Ben.txt").messages[0]
    third = read_text(tmp_path, text.replace("Ana", "Bob")).messages[0]
    assert len({one.id, other.id, third.id}) == 3


@pytest.mark.parametrize(
    ("name", "conversation"),
    [
        ("WhatsApp Chat with Ana B.txt", "Ana B"),
        ("WhatsApp Chat with Ana B (2).txt", "Ana B"),
        ("WhatsApp Chat - Ana B.txt", "Ana B"),
        ("Chat de WhatsApp con Ana.txt", "Ana"),
        ("محادثة واتساب مع أحمد.txt", "أحمد"),
        ("WhatsApp-Chat mit Ana.txt", "Ana"),
        ("+971 50 1.txt", "+971 50 1"),
    ],
)
def test_conversation_is_named_by_the_file(tmp_path: Path, name: str, conversation: str) -> None:
    assert read_text(tmp_path, "13/06/2023, 21:55 - Ana: a", name=name).messages[0].conversation == conversation


def test_nameless_chat_takes_the_given_name_or_the_folders(tmp_path: Path) -> None:
    text = "13/06/2023, 21:55 - Ana: a"
    given = read_text(tmp_path, text, msgspec.structs.replace(OPTIONS, conversation="desk"), name="_chat.txt")
    assert given.messages[0].conversation == "desk"
    folder = tmp_path / "WhatsApp Chat - Zoe"
    folder.mkdir()
    assert read_text(folder, text, name="_chat.txt").messages[0].conversation == "Zoe"
    assert read_text(folder, text, name="Bob.txt").messages[0].conversation == "Bob"
