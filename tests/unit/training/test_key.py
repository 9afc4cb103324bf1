"""Keys are learned from charts: what a chart says is read right, and the weights hold for other songs."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bot.audio.analysis.key_weights import BIAS, WEIGHTS
from bot.audio.analysis.keys import MAJOR, MINOR, changes, seen_from
from bot.audio.analysis.tonality import tonality
from tests.unit.music import chords
from training.__main__ import main
from training.hearing.arrangement import arrange, take_down
from training.hearing.charts import Chart, Chord, Sung, read_charts
from training.hearing.key import Evidence, Weights, as_table, in_halves, learn, mirex, sides
from training.hearing.truth import Key
from training.problems import InputProblem

EIGHTH, QUARTER = Fraction(1, 8), Fraction(1, 4)
TRANSCRIBED = """\
**harm	**harte	**kern
*M4/4	*M4/4	*M4/4
*a:	*a:	*a:
1i	A:min	4e
.	.	8dd#
.	.	8r
.	.	[2A-
=2	=2	=2
1V7	E:7/3	4A-]
.	.	2.BB
*C:	*C:	*C:
1I	C:maj	1r
"""
COUNTED = """\
!!!OTL: a song
**harm	**harte	**harm	**harte	**kern
!one	!one	!other	!other	!one
*tb8	*tb8	*tb8	*tb8	*tb8
*D:	*D:	{other}	{other}	*D:
i	D:min	i	D:min	f
.	.	.	.	.
.	.	.	.	g
IV	G:maj	IV	G:maj	.
"""
MINOR_SONGS = (((0, MINOR), (10, MAJOR), (8, MAJOR), (10, MAJOR)), ((0, MINOR), (5, MINOR), (10, MAJOR), (0, MINOR)))
MAJOR_SONGS = (((0, MAJOR), (7, MAJOR), (9, MINOR), (5, MAJOR)), ((0, MAJOR), (5, MAJOR), (7, MAJOR), (0, MAJOR)))


def written(folder: Path, text: str) -> Path:
    path = folder / "Billboard" / "Data" / "song.hum"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# ------------------------------------------------------------------ charts
def test_a_chart_has_its_chords_melody_and_keys(tmp_path: Path) -> None:
    minor, major = read_charts(written(tmp_path, TRANSCRIBED))
    assert (minor.key, major.key) == (Key(9, MINOR), Key(0, MAJOR))
    assert (minor.length, major.length) == (2, 1)
    assert minor.chords == (Chord(Fraction(0), 9, (0, 3, 7), 9), Chord(Fraction(1), 4, (0, 4, 7, 10), 8))
    assert minor.melody == (
        Sung(Fraction(0), QUARTER, 64),
        Sung(QUARTER, EIGHTH, 75),
        Sung(2 * QUARTER, 3 * QUARTER, 56),  # tied across the bar line
        Sung(5 * QUARTER, 3 * QUARTER, 47),
    )
    assert major.chords[0].start == 0


def test_lines_of_a_fixed_length_are_counted_and_the_tonic_chord_tells_the_mode(tmp_path: Path) -> None:
    (chart,) = read_charts(written(tmp_path, COUNTED.format(other="*D:")))
    assert chart.key == Key(2, MINOR)
    assert chart.length == 4 * EIGHTH
    assert [chord.start for chord in chart.chords] == [0, 3 * EIGHTH]
    assert [(note.start, note.pitch) for note in chart.melody] == [(0, 65), (2 * EIGHTH, 67)]


def test_a_song_whose_annotators_differ_about_the_key_is_left_out(tmp_path: Path) -> None:
    assert read_charts(written(tmp_path, COUNTED.format(other="*F:"))) == []


def test_a_folder_without_charts_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["play-charts", str(tmp_path / "out"), "--charts", str(tmp_path), "--fonts", "font.sf2"]
    assert main(command) == InputProblem.code
    assert "no charts" in capsys.readouterr().err


def test_a_stretch_of_a_few_bars_is_not_played(tmp_path: Path) -> None:
    written(tmp_path, TRANSCRIBED)
    assert take_down([tmp_path]) == []
    written(tmp_path, TRANSCRIBED.replace("1I	C:maj	1r\n", "1I	C:maj	1r\n" * 8))
    ((source, chart),) = take_down([tmp_path])
    assert (source, chart.key) == ("Billboard", Key(0, MAJOR))


def test_playing_without_fluidsynth_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    chart = Chart("song", Key(0, MAJOR), Fraction(8), (Chord(Fraction(0), 0, (0, 4, 7), 0),), ())
    with pytest.raises(InputProblem, match="fluidsynth"):
        arrange(chart, 0, tmp_path / "font.sf2")


# ------------------------------------------------------------------ learning
def played(songs: dict[str, tuple[tuple[tuple[int, int], ...], Key]]) -> Evidence:
    seen = []
    for roots, key in songs.values():
        curve = tonality(chords((52 + key.tonic + root, mode) for _ in range(2) for root, mode in roots)).curve
        changed = changes(curve.astype(float))
        seen.append(np.stack([seen_from(changed, tonic).ravel() for tonic in range(12)]))
    keys = np.array([12 * key.mode + (key.tonic + 4) % 12 for _, key in songs.values()])
    return Evidence(np.stack(seen), keys, tuple(songs))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """Sixteen songs: four progressions, in four keys each."""
    every = [(roots, MINOR) for roots in MINOR_SONGS] + [(roots, MAJOR) for roots in MAJOR_SONGS]
    return played(
        {
            f"{at}-{tonic}": (roots, Key(tonic, mode))
            for at, (roots, mode) in enumerate(every)
            for tonic in (0, 3, 5, 10)
        }
    )


@pytest.mark.slow
def test_what_is_learned_in_some_keys_holds_in_all(evidence: Evidence) -> None:
    low = evidence.part(np.array([song.endswith(("-0", "-3")) for song in evidence.songs]))
    high = evidence.part(np.array([song.endswith(("-5", "-10")) for song in evidence.songs]))
    assert mirex(learn(low, 1.0), high).mean() == 1


@pytest.mark.slow
def test_songs_left_out_are_scored_by_what_the_other_half_taught(evidence: Evidence) -> None:
    muddled = Evidence(evidence.seen, np.random.default_rng(0).integers(0, 24, len(evidence.keys)), evidence.songs)
    assert in_halves(evidence).mean() > 0.8
    assert in_halves(muddled).mean() < 0.5


@pytest.mark.slow
def test_all_recordings_of_a_song_lie_on_the_same_side(evidence: Evidence) -> None:
    twice = Evidence(np.tile(evidence.seen, (2, 1, 1)), np.tile(evidence.keys, 2), evidence.songs * 2)
    side = sides(twice, 2)
    assert (side[: len(side) // 2] == side[len(side) // 2 :]).all()
    assert set(side.tolist()) == {0, 1}


def test_the_table_that_is_printed_is_the_one_that_is_used() -> None:
    shipped = Weights(np.array(WEIGHTS, float).reshape(2, -1), BIAS)
    found: dict[str, object] = {}
    exec(as_table(shipped), found)  # noqa: S102 - what we just printed
    assert (found["BIAS"], found["WEIGHTS"]) == (BIAS, WEIGHTS)
