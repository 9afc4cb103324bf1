"""Scorer: it only runs exactly the file that was published, which answers as scikit-learn does."""

import hashlib
import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest

from benchmarks.measure import own_bytes
from bot.adapters.artefacts import Folder
from bot.adapters.scorer import KEY, OpenModel, Scorer
from bot.core.features import SongFeatures
from bot.core.sorting.decide import PlaylistRule, Scores, decide
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.why import dequantised
from bot.errors import ModelCorrupt, ModelMissing
from bot.flows.sorting.scored_library import PART, concatenated, scores_and_vectors
from tests.unit.tastes import labelled, library
from training.evaluation.people import drawable, read_person
from training.model.export import changed_decisions, check_parity, to_file
from training.model.fit import Fitted, fit
from training.model.publish import Artefact, train
from training.problems import ParityError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SONGS = library(styles=3, per_style=40)


@pytest.fixture(scope="module")
def artefact() -> Artefact:
    trained = train(labelled(SONGS, [12, 12, 12]), None, NOW).artefact
    assert trained is not None
    return trained


@pytest.fixture
def folder(artefact: Artefact, tmp_path: Path) -> Path:
    artefact.save(Folder(tmp_path))
    return tmp_path


def rewritten(artefact: Artefact, change: Callable[[onnx.ModelProto], None], folder: Path) -> str:
    """Write a tampered model under the name that matches its hash."""
    model = onnx.load_from_string(artefact.onnx)
    change(model)
    content = model.SerializeToString()
    digest = hashlib.sha256(content).hexdigest()
    (folder / f"{digest}.onnx").write_bytes(content)
    return digest


def with_facts(**changes: object) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        facts = json.loads(model.metadata_props[0].value)
        onnx.helper.set_model_props(model, {KEY: json.dumps({**facts, **changes})})

    return change


def test_p28_two_hundred_damaged_models_are_all_refused_and_the_previous_one_serves(
    artefact: Artefact, folder: Path
) -> None:
    previous = rewritten(artefact, with_facts(created_at="before"), folder)
    path, rng = folder / f"{artefact.digest}.onnx", random.Random(28)
    for round_ in range(200):
        damaged = bytearray(artefact.onnx)
        if round_ % 4:
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        else:
            del damaged[rng.randrange(len(damaged)) :]
        path.write_bytes(damaged)
        with pytest.raises(ModelCorrupt):
            Scorer(Folder(folder)).load(artefact.digest)
    assert len(Scorer(Folder(folder)).load(previous).score([SONGS["0:00000"]]).probabilities) == 1


def test_p28_missing_files_and_invalid_names_count_as_missing_models(folder: Path) -> None:
    for digest in ("0" * 64, "../" + "0" * 61, "", "A" * 64, "0" * 64 + "\n", "/etc/passwd"):
        with pytest.raises(ModelMissing):
            Scorer(Folder(folder)).load(digest)


def test_p28_a_model_of_another_schema_or_shape_is_refused(artefact: Artefact, folder: Path) -> None:
    schema = json.loads(json.loads(onnx.load_from_string(artefact.onnx).metadata_props[0].value)["schema"])
    narrower = json.dumps({**schema, "identities": []}, sort_keys=True, separators=(",", ":"))
    older = json.dumps({**schema, "format": 0}, sort_keys=True, separators=(",", ":"))
    changes = [{"schema": narrower}, {"schema": older}, {"schema": None}, {"format": 2}, {"classes": [1, 2]}]
    for change in changes:
        with pytest.raises(ModelCorrupt):
            Scorer(Folder(folder)).load(rewritten(artefact, with_facts(**change), folder))
    with pytest.raises(ModelCorrupt):
        Scorer(Folder(folder)).load(rewritten(artefact, lambda model: model.metadata_props.clear(), folder))


def test_p28_a_link_is_not_followed_and_a_giant_is_not_read(artefact: Artefact, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(artefact.onnx)
    (folder / f"{artefact.digest}.onnx").unlink()
    (folder / f"{artefact.digest}.onnx").symlink_to(outside)
    with pytest.raises(ModelCorrupt, match="not a plain file of the right size"):
        Scorer(Folder(folder)).load(artefact.digest)
    with (folder / f"{'1' * 64}.onnx").open("wb") as giant:
        giant.truncate(2**30)
    with pytest.raises(ModelCorrupt, match="not a plain file of the right size"):
        Scorer(Folder(folder)).load("1" * 64)


def test_bytes_that_are_no_model_are_refused_even_with_a_matching_hash(folder: Path) -> None:
    for content in (b"", b"not a model", bytes(1000)):
        digest = hashlib.sha256(content).hexdigest()
        (folder / f"{digest}.onnx").write_bytes(content)
        with pytest.raises(ModelCorrupt):
            Scorer(Folder(folder)).load(digest)


@pytest.mark.slow
@pytest.mark.parametrize("several", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_p29_ten_thousand_rows_answer_and_decide_as_in_scikit_learn(several: bool, folder: Path) -> None:
    songs = library(styles=4, per_style=2_500, seed=29)
    fitted = fit(labelled(songs, [25, 20, 15, 10], several=several))
    answers_alike(fitted, list(songs.values()), folder)


@pytest.mark.slow
@pytest.mark.parametrize("several", [pytest.param(False, marks=pytest.mark.soak), True])
def test_p29_ten_thousand_real_rows_answer_and_decide_as_in_scikit_learn(
    several: bool, folder: Path, shared: Path
) -> None:
    person = read_person(shared / "data" / "libraries" / "library-a.csv.gz")
    songs = {song: person.songs[song] for song in sorted(person.songs)[:10_000]}
    held = [sorted(playlist & songs.keys())[:30] for playlist in list(drawable(person).values())[:6]]
    labels = [Label(song, at, True, "csv") for at, playlist in enumerate(held) for song in playlist]
    training = TrainingSet(songs, labels, {at: str(at) for at in range(6)}, several, False)
    answers_alike(fit(training), list(songs.values()), folder)


def answers_alike(fitted: Fitted, songs: Sequence[SongFeatures], folder: Path) -> None:
    vectors, answer = fitted.schema.vectors(songs), served(fitted, folder).score(songs)
    wanted = fitted.pipeline.predict_proba(vectors)
    assert len(wanted) == 10_000
    assert np.abs(answer.probabilities - wanted).max() <= 1e-6
    assert np.abs(answer.space - fitted.space.transform(vectors)).max() <= 1e-6
    rules = [PlaylistRule(name, 2, automatic=True) for name in fitted.examples.classes if name is not None]
    theirs = replace(answer, probabilities=wanted.astype(np.float32))
    ours, theirs_too = (decide(scores, rules, not fitted.examples.exclusive, False) for scores in (answer, theirs))
    assert [(decision.outcome, decision.playlists) for decision in ours] == [
        (decision.outcome, decision.playlists) for decision in theirs_too
    ]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("counts", [[8, 5], [8, 5, 3]])
def test_two_playlists_are_exported_as_correctly_as_three(counts: Sequence[int], several: bool) -> None:
    fitted = fit(labelled(SONGS, counts, several=several))
    assert check_parity(fitted, to_file(fitted, {}), list(SONGS.values())) <= 1e-6


@pytest.mark.parametrize("by", [1.001, -1.0])
def test_p29_a_graph_with_different_answers_is_refused(by: float) -> None:
    fitted = fit(labelled(SONGS, [12, 12, 12]))
    model = onnx.load_from_string(to_file(fitted, {}))
    weights = next(tensor for tensor in model.graph.initializer if tensor.name == "coefficients")
    weights.CopyFrom(onnx.numpy_helper.from_array(by * onnx.numpy_helper.to_array(weights), "coefficients"))
    with pytest.raises(ParityError):
        check_parity(fitted, model.SerializeToString(), list(SONGS.values()))


def test_p29_a_tiny_difference_is_reported_only_if_it_changes_a_decision() -> None:
    edge, space, known = np.float32(0.9), np.ones((2, 1), np.float32), np.ones(2, np.bool_)
    rows = [np.array([[first, 1 - first], [0.4, 0.3]], np.float32) for first in (edge, np.nextafter(edge, 1))]
    over, under = rows[1], rows[0] - np.float32(1e-7)
    scores = [Scores((1, 2), probabilities, space, known) for probabilities in (over, under)]
    assert changed_decisions(*scores, several=False) == 1
    assert changed_decisions(*scores, several=True) == 1
    clear = [replace(score, probabilities=score.probabilities / 3) for score in scores]
    assert changed_decisions(*clear, several=False) == 0


def test_p29_a_threshold_that_moved_past_a_song_is_found_despite_equal_scores() -> None:
    space, known = np.ones((2, 1), np.float32), np.ones(2, np.bool_)
    rows = [np.array([[first, 1 - first], [0.8, 0.2]], np.float32) for first in (1, 1 - 1e-6)]
    assert changed_decisions(*(Scores((1, 2), row, space, known) for row in rows), several=False) == 1


def test_a_song_at_its_librarys_exact_centre_is_scored_as_in_scikit_learn() -> None:
    songs = {name: SongFeatures(song.numbers) for name, song in SONGS.items() if song.numbers}
    fitted = fit(labelled(songs, [6, 6, 6]))
    middle = next(iter(songs.values()))
    fitted.space.named_steps["centre"].mean_ = fitted.space[:2].transform(fitted.schema.vectors([middle]))[0]
    assert check_parity(fitted, to_file(fitted, {}), list(songs.values())) <= 1e-6


def test_quantised_vectors_take_a_quarter_of_memory_and_scores_stay_the_same(artefact: Artefact, folder: Path) -> None:
    songs, model = list(SONGS.values()), Scorer(Folder(folder)).load(artefact.digest)
    many = [songs[at % len(songs)] for at in range(PART + 10)]
    whole = model.score(many)
    scores, vectors = concatenated([scores_and_vectors(model, part) for part in (many[:PART], many[PART:])])
    assert np.array_equal(scores.probabilities, whole.probabilities)
    assert np.array_equal(scores.known, whole.known)
    assert vectors.nbytes + scores.space.nbytes == whole.space.nbytes / 4
    assert np.abs(dequantised(vectors) @ dequantised(vectors[0]) - whole.space @ whole.space[0]).max() < 0.01


def served(fitted: Fitted, folder: Path) -> OpenModel:
    content = to_file(fitted, {})
    digest = hashlib.sha256(content).hexdigest()
    (folder / f"{digest}.onnx").write_bytes(content)
    return Scorer(Folder(folder)).load(digest)


def test_one_song_and_many_give_the_same_answer(artefact: Artefact, folder: Path) -> None:
    model = Scorer(Folder(folder)).load(artefact.digest)
    songs = list(SONGS.values()) * 20
    many = model.score(songs)
    alone = np.vstack([model.score([song]).probabilities for song in songs[:30]])
    assert np.allclose(many.probabilities[:30], alone, atol=1e-6)
    assert many.probabilities.shape == (len(songs), 3)
    assert many.classes == (1, 2, 3)


def test_no_songs_and_unknown_songs_are_handled(artefact: Artefact, folder: Path) -> None:
    model = Scorer(Folder(folder)).load(artefact.digest)
    assert model.score([]).probabilities.shape == (0, 3)
    assert model.score([]).space.shape[0] == 0
    blind = model.score([SongFeatures(), SongFeatures({"never_seen": 1.0}, {"album": frozenset({"x"})})])
    assert np.isfinite(blind.probabilities).all()
    assert blind.known.tolist() == [False, True]


def test_the_cache_is_shared_by_threads(artefact: Artefact, folder: Path) -> None:
    others = [rewritten(artefact, with_facts(created_at=str(at)), folder) for at in range(6)]
    scorer, answers = Scorer(Folder(folder), most=2 * Scorer(Folder(folder)).load(others[0]).resident), []
    song = SONGS["1:00030"]

    def use(digest: str) -> None:
        answers.append(scorer.load(digest).score([song]).probabilities[0])

    threads = [threading.Thread(target=use, args=(digest,)) for digest in others * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 24
    assert np.ptp(np.array(answers), axis=0).max() == 0


def test_cached_models_are_bounded_in_bytes_and_recent_ones_stay(artefact: Artefact, folder: Path) -> None:
    one, two, three = (rewritten(artefact, with_facts(created_at=str(at)), folder) for at in range(3))
    scorer = Scorer(Folder(folder), most=2 * Scorer(Folder(folder)).load(one).resident)
    kept = {digest: scorer.load(digest) for digest in (one, two, one, three)}
    assert scorer.resident <= 2 * kept[one].resident
    assert scorer.load(one) is kept[one]
    assert scorer.load(two) is not kept[two]
    for digest in (one, two, three):
        (folder / f"{digest}.onnx").unlink()
        scorer.forget(digest)
        with pytest.raises(ModelMissing):
            scorer.load(digest)
    assert scorer.resident == 0


def test_a_model_larger_than_the_cache_still_serves(artefact: Artefact, folder: Path) -> None:
    scorer = Scorer(Folder(folder), most=0)
    assert scorer.load(artefact.digest) is scorer.load(artefact.digest)


@pytest.mark.slow
def test_many_models_in_one_process_take_no_more_memory_than_a_few(artefact: Artefact, folder: Path) -> None:
    models = [rewritten(artefact, with_facts(created_at=str(at)), folder) for at in range(400)]
    scorer, song = Scorer(Folder(folder), most=2**20), SONGS["1:00030"]
    few, many = models[:40], models[40:]
    for digest in few * 10:  # lets the allocator's permanent memory settle
        scorer.load(digest).score([song])
    before = own_bytes()
    for digest in many * 2:
        scorer.load(digest).score([song])
    assert (own_bytes() - before) / len(many) <= 20_000  # bytes; a model left open takes about 140,000
