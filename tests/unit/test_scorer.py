"""Scorer: only the very file that was published is ever run, and it answers as scikit-learn does."""

import hashlib
import json
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest

from bot.adapters.scorer import KEY, Model, Scorer
from bot.core.features import SongFeatures
from bot.errors import ModelCorrupt, ModelMissing
from tests.unit.tastes import labelled, library
from training.export import same_order, to_file
from training.fit import Fitted, fit
from training.publish import Artefact, train

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SONGS = library(styles=3, each=40)


@pytest.fixture(scope="module")
def artefact() -> Artefact:
    found = train(labelled(SONGS, [12, 12, 12]), None, NOW).artefact
    assert found is not None
    return found


@pytest.fixture
def folder(artefact: Artefact, tmp_path: Path) -> Path:
    artefact.save(tmp_path)
    return tmp_path


def rewritten(artefact: Artefact, change: Callable[[onnx.ModelProto], None], folder: Path) -> str:
    """Write a model that was tampered with under its own right name."""
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
    path, dice = folder / f"{artefact.digest}.onnx", random.Random(28)
    for round_ in range(200):
        damaged = bytearray(artefact.onnx)
        if round_ % 4:
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        else:
            del damaged[dice.randrange(len(damaged)) :]
        path.write_bytes(damaged)
        with pytest.raises(ModelCorrupt):
            Scorer(folder).load(artefact.digest)
    assert len(Scorer(folder).load(previous).score([SONGS["0:00000"]]).probabilities) == 1


def test_p28_a_missing_model_and_what_names_none_are_missing(folder: Path) -> None:
    for digest in ("0" * 64, "../" + "0" * 61, "", "A" * 64, "0" * 64 + "\n", "/etc/passwd"):
        with pytest.raises(ModelMissing):
            Scorer(folder).load(digest)


def test_p28_a_model_of_another_schema_or_shape_is_refused(artefact: Artefact, folder: Path) -> None:
    schema = json.loads(json.loads(onnx.load_from_string(artefact.onnx).metadata_props[0].value)["schema"])
    narrower = json.dumps({**schema, "identities": []}, sort_keys=True, separators=(",", ":"))
    older = json.dumps({**schema, "format": 0}, sort_keys=True, separators=(",", ":"))
    changes = [{"schema": narrower}, {"schema": older}, {"schema": None}, {"format": 2}, {"classes": [1, 2]}]
    for change in changes:
        with pytest.raises(ModelCorrupt):
            Scorer(folder).load(rewritten(artefact, with_facts(**change), folder))
    with pytest.raises(ModelCorrupt):
        Scorer(folder).load(rewritten(artefact, lambda model: model.metadata_props.clear(), folder))


def test_p28_a_link_is_not_followed_and_a_giant_is_not_read(artefact: Artefact, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(artefact.onnx)
    (folder / f"{artefact.digest}.onnx").unlink()
    (folder / f"{artefact.digest}.onnx").symlink_to(outside)
    with pytest.raises(ModelCorrupt):
        Scorer(folder).load(artefact.digest)
    with (folder / f"{'1' * 64}.onnx").open("wb") as giant:
        giant.truncate(2**30)
    with pytest.raises(ModelCorrupt):
        Scorer(folder).load("1" * 64)


def test_bytes_that_are_no_model_are_refused_even_under_their_own_name(folder: Path) -> None:
    for content in (b"", b"not a model", bytes(1000)):
        digest = hashlib.sha256(content).hexdigest()
        (folder / f"{digest}.onnx").write_bytes(content)
        with pytest.raises(ModelCorrupt):
            Scorer(folder).load(digest)


@pytest.mark.parametrize("several", [False, True])
def test_p29_ten_thousand_rows_answer_as_in_scikit_learn(several: bool, folder: Path) -> None:
    songs = library(styles=4, each=2_500, seed=29)
    fitted = fit(labelled(songs, [25, 20, 15, 10], several=several))
    vectors, found = fitted.schema.vectors(list(songs.values())), served(fitted, folder).score(list(songs.values()))
    wanted = fitted.pipeline.predict_proba(vectors)
    assert len(wanted) == 10_000
    assert np.abs(found.probabilities - wanted).max() <= 1e-5
    assert np.abs(found.space - fitted.pipeline[:-1].transform(vectors)).max() <= 1e-5
    assert same_order(wanted, found.probabilities)


def served(fitted: Fitted, folder: Path) -> Model:
    content = to_file(fitted, {})
    digest = hashlib.sha256(content).hexdigest()
    (folder / f"{digest}.onnx").write_bytes(content)
    return Scorer(folder).load(digest)


def test_one_song_and_many_give_the_same_answer(artefact: Artefact, folder: Path) -> None:
    model = Scorer(folder).load(artefact.digest)
    songs = list(SONGS.values()) * 20
    many = model.score(songs)
    alone = np.vstack([model.score([song]).probabilities for song in songs[:30]])
    assert np.allclose(many.probabilities[:30], alone, atol=1e-6)
    assert many.probabilities.shape == (len(songs), 3)
    assert many.classes == (1, 2, 3)


def test_no_song_and_an_unknown_song_are_answered_too(artefact: Artefact, folder: Path) -> None:
    model = Scorer(folder).load(artefact.digest)
    assert model.score([]).probabilities.shape == (0, 3)
    assert model.score([]).space.shape[0] == 0
    blind = model.score([SongFeatures(), SongFeatures({"never_seen": 1.0}, {"album": frozenset({"x"})})])
    assert np.isfinite(blind.probabilities).all()
    assert blind.known.tolist() == [False, True]


def test_the_cache_is_bounded_and_shared_by_threads(artefact: Artefact, folder: Path) -> None:
    others = [rewritten(artefact, with_facts(created_at=str(at)), folder) for at in range(6)]
    scorer, found = Scorer(folder, capacity=2), []
    song = SONGS["1:00030"]

    def use(digest: str) -> None:
        found.append(scorer.load(digest).score([song]).probabilities[0])

    threads = [threading.Thread(target=use, args=(digest,)) for digest in others * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 24
    assert np.ptp(np.array(found), axis=0).max() == 0
    newest = scorer.load(others[0])
    (folder / f"{others[0]}.onnx").unlink()
    assert scorer.load(others[0]) is newest
    scorer.forget(others[0])
    with pytest.raises(ModelMissing):
        scorer.load(others[0])
