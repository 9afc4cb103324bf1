"""The audio benchmark: standard scores, no song in both training and test sets, and an exit code for bad input."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.audio.analysis.embedding import Embedder
from bot.audio.analysis.rhythm import mel_flux, onset_rate
from bot.audio.analysis.tempo import CANDIDATES, WEIGHTS, autocorrelation, envelopes, evidence
from bot.audio.analysis.timbre import survey
from bot.audio.files.decode import read
from bot.core.features import SongFeatures
from sandbox.music.record import main as record_main
from training.__main__ import main
from training.hearing.accuracy import OURS, evaluate, hear
from training.hearing.few import few_labels
from training.hearing.grooves import RATE, Groove, play
from training.hearing.probe import probe
from training.hearing.styles import STYLES
from training.hearing.tempo import as_table, learn
from training.hearing.truth import Key, acc1, acc2, key_score, pitch_class, read_truth

pytestmark = pytest.mark.slow

NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
STEADY = tuple(style for style in STYLES if style.name in ("pop", "rock", "house", "disco"))
C_MAJOR, C_MINOR = Key(0, 1), Key(0, 0)


def written(folder: Path, rows: Sequence[dict[str, str]]) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "truth.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def row(groove: Groove, name: str, style: str) -> dict[str, str]:
    key, mode = NAMES[groove.key], ("minor", "major")[groove.mode]
    return {"file": name, "bpm": f"{groove.tempo:.2f}", "key": key, "mode": mode, "style": style, "kind": "made"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty grooves with known tempo and key."""
    made, rows = tmp_path_factory.mktemp("grooves"), []
    for style in STEADY:
        for seed in range(500, 505):
            groove, name = play(style, seed, 12), f"{style.name}-{seed}.flac"
            soundfile.write(made / name, groove.samples, RATE)
            rows.append(row(groove, name, style.name))
    return written(made, rows)


# ------------------------------------------------------------------ scores
@pytest.mark.parametrize(
    ("heard_key", "truth", "score"),
    [
        (C_MAJOR, C_MAJOR, 1.0),
        (Key(7, 1), C_MAJOR, 0.5),
        (Key(5, 1), C_MAJOR, 0.5),
        (Key(7, 0), C_MINOR, 0.5),
        (Key(9, 0), C_MAJOR, 0.3),
        (Key(3, 1), C_MINOR, 0.3),
        (C_MINOR, C_MAJOR, 0.2),
        (C_MAJOR, C_MINOR, 0.2),
        (Key(3, 0), C_MAJOR, 0.0),
        (Key(2, 1), C_MAJOR, 0.0),
    ],
)
def test_key_scores_follow_mirex(heard_key: Key, truth: Key, score: float) -> None:
    assert key_score(heard_key, truth) == score


def test_a_tempo_counts_as_right_within_four_per_cent() -> None:
    assert acc1(103.9, 100)
    assert not acc1(104.5, 100)


@pytest.mark.parametrize(
    ("tempo", "forgiven"), [(50, True), (200, True), (300, True), (33.4, True), (150, False), (67, False)]
)
def test_acc2_forgives_octaves_and_triples_only(tempo: float, forgiven: bool) -> None:
    assert acc2(tempo, 100) is forgiven


def test_note_names_have_many_spellings() -> None:
    assert [pitch_class(name) for name in ("C", "C#", "Db", "D♭", "B", "Cb", "E#")] == [0, 1, 1, 1, 11, 11, 5]


# ------------------------------------------------------------------ the command
def test_grooves_are_analysed_and_reported(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate-audio", str(folder), "--json", str(tmp_path / "found.json")]) == 0
    printed = capsys.readouterr().out
    results = json.loads((tmp_path / "found.json").read_text())
    overall = next(row for row in results["figures"] if (row["of"], row["slice"]) == (OURS, "all"))
    assert overall["acc1"]["n"] == overall["key"]["n"] == len(results["clips"]) == 20
    assert overall["acc1"]["mean"] > 0.8
    assert overall["acc2"]["mean"] >= overall["acc1"]["mean"]
    assert overall["key"]["mean"] > 0.3  # grooves wander over their scale; chance level is .1
    assert set(results["probe"]["classes"]) == {style.name for style in STEADY}
    for title in ("Tempo within 4 % and key", "Confidence", "Linear probe"):
        assert title in printed


def test_the_same_recordings_give_the_same_figures(folder: Path) -> None:
    heard = [hear(recording, Embedder()) for recording in read_truth(folder)[:6]]
    again = [hear(recording, Embedder()) for recording in read_truth(folder)[:6]]
    assert json.dumps(evaluate(heard, seed=0)) == json.dumps(evaluate(again, seed=0))


@pytest.mark.parametrize(
    ("truth", "problem"),
    [
        ([{"file": "gone.flac", "bpm": "120"}], "gone.flac is not there"),
        ([{"file": "truth.csv", "bpm": "fast"}], "isn't a tempo, key or mode"),
        ([{"file": "truth.csv", "bpm": "0"}], "isn't a tempo, key or mode"),
        ([{"file": "truth.csv", "bpm": "inf"}], "isn't a tempo, key or mode"),
        ([{"file": "truth.csv", "key": "H", "mode": "major"}], "isn't a tempo, key or mode"),
        ([{"file": "truth.csv", "key": "C", "mode": "dorian"}], "isn't a tempo, key or mode"),
        ([{"name": "song", "bpm": "120"}], "needs file and one of"),
    ],
)
def test_unusable_ground_truth_is_reported(
    truth: list[dict[str, str]], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate-audio", str(written(tmp_path / "clips", truth))]) == 2
    assert problem in capsys.readouterr().err


def test_a_folder_without_ground_truth_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate-audio", str(tmp_path)]) == 2
    assert "truth.csv" in capsys.readouterr().err


def test_an_undecodable_recording_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.flac").write_bytes(b"no sound")
    assert main(["evaluate-audio", str(written(tmp_path, [{"file": "broken.flac", "bpm": "120"}]))]) == 2
    assert "broken.flac: " in capsys.readouterr().err


def test_clips_of_one_real_song_stay_together(tmp_path: Path) -> None:
    names = ("band_song_30.mp3", "band_song_60.mp3", "band_other_30.mp3", "render_040.mid", "render_041.mid")
    for name in names:
        (tmp_path / name).touch()
    rows = [{"file": name, "bpm": "100", "kind": "midi" if "render" in name else "real"} for name in names]
    songs = [recording.song for recording in read_truth(written(tmp_path, rows))]
    assert songs == ["band_song", "band_song", "band_other", "render_040", "render_041"]


# ------------------------------------------------------------------ the probe
def test_different_classes_are_distinguished_and_noise_does_not_beat_chance() -> None:
    rng = np.random.default_rng(0)
    kinds = np.repeat(["calm", "loud", "quick"], 30)
    songs = [f"song {at}" for at in range(90)]
    told = (np.eye(3).repeat(30, axis=0) + rng.normal(0, 0.2, (90, 3))).astype(np.float32)
    blind = rng.normal(0, 1, (90, 3)).astype(np.float32)
    sets = probe({"told": told, "blind": blind}, kinds.tolist(), songs, seed=0)["sets"]
    assert sets["told"]["accuracy"]["mean"] > 0.95
    assert sets["blind"]["accuracy"]["mean"] < 0.5


def test_a_song_is_never_recognised_by_its_other_clips() -> None:
    rng = np.random.default_rng(0)
    songs = np.repeat(np.arange(20), 10)
    kinds = np.array(["calm", "loud"])[rng.permutation(np.arange(20) % 2)][songs]
    fingerprint = np.eye(20, dtype=np.float32)[songs]  # identifies the song, but not its class
    sets = probe({"fingerprint": fingerprint}, kinds.tolist(), [str(song) for song in songs], seed=0)["sets"]
    assert sets["fingerprint"]["accuracy"]["mean"] < 0.7


def test_a_single_class_is_not_probed() -> None:
    vectors = {"any": np.zeros((8, 2), np.float32)}
    assert probe(vectors, ["calm"] * 7 + ["rare"], [str(at) for at in range(8)], seed=0) == {}


# ------------------------------------------------------------------ training the tempo
@pytest.mark.soak
def test_training_on_some_grooves_generalises_to_others() -> None:
    weights = learn((play(style, seed, 12) for style in STEADY for seed in range(8)), penalty=1)
    others = [play(style, seed, 12) for style in STEADY for seed in range(900, 904)]
    right = [acc1(float(CANDIDATES[np.argmax(_heard(groove) @ weights)]), groove.tempo) for groove in others]
    assert np.mean(right) > 0.8


def _heard(groove: Groove) -> np.ndarray:
    flux = mel_flux(survey(groove.samples).levels)
    return evidence(autocorrelation(envelopes(flux)), onset_rate(flux.mean(1)))


def test_the_printed_weights_have_the_bots_format() -> None:
    numbers = [float(cell) for cell in as_table(WEIGHTS).replace("\n", " ").split(",") if cell.strip()]
    assert np.allclose(numbers, WEIGHTS, atol=5e-4)


def test_the_same_seed_plays_the_same_groove() -> None:
    first, again, other = (play(STYLES[0], seed, 3) for seed in (1, 1, 2))
    assert first.samples.tobytes() == again.samples.tobytes()
    assert first.samples.tobytes() != other.samples.tobytes()


# ------------------------------------------------------------------ recordings
@pytest.mark.soak
def test_the_sandboxs_songs_have_ground_truth(tmp_path: Path) -> None:
    assert record_main([str(tmp_path / "songs"), "--songs", "8"]) == 0
    recordings = read_truth(tmp_path / "songs")
    assert len(recordings) == 8
    heard = [hear(recording, Embedder()) for recording in recordings]
    assert np.mean([acc2(hearing.answers[OURS].tempo, hearing.recording.tempo or 0) for hearing in heard]) > 0.7
    assert {read(recording.path).rate for recording in recordings} == {22_050}


@pytest.mark.soak
def test_real_recordings_are_analysed_as_well_as_measured(shared: Path) -> None:
    heard = [hear(recording, Embedder()) for recording in read_truth(shared / "data" / "audio")[::2]]
    ours = next(row for row in evaluate(heard, seed=0)["figures"] if row["slice"] == "all")
    assert ours["acc1"]["mean"] > 0.75
    assert ours["acc2"]["mean"] > 0.9
    assert ours["key"]["mean"] > 0.65


def test_few_labels_distinguish_classes_if_test_songs_remain() -> None:
    kinds = {f"{kind}{at}": kind for kind in "ab" for at in range(8)}
    library = {name: SongFeatures({"tempo": 100.0 + 40 * (kind == "b") + int(name[1])}) for name, kind in kinds.items()}
    own = few_labels({"tempo": library}, kinds, {name: name for name in kinds}, seed=0)
    assert own["tempo"]["5"]["mean"] > 0.9
    shared = few_labels({"tempo": library}, kinds, kinds, seed=0)  # all clips of a class are from one song
    assert shared["tempo"]["1"]["mean"] is None
