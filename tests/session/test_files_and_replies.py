"""A session's files and replies: files are read before understanding, replies decided with the row."""

from __future__ import annotations

import msgspec

from actors.session.events import Ask, AskToRead, Delivered, Failed, FilesRead, Finish, Tick, Understood
from actors.session.ordering import Released
from actors.session.row_making import text_of
from actors.session.service_building import follow_mood
from actors.session.services import Services
from actors.session.session import SessionPolicy, SessionState, advance
from actors.session.transitions import Phase
from messages.inbound import Attachment, Inbound
from messages.media import MediaResult, Reading
from messages.row import Reply
from messages.session import Snapshot
from messages.understanding import Entity, Understanding
from tests.session.samples import arrival, inbound

POLICY = SessionPolicy(reads_media=True)
FILE = Attachment(name="plan.pdf", mime="application/pdf", size=9, sha256="ab" * 32)
READ = MediaResult(
    key=0,
    reading=Reading(name="plan.pdf", text="unit 1204", engine="pdf-text", confidence=1.0),
    sha256="cd" * 32,
    size=7,
)


def delivered(policy: SessionPolicy = POLICY, **changes: object) -> SessionState:
    message = msgspec.structs.replace(inbound(1), **{"attachments": (FILE,), **changes})
    released = Released(arrival(0, message), late=False, gap=0)
    state, effects = advance(SessionState(Snapshot(conversation="c")), Delivered(released), 0, policy)
    assert effects == ((AskToRead(1),) if state.phase is Phase.READING else (Ask(1),))
    return state


def finished(state: SessionState, policy: SessionPolicy = POLICY) -> Finish:
    _, (effect,) = advance(state, Understood(state.token, Understanding()), 5, policy)
    assert isinstance(effect, Finish)
    return effect


def test_files_are_read_before_the_text_is_understood() -> None:
    state, effects = advance(delivered(), FilesRead(1, (READ,)), 1, POLICY)
    assert effects == (Ask(2),)
    assert state.phase is Phase.UNDERSTANDING
    assert state.current is not None
    assert text_of(state.current.arrival.message, state.results) == "message 1\nunit 1204"
    row = finished(state).row
    assert row.text == "message 1\nunit 1204"
    assert row.attachments[0].note == "read by pdf-text (1.00)"
    assert (row.attachments[0].sha256, row.attachments[0].size) == ("cd" * 32, 7)


def test_a_file_whose_reader_dies_twice_never_costs_the_message_its_row() -> None:
    state, effects = advance(delivered(), Failed(1, "its reader died", ""), 1, POLICY)
    assert effects == (AskToRead(2),)
    state, effects = advance(state, Failed(2, "its reader died", ""), 2, POLICY)
    assert effects == (Ask(3),)
    row = finished(state).row
    assert row.text == "message 1"
    assert row.attachments[0].note == "unread: its reader died, tried 2 times"


def test_a_recording_may_take_longer_than_a_lease_but_not_for_ever() -> None:
    state = delivered()
    assert advance(state, Tick(), 60_000, POLICY) == (state, ())
    state, effects = advance(state, Tick(), POLICY.reading_ms, POLICY)
    assert effects == (Ask(2),)
    assert "not read within" in finished(state).row.attachments[0].note


def test_without_media_pools_files_are_recorded_as_not_yet_read() -> None:
    policy = SessionPolicy()
    assert finished(delivered(policy), policy).row.attachments[0].note == "not yet read"


def test_a_file_that_is_not_here_keeps_the_reason_and_is_not_asked_for() -> None:
    gone = Attachment(name="x.jpg", note="left out of the export")
    state = delivered(attachments=(gone,))
    assert state.phase is Phase.UNDERSTANDING
    assert finished(state).row.attachments == (gone,)


def test_threads_and_replies_keep_their_state_in_the_snapshot_and_speak_on_the_row() -> None:
    def thread(state: bytes, message: Inbound, _: Understanding, now_ms: int) -> tuple[bytes, str, tuple[str, ...]]:
        return state + b"t", f"thread of {message.id} at {now_ms}", ("switched",)

    def reply(
        state: bytes, message: Inbound, _: Understanding, now_ms: int, known: tuple[Entity, ...]
    ) -> tuple[bytes, Reply | None, tuple[str, ...]]:
        answer = Reply(
            reply_id="r", conversation=message.conversation, in_reply_to=message.id, text="hello", created_ms=now_ms
        )
        return state + b"r", answer, (f"{len(known)} known",)

    policy = SessionPolicy(services=Services(thread, reply))
    state = delivered(policy, attachments=())
    after, (effect,) = advance(state, Understood(1, Understanding()), 5, policy)
    assert isinstance(effect, Finish)
    assert (effect.row.thread, effect.row.reply) == ("thread of m1 at 5", "hello")
    assert effect.row.notes == ("switched", "0 known")
    assert effect.reply is not None
    assert (after.snapshot.threads, after.snapshot.replies) == (b"t", b"r")


def test_a_sharp_drop_of_mood_is_an_alert_on_the_row_and_only_one() -> None:
    policy = SessionPolicy(services=Services(mood=follow_mood))
    state = SessionState(Snapshot(conversation="c"))
    alerts = []
    for number, score in enumerate((0.8, 0.8, 0.9, 0.8, -0.9, -0.9, -0.9)):
        released = Released(arrival(number, inbound(number)), late=False, gap=0)
        state, _ = advance(state, Delivered(released), number, policy)
        said = Understanding(sentiment="positive" if score > 0 else "negative", sentiment_score=score)
        state, (effect,) = advance(state, Understood(state.token, said), number, policy)
        assert isinstance(effect, Finish)
        alerts.append([note for note in effect.row.notes if note.startswith("alert")])
    assert sum(map(len, alerts)) == 1
    assert alerts[:4] == [[], [], [], []]
    assert len(state.snapshot.mood) == 4
