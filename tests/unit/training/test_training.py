"""Training: learns from few labels, reports its quality honestly, and publishes only better models."""

import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer, open_model
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, models, playlists
from bot.core.features import RefusedProvenance, SongFeatures
from bot.core.records import Like, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.gate import Reason
from bot.disk import write_whole
from tests.unit.tastes import labelled, library, style_of
from training.dataset import MOST, examples_of
from training.model.card.figures import figures
from training.model.card.picture import draw
from training.model.export import to_file
from training.model.fit import fit
from training.model.from_database import train_member
from training.model.gate import GateVerdict, judge
from training.model.publish import served_from, train
from training.problems import InputProblem, NothingToTellApart

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SONGS = library(styles=4, per_style=40)


def scores_of(training: TrainingSet) -> np.ndarray:
    return open_model("", to_file(fit(training), {})).score(list(SONGS.values())).probabilities


def accuracy(training: TrainingSet) -> float:
    scores = open_model("", to_file(fit(training), {})).score(list(training.songs.values()))
    guess = np.array(scores.classes)[scores.probabilities.argmax(axis=1)]
    return float(np.mean(guess == [style_of(song) for song in training.songs]))


def test_it_learns_what_the_labels_show() -> None:
    few, more = accuracy(labelled(SONGS, [1] * 4)), accuracy(labelled(SONGS, [15] * 4))
    assert few > 0.35
    assert more > max(few, 0.7)


def test_order_and_repetition_of_labels_and_songs_do_not_matter() -> None:
    training = labelled(SONGS, [5, 4, 6, 3])
    labels, mixed = list(training.labels) * 2, list(SONGS.items())
    random.Random(1).shuffle(labels)
    random.Random(2).shuffle(mixed)
    assert np.array_equal(scores_of(training), scores_of(replace(training, labels=labels, songs=dict(mixed))))


def test_permuting_the_playlists_permutes_the_answers() -> None:
    training = labelled(SONGS, [5, 4, 6, 3])
    new = {1: 3, 2: 1, 3: 4, 4: 2}
    labels = [replace(label, playlist=new[label.playlist]) for label in training.labels]  # type: ignore[index]
    permuted = scores_of(replace(training, labels=labels))
    assert np.allclose(scores_of(training), permuted[:, [new[old] - 1 for old in (1, 2, 3, 4)]], atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("counts", [[1, 1], [1, 30], [2] * 25, [40, 1, 1, 3]])
def test_any_number_of_playlists_of_any_size_can_be_learned(counts: Sequence[int], several: bool) -> None:
    training = labelled(library(styles=len(counts), per_style=max(counts)), counts, several=several)
    fitted = fit(training)
    scores = open_model("", to_file(fitted, {})).score(list(training.songs.values()))
    assert scores.classes == tuple(range(1, len(counts) + 1))
    assert np.isfinite(scores.probabilities).all()
    assert figures(fitted.validation)["tested"] <= sum(counts)


def test_with_too_few_labels_to_test_guesses_are_never_called_sure() -> None:
    outcome = train(labelled(SONGS, [1, 1, 1, 1]), None, NOW)
    assert outcome.artefact is not None
    assert "too few" in outcome.reason
    scores = open_model("", outcome.artefact.onnx).score(list(SONGS.values()))
    assert scores.probabilities.max() < 0.9


def test_where_songs_may_belong_in_none_guesses_are_less_sure() -> None:
    """Of eleven people's songs, half of which belong in none, .84 of those that went in were right otherwise."""
    placed = labelled(SONGS, [8, 8, 8])
    nowhere = [Label(song, None, True, "csv") for song in SONGS if style_of(song) == 4][:8]
    among_playlists, among_all = (
        fit(replace(placed, labels=[*placed.labels, *more])).validation for more in ([], nowhere)
    )
    assert among_all.temperature > 1.1 * among_playlists.temperature


@pytest.mark.parametrize("several", [False, True])
def test_of_very_many_labels_it_learns_from_a_sample_with_all_of_a_small_playlist(several: bool) -> None:
    songs = {f"{at:05}": SongFeatures({"energy": 0.5}) for at in range(2 * MOST)}
    labels = [Label(song, 1 + at % 2, True, "csv") for at, song in enumerate(songs)]
    small = [Label(song, 3, True, "csv") for song in list(songs)[:20]]
    training = TrainingSet(songs, [*labels, *small], {1: "a", 2: "b", 3: "c"}, several, False)
    examples = examples_of(training)
    assert examples.songs == examples_of(replace(training, labels=[*small, *labels[::-1]])).songs
    assert len(examples.songs) == len(examples.groups) == len(examples.weight) == MOST
    first, second, third = (examples.truth == 1).sum(axis=0)
    assert first == pytest.approx(second, rel=0.1)
    assert third == 20


def dated(date_of: Callable[[int, int], float]) -> TrainingSet:
    """Songs whose only possible clue to their playlist is when they were liked; most labels are in the last."""
    made = library(styles=4, per_style=60)
    songs = {
        song: SongFeatures({"energy": 0.5, "liked": date_of(style_of(song), int(song.split(":")[1]))}) for song in made
    }
    return replace(labelled(made, [15, 15, 15, 45]), songs=songs)


def test_like_dates_are_used_only_if_they_predict_later_likes() -> None:
    def one_mood_after_another(style: int, at: int) -> float:
        return 2015 + style + at / 100

    def whatever_the_mood(style: int, at: int) -> float:
        return 2015 + (7 * at + 3 * style) % 60 / 15

    for date_of, used in ((one_mood_after_another, True), (whatever_the_mood, False)):
        names = [number.name for number in fit(dated(date_of)).schema.numbers]
        assert ("liked" in names) == used


def test_no_song_in_any_playlist_is_too_few() -> None:
    for several in (False, True):
        with pytest.raises(NothingToTellApart):
            fit(labelled(SONGS, [0, 0], several=several))


@pytest.mark.parametrize("counts", [[1], [9, 0]])
def test_a_single_playlist_is_learned_from_the_rest_of_the_library(counts: Sequence[int]) -> None:
    for several in (False, True):
        outcome = train(labelled(SONGS, counts, several=several), None, NOW)
        assert outcome.artefact is not None
        assert "too few" in outcome.reason
        scores = open_model("", outcome.artefact.onnx).score(list(SONGS.values()))
        assert scores.classes == (1, None)
        own = np.array([style_of(song) == 1 for song in SONGS])
        assert scores.probabilities[own, 0].mean() > scores.probabilities[~own, 0].mean()
        assert scores.probabilities[:, 0].max() < 0.95


def test_one_playlist_is_learned_from_songs_that_do_not_belong() -> None:
    for negative in (Label("1:00000", 1, False, "receipt"), Label("1:00000", None, True, "button")):
        for several in (False, True):
            training = labelled(SONGS, [3], several=several)
            assert examples_of(replace(training, labels=[*training.labels, negative])).classes == (1, None)


def test_none_of_them_is_a_separate_class() -> None:
    training = labelled(SONGS, [12, 12, 12])
    nowhere = [Label(f"3:{at:05}", None, True, "button") for at in range(12)]
    model = open_model("", to_file(fit(replace(training, labels=[*training.labels, *nowhere])), {}))
    scores = model.score([SONGS[f"3:{at:05}"] for at in range(12, 40)])
    assert scores.classes == (1, 2, 3, None)
    assert (scores.probabilities.argmax(axis=1) == 3).mean() > 0.6


def test_a_not_there_label_makes_a_playlist_less_likely() -> None:
    training = labelled(SONGS, [4, 4, 4])
    song = "0:00020"
    before = fit(training)
    after = fit(replace(training, labels=[*training.labels, Label(song, 1, False, "receipt")]))
    at = list(SONGS).index(song)
    p = [f.pipeline.predict_proba(f.schema.vectors(list(SONGS.values())))[at, 0] for f in (before, after)]
    assert p[1] < p[0]


def test_with_several_playlists_each_is_a_separate_question() -> None:
    both = [Label(f"0:{at:05}", 2, True, "button") for at in range(12)]
    training = labelled(SONGS, [12, 12, 12], several=True)
    model = open_model("", to_file(fit(replace(training, labels=[*training.labels, *both])), {}))
    scores = model.score([SONGS[f"0:{at:05}"] for at in range(12, 40)])
    assert (scores.probabilities[:, :2] > 0.5).all(axis=1).mean() > 0.5
    assert scores.probabilities.sum(axis=1).max() > 1.2


def test_missing_or_unknown_songs_teach_nothing() -> None:
    training = labelled(SONGS, [3, 3])
    more = [Label("gone", 1, True, "button"), Label("blank", 2, True, "button")]
    examples = examples_of(
        replace(training, songs={**SONGS, "blank": SongFeatures()}, labels=[*training.labels, *more])
    )
    assert len(examples.songs) == 6


def test_spotifys_content_never_trains_a_model() -> None:
    theirs = {**SONGS, "x": SongFeatures({"tempo": 1.0}, provenance={"tempo": "spotify"})}
    with pytest.raises(RefusedProvenance):
        fit(replace(labelled(SONGS, [3, 3]), songs=theirs))


@pytest.mark.slow
def test_random_labels_rarely_pass_the_gate() -> None:
    passed = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        labels = [
            Label(song, int(rng.integers(1, 4)), True, "csv") for song in rng.choice(list(SONGS), 30, replace=False)
        ]
        training = TrainingSet(SONGS, labels, {1: "a", 2: "b", 3: "c"}, False, False)
        passed += judge(fit(training).validation, None, SONGS).publish
    assert passed <= 2


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("counts", [[8, 8], [10, 10], [30, 8], [12, 12, 12]])
def test_a_model_of_songs_that_all_look_alike_is_no_better_than_knowing_how_common_each_playlist_is(
    counts: Sequence[int], several: bool
) -> None:
    alike = dict.fromkeys(SONGS, SongFeatures({"energy": 0.5}, {"artists": frozenset({"A"})}))
    training = replace(labelled(SONGS, counts, several=several), songs=alike)
    assert judge(fit(training).validation, None, alike) == GateVerdict(False, Reason.NO_BETTER)


def test_a_model_of_few_labels_serves_even_if_it_loses_to_the_baseline_or_the_one_before(tmp_path: Path) -> None:
    """Both playlists have a song of each style, so every song left out looks like the other playlist's."""
    alike = [[song for song in SONGS if style_of(song) == style][:2] for style in (1, 2)]
    labels = [Label(song, playlist, True, "csv") for pair in alike for playlist, song in enumerate(pair, 1)]
    validation = fit(TrainingSet(SONGS, labels, {1: "a", 2: "b"}, False, False)).validation
    assert validation.tested.any()
    assert not validation.beats_baseline
    artefact = train(labelled(SONGS, [3, 3]), None, NOW).artefact
    assert artefact is not None
    artefact.save(Folder(tmp_path))
    for served in (None, served_from(Folder(tmp_path), artefact.digest)):
        assert judge(validation, served, SONGS) == GateVerdict(True, Reason.UNTESTED)


@pytest.mark.slow
def test_only_a_better_model_replaces_another(tmp_path: Path) -> None:
    few, good = labelled(SONGS, [4] * 4), labelled(SONGS, [20] * 4)
    spoilt = [replace(label, playlist=1 + at % 4) for at, label in enumerate(good.labels)]
    artefact = train(good, None, NOW).artefact
    assert artefact is not None
    artefact.save(Folder(tmp_path))
    served = served_from(Folder(tmp_path), artefact.digest)
    assert served is not None
    assert judge(fit(good).validation, served, SONGS).publish
    assert not judge(fit(replace(good, labels=spoilt)).validation, served, SONGS).publish
    smaller = train(few, None, NOW).artefact
    assert smaller is not None
    smaller.save(Folder(tmp_path))
    assert judge(fit(good).validation, served_from(Folder(tmp_path), smaller.digest), SONGS).publish


def test_a_model_that_lost_its_playlists_or_its_features_does_not_block_the_next(tmp_path: Path) -> None:
    good = labelled(SONGS, [10, 10])
    artefact = train(good, None, NOW).artefact
    assert artefact is not None
    artefact.save(Folder(tmp_path))
    served = served_from(Folder(tmp_path), artefact.digest)
    assert train(good, served, NOW).reason == Reason.NOT_WORSE
    other = [Label(f"2:{at:05}", 3, True, "csv") for at in range(10)]
    assert train(replace(good, labels=other, playlists={3: "c"}), served, NOW).artefact
    without = {name: replace(song, sets={}) for name, song in SONGS.items()}
    assert train(replace(good, songs=without), served, NOW).artefact


def test_a_damaged_model_does_not_block_the_next(tmp_path: Path) -> None:
    artefact = train(labelled(SONGS, [8] * 4), None, NOW).artefact
    assert artefact is not None
    artefact.save(Folder(tmp_path))
    (tmp_path / f"{artefact.digest}.onnx").write_bytes(artefact.onnx[:-1])
    assert served_from(Folder(tmp_path), artefact.digest) is None
    assert served_from(Folder(tmp_path), "0" * 64) is None


def test_a_published_model_is_named_by_its_hash_and_describes_itself(tmp_path: Path) -> None:
    artefact = train(labelled(SONGS, [8, 8, 8, 8]), None, NOW).artefact
    assert artefact is not None
    artefact.save(Folder(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{artefact.digest}{end}" for end in (".onnx", ".json", ".png")
    }
    assert hashlib.sha256((tmp_path / f"{artefact.digest}.onnx").read_bytes()).hexdigest() == artefact.digest
    facts = Scorer(Folder(tmp_path)).load(artefact.digest).facts
    card = json.loads((tmp_path / f"{artefact.digest}.json").read_text())
    for name in ("created_at", "features", "labels", "temperature", "scores", "provenance", "several"):
        assert card[name] == facts[name]
    assert card["names"] == {str(at): f"Style {at - 1}" for at in range(1, 5)}
    assert {*card["scores"]["1"]} == {"precision", "recall", "right", "asked", "of"}
    assert "Style" not in json.dumps(dict(facts))
    assert (tmp_path / f"{artefact.digest}.png").read_bytes().startswith(b"\x89PNG")


def test_training_twice_gives_the_same_file() -> None:
    first, second = (train(labelled(SONGS, [6, 7, 8]), None, NOW).artefact for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.digest == second.digest


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(OSError, match=r"model"):
        write_whole(tmp_path / "model", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def entry(right: int, asked: int, of: int) -> dict[str, float]:
    return {"precision": right / asked, "recall": right / of, "right": right, "asked": asked, "of": of}


def test_the_chart_comes_with_its_result_in_words() -> None:
    scores = {"tested": 30, "classes": {"1": entry(9, 10, 12), "2": entry(7, 14, 10)}, "confusion": [[9, 3], [3, 7]]}
    picture = draw(scores, {"1": "Late night 🌙", "2": "$Run_{x}$"})
    assert picture.png.startswith(b"\x89PNG")
    assert "Surest: Late night 🌙, right 9 of 10 times" in picture.alt
    assert "Weakest: $Run_{x}$, right 7 of 14 times" in picture.alt


def test_a_confusion_matrix_appears_from_three_playlists_on() -> None:
    def height(classes: int) -> int:
        scores = {
            "tested": 9,
            "classes": {str(at): entry(3, 3, 3) for at in range(classes)},
            "confusion": np.eye(classes, dtype=int).tolist(),
        }
        return int.from_bytes(draw(scores, {}).png[20:24], "big")

    assert height(3) > 2 * height(2)


# ------------------------------------------------------------------ the bot's database
MEMBER = 7


def test_a_layer_of_a_database_that_is_not_there_gets_one_clear_line_and_no_database(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="no database there"):
        train_member(5, 3, NOW, {"DATA_DIR": str(tmp_path / "elsewhere")})
    assert list(tmp_path.rglob("*")) == []


async def fill(url: str) -> int:
    """Create a member with a library and answers about it. Returns the layer."""
    store = Store(url)
    await store.migrate()
    async with store.writing() as tx:
        await members.ensure(tx, MEMBER, NOW)
        layer = await playlists.ensure_layer(tx, MEMBER, "main")
        kept = [await playlists.add(tx, layer, f"Style {at}", f"ref{at}", "🎵") for at in range(3)]
        await songs.like(tx, MEMBER, [Like(Song(song, song, ("x",)), NOW) for song in SONGS], NOW)
        await songs.save_features(tx, MEMBER, "csv", SONGS, NOW)
        for style, playlist in enumerate(kept):
            for at in range(8):
                said = Answer(f"{style}:{at:05}", Kind.ONLY, (playlist.playlist,), Source.BUTTON, 100 * style + at)
                await answers.add(tx, MEMBER, layer.layer, said)
    await store.close()
    return layer.layer


async def versions(url: str, layer: int) -> list[tuple[str, bool]]:
    async with Store(url) as store, store.reading() as tx:
        kept = await models.versions(tx, layer)
    return [(version.digest, version.serving) for version in kept]


@pytest.mark.slow
def test_a_members_layer_is_trained_from_and_stored_in_the_bots_database(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    layer = asyncio.run(fill(url))
    env = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path)}
    first = train_member(MEMBER, layer, NOW, env)
    assert first.artefact is not None
    assert first.labels == 24
    second = train_member(MEMBER, layer, NOW + timedelta(hours=1), env)
    assert second.artefact is not None
    kept = asyncio.run(versions(url, layer))
    assert kept == [(second.artefact.digest, True), (first.artefact.digest, False)]
    assert len(Scorer(Folder(tmp_path / "models")).load(kept[0][0]).classes) == 3
