"""Decode any recording to 16 kHz mono speech, in bounded chunks, without the silence at its ends and inside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from actors.media.errors import UnreadableError
from actors.media.settings import MediaSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE_HZ = 16_000
_FRAME = 480  # 30 ms
_PAD_FRAMES = 10  # 0.3 s stay around what is loud
_HUSH_FRAMES = 40  # 1.2 s: a longer pause is cut out, up to the 0.3 s at each of its sides
_FLOOR = 10 ** (-55 / 20)  # below -55 dBFS is silence on any telephone
_BELOW_SPEECH = 10 ** (-40 / 20)  # of the recording's own loudness
_FAINT = 10 ** (-20 / 20)  # so far below it no word of a recording that is quiet as a whole may be cut out
_CUT_WINDOW_S = 20
_PASSAGE_S = 28.0  # fits the window of 30 s that Whisper hears at once


class Sound(NamedTuple):
    """A piece of a recording: where it starts, in seconds, and its samples, mono at 16 kHz, -1 to 1."""

    start_s: float
    samples: Samples


class Piece(NamedTuple):
    """Where a piece of a passage stands, in seconds: in the passage, and in the recording."""

    at_s: float
    start_s: float
    length_s: float


class Passage(NamedTuple):
    """Speech whose long pauses were cut out: its samples, mono at 16 kHz, and where each piece of them was."""

    samples: Samples
    pieces: tuple[Piece, ...]

    def placed(self, start_s: float, end_s: float) -> tuple[float, float]:
        """Tell where a word of the passage stands in the recording.

        Args:
            start_s: where it begins in the passage.
            end_s: where it ends there.

        Returns:
            its begin and end in the recording, both within the piece that holds its middle.
        """
        middle = (start_s + end_s) / 2
        piece = next((each for each in reversed(self.pieces) if each.at_s <= middle), self.pieces[0])
        first, last = (
            piece.start_s + min(max(moment - piece.at_s, 0.0), piece.length_s) for moment in (start_s, end_s)
        )
        return round(first, 3), round(last, 3)


class Recording(NamedTuple):
    """What is known of a recording before it is decoded."""

    duration_s: float
    codec: str
    has_pictures: bool


def inspect(path: Path) -> Recording:
    """Look at a recording's container.

    Args:
        path: the file.

    Returns:
        its length as the container tells it (0 where it does not), its codec, and whether it is a film.

    Raises:
        UnreadableError: no sound that can be decoded.
    """
    import av

    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            stream = _speech_stream(container)
            duration = 0.0
            if stream.duration and stream.time_base:
                duration = float(stream.duration * stream.time_base)
            elif container.duration:
                duration = container.duration / av.time_base
            return Recording(max(0.0, duration), stream.codec_context.name, bool(container.streams.video))
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise UnreadableError(f"not a readable recording: {_reason(error)}") from error


def chunks(path: Path, settings: MediaSettings, notes: list[str]) -> Iterator[Sound]:
    """Decode a recording chunk by chunk.

    A chunk is cut at its quietest moment of the last 20 s, so that no word is cut in two.

    Args:
        path: the file.
        settings: length of a chunk and of the whole.
        notes: takes a note where the recording is damaged or longer than is read.

    Yields:
        the chunks, of at most ``speech_chunk_s`` seconds.

    Raises:
        UnreadableError: nothing could be decoded.
    """
    import numpy as np

    size, most = settings.speech_chunk_s * RATE_HZ, settings.max_audio_s * RATE_HZ
    held: list[Samples] = []
    count = done = 0
    for block in _decoded(path, notes):
        room = most - done - count
        held.append(block[:room])
        count += min(len(block), room)
        while count > size:
            whole = np.concatenate(held)
            cut = quietest_cut(whole[:size])
            yield Sound(done / RATE_HZ, whole[:cut])
            held, count, done = [whole[cut:]], len(whole) - cut, done + cut
        if len(block) >= room:
            notes.append(f"only the first {settings.max_audio_s} s were read")
            break
    if count:
        yield Sound(done / RATE_HZ, np.concatenate(held))
    elif not done:
        raise UnreadableError("the recording holds no sound")


def _decoded(path: Path, notes: list[str]) -> Iterator[Samples]:
    import av
    import numpy as np

    got = False
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            stream = _speech_stream(container)
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
            for frame in container.decode(stream):
                frame.pts = None
                for out in resampler.resample(frame):
                    got = True
                    yield out.to_ndarray().reshape(-1).astype(np.float32) / 32768.0
            for out in resampler.resample(None):
                yield out.to_ndarray().reshape(-1).astype(np.float32) / 32768.0
    except (av.FFmpegError, OSError, ValueError) as error:
        if not got:
            raise UnreadableError(f"not a readable recording: {_reason(error)}") from error
        notes.append(f"the recording is damaged; what came before was read ({_reason(error)})")


def _speech_stream(container: Any) -> Any:
    if not container.streams.audio:
        raise UnreadableError("no sound in it")
    return container.streams.audio[0]


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error).splitlines()[0][:200]


def quietest_cut(samples: Samples) -> int:
    """Find where to cut a chunk.

    Args:
        samples: the longest chunk allowed.

    Returns:
        the number of samples before its quietest 30 ms of the last 20 s.
    """
    import numpy as np

    window = min(len(samples) // 2, _CUT_WINDOW_S * RATE_HZ)
    start = len(samples) - window
    frames = len(samples[start:]) // _FRAME
    if frames == 0:
        return len(samples)
    energy = np.square(samples[start : start + frames * _FRAME].reshape(frames, _FRAME)).mean(axis=1)
    return start + int(energy.argmin()) * _FRAME + _FRAME // 2


def passages(sound: Sound) -> list[Passage]:
    """Take the silence off both ends of a chunk, and out of its middle.

    Recognisers hear words in silence that nobody said, so none reaches them. A 30 ms frame is loud where its level is
    above -55 dBFS (in a quiet recording: above 20 dB below its loud frames), above 40 dB below the chunk's own loud
    frames, and above twice its noise floor (the 10th percentile of its frames), unless all frames are alike.

    Args:
        sound: a chunk.

    Returns:
        what is between pauses of more than 1.2 s, with 0.3 s around it, joined to passages of at most 28 s (a longer
        one where nobody pauses); none where all is silent.
    """
    import numpy as np

    found: list[Passage] = []
    held: list[Samples] = []
    pieces: list[Piece] = []
    length_s = 0.0
    for first, last in _loud_spans(sound.samples):
        samples = sound.samples[first:last]
        if pieces and length_s + len(samples) / RATE_HZ > _PASSAGE_S:
            found.append(Passage(np.concatenate(held), tuple(pieces)))
            held, pieces, length_s = [], [], 0.0
        held.append(samples)
        pieces.append(Piece(length_s, sound.start_s + first / RATE_HZ, len(samples) / RATE_HZ))
        length_s += len(samples) / RATE_HZ
    if pieces:
        found.append(Passage(np.concatenate(held), tuple(pieces)))
    return found


def _loud_spans(samples: Samples) -> list[tuple[int, int]]:
    import numpy as np

    frames = len(samples) // _FRAME
    if frames == 0:
        return []
    levels = np.sqrt(np.square(samples[: frames * _FRAME].reshape(frames, _FRAME)).mean(axis=1))
    audible = levels[levels > _FLOOR]
    if audible.size == 0:
        return []
    quiet, loud = float(np.percentile(levels, 10)), float(np.percentile(audible, 95))
    floor = min(_FLOOR, _FAINT * loud)
    bar = max(floor, _BELOW_SPEECH * loud, 2 * quiet if loud > 4 * quiet else 0.0)
    heard = np.flatnonzero(levels > bar)
    starts = np.concatenate([heard[:1], heard[1:][np.diff(heard) > _HUSH_FRAMES]])
    ends = np.concatenate([heard[:-1][np.diff(heard) > _HUSH_FRAMES], heard[-1:]])
    return [
        (max(0, int(first) - _PAD_FRAMES) * _FRAME, min(frames, int(last) + 1 + _PAD_FRAMES) * _FRAME)
        for first, last in zip(starts, ends, strict=True)
    ]
