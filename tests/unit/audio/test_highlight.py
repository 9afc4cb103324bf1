"""Highlights: found at the start of a chorus in songs of known form, quickly, and for any sound."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.analysis.spectrum import RATE
from bot.audio.clips.form import boundaries, echoes, likeness, spread
from bot.audio.clips.highlight import MOST, PREVIEW, find, outlined
from bot.audio.files.sound import Sound
from bot.core.feed.highlight import CLIP, LEAD, Highlight
from sandbox.music import arranged, synth
from sandbox.music.arranged import Arranged, play
from sandbox.process import environment
from training.__main__ import main as training
from training.hearing.highlights import inside, loudest

SEEDS = range(5000, 5012)  # songs that nothing was tuned or measured on


def sound_of(song: Arranged) -> Sound:
    return Sound(np.ascontiguousarray(play(song).T), synth.RATE)


@pytest.fixture(scope="module")
def songs() -> list[tuple[Arranged, Sound, Highlight]]:
    drawn = [arranged.arranged(seed) for seed in SEEDS]
    sounds = [sound_of(song) for song in drawn]
    return [(song, sound, find(sound)) for song, sound in zip(drawn, sounds, strict=True)]


def choruses(song: Arranged) -> list[tuple[float, float]]:
    return [(section.start, section.end) for section in song.sections if section.kind == arranged.CHORUS]


@pytest.mark.slow
def test_a_clip_is_in_the_chorus_far_more_often_than_by_loudness_or_chance(
    songs: list[tuple[Arranged, Sound, Highlight]],
) -> None:
    ours = np.mean([inside(highlight.start, choruses(song)) for song, _, highlight in songs])
    by_loudness = np.mean([inside(loudest(sound), choruses(song)) for song, sound, _ in songs])
    by_chance = np.mean([sum(end - start for start, end in choruses(song)) / sound.seconds for song, sound, _ in songs])
    assert ours > 0.7
    assert ours > by_loudness + 0.1
    assert ours > by_chance + 0.25


@pytest.mark.slow
def test_most_clips_begin_where_a_part_begins(songs: list[tuple[Arranged, Sound, Highlight]]) -> None:
    off = [min(abs(highlight.moment - part.start) for part in song.sections) for song, _, highlight in songs]
    assert np.median(off) < 0.5


@pytest.mark.slow
def test_a_highlight_leaves_room_for_its_clip(songs: list[tuple[Arranged, Sound, Highlight]]) -> None:
    for _, sound, highlight in songs:
        assert 0 <= highlight.start <= sound.seconds - CLIP + 1
        assert 0 <= highlight.moment - highlight.start <= LEAD
        assert 0 < highlight.confidence <= 1
        assert highlight.way == "audio"
        assert len(highlight.curve) == pytest.approx(sound.seconds * 2, abs=2)
        assert (highlight.curve.min(), highlight.curve.max()) == (0, pytest.approx(1))


@pytest.mark.slow
def test_the_level_of_a_recording_and_its_rate_do_not_matter(songs: list[tuple[Arranged, Sound, Highlight]]) -> None:
    _, sound, highlight = songs[0]
    assert find(Sound(sound.samples * np.float32(0.1), sound.rate)).moment == pytest.approx(highlight.moment, abs=0.1)
    doubled = np.repeat(sound.samples, 2, axis=1)
    assert find(Sound(doubled, 2 * sound.rate)).moment == pytest.approx(highlight.moment, abs=1)


@pytest.mark.slow
def test_the_same_song_has_the_same_highlight(songs: list[tuple[Arranged, Sound, Highlight]]) -> None:
    _, sound, highlight = songs[1]
    again = find(sound)
    assert (again.start, again.confidence) == (highlight.start, highlight.confidence)
    assert np.array_equal(again.curve, highlight.curve)


@pytest.mark.parametrize("seconds", [0.5, 10, PREVIEW])
def test_a_previews_highlight_is_its_start(seconds: float) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (2, round(seconds * 8_000))).astype(np.float32)
    highlight = find(Sound(noise, 8_000))
    assert (highlight.start, highlight.moment, highlight.way) == (0, 0, "preview")
    assert highlight.confidence > 0


@pytest.mark.parametrize("silent", ["first", "last"])
def test_silence_does_not_count_as_repetition(silent: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 30 * RATE).astype(np.float32)
    halves = [np.zeros_like(noise), noise] if silent == "first" else [noise, np.zeros_like(noise)]
    start = find(Sound(np.concatenate(halves)[None], RATE)).start
    assert start > 29 if silent == "first" else start < 11


@pytest.mark.parametrize("seconds", [1, 46, 100])
def test_silence_has_a_highlight_too(seconds: float) -> None:
    highlight = find(Sound(np.zeros((1, round(seconds * 8_000)), np.float32), 8_000))
    assert 0 <= highlight.start <= max(0, seconds - CLIP)
    assert np.isfinite(highlight.curve).all()
    assert highlight.confidence == 0


@pytest.mark.slow
def test_a_very_long_recording_is_analysed_in_longer_moments() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 19 * 60 * RATE).astype(np.float32)
    outline = outlined(noise)
    assert MOST / 2 < len(outline.chroma) <= MOST
    assert len(outline.chroma) * outline.step == pytest.approx(19 * 60, abs=2)


# ---------------------------------------------------------------- form
def pattern(form: str, length: int = 40) -> np.ndarray:
    """A song built from letters, shape (n, 12): each letter is a part of `length` moments, the same each time."""
    parts = {name: np.random.default_rng(ord(name)).normal(size=(length, 12)) for name in form}
    return np.concatenate([parts[name] for name in form]).astype(np.float32)


def test_an_echo_is_the_likeness_of_what_follows() -> None:
    echo = echoes(likeness((pattern("ABA"), 1.0)), 10)
    assert echo.shape == (111, 111)
    assert np.diag(echo) == pytest.approx(np.ones(111), abs=1e-5)
    assert echo[0, 80] == pytest.approx(1, abs=1e-5)
    assert echo[0, 40] < 0.5


def test_a_windows_value_spreads_to_all_its_moments() -> None:
    said = np.array([0, 0, 6, 0, 0], np.float32)  # the five windows of three in seven moments
    assert spread(said, 3) == pytest.approx([0, 0, 2, 2, 2, 0, 0])
    assert spread(np.arange(3, dtype=np.float32), 3) == pytest.approx([0, 0.5, 1, 1.5, 2])


def test_boundaries_are_where_repetitions_begin_and_end() -> None:
    edges = boundaries(likeness((pattern("ABCBAC"), 1.0)), 4, 12)
    for edge in range(40, 240, 40):
        assert edge - 15 + int(np.argmax(edges[edge - 15 : edge + 16])) == pytest.approx(edge, abs=3)


# ---------------------------------------------------------------- measuring
def test_arranged_songs_report_their_parts_correctly() -> None:
    song = arranged.arranged(3)
    sections = song.sections
    assert sections[0].start == 0
    assert all(one.end == pytest.approx(other.start) for one, other in pairwise(sections))
    assert len(play(song)) / synth.RATE == pytest.approx(sections[-1].end, abs=0.01)
    assert play(song).tobytes() == play(arranged.arranged(3)).tobytes()
    assert play(song).tobytes() != play(arranged.arranged(4)).tobytes()


def test_a_chorus_repeats_and_other_parts_differ() -> None:
    song = next(song for song in map(arranged.arranged, range(50)) if not song.modulation and not song.fading)
    outline = outlined(np.ascontiguousarray(play(song).mean(1)))
    alike = likeness((outline.chroma, 1.0))
    first, second = ([section for section in song.sections if section.kind == arranged.CHORUS])[:2]
    verse = next(section for section in song.sections if section.kind == "verse")
    echo = echoes(alike, 16)
    at, again, other = (round(part.start / outline.step) for part in (first, second, verse))
    assert echo[at, again - 1 : again + 2].max() > echo[at, other - 1 : other + 2].max() + 0.1


def test_training_a_model_needs_no_library_for_sound(tmp_path: Path) -> None:
    code = "import sys, training.__main__; print(*sys.modules)"
    command, closed = [sys.executable, "-c", code], environment(tmp_path)
    said = subprocess.run(command, cwd=tmp_path, env=closed, capture_output=True, text=True, check=True)
    loaded = said.stdout.split()
    assert {"av", "soundfile", "soxr", "bot.audio"}.isdisjoint(loaded)


def test_the_shares_of_a_clip_are_measured_as_defined() -> None:
    assert inside(10, [(0, 5), (10, 30)]) == 1
    assert inside(20, [(0, 25), (35, 100)]) == pytest.approx(0.5)
    assert inside(0, [(50, 60)]) == 0
    quiet = np.full((1, 60 * 8_000), 0.01, np.float32)
    quiet[:, 30 * 8_000 : 50 * 8_000] = 0.5
    assert loudest(Sound(quiet, 8_000)) == pytest.approx(30, abs=0.5)


def test_a_command_measures_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    loud = np.concatenate([rng.normal(0, 0.01, 40 * 8_000), rng.normal(0, 0.3, 40 * 8_000)])
    soundfile.write(tmp_path / "one.wav", loud, 8_000)
    (tmp_path / "sections.csv").write_text("file,kind,start,end\none.wav,verse,0,40\none.wav,chorus,40,80\n")
    assert training(["evaluate-highlights", str(tmp_path)]) == 0
    cells = [line.split("|") for line in capsys.readouterr().out.splitlines()[2:-1]]
    table = {cell[1].strip(): cell[2].strip() for cell in cells}
    assert table["ours"] > "0.9"
    assert table["loudest window"] == table["best possible"] == "1.000"
    assert table["second 30"] == "0.500"
    (tmp_path / "sections.csv").unlink()
    assert training(["evaluate-highlights", str(tmp_path)]) == 2
