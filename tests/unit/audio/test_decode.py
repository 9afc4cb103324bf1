"""Decoding: every format is read, every kind of broken file has its own error, and no file exceeds the limits."""

import http.server
import os
import struct
import threading
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from bot.audio.files.decode import read
from bot.audio.files.sound import Limits
from bot.errors.audio import AudioError, EmptyAudio, NotAudio, SilentAudio, TooLargeAudio, TooLongAudio, TruncatedAudio
from tests.unit.sounds import ENDINGS, RATE, film, halved, tune, write


def likeness(heard: np.ndarray, samples: np.ndarray) -> float:
    """The highest correlation of two sounds at any delay; 1 if they're the same."""
    return float(correlate(heard, samples, method="fft").max() / np.linalg.norm(heard) / np.linalg.norm(samples))


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_is_read_with_its_channels_and_sound(tmp_path: Path, ending: str, channels: int) -> None:
    samples = tune(channels=channels)
    sound = read(write(tmp_path / f"song{ending}", samples))
    assert sound.samples.dtype == np.float32
    assert len(sound.samples) == channels
    assert sound.rate == (48_000 if ending in (".opus", ".webm") else RATE)
    assert sound.seconds == pytest.approx(3, abs=0.1)
    assert np.sqrt(np.mean(sound.samples**2)) == pytest.approx(np.sqrt(np.mean(samples**2)), rel=0.1)
    if sound.rate == RATE:
        assert likeness(sound.samples[0], samples[0]) > 0.95


@pytest.mark.parametrize("rate", [8_000, 11_025, 32_000, 96_000])
def test_any_rate_is_read(tmp_path: Path, rate: int) -> None:
    assert read(write(tmp_path / "song.wav", tune(rate=rate), rate)).rate == rate


def test_six_channels_are_read_and_mixed(tmp_path: Path) -> None:
    samples = tune(channels=6)
    sound = read(write(tmp_path / "song.flac", samples))
    assert len(sound.samples) == 6
    np.testing.assert_allclose(sound.mono, samples.mean(0), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_half_a_download_is_truncated(tmp_path: Path, ending: str) -> None:
    with pytest.raises(TruncatedAudio):
        read(halved(write(tmp_path / f"song{ending}", tune(10))))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyAudio),
        (b"this is no sound, whatever its name says\n" * 99, NotAudio),
        (bytes(100_000), NotAudio),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", NotAudio),
        (b"#EXTM3U\n#EXTINF:10,\nother.mp3\n", NotAudio),
        (b"ffconcat version 1.0\nfile other.mp3\n", NotAudio),
    ],
)
def test_a_file_that_is_not_audio_is_reported_as_such(tmp_path: Path, content: bytes, error: type[AudioError]) -> None:
    write(tmp_path / "other.mp3", tune())
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    with pytest.raises(error):
        read(path)


def test_a_playlist_file_is_not_followed(tmp_path: Path) -> None:
    asked = []

    class Witness(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with http.server.HTTPServer(("127.0.0.1", 0), Witness) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = tmp_path / "song.m4a"
        path.write_text(f"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:{server.server_port}/secret.aac\n#EXT-X-ENDLIST\n")
        with pytest.raises(NotAudio):
            read(path)
        server.shutdown()
    assert asked == []


def test_a_video_without_sound_is_not_audio(tmp_path: Path) -> None:
    with pytest.raises(NotAudio):
        read(film(tmp_path / "film.mp4"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_silence_is_reported_as_such(tmp_path: Path, ending: str) -> None:
    with pytest.raises(SilentAudio):
        read(write(tmp_path / f"song{ending}", np.zeros((2, 2 * RATE), np.float32)))


def test_a_fraction_of_a_second_counts_as_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyAudio):
        read(write(tmp_path / "song.wav", tune(0.2)))


def test_nan_samples_are_rejected(tmp_path: Path) -> None:
    samples = tune()
    samples[0, 1000] = np.nan
    soundfile.write(tmp_path / "song.wav", samples.T, RATE, subtype="FLOAT")
    with pytest.raises(TruncatedAudio):
        read(tmp_path / "song.wav")


@pytest.mark.parametrize("where", ["", "missing.mp3"])
def test_a_folder_or_a_missing_file_is_not_audio(tmp_path: Path, where: str) -> None:
    with pytest.raises(NotAudio):
        read(tmp_path / where)


@pytest.mark.parametrize("ending", [".flac", ".m4a", ".mp3"])
@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (Limits(seconds=2), TooLongAudio),
        (Limits(bytes=1000), TooLargeAudio),
        (Limits(channels=1), TooLargeAudio),
        (Limits(rate=22_050), TooLargeAudio),
        (Limits(samples=100_000), TooLargeAudio),
    ],
)
def test_limits_apply_to_every_decoder(tmp_path: Path, ending: str, limits: Limits, error: type[AudioError]) -> None:
    with pytest.raises(error):
        read(write(tmp_path / f"song{ending}", tune()), limits)


def test_a_file_longer_than_it_claims_is_stopped_during_decoding(tmp_path: Path) -> None:
    """Raw AAC states no length: libav guesses it from the first frames, and silence takes almost no bytes."""
    samples = np.concatenate([tune(2, channels=1), np.zeros((1, 60 * RATE), np.float32)], axis=1)
    path = write(tmp_path / "song.aac", samples)
    with av.open(str(path)) as claimed:
        assert claimed.duration / av.time_base < 30
    with pytest.raises(TooLongAudio):
        read(path, Limits(seconds=30))


def test_a_wav_that_claims_too_much_data_takes_no_memory_for_it(tmp_path: Path) -> None:
    path = write(tmp_path / "song.wav", tune())
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", 2**30)
    content[4:8] = struct.pack("<I", 2**30 + 36)
    path.write_bytes(content)
    with pytest.raises(TruncatedAudio):
        read(path)


@pytest.mark.parametrize("ending", [".wav", ".aiff"])
def test_a_file_is_whole_if_its_sound_is_whatever_else_is_missing(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"song{ending}"
    soundfile.write(path, tune().T, RATE, subtype="PCM_16")
    content, order = path.read_bytes(), {".wav": "<I", ".aiff": ">I"}[ending]
    picture = b"ID3 " + struct.pack(order, 500_000)
    content = content[:4] + struct.pack(order, len(content) + 500_000) + content[8:] + picture
    path.write_bytes(content + bytes(100_000))
    assert read(path).seconds == pytest.approx(3)
    path.write_bytes(content[:200_000])
    with pytest.raises(TruncatedAudio):
        read(path)


def test_half_an_aiff_is_truncated(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.aiff", tune(10).T, RATE)
    assert read(tmp_path / "song.aiff").seconds == pytest.approx(10)
    with pytest.raises(TruncatedAudio):
        read(halved(tmp_path / "song.aiff"))


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_with_an_incomplete_last_page_is_truncated(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "song.ogg"
    soundfile.write(path, tune(4, 48_000).T, 48_000, format="OGG", subtype=subtype)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(TruncatedAudio):
        read(path)


def test_a_flac_written_to_a_pipe_has_no_length_and_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "song.flac", tune())
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # the 36 bits of STREAMINFO that count the samples (RFC 9639, section 8.2)
    content[22:26] = bytes(4)
    path.write_bytes(content)
    assert read(path).seconds == pytest.approx(3)
    with pytest.raises(TooLongAudio):
        read(path, Limits(seconds=2))


@pytest.mark.parametrize("levels", [(0.5, -0.25), (0.5, 0.5)])
@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_a_constant_is_silence(tmp_path: Path, levels: tuple[float, float], subtype: str) -> None:
    soundfile.write(tmp_path / "song.wav", np.full((9 * RATE, 2), levels), RATE, subtype=subtype)
    with pytest.raises(SilentAudio):
        read(tmp_path / "song.wav")


def test_a_wav_with_an_unknown_codec_is_not_audio(tmp_path: Path) -> None:
    path = write(tmp_path / "song.wav", tune())
    content = bytearray(path.read_bytes())
    content[20:22] = b"\xcd\xab"
    path.write_bytes(content)
    with pytest.raises(NotAudio):
        read(path)


def test_a_file_with_an_undecodable_name_is_still_analysed(tmp_path: Path) -> None:
    path = write(tmp_path / "song.wav", tune()).rename(tmp_path / os.fsdecode(b"s\xf6ng.wav"))
    assert read(path).seconds == pytest.approx(3)
