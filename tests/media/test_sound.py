"""Recordings: containers, trimming, chunks, bounds; engines with a real model."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from actors.media.audio_reader import AudioReader
from actors.media.errors import EngineUnavailableError, UnreadableError
from actors.media.fields import Moment
from actors.media.kind import detect
from actors.media.settings import MediaSettings
from actors.media.sound import RATE_HZ, Sound, chunks, inspect, passages, quietest_cut
from actors.media.speech import load_speech_engine
from actors.media.speech_whisper import invented
from stress.media_bench import word_errors
from tests.media.conftest import FIXTURES, VOICE_NOTE, Read

SAID = VOICE_NOTE.with_suffix(".txt").read_text(encoding="utf-8").replace("two million", "2 million")
TOY_SAID = "i want to rent a studio near dubai marina with parking and pool"


def tone(seconds: float, level: float = 0.3) -> np.ndarray:
    return np.asarray(level * np.sin(np.arange(int(seconds * RATE_HZ)) * 0.2), dtype=np.float32)


def hush(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE_HZ), dtype=np.float32)


def wav(path: Path, samples: np.ndarray, rate: int = RATE_HZ) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def test_silence_at_the_ends_goes_and_the_start_moves() -> None:
    (passage,) = passages(Sound(10.0, np.concatenate([hush(3), tone(2), hush(4)])))
    (piece,) = passage.pieces
    assert piece.start_s == pytest.approx(12.7, abs=0.05)
    assert len(passage.samples) / RATE_HZ == pytest.approx(2.6, abs=0.1)


def test_silence_is_nothing_and_steady_sound_stays_whole() -> None:
    assert passages(Sound(0.0, hush(2))) == []
    assert passages(Sound(0.0, hush(0))) == []
    (steady,) = passages(Sound(0.0, tone(2)))
    assert len(steady.samples) / RATE_HZ == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("level", [0.0, 0.0015])  # digital silence, and what a quiet room sounds like
def test_a_long_pause_is_cut_out_and_moments_are_told_in_the_recordings_time(level: float) -> None:
    room = np.random.default_rng(1).normal(0, level, 40 * RATE_HZ).astype(np.float32)
    (passage,) = passages(Sound(100.0, np.concatenate([tone(3), room, tone(3), hush(0.8), tone(3)])))
    first, second = passage.pieces
    assert len(passage.samples) / RATE_HZ == pytest.approx(3.3 + 7.1, abs=0.1)  # pauses in a sentence stay
    assert second.start_s == pytest.approx(142.7, abs=0.05)
    assert passage.placed(1.0, 2.0) == pytest.approx((101.0, 102.0))
    assert passage.placed(second.at_s + 0.3, second.at_s + 1) == pytest.approx((143.0, 143.7), abs=0.05)
    # A word lies in one piece, wherever the recogniser saw its ends.
    assert passage.placed(second.at_s - 0.1, second.at_s + 1)[0] == pytest.approx(second.start_s, abs=0.001)
    assert passage.placed(1.0, second.at_s + 0.5)[1] == pytest.approx(100 + first.length_s, abs=0.001)


def test_a_passage_fits_what_whisper_hears_at_once() -> None:
    found = passages(Sound(0.0, np.concatenate([tone(12), hush(2)] * 5)))
    assert [len(passage.pieces) for passage in found] == [2, 2, 1]
    assert all(len(passage.samples) <= 30 * RATE_HZ for passage in found)


def voice() -> np.ndarray:
    return np.concatenate([one.samples for one in chunks(VOICE_NOTE, MediaSettings(), [])])


def test_nothing_is_invented_in_a_pause_of_a_minute(tmp_path: Path, read: Read) -> None:
    said, alone = voice(), read(VOICE_NOTE)
    reading = read(wav(tmp_path / "gap.wav", np.concatenate([said, hush(60), said])))
    assert reading.text == f"{alone.text} {alone.text}"
    later = [word for word in reading.words if word.start_s > 30]
    assert len(later) == len(alone.words)
    for word, first in zip(later, alone.words, strict=True):
        assert word.start_s == pytest.approx(first.start_s + 60 + len(said) / RATE_HZ, abs=0.5)


def test_a_recording_that_is_quiet_as_a_whole_is_heard_whole(tmp_path: Path, read: Read) -> None:
    quiet = np.asarray(0.02 * voice(), dtype=np.float32)  # speech at about -55 dBFS
    (passage,) = passages(Sound(0.0, quiet))
    assert len(passage.pieces) == 1
    errors, said = word_errors(SAID, read(wav(tmp_path / "quiet.wav", quiet)).text)
    assert errors <= 0.15 * said


def test_no_word_is_lost_where_pauses_follow_one_another(tmp_path: Path, read: Read) -> None:
    said, alone = voice(), read(VOICE_NOTE)
    reading = read(wav(tmp_path / "long.wav", np.concatenate([said, hush(30)] * 6)))
    assert word_errors(" ".join([alone.text] * 6), reading.text)[0] == 0, reading.text


def test_chunks_are_cut_where_it_is_quiet_and_nothing_is_lost(tmp_path: Path) -> None:
    whole = np.concatenate([tone(8), hush(0.5), tone(8), hush(0.5), tone(3)])
    path = wav(tmp_path / "x.wav", whole)
    settings = MediaSettings(speech_chunk_s=10)
    found = list(chunks(path, settings, []))
    assert found[0].start_s == 0
    assert all(len(one.samples) <= 10 * RATE_HZ for one in found)
    assert 8.0 <= found[1].start_s <= 8.5
    assert sum(len(one.samples) for one in found) == len(whole)


def test_the_cut_is_in_the_quietest_place() -> None:
    assert 8.0 <= quietest_cut(np.concatenate([tone(8), hush(0.5), tone(1.5)])) / RATE_HZ <= 8.5


def test_a_recording_beyond_the_bound_is_cut_and_noted(tmp_path: Path) -> None:
    notes: list[str] = []
    found = list(chunks(wav(tmp_path / "x.wav", tone(25)), MediaSettings(max_audio_s=12, speech_chunk_s=10), notes))
    assert sum(len(one.samples) for one in found) == 12 * RATE_HZ
    assert notes == ["only the first 12 s were read"]


def test_a_24_hour_recording_is_read_up_to_the_bound_only(tmp_path: Path) -> None:
    path = tmp_path / "day.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(1000)
        for _ in range(24):
            out.writeframes(bytes([128]) * 3_600_000)
    assert inspect(path).duration_s == pytest.approx(24 * 3600)
    reading = AudioReader(MediaSettings(max_audio_s=60), None).read(path, detect(path), Moment())
    assert reading.text == ""
    assert "only the first 60 s were read" in reading.notes
    assert reading.duration_s == pytest.approx(24 * 3600)


@pytest.mark.parametrize("content", [b"RIFF\x24\x00\x00\x00WAVEfmt ", b"OggS" + bytes(60), b"#!AMR\n"])
def test_damaged_and_empty_recordings_are_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UnreadableError):
        list(chunks(path, MediaSettings(), []))


def test_a_truncated_recording_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "x.ogg"
    path.write_bytes(VOICE_NOTE.read_bytes()[:12_000])
    samples = sum(len(one.samples) for one in chunks(path, MediaSettings(), []))
    assert 2 * RATE_HZ < samples < 7 * RATE_HZ


def test_a_picture_is_no_recording(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "x.png"
    Image.new("RGB", (64, 64)).save(path)
    with pytest.raises(UnreadableError):
        inspect(path)


@pytest.mark.parametrize("path", [VOICE_NOTE, *(FIXTURES / f"voice_note.{end}" for end in ("m4a", "mp3", "amr"))])
def test_whisper_reads_every_container(read: Read, path: Path) -> None:
    reading = read(path)
    assert reading.error == ""
    errors, said = word_errors(SAID, reading.text)
    assert errors <= 0.15 * said, reading.text
    assert reading.engine == "whisper tiny.en"
    assert reading.language == "en"
    assert 0.5 < reading.confidence <= 1
    times = [(word.start_s, word.end_s) for word in reading.words]
    assert times == sorted(times)
    assert times[-1][1] <= reading.duration_s + 0.5


def film(path: Path, samples: np.ndarray) -> Path:
    import av

    with av.open(str(path), "w", format="mp4") as out:
        pictures = out.add_stream("mpeg4", rate=5)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream("aac", rate=RATE_HZ, layout="mono")
        for _ in range(20):
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        out.mux(pictures.encode(None))
        for at in range(0, len(samples) - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, at
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    return path


def test_of_a_film_the_sound_is_read(tmp_path: Path, toy_model: Path) -> None:
    with wave.open(str(FIXTURES / "toy_sentence.wav")) as source:
        said = np.frombuffer(source.readframes(source.getnframes()), dtype="<i2").astype(np.float32) / 32768
    path = film(tmp_path / "x.mp4", said)
    reading = AudioReader(MediaSettings(vosk_model=str(toy_model)), None).read(path, detect(path), Moment())
    assert (reading.kind, reading.mime) == ("video", "video/mp4")
    assert "of a film only the sound was read" in reading.notes
    errors, words = word_errors(TOY_SAID, reading.text)
    assert errors <= 0.3 * words, reading.text


def test_silence_and_noise_give_no_text(tmp_path: Path, read: Read) -> None:
    silent = read(wav(tmp_path / "silent.wav", hush(3)))
    assert (silent.text, silent.error, silent.confidence) == ("", "", 0.0)
    assert "it is silent" in silent.notes
    noise = np.random.default_rng(1).normal(0, 0.05, 4 * RATE_HZ).astype(np.float32)
    noisy = read(wav(tmp_path / "noise.wav", np.clip(noise, -1, 1)))
    assert (noisy.text, noisy.error) == ("", "")
    assert "no speech in it" in noisy.notes


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        ((-1.31, 0.37, 2, 0.26), True),  # "Thank you." after the last word of a human recording of 1.7 s
        ((-0.9, 0.1, 4, 0.1), True),  # "Thank you for watching." in a tenth of a second
        ((-0.39, 0.01, 6, 1.46), False),  # what was really said there
        ((-0.88, 0.96, 1, 1.4), True),  # "you" in a minute of silence
        ((-0.92, 0.26, 1, 0.6), False),  # a last word that was said
        ((-1.2, 0.05, 6, 3.0), False),  # mumbled: its low confidence is shown, and it stays
    ],
)
def test_text_that_nobody_said_is_left_out(figures: tuple[float, float, int, float], *, wanted: bool) -> None:
    assert invented(*figures) is wanted


def test_vosk_streams_with_a_model_folder(toy_model: Path) -> None:
    settings = MediaSettings(vosk_model=str(toy_model))
    path = FIXTURES / "toy_sentence.wav"
    reading = AudioReader(settings, None).read(path, detect(path), Moment())
    errors, said = word_errors(TOY_SAID, reading.text)
    assert errors <= 0.2 * said, reading.text
    assert reading.engine == "vosk model"
    assert len(reading.words) == len(reading.text.split())
    assert all(word.end_s > word.start_s >= 0 and 0 <= word.confidence <= 1 for word in reading.words)


def test_word_times_count_from_the_start_of_the_recording(tmp_path: Path, toy_model: Path) -> None:
    with wave.open(str(FIXTURES / "toy_sentence.wav")) as source:
        said = np.frombuffer(source.readframes(source.getnframes()), dtype="<i2").astype(np.float32) / 32768
    path = wav(tmp_path / "late.wav", np.concatenate([hush(5), said]))
    reading = AudioReader(MediaSettings(vosk_model=str(toy_model)), None).read(path, detect(path), Moment())
    assert 4.5 < reading.words[0].start_s < 6


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"speech_engine": "none"}, "switched off"),
        ({"speech_engine": "vosk"}, "no Vosk model is configured"),
        ({"speech_engine": "vosk", "vosk_model": "vosk-model-small-en-us-0.15"}, "not here"),
        ({"speech_engine": "vosk", "vosk_model": "vosk-model-ar-mgb2-0.4"}, "hears ar, not en"),
        ({"speech_language": "ar"}, "English only, not ar"),
        ({"whisper_model": "/nowhere"}, "no Whisper model"),
    ],
)
def test_a_missing_engine_is_said_and_nothing_is_invented(change: dict[str, str], reason: str) -> None:
    settings = MediaSettings.model_validate(change)
    with pytest.raises(EngineUnavailableError, match=reason):
        load_speech_engine(settings)
    reading = AudioReader(settings, None).read(VOICE_NOTE, detect(VOICE_NOTE), Moment())
    assert reading.text == ""
    assert reason in reading.error


def test_auto_falls_back_from_a_missing_vosk_model_to_whisper() -> None:
    assert load_speech_engine(MediaSettings(vosk_model="vosk-model-small-en-us-0.15")).name == "whisper tiny.en"


def test_the_deadline_gives_back_what_was_heard(tmp_path: Path, toy_model: Path) -> None:
    with wave.open(str(FIXTURES / "toy_sentence.wav")) as source:
        said = np.frombuffer(source.readframes(source.getnframes()), dtype="<i2").astype(np.float32) / 32768
    path = wav(tmp_path / "long.wav", np.concatenate([said, hush(7), said, hush(7), said]))
    ticks = iter([0.0, 1.0, 2.0, 1e9, 1e9, 1e9, 1e9])
    settings = MediaSettings(vosk_model=str(toy_model), speech_chunk_s=10)
    reading = AudioReader(settings, None, clock=lambda: next(ticks)).read(path, detect(path), Moment())
    assert "marina" in reading.text
    assert any("the time for it was over" in note for note in reading.notes)
