"""When a layer is trained, and what members are told meanwhile. Real store; a stand-in trainer that trains nothing."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.core.features import SongFeatures
from bot.core.records import Layer, Like, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors import NotTrained, TooFewLabels, TrainingFailed
from bot.errors.sorting import StillLearning
from bot.flows.library import imports
from bot.flows.sorting import train
from bot.flows.sorting.labelling import readiness, standing
from training.dataset import examples_of

ADA = 1001


async def a_layer(store: Store, now: datetime, labels: int) -> Layer:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        for event in range(labels):
            await answers.add(tx, ADA, layer.layer, Answer(f"s{event}", Kind.NONE, (), Source.BUTTON, event))
    return layer


async def now_of(store: Store, layer: Layer) -> Layer:
    async with store.reading() as tx:
        layer_now = await playlists.layer(tx, layer.layer)
    assert layer_now is not None
    return layer_now


@pytest.mark.parametrize("fails", [False, True])
async def test_a_training_is_marked_while_it_runs_and_counts_the_labels_it_started_with(
    store: Store, now: datetime, fails: bool
) -> None:
    layer = await a_layer(store, now, 6)

    async def fit(*_: int) -> Any:
        assert (await now_of(store, layer)).training
        await a_layer(store, now, 9)  # three more labels arrive during the training
        if fails:
            raise TrainingFailed
        return SimpleNamespace(published=False, labels=9, reason="x")

    trainer: Any = SimpleNamespace(fit=fit)
    with pytest.raises(TrainingFailed) if fails else nullcontext():
        await train.train(store, trainer, ADA, layer.layer, now)
    after = await now_of(store, layer)
    assert (after.training, after.tried) == (False, 6), "the footer never counts backwards"


async def test_after_a_crash_no_earlier_training_is_marked_as_running(store: Store, now: datetime) -> None:
    layer = await a_layer(store, now, 6)
    async with store.writing() as tx:
        await playlists.change_layer(tx, layer.layer, training=True, learnt_at=now)
    await train.forget_cut_short(store, now - timedelta(seconds=1))
    assert (await now_of(store, layer)).training, "another process goes on with it"
    await train.forget_cut_short(store, now)
    assert not (await now_of(store, layer)).training


@pytest.mark.parametrize(("labels", "missing"), [(0, 6), (5, 1), (6, None), (40, None)])
async def test_a_layer_without_a_model_says_how_many_labels_are_missing_if_any(
    store: Store, now: datetime, labels: int, missing: int | None
) -> None:
    why = await readiness.why_untrained(store, await a_layer(store, now, labels))
    assert isinstance(why, NotTrained) if missing is None else isinstance(why, TooFewLabels)
    assert getattr(why, "missing", None) == missing


async def test_while_the_first_training_runs_no_more_labels_are_asked_for(store: Store, now: datetime) -> None:
    layer = await a_layer(store, now, 6)
    async with store.writing() as tx:
        await playlists.change_layer(tx, layer.layer, tried=6, learnt_at=now, training=True)
    assert isinstance(await readiness.why_untrained(store, layer), StillLearning)


async def test_a_layer_is_due_for_training_once_existing_songs_count(store: Store, now: datetime) -> None:
    layer = await a_layer(store, now, 6)
    assert await readiness.layers_due(store, ADA) == [layer.layer]
    assert await readiness.every_layer_due(store) == [layer]
    async with store.writing() as tx:
        await playlists.change_layer(tx, layer.layer, tried=6)
    assert await readiness.layers_due(store, ADA) == []
    assert await readiness.every_layer_due(store) == []
    assert await standing.allow(store, ADA, True, now) == 0


async def test_a_files_titles_are_words_to_learn_from_and_spotifys_are_not(store: Store, now: datetime) -> None:
    theirs = Song("spotify:track:" + "2" * 22, "Driving Home", ("Bea",))
    layer = await a_layer(store, now, 0)
    file = f"Track URI,Track Name,Artist Name(s)\nspotify:track:{1:022d},This Christmas,Ann\n"
    await imports.import_file(store, ADA, "liked.csv", file.encode(), now)
    async with store.writing() as tx:
        await songs.save(tx, [theirs], now)
        await songs.like(tx, ADA, [Like(theirs, now)], now)
        training = await train.training_set(tx, ADA, layer.layer)
    assert {title for song in training.songs.values() for title in song.sets.get("title", ())} == {"This Christmas"}


async def test_a_corrected_song_weighs_less_than_one_that_was_asked_about(store: Store, now: datetime) -> None:
    layer = await a_layer(store, now, 0)
    async with store.writing() as tx:
        here, there = [(await playlists.add(tx, layer, name, name, "🟦")).playlist for name in ("A", "B")]
        for answer in (
            Answer("asked", Kind.ONLY, (here,), Source.BUTTON, 1),
            Answer("added", Kind.ONLY, (here,), Source.HAND, 1),
            Answer("receipt", Kind.ONLY, (here,), Source.RECEIPT, 1),
            Answer("moved", Kind.NOT, (there,), Source.HAND, 1),
            Answer("moved", Kind.ONLY, (here,), Source.HAND, 2),
            Answer("taken out", Kind.NOT, (there,), Source.HAND, 1),
            Answer("asked since", Kind.NOT, (there,), Source.RECEIPT, 1),
            Answer("asked since", Kind.ONLY, (here,), Source.REACTION, 2),
        ):
            await answers.add(tx, ADA, layer.layer, answer)
        training = await train.training_set(tx, ADA, layer.layer)
    known = replace(training, songs={label.song: SongFeatures({"tempo": 100.0}) for label in training.labels})
    examples = examples_of(known)
    weight = dict(zip(examples.songs, examples.weight.tolist(), strict=True))
    less, full = (
        dict.fromkeys(("receipt", "moved", "taken out"), 0.25),
        dict.fromkeys(("asked", "added", "asked since"), 1.0),
    )
    assert weight == {**less, **full}
