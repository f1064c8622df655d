"""Decode any recording to 16 kHz mono speech, in bounded chunks, without the silence at its ends."""

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
_FLOOR = 10 ** (-55 / 20)  # below -55 dBFS is silence on any telephone
_CUT_WINDOW_S = 20


class Sound(NamedTuple):
    """A piece of a recording: where it starts, in seconds, and its samples, mono at 16 kHz, -1 to 1."""

    start_s: float
    samples: Samples


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


def trimmed(sound: Sound) -> Sound | None:
    """Take the silence off both ends.

    A 30 ms frame is loud where its level is above -55 dBFS and above twice the recording's own noise floor (the 10th
    percentile of its frames), unless all frames are alike.

    Args:
        sound: a chunk.

    Returns:
        the part from the first to the last loud frame with 0.3 s around it, its start moved; None where all is silent.
    """
    import numpy as np

    frames = len(sound.samples) // _FRAME
    if frames == 0:
        return None
    levels = np.sqrt(np.square(sound.samples[: frames * _FRAME].reshape(frames, _FRAME)).mean(axis=1))
    quiet, loud = np.percentile(levels, [10, 95])
    bar = max(_FLOOR, 2 * quiet if loud > 4 * quiet else 0.0)
    heard = np.flatnonzero(levels > bar)
    if heard.size == 0:
        return None
    first = max(0, int(heard[0]) - _PAD_FRAMES) * _FRAME
    last = min(frames, int(heard[-1]) + 1 + _PAD_FRAMES) * _FRAME
    return Sound(sound.start_s + first / RATE_HZ, sound.samples[first:last])
