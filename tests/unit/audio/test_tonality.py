"""Tonality: every key is found, in tune or not; a sound without a key gets low confidence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.analysis.keys import MAJOR, MINOR, find_key
from bot.audio.analysis.tonality import centroid, tonality
from tests.unit.music import cadence, chords, noise, silence

SURE = 0.5  # confidence
# Chords in a minor key whose notes are also those of its relative major: semitones above the tonic, and mode.
MINOR_LOOP = ((0, MINOR), (8, MAJOR), (10, MAJOR), (0, MINOR))
MINOR_THIRDS = ((0, MINOR), (3, MAJOR), (10, MAJOR), (0, MINOR))
MINOR_STEPS = ((0, MINOR), (10, MAJOR), (8, MAJOR), (10, MAJOR))
MINOR_FIFTHS = ((0, MINOR), (7, MINOR), (10, MAJOR), (0, MINOR))
MAJOR_LOOP = ((0, MAJOR), (9, MINOR), (5, MAJOR), (7, MAJOR))
FROM_SIXTH = ((9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR))


@pytest.mark.slow
@pytest.mark.parametrize("mode", [MINOR, MAJOR])
@pytest.mark.parametrize("key", range(12))
def test_a_cadence_gives_its_key(key: int, mode: int) -> None:
    tone = tonality(cadence(key, mode))
    assert (tone.key, tone.mode) == (key, mode)
    assert tone.confidence > SURE


@pytest.mark.parametrize("mode", [MINOR, MAJOR])
@pytest.mark.parametrize("cents", [-40, -30, 30, 40])
def test_an_instrument_out_of_tune_plays_in_the_same_key(cents: int, mode: int) -> None:
    tone = tonality(cadence(2 + cents / 100, mode))
    assert (tone.key, tone.mode) == (2, mode)
    assert tone.tuning == pytest.approx(cents / 100, abs=0.05)


def test_chroma_holds_the_notes_that_sound() -> None:
    heard = tonality(chords([(60, MAJOR)] * 4)).chroma
    assert set(np.argsort(heard)[-3:].tolist()) == {0, 4, 7}
    assert heard.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("key", [0, 5, 9])
@pytest.mark.parametrize("roots", [MINOR_LOOP, MINOR_THIRDS, MINOR_STEPS, MINOR_FIFTHS], ids=str)
def test_a_minor_song_is_not_heard_in_its_relative_major(roots: tuple[tuple[int, int], ...], key: int) -> None:
    tone = tonality(chords((57 + key + root, mode) for _ in range(3) for root, mode in roots))
    assert (tone.key, tone.mode) == ((9 + key) % 12, MINOR)


@pytest.mark.parametrize("roots", [MAJOR_LOOP, FROM_SIXTH], ids=str)
def test_a_major_song_with_the_same_chords_is_not_heard_in_its_relative_minor(
    roots: tuple[tuple[int, int], ...],
) -> None:
    tone = tonality(chords((60 + root, mode) for _ in range(3) for root, mode in roots))
    assert (tone.key, tone.mode) == (0, MAJOR)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 11))
def test_transposing_chroma_by_n_semitones_raises_the_key_by_n(seed: int, frames: int, semitones: int) -> None:
    curve = np.random.default_rng(seed).dirichlet(np.full(12, 0.3), frames)
    key, mode, confidence = find_key(curve)
    moved = find_key(np.roll(curve, semitones, axis=1))
    assert moved[2] == pytest.approx(confidence)
    if confidence > 0.51:  # below that, two keys may be equally likely
        assert moved[:2] == ((key + semitones) % 12, mode)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 11), st.sampled_from([MINOR, MAJOR])), min_size=4, max_size=6), st.integers(1, 11)
)
def test_transposing_music_by_n_semitones_raises_the_key_by_n(roots: list[tuple[int, int]], semitones: int) -> None:
    here = tonality(chords([(52 + root, mode) for root, mode in roots]))
    there = tonality(chords([(52 + root + semitones, mode) for root, mode in roots]))
    assert np.corrcoef(np.roll(here.chroma, semitones), there.chroma)[0, 1] > 0.95


def test_loudness_does_not_change_the_key() -> None:
    loud = cadence(9, MINOR)
    quiet = tonality(loud * np.float32(0.001))
    assert (quiet.key, quiet.mode) == (9, MINOR)
    assert quiet.confidence == pytest.approx(tonality(loud).confidence, abs=0.01)


def test_noise_has_no_key() -> None:
    assert tonality(noise()).confidence < 0.2


@pytest.mark.parametrize("seconds", [0, 0.01, 0.5, 5])
def test_silence_has_no_key_however_long(seconds: float) -> None:
    tone = tonality(silence(seconds))
    assert tone.confidence == 0
    assert not tone.chroma.any()
    assert np.isfinite([tone.tuning, *tone.centroid, *tone.curve.ravel()]).all()


def test_pauses_between_chords_do_not_matter() -> None:
    played = cadence(4, MAJOR)
    pause = np.float32(1e-5) * noise(60)
    tone = tonality(np.concatenate([played, pause]))
    assert (tone.key, tone.mode) == (4, MAJOR)
    assert not tone.curve[-60:].any()


def test_the_same_samples_give_the_same_values() -> None:
    played = cadence(5, MINOR)
    first, second = (tonality(played.copy()) for _ in range(2))
    assert repr(first) == repr(second)
    assert first.curve.tobytes() == second.curve.tobytes()


def test_fifths_are_neighbours_on_the_tonal_centroid() -> None:
    notes = [centroid(np.eye(12)[note]) for note in range(12)]
    apart = [float(np.linalg.norm(notes[0] - note)) for note in notes]
    assert min(apart[1:]) == apart[7] == pytest.approx(apart[5])
