"""Files found in the wild: damaged, chained, without a length, very large, out of phase. Truncated ones are refused."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
import soundfile
from av.stream import Disposition

from bot.audio.analysis.features import analyse
from bot.audio.analysis.keys import MINOR
from bot.audio.clips.clip import cut
from bot.audio.files.decode import read
from bot.audio.files.phase import in_step
from bot.audio.files.sound import Limits
from bot.errors.audio import EmptyAudio, NotAudio, TooLargeAudio, TooLongAudio, TruncatedAudio
from tests.unit.music import cadence
from tests.unit.sounds import ENDINGS, RATE, Samples, tune, write

pytestmark = pytest.mark.slow

SECONDS = 10
SAYS_LENGTH = [ending for ending in ENDINGS if ending not in (".aac",)]


def damaged(path: Path, where: float, count: int = 300) -> Path:
    """Overwrite some bytes of a file with noise."""
    content = bytearray(path.read_bytes())
    at = int(where * len(content))
    content[at : at + count] = np.random.default_rng(0).bytes(count)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("where", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_few_bad_frames_are_skipped(tmp_path: Path, ending: str, where: float) -> None:
    seconds = 30 if ending == ".webm" else SECONDS  # in WebM, a bad byte costs up to five seconds
    sound = read(damaged(write(tmp_path / f"song{ending}", tune(seconds)), where))
    assert sound.seconds > 0.65 * seconds


@pytest.mark.parametrize("ending", [".mp3", ".flac", ".ogg", ".opus", ".wav", ".webm"])
def test_damage_at_the_end_does_not_count_as_truncation(tmp_path: Path, ending: str) -> None:
    assert read(damaged(write(tmp_path / f"song{ending}", tune(SECONDS)), 0.96, 50)).seconds > 0.7 * SECONDS


@pytest.mark.parametrize("share", [0.6, 0.9])
@pytest.mark.parametrize("ending", SAYS_LENGTH)
def test_a_mostly_complete_damaged_file_that_breaks_off_is_truncated(tmp_path: Path, ending: str, share: float) -> None:
    path = damaged(write(tmp_path / f"song{ending}", tune(SECONDS)), 0.4)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(TruncatedAudio):
        read(path)


def test_a_mostly_damaged_file_is_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "song.flac", tune(SECONDS))
    with pytest.raises(TruncatedAudio):
        read(damaged(path, 0.2, count=int(0.7 * path.stat().st_size)))


@pytest.mark.parametrize("ending", [".flac", ".m4a", ".mp3"])
def test_a_comment_that_reads_like_the_mark_of_an_mp3s_length_says_nothing_of_it(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"song{ending}", tune(3))
    tagged = mutagen.File(path, easy=True)
    tagged["title" if ending == ".mp3" else "comment"] = "Info: from the label"
    tagged.save()
    assert b"Info: from" in path.read_bytes()[:64_000]
    assert read(path).seconds == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("after", [b"", bytes(70_000), b"TAG" + bytes(125)])
def test_an_ogg_with_a_complete_last_page_is_complete_whatever_follows(
    tmp_path: Path, subtype: str, after: bytes
) -> None:
    path = tmp_path / "song.ogg"
    soundfile.write(path, tune(4, 48_000).T, 48_000, format="OGG", subtype=subtype)
    content = bytearray(path.read_bytes())
    last = content.rindex(b"OggS")
    content[last + 5] &= ~4  # end of stream
    content[last + 22 : last + 26] = struct.pack("<I", checksum(content[last:]))
    path.write_bytes(content + after)
    assert read(path).seconds == pytest.approx(4, abs=0.05)


def checksum(page: bytes) -> int:
    """An Ogg page's checksum (RFC 3533, section 6), computed with its own field set to zero."""
    value = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


def test_a_chained_ogg_is_read_in_sequence_in_the_format_of_the_first(tmp_path: Path) -> None:
    chained = b""
    forms = ((3, 44_100, 2, "VORBIS"), (2, 32_000, 1, "VORBIS"), (1, 48_000, 2, "OPUS"))
    for seconds, rate, channels, subtype in forms:
        link = io.BytesIO()
        soundfile.write(link, tune(seconds, rate, channels).T, rate, format="OGG", subtype=subtype)
        chained += link.getvalue()
    path = tmp_path / "song.ogg"
    path.write_bytes(chained)
    sound = read(path)
    assert (sound.rate, len(sound.samples)) == (44_100, 2)
    assert sound.seconds == pytest.approx(6, abs=0.05)
    path.write_bytes(chained[:-2_000])
    with pytest.raises(TruncatedAudio):
        read(path)


def vorbis(seconds: float) -> bytes:
    link = io.BytesIO()
    soundfile.write(link, tune(seconds).T, RATE, format="OGG", subtype="VORBIS")
    return link.getvalue()


@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("rest", [vorbis(0), b"OggS".join(vorbis(2).split(b"OggS")[:3])], ids=["nothing", "headers"])
def test_a_chained_ogg_is_read_although_there_is_nothing_in_a_part_of_it(
    tmp_path: Path, lost: int, rest: bytes
) -> None:
    parts = [vorbis(2), vorbis(3)]
    parts.insert(lost, rest)
    path = tmp_path / "song.ogg"
    path.write_bytes(b"".join(parts))
    assert read(path).seconds == pytest.approx(5, abs=0.05)
    path.write_bytes(2 * rest)
    with pytest.raises((EmptyAudio, NotAudio)):
        read(path)


def test_a_chained_ogg_is_read_on_where_a_part_of_it_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "song.ogg"
    path.write_bytes(vorbis(6)[:-20_000] + vorbis(3))
    assert read(path).seconds == pytest.approx(8, abs=0.8)


@pytest.mark.parametrize("ending", [".mp3", ".flac"])
@pytest.mark.parametrize("after", [b"", bytes(40_000), b"APETAGEX" + bytes(99_000)])
def test_files_that_were_joined_are_read_to_the_last_ones_end(tmp_path: Path, ending: str, after: bytes) -> None:
    path, other = write(tmp_path / f"song{ending}", tune(3)), write(tmp_path / f"other{ending}", tune(4))
    assert read(path).seconds == pytest.approx(3, abs=0.1)
    path.write_bytes(path.read_bytes() + other.read_bytes() + after)
    assert read(path).seconds == pytest.approx(7, abs=0.1)
    with pytest.raises(TooLongAudio):
        read(path, Limits(seconds=6))
    other.write_bytes(other.read_bytes() + after)
    assert read(other).seconds == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("ending", [".mp4", ".mka"])
def test_of_several_sounds_the_one_that_players_play_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"song{ending}"
    with av.open(str(path), "w", format={".mka": "matroska"}.get(ending)) as out:
        streams = [out.add_stream("aac", rate=RATE, layout="stereo") for _ in range(2)]
        streams[0].disposition, streams[1].disposition = Disposition(0), Disposition.default
        for stream, samples in zip(streams, (0 * tune(4), tune(4)), strict=True):
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.sample_rate = RATE
            for packet in (*stream.encode(frame), *stream.encode(None)):
                out.mux(packet)
    assert np.sqrt(np.mean(read(path).samples ** 2)) > 0.1
    with av.open(io.BytesIO(cut(path, 1, 2).data)) as clip:
        assert max(np.abs(frame.to_ndarray()).max() for frame in clip.decode(audio=0)) > 0.1


def test_a_caf_that_leads_to_a_place_far_beyond_its_end_has_an_error_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "song.caf"
    soundfile.write(path, tune(1).T, RATE, subtype="PCM_16")
    path.write_bytes(path.read_bytes().replace(b"lpcm", b"mp4a", 1) + b"free" + struct.pack(">q", 2**62) + bytes(99))
    with pytest.raises(NotAudio):
        read(path)


def test_a_variable_bit_rate_mp3_without_a_length_is_read_to_its_end(tmp_path: Path) -> None:
    """Its first frames are loud and therefore larger than the rest, so a length guessed from them is far too short."""
    path, samples = tmp_path / "song.mp3", np.concatenate([tune(2), 0.001 * tune(8)], axis=1)
    with av.open(str(path), "w", format="mp3", options={"write_xing": "0"}) as out:
        stream = out.add_stream("libmp3lame", rate=RATE, layout="stereo")
        stream.codec_context.flags |= 2  # by quality, not by bit rate (AV_CODEC_FLAG_QSCALE)
        stream.codec_context.global_quality = 2 * 118
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(stream.codec_context.format.name, "stereo", RATE)
        for part in (*resampler.resample(frame), None):
            for packet in stream.encode(part):
                out.mux(packet)
    assert read(path).seconds == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize("riff", [0, 2**31 - 1, 2**31 + 36, 2**32 - 1, None])
@pytest.mark.parametrize("data", [0, 0x7FFFF000, 2**31, 2**32 - 1])
def test_a_wav_without_a_valid_length_is_read_to_its_end(tmp_path: Path, riff: int | None, data: int) -> None:
    path = write(tmp_path / "song.wav", tune())
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", data)
    content[4:8] = struct.pack("<I", len(content) - 8 if riff is None else riff)
    path.write_bytes(content)
    assert read(path).seconds == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize("lengths", [bytes(24), b"\xff" * 24])
def test_an_rf64_without_a_valid_length_is_read_and_half_of_one_is_truncated(tmp_path: Path, lengths: bytes) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, tune().T, RATE, format="RF64")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(TruncatedAudio):
        read(path)
    path.write_bytes(content[:20] + lengths + content[44:])
    assert read(path).seconds == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize("ending", [".flac", ".m4a"])
def test_a_sound_that_is_too_large_is_downsampled_or_downmixed(tmp_path: Path, ending: str) -> None:
    song = tune(4, 96_000)
    sound = read(write(tmp_path / f"high{ending}", song, 96_000), Limits(samples=500_000))
    assert (sound.rate, len(sound.samples)) == (48_000, 2)
    assert sound.seconds == pytest.approx(4, abs=0.1)
    surround = write(tmp_path / f"surround{ending}", tune(4, 48_000, 6), 48_000)
    folded = read(surround, Limits(samples=500_000))
    assert (folded.rate, len(folded.samples)) == (48_000, 2)
    assert np.sqrt(np.mean(folded.samples**2)) > 0.01
    with pytest.raises(TooLargeAudio):
        read(surround, Limits(samples=300_000))


# ---------------------------------------------------------------- phase
def half(mono: Samples) -> Samples:
    return np.where(np.arange(len(mono)) < len(mono) // 2, mono, -mono)


def octaves(mono: Samples) -> Samples:
    """Phase inverted from 200 to 1,600 Hz."""
    spectrum = np.fft.rfft(mono)
    hz = np.fft.rfftfreq(len(mono), 1 / RATE)
    return np.fft.irfft(np.where((hz > 200) & (hz < 1600), -spectrum, spectrum), len(mono)).astype(np.float32)


@pytest.mark.parametrize("turned", [np.negative, half, octaves, lambda mono: -0.95 * mono])
def test_a_phase_inverted_channel_does_not_change_the_features(
    tmp_path: Path, turned: Callable[[Samples], Samples]
) -> None:
    (mono,) = tune(12, channels=1)
    twin = read(write(tmp_path / "twin.wav", np.stack([mono, mono])))
    odd = read(write(tmp_path / "odd.wav", np.stack([mono, turned(mono)])))
    wanted, numbers = (analyse(path).numbers for path in (twin, odd))
    for name, near in (("level", 0.4), ("loudness", 0.4), ("tempo", 0.5), ("key_confidence", 0.2), ("brightness", 40)):
        assert numbers[name] == pytest.approx(wanted[name], abs=near), name


@pytest.mark.parametrize("turned", [np.negative, half])
def test_a_phase_inverted_channel_does_not_change_the_key(tmp_path: Path, turned: Callable[[Samples], Samples]) -> None:
    mono = cadence(2, MINOR)
    odd = read(write(tmp_path / "odd.wav", np.stack([mono, turned(mono)]), 22_050))
    angle = 2 * np.pi * 2 / 12  # D is two fifths above C
    numbers = analyse(odd).numbers
    assert (numbers["key_cos"], numbers["key_sin"]) == pytest.approx((np.cos(angle), np.sin(angle)))
    assert numbers["mode"] == MINOR


@pytest.mark.parametrize(
    "channels",
    [
        lambda mono: [mono, 0 * mono],
        lambda mono: [0 * mono, 0 * mono, mono, 0 * mono, 0 * mono, 0 * mono],  # 5.1, all in the centre
        lambda mono: [mono + 0.3, mono + 0.3],
        lambda mono: [mono + 0.3, -mono - 0.3],
        lambda mono: [mono, mono, -mono, -mono],
        lambda mono: [mono, mono, 0 * mono, 0 * mono, mono, -mono],
    ],
)
def test_silent_constant_or_inverted_channels_do_not_weaken_a_song(
    tmp_path: Path, channels: Callable[[Samples], list[Samples]]
) -> None:
    (mono,) = tune(6, channels=1)
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.stack(channels(mono)).T, RATE, subtype="FLOAT")
    heard = read(path).mono
    assert np.corrcoef(heard, mono)[0, 1] > 0.99
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(np.sqrt(np.mean(mono**2)), rel=0.02)


def test_an_ordinary_stereo_song_is_unchanged() -> None:
    for samples in (tune(6), np.stack([tune(6, channels=1)[0], tune(6, channels=1, seed=1)[0]])):
        assert in_step(samples, RATE) is samples
