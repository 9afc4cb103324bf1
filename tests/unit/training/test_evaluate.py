"""The benchmark: no test song was ever labelled, figures are reproducible, and bad input has an exit code."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.core.features import SongFeatures
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.dataset import TrainingSet
from tests.unit.tastes import library, style_of
from tests.unit.training.commands import run, write_csv
from training.evaluation.baselines import (
    AUDIO_NAMES,
    EVERYTHING,
    FRESH,
    MISTAKEN,
    NAMELESS,
    NAMES_ONLY,
    NEAREST,
    NET,
    NO_AUDIO,
    OTHERS,
    PARTIAL,
    PRIOR,
    misled,
    with_names_only,
)
from training.evaluation.curves import draw_all
from training.evaluation.evaluate import Material, Protocol, evaluate, prior_for
from training.evaluation.measure import held_back, measure, none_set, training_set
from training.evaluation.people import (
    Person,
    SimulatedMember,
    corpora_without,
    draw_members,
    drawable,
    in_two,
    read_person,
)
from training.evaluation.report import report
from training.evaluation.studies.asking import CHOSEN, RANDOM, ask_member, checkpoints, kept_back, labels_needed
from training.evaluation.studies.likes import read_likes, try_likes
from training.evaluation.summary import figure, gains, summarise
from training.problems import InputProblem

pytestmark = pytest.mark.slow

NS = (1, 3)


def made(name: str, styles: int = 5, per_style: int = 40, seed: int = 0) -> Person:
    """A person with a playlist for each style, and songs that nobody else has."""
    songs = {f"{name}/{song}": features for song, features in library(styles, per_style, seed).items()}
    held: dict[str, set[str]] = {}
    for song in songs:
        held.setdefault(f"Mood {style_of(song.partition('/')[2])}", set()).add(song)
    return Person(name, songs, {mood: frozenset(members) for mood, members in held.items()})


ADA, BOB = made("ada"), made("bob", seed=1)
MEMBER: SimulatedMember = draw_members(ADA, 3, 1, max(NS), seed=0)[0]


def told(member: SimulatedMember, n: int) -> set[str]:
    return {label.song for label in training_set(member, n).labels}


# ------------------------------------------------------------------ the protocol
@pytest.mark.parametrize("k", [3, 5])
def test_test_songs_are_never_labelled_and_belong_in_one_playlist(k: int) -> None:
    (member,) = draw_members(ADA, k, 1, max(NS), seed=0)
    tested = held_back(member, max(NS))
    assert not told(member, max(NS)) & {song for song, _ in tested}
    assert len(told(member, max(NS))) == k * max(NS)
    assert all(song in own for song, at in tested for own in [member.playlists[at]])
    assert {song for song, _ in tested} | told(member, max(NS)) <= set(member.songs)


def test_a_song_in_two_of_the_playlists_is_only_in_the_library() -> None:
    first, second, *others = ADA.playlists.items()
    both = sorted(first[1])[0]
    shared = Person("ada", ADA.songs, dict([first, (second[0], second[1] | {both}), *others]))
    (member,) = draw_members(shared, 5, 1, max(NS), seed=0)
    assert both in member.songs
    assert all(both not in own for own in member.playlists)


def test_songs_in_two_playlists_are_counted_once() -> None:
    (first, held), (second, others), *rest = ADA.playlists.items()
    both = Person("ada", ADA.songs, dict([(first, held), (second, others | set(sorted(held)[:10])), *rest]))
    assert in_two(ADA) == 0
    assert in_two(both) == 10 / len(ADA.songs)


def test_songs_in_no_playlist_come_from_the_persons_other_playlists() -> None:
    training, tested = none_set(MEMBER, 1, max(NS))
    none = [label.song for label in training.labels if label.playlist is None]
    assert len(none) == 2
    assert tested
    assert not set(none) & set(tested)
    assert not set(MEMBER.nowhere) & set(MEMBER.songs)
    assert {*none, *tested} <= set(training.songs) & set(ADA.songs)


def test_draws_do_not_depend_on_their_number() -> None:
    few, more = (draw_members(ADA, 3, draws, max(NS), seed=0) for draws in (2, 4))
    assert few == more[:2]
    assert draw_members(ADA, 3, 2, max(NS), seed=1) != few
    assert draw_members(ADA, 6, 2, max(NS), seed=0) == []


@pytest.mark.parametrize(
    "name",
    [
        *("Your Top Songs 2020", "Your_Top_Songs_2022", "YourTopSongs2020", "Discover_Weekly", "on_repeat (old)"),
        *("daily-mix-3", "ReleaseRadar", "Deine Top-Songs 2023", "Tus canciones más escuchadas 2021", "MAS ESCUCHADAS"),
        *("Vos titres préférés", "Titres likés", "Meus_top_100", "Músicas curtidas", "My Top 100", "Shazamed"),
    ],
)
def test_playlists_that_spotify_makes_are_not_drawn(name: str) -> None:
    names = [name, "Your top", "Discover", "Unliked", "Of my top 25"]
    held = dict(zip(names, ADA.playlists.values(), strict=True))
    assert set(drawable(Person("ada", ADA.songs, held))) == {"Discover", "Unliked", "Of my top 25"}


def test_short_one_artist_and_twin_playlists_are_not_drawn() -> None:
    mood = ADA.playlists["Mood 1"]
    solo = {f"solo{at}": SongFeatures({"tempo": 100.0}, {"artists": frozenset({"one"})}) for at in range(40)}
    more = {"Short": frozenset(sorted(mood)[:29]), "Solo": frozenset(solo)}
    twin = {"Twin of 1": frozenset(sorted(mood)[:32])}
    person = Person("ada", {**ADA.songs, **solo}, {**ADA.playlists, **more, **twin})
    assert set(drawable(person)) == set(ADA.playlists)


def test_the_prior_never_sees_the_person_nor_a_copy_of_their_playlists() -> None:
    mood = sorted(ADA.playlists["Mood 1"])
    copied, alike = frozenset(mood[:20]), frozenset(mood[:4])
    strangers = sorted(BOB.playlists["Mood 1"])
    lists = {"copied": copied, "half": alike | set(strangers[:6]), "tiny": frozenset(strangers[:2]), **BOB.playlists}
    bob = Person("bob", {**ADA.songs, **BOB.songs}, lists)
    (corpus,) = corpora_without(ADA, [ADA, bob])
    assert corpus.name == "bob"
    assert set(corpus.playlists) == {"half", *BOB.playlists}
    assert set(corpus.songs) == set().union(*corpus.playlists.values())
    assert corpora_without(ADA, [ADA]) == []


# ------------------------------------------------------------------ the figures
@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return evaluate(Material([ADA, BOB]), PROTOCOL, jobs=1)


PROTOCOL = Protocol(ks=(3, 5), ns=NS, draws=1, asking_draws=1, bulk_draws=1, questions=4)


def overall(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (row for row in results["figures"] if row["k"] is None and row["person"] is None)


def test_every_contender_is_measured_on_the_same_members(results: dict[str, Any]) -> None:
    own = {f"{name}{part}" for name in (PRIOR, FRESH) for part in ("", NO_AUDIO, NAMES_ONLY)}
    told = {PRIOR + MISTAKEN, EVERYTHING + MISTAKEN, PRIOR + OTHERS, PRIOR + NAMES_ONLY + OTHERS}
    names = {*own, *told, PRIOR + NAMELESS, EVERYTHING, NET, NEAREST}
    assert {(row["contender"], row["n"]) for row in overall(results)} == {(name, n) for name in names for n in NS}
    assert {row["members"] for row in overall(results)} == {4}
    assert {(row["k"], row["person"]) for row in results["figures"]} == {
        (None, None),
        (3, None),
        (5, None),
        (None, "ada"),
        (None, "bob"),
    }
    best = {row["n"]: row["accuracy"]["mean"] for row in overall(results) if row["contender"] == FRESH}
    assert best[3] > best[1] > 0.25


def test_intervals_contain_the_mean_and_bins_cover_all_songs(results: dict[str, Any]) -> None:
    for row in overall(results):
        for measure_name in ("accuracy", "macro_f1", "asked"):
            for interval in (row[measure_name]["members"], row[measure_name]["persons"]):
                assert interval[0] <= row[measure_name]["mean"] <= interval[1]
        assert sum(bin_["share"] for bin_ in row["bins"]) == pytest.approx(1, abs=1e-3)
        assert 0 <= row["calibration_error"] <= 1
        assert ("none_auroc" in row) != row["contender"].endswith(PARTIAL)
        assert ("refused" in row) == row["contender"].startswith((PRIOR, FRESH))


@pytest.mark.soak
def test_the_number_of_processes_changes_nothing() -> None:
    protocol = Protocol(ks=(3,), ns=(1,), draws=2, asking_draws=0)
    one, two = (evaluate(Material([ADA]), protocol, jobs) for jobs in (1, 2))
    assert json.dumps(one) == json.dumps(two)
    assert PRIOR not in {row["contender"] for row in one["figures"]}


def test_tables_and_charts_show_the_figures(results: dict[str, Any], tmp_path: Path) -> None:
    said = report(results)
    assert "Of “prior”, by k" in said
    assert "bob, right among added" in said
    assert {path.name for path in draw_all(results, tmp_path)} == {
        "learning-curves.svg",
        "reliability.svg",
        "asking.svg",
    }
    first = (tmp_path / "asking.svg").read_bytes()
    draw_all(results, tmp_path)
    assert (tmp_path / "asking.svg").read_bytes() == first


def test_differences_between_people_widen_the_interval_over_people() -> None:
    parts = np.array([0.2, 0.21] * 10 + [0.8, 0.81] * 10)
    measured = figure(parts, np.ones(40), ["a"] * 20 + ["b"] * 20, "x")
    width = {name: measured[name][1] - measured[name][0] for name in ("members", "persons")}
    assert width["persons"] > 1.5 * width["members"]
    assert figure(parts, np.zeros(40), ["a"] * 40, "x")["mean"] is None


def test_gains_are_measured_on_the_same_members() -> None:
    rows = measure(MEMBER, None, (1,))
    held = {row["contender"]: row["accuracy"]["mean"] for row in summarise(rows) if row["k"] == 3}
    named, gain, *misled = gains(rows)
    assert [lost["over"] for lost in misled] == [FRESH + MISTAKEN, EVERYTHING + MISTAKEN]
    assert (named["of"], named["over"]) == (FRESH, FRESH + NAMELESS)
    assert (gain["of"], gain["over"]) == (FRESH, FRESH + NO_AUDIO)
    assert gain["mean"] == pytest.approx(held[FRESH] - held[FRESH + NO_AUDIO], abs=2e-4)


def test_names_only_drops_all_but_names() -> None:
    seen: list[SongFeatures] = []

    def look(training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
        seen.extend([*training.songs.values(), *songs])
        raise InputProblem("seen")

    song = SongFeatures(
        {"tempo": 120.0, "year": 1999.0, "duration": 200.0},
        {"artists": frozenset({"a"}), "album": frozenset({"b"}), "title": frozenset({"c"}), "genres": frozenset({"d"})},
        dict.fromkeys(("tempo", "year", "duration", "artists", "album", "title", "genres"), "csv"),
        {"company:x": np.ones(2, np.float32)},
    )
    with pytest.raises(InputProblem):
        with_names_only(look, TrainingSet({"1": song}, [], {}, False, False), [song])
    assert [(set(bare.numbers), set(bare.sets), bare.embeddings) for bare in seen] == [
        (set(), {"artists", "album", "title"}, {})
    ] * 2


def test_one_label_in_ten_is_wrong_and_the_same_ones_each_time() -> None:
    seen: list[TrainingSet] = []

    def look(training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
        seen.append(training)
        raise InputProblem("seen")

    (member,) = draw_members(made("cy", styles=5, per_style=200), 5, 1, 100, seed=0)
    told = training_set(member, 100)
    for _ in range(2):
        with pytest.raises(InputProblem):
            misled(look, told, [])
    assert seen[0] == seen[1]
    wrong = [given for given, right in zip(seen[0].labels, told.labels, strict=True) if given != right]
    assert 0.06 < len(wrong) / len(told.labels) < 0.14
    assert {label.playlist for label in wrong} == set(range(5))


def test_a_given_prior_is_used_instead_of_learning_one() -> None:
    given = prior_for(ADA, Material([ADA, BOB]))
    assert given is not None
    assert prior_for(BOB, Material([ADA, BOB], prior=given)) is given


def test_without_audio_drops_only_audio_features() -> None:
    assert {"tempo", "energy", "mode", "time_signature", "loudness"} <= AUDIO_NAMES
    assert not {"year", "duration"} & AUDIO_NAMES


# ------------------------------------------------------------------ questions
@pytest.mark.parametrize("way", [CHOSEN, RANDOM])
def test_test_songs_and_repeated_songs_are_never_asked(way: str) -> None:
    (member,) = draw_members(ADA, 5, 1, max(NS), seed=0)
    curve = ask_member(member, None, way, 14, seed=0)
    assert list(curve.accuracy) == [*range(1, 13)]
    assert len(set(curve.asked)) == 14
    assert not set(curve.asked) & {song for song, _ in kept_back(member)}
    assert curve.asked == ask_member(member, None, way, 14, seed=0).asked


def test_models_are_trained_often_at_first() -> None:
    assert checkpoints(20) == [*range(1, 13), 16, 20]


def test_labels_needed_are_interpolated() -> None:
    mean = {1: 0.3, 2: 0.5, 4: 0.7, 8: 0.6, 12: 0.9}
    assert labels_needed(mean, 0.6) == pytest.approx(3)
    assert labels_needed(mean, 0.15) == pytest.approx(0.5)
    assert labels_needed(mean, 0.95) is None


# ------------------------------------------------------------------ likes
def likes_rows(verdict: str = "target") -> list[list[object]]:
    songs = library(styles=2, per_style=30)
    lines = [
        [
            next(iter(features.sets["artists"])),
            features.numbers.get("tempo", ""),
            features.numbers.get("energy", ""),
            style_of(song),
        ]
        for song, features in songs.items()
    ]
    return [["artist", "tempo", "energy", verdict], *([*line[:3], int(line[3] == 1)] for line in lines)]


def test_likes_are_distinguished_and_the_answer_is_not_a_feature(tmp_path: Path) -> None:
    likes = read_likes(write_csv(tmp_path / "likes.csv", likes_rows("liked")))
    assert len(likes.songs) == 60
    assert not any("liked" in song.numbers for song in likes.songs.values())
    accuracy = try_likes(likes, None, seed=0)["accuracy"]
    assert accuracy["random"][FRESH] > accuracy["no artist in common"][FRESH]
    assert set(accuracy["random"]) == {FRESH, EVERYTHING, NET, NEAREST}


@pytest.mark.parametrize("text", ["['Underoath', 'Guest']", "Underoath;Guest", "Underoath and Guest and "])
def test_artists_of_likes_are_read_in_every_format(text: str, tmp_path: Path) -> None:
    rows = likes_rows()
    likes = read_likes(write_csv(tmp_path / "likes.csv", [rows[0], [text, *rows[1][1:]], *rows[2:]]))
    assert likes.artists[0] == "underoath"
    assert next(iter(likes.songs.values())).sets["artists"] == {"Underoath", "Guest"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["artist", "tempo"], ["a", 1]], "no column says what's liked"),
        ([["artist", "tempo", "like"], ["a", 1, "maybe"]], "neither 0 nor 1"),
        ([["artist", "tempo", "like"], ["a", 1, 1], ["b", 1, 0]], "5 likes and 5 dislikes"),
    ],
)
def test_unusable_likes_are_refused(rows: list[list[object]], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match=said):
        read_likes(write_csv(tmp_path / "likes.csv", rows))


# ------------------------------------------------------------------ the command line
def person_file(path: Path, styles: int) -> Path:
    header = ["playlist", "track_id", "artists", "genres", "tempo", "energy", "mfcc_1", "mfcc_2"]
    rows = [
        [f"Mood {style_of(song)}", song, *features.sets["artists"], ",".join(features.sets["genres"])]
        + [features.numbers.get(name, "") for name in header[4:]]
        for song, features in library(styles, per_style=40).items()
    ]
    return write_csv(path, [header, *rows])


def test_the_command_writes_figures_tables_and_curves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    songs, likes = person_file(tmp_path / "person.csv", styles=4), write_csv(tmp_path / "likes.csv", likes_rows())
    out, folder = tmp_path / "new" / "out.json", tmp_path / "report"
    size = ("--ks", 3, "--ns", 1, "--draws", 1, "--jobs", 1)
    assert run("evaluate", songs, *size, "--likes", likes, "--json", out, "--report", folder) == 0
    results = json.loads(out.read_text())
    assert results["drawn"] == {"person": {"3": 1}}
    assert results["protocol"]["seed"] == 0
    assert results["command"].startswith("python -m training evaluate")
    assert results["likes"]["likes"]["songs"] == 60
    assert (folder / "measured.md").read_text() == capsys.readouterr().out
    assert (folder / "learning-curves.svg").read_text().startswith("<?xml")


def test_playlists_are_distinguished_by_id_if_there_is_one(tmp_path: Path) -> None:
    header = ["track_id", "track_artist", "playlist_name", "playlist_id", "tempo"]
    lines = [[f"s{at}", "x", "Pop", f"id{at % 2}", 100 + at] for at in range(8)]
    person = read_person(write_csv(tmp_path / "public.csv", [header, *lines]))
    assert {name: len(held) for name, held in person.playlists.items()} == {"id0": 4, "id1": 4}


def test_unusable_input_gives_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, small = write_csv(tmp_path / "plain.csv", [["track_id"], ["a"]]), person_file(tmp_path / "small.csv", 2)
    (tmp_path / "other").mkdir()
    twin = person_file(tmp_path / "other" / "small.csv", 2)
    for arguments, said in (
        ([tmp_path / "missing.csv"], "cannot be read"),
        ([plain], "columns for the song and its playlist"),
        ([small], "no member can be drawn"),
        ([small, twin], "two files are named small"),
        ([small, "--json", tmp_path / "other"], "cannot be written to"),
    ):
        assert run("evaluate", *arguments) == 2
        error = capsys.readouterr().err
        assert said in error
        assert len(error.splitlines()) == 1
    with pytest.raises(SystemExit, match="2"):
        run("evaluate", small, "--draws", 0)
