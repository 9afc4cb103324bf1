"""The sandbox's songs: reproducible by seed, and analysis finds in them what was played."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.analysis.features import FEATURES
from bot.audio.analysis.rhythm import fold
from sandbox.music import synth
from sandbox.music.songs import Features, Song, fingerprint, hear, hear_all, render, songs, write_audio
from sandbox.music.styles import DIALS, STYLES
from sandbox.music.synth import RATE, section_of

SOME = songs(seed=3, count=48)


@pytest.fixture(scope="module")
def heard(request: pytest.FixtureRequest) -> dict[str, Features]:
    """The features of SOME, cached between runs until the synth or the analysis changes."""
    return hear_all(SOME, request.config.cache.mkdir("songs"))


@pytest.fixture(scope="module")
def song() -> Song:
    return SOME[0]


def test_the_same_seed_gives_the_same_songs_and_samples(song: Song) -> None:
    assert songs(seed=3, count=48) == SOME
    assert render(song).tobytes() == render(songs(seed=3, count=48)[0]).tobytes()
    assert songs(seed=4, count=48) != SOME


def test_songs_are_distinct_and_artists_have_several() -> None:
    assert (
        len({song.id for song in SOME})
        == len({song.title for song in SOME})
        == len({song.isrc for song in SOME})
        == len(SOME)
    )
    per_artist = Counter(song.artist for song in SOME)
    assert max(per_artist.values()) <= 9
    assert np.mean(list(per_artist.values())) >= 3


def test_every_style_sets_every_dial() -> None:
    assert all(len(style.dials) == len(DIALS) for style in STYLES)
    assert all(0 <= dial <= 1 for style in STYLES for dial in style.dials)


def test_a_song_is_stereo_and_peaks_at_its_level(song: Song) -> None:
    samples = render(song)
    assert samples.shape == (round(song.sound.seconds * RATE), 2)
    assert samples.dtype == np.float32
    assert 20 * np.log10(np.abs(samples).max()) == pytest.approx(song.sound.level, abs=0.01)


def test_the_chorus_is_louder_than_the_verse(song: Song) -> None:
    sound = replace(song.sound, lift=6.0)
    bars = np.array_split(render(replace(song, sound=sound)), sound.bars)
    lifted = [section_of(bar, sound.bars).lifted for bar in range(sound.bars)]
    levels = [float(np.mean(bar**2)) for bar in bars]
    chorus = [level for level, up in zip(levels, lifted, strict=True) if up]
    rest = [level for level, up in zip(levels, lifted, strict=True) if not up]
    assert min(chorus) > max(rest)


def test_audio_is_written_on_request(song: Song, tmp_path: Path) -> None:
    for name in ("song.flac", "song.ogg"):
        write_audio(song, tmp_path / name)
        audio, rate = soundfile.read(tmp_path / name)
        assert (audio.shape, rate) == (render(song).shape, RATE)


@pytest.mark.slow
def test_features_are_named_and_finite(heard: dict[str, Features]) -> None:
    assert all(tuple(numbers) == tuple(feature.name for feature in FEATURES) for numbers in heard.values())
    assert np.isfinite([list(numbers.values()) for numbers in heard.values()]).all()


def test_tempo_is_found_within_three_percent_ignoring_octaves(heard: dict[str, Features]) -> None:
    errors = [heard[song.id]["tempo_folded"] / fold(song.sound.tempo) for song in SOME]
    assert np.mean([abs(np.log2(error) - round(np.log2(error))) < np.log2(1.03) for error in errors]) > 0.95


def test_the_key_is_close_on_the_circle_of_fifths(heard: dict[str, Features]) -> None:
    places = [np.arctan2(heard[song.id]["key_sin"], heard[song.id]["key_cos"]) * 6 / np.pi for song in SOME]
    truth = [7 * song.sound.key % 12 for song in SOME]
    apart = np.abs((np.array(places) - truth + 6) % 12 - 6)
    assert np.mean(apart < 0.5) > 0.8  # songs on i, iv and v may well be heard in iv
    assert np.mean(apart < 1.5) > 0.95
    modes = [(heard[song.id]["mode"] == 0) == song.sound.minor for song in SOME]
    assert np.mean(modes) > 0.8


def test_a_louder_songs_measured_loudness_rises_by_as_much(song: Song) -> None:
    quiet, loud = (hear(replace(song.sound, level=level)) for level in (-12.0, -6.0))
    assert loud["loudness"] - quiet["loudness"] == pytest.approx(6, abs=0.01)
    assert loud["level_spread"] == pytest.approx(quiet["level_spread"], abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dial", "low", "high", "feature"),
    [
        ("brightness", 0.1, 0.9, "brightness"),
        ("brightness", 0.1, 0.9, "roll_off"),
        ("density", 0.1, 0.9, "onset_rate"),
        ("bass", 0.1, 0.9, "low_share"),
        ("air", 0.0, 1.0, "flatness"),
        ("lift", 0.0, 8.0, "level_spread"),
    ],
)
def test_turning_a_dial_up_changes_its_feature(song: Song, dial: str, low: float, high: float, feature: str) -> None:
    down, up = (hear(replace(song.sound, **{dial: value})) for value in (low, high))
    assert up[feature] > down[feature]


def test_styles_are_recognisable_but_not_perfectly(heard: dict[str, Features]) -> None:
    """By the nearest centre of the other songs' styles, from audio alone; chance level is one in eight."""
    points = np.array([list(heard[song.id].values()) for song in SOME])
    points = (points - points.mean(0)) / points.std(0)
    styles = np.array([song.styles[0] for song in SOME])
    right = 0
    for number, point in enumerate(points):
        others = np.arange(len(SOME)) != number
        names = sorted(set(styles[others]))
        centres = [points[others & (styles == name)].mean(0) for name in names]
        right += names[int(np.argmin([np.linalg.norm(point - centre) for centre in centres]))] == styles[number]
    assert 0.4 < right / len(SOME) < 0.95


def test_features_are_cached_until_songs_change(tmp_path: Path, heard: dict[str, Features]) -> None:
    few = SOME[:2]
    steps: list[int] = []
    first = hear_all(few, tmp_path, progress=steps.append)
    assert first == {song.id: heard[song.id] for song in few}
    assert hear_all(few, tmp_path, progress=steps.append) == first
    assert steps == [1, 2]
    assert fingerprint(few) != fingerprint(SOME[:3])


def test_every_note_is_short_enough_for_its_song(song: Song) -> None:
    notes = [
        *synth.bass_line(song.sound, np.random.default_rng(0)),
        *synth.chords(song.sound, np.random.default_rng(0)),
    ]
    assert notes
    assert all(0 <= note.start < song.sound.seconds for note in notes)
