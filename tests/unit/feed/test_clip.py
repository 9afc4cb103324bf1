"""Clips: cut at the right place, faded, small enough, and playable."""

import base64
import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from bot.audio.clips.clip import FADE_IN, FADE_OUT, MP3, OPUS, RATE, ClipFormat, cut
from bot.errors.audio import ClipTooLarge, NothingThere

CLICK = 33.457  # seconds into the song
LENGTH = 60.0  # seconds
FORMATS = {  # ending → codec, container, rate
    "mp3": ("libmp3lame", "mp3", 44_100),
    "m4a": ("aac", "ipod", 44_100),
    "opus": ("libopus", "ogg", 48_000),
    "flac": ("flac", "flac", 22_050),
    "wav": ("pcm_s16le", "wav", 32_000),
}
Samples = NDArray[np.float32]


def song(rate: int, channels: int) -> Samples:
    """A steady tone at -26 dB with a click at CLICK: shape (channels, n)."""
    time = np.arange(round(LENGTH * rate)) / rate
    click = np.exp(-(((time - CLICK) * 1500) ** 2)) * np.cos(2 * np.pi * 2000 * (time - CLICK))
    return np.tile((0.05 * np.sin(2 * np.pi * 220 * time) + 0.8 * click).astype(np.float32), (channels, 1))


def write(path: Path, samples: Samples, rate: int, codec: str, container: str) -> Path:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(samples)]
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return path


def heard(file: Path | io.BytesIO) -> tuple[Samples, int]:
    """A file decoded by libav from its start: samples (channels, n) at RATE, and the file's number of channels."""
    with av.open(file if isinstance(file, io.BytesIO) else str(file)) as container:
        stream = container.streams.audio[0]
        resampler = AudioResampler("fltp", stream.layout.name, RATE)
        frames = [part for frame in (*container.decode(stream), None) for part in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray() for frame in frames], axis=1), stream.layout.nb_channels


def loudest_second(samples: Samples) -> float:
    return float(np.argmax(np.abs(samples[0]))) / RATE


@pytest.fixture(scope="module", params=FORMATS)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    codec, container, rate = FORMATS[request.param]
    path = tmp_path_factory.mktemp("songs") / f"song.{request.param}"
    return write(path, song(rate, 2), rate, codec, container)


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("songs") / "song.wav", song(44_100, 2), 44_100, "pcm_s16le", "wav")


@pytest.mark.slow
@pytest.mark.parametrize("form", [OPUS, MP3], ids=["opus", "mp3"])
def test_a_clip_starts_at_the_right_place_within_a_millisecond(source: Path, form: ClipFormat) -> None:
    """Compared with where libav finds the click when decoding the whole song: the song's encoder delay is its own."""
    click = loudest_second(heard(source)[0])
    clip = cut(source, click - 4, 10, form)
    samples, channels = heard(io.BytesIO(clip.data))
    assert channels == 2
    assert loudest_second(samples) == pytest.approx(4, abs=0.001)
    assert samples.shape[1] / RATE == pytest.approx(10, abs=0.03)
    assert clip.seconds == 10
    assert (clip.name, clip.mime) == (f"clip.{form.ending}", form.mime)


@pytest.mark.slow
@pytest.mark.parametrize(("channels", "kept"), [(1, 1), (2, 2), (6, 2)])
def test_mono_stays_mono_and_more_channels_become_two(tmp_path: Path, channels: int, kept: int) -> None:
    path = write(tmp_path / "song.flac", song(44_100, channels), 44_100, "flac", "flac")
    clip = cut(path, CLICK - 1, 3)
    samples, cut_channels = heard(io.BytesIO(clip.data))
    assert cut_channels == kept
    assert loudest_second(samples) == pytest.approx(1, abs=0.001)


def test_a_clip_fades_in_from_silence_and_out_to_it(wav: Path) -> None:
    samples, _ = heard(io.BytesIO(cut(wav, 2, 10, MP3).data))
    level = np.sqrt((samples[0, : 10 * RATE].reshape(-1, RATE // 50) ** 2).mean(1))  # per fiftieth of a second
    steady = level[150:300].mean()
    rise, fall = round(FADE_IN * 50), round(FADE_OUT * 50)
    assert level[0] < 0.2 * steady
    assert level[rise // 2] == pytest.approx(steady * np.sin(np.pi / 4), rel=0.2)
    assert level[rise + 1 : -fall] == pytest.approx(np.full(500 - rise - 1 - fall, steady), rel=0.1)
    assert level[-fall // 2] == pytest.approx(steady * np.cos(np.pi / 4), rel=0.1)
    assert level[-1] < 0.1 * steady


def test_a_clip_at_the_songs_end_is_shorter_and_still_fades_out(wav: Path) -> None:
    clip = cut(wav, LENGTH - 2.5, 20)
    samples, _ = heard(io.BytesIO(clip.data))
    assert clip.seconds == pytest.approx(2.5, abs=0.001)
    assert np.abs(samples[:, -RATE // 100 :]).max() < 0.01


@pytest.mark.slow
def test_a_negative_start_means_the_beginning(wav: Path) -> None:
    samples, _ = heard(io.BytesIO(cut(wav, -3, LENGTH).data))
    assert loudest_second(samples) == pytest.approx(CLICK, abs=0.001)


@pytest.mark.slow
@pytest.mark.parametrize("form", [OPUS, MP3], ids=["opus", "mp3"])
def test_a_tight_size_limit_lowers_the_bit_rate_and_is_met(wav: Path, form: ClipFormat) -> None:
    plain, tight = cut(wav, 10, 20, form), cut(wav, 10, 20, form, limit=110_000)
    assert len(plain.data) > 110_000 >= len(tight.data)
    assert tight.seconds == plain.seconds == 20
    assert heard(io.BytesIO(tight.data))[0].shape[1] / RATE == pytest.approx(20, abs=0.03)
    with pytest.raises(ClipTooLarge):
        cut(wav, 10, 20, form, limit=10_000)


def test_there_is_no_clip_after_the_end_or_of_a_non_song(wav: Path, tmp_path: Path) -> None:
    with pytest.raises(NothingThere):
        cut(wav, LENGTH + 1)
    (tmp_path / "text.mp3").write_text("not a song" * 100)
    with pytest.raises(NothingThere):
        cut(tmp_path / "text.mp3", 0)
    with pytest.raises(NothingThere):
        cut(tmp_path / "missing.mp3", 0)


def test_a_playlist_that_names_another_file_is_not_followed(wav: Path, tmp_path: Path) -> None:
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:60\n#EXTINF:60,\n{wav}\n#EXT-X-ENDLIST\n")
    with pytest.raises(NothingThere):
        cut(tmp_path / "list.m3u8", 0)


def test_a_clip_has_the_waveform_of_its_own_sound(wav: Path) -> None:
    bars = np.frombuffer(base64.b64decode(cut(wav, CLICK - 4.05, 10).waveform), np.uint8)
    assert len(bars) == 100
    assert int(np.argmax(bars)) == 40
