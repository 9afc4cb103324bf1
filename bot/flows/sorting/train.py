"""Train: have a layer's model learnt anew, and choose among the ones there are."""

import asyncio
from datetime import datetime

from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, Tx
from bot.adapters.store.account import notices
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, models, playlists
from bot.adapters.trainer import Trainer
from bot.core.records import Layer, Model
from bot.core.sorting.dataset import Label, TrainingSet
from bot.core.sorting.labels import Source
from bot.core.sorting.prior import Prior, tell
from bot.errors import BadChoice
from bot.flows.sorting.prior import usable_by
from bot.flows.sorting.readiness import count_labels


async def train(store: Store, trainer: Trainer, member: int, layer: int, now: datetime) -> None:
    """Train, and leave a notice of how it went. Raises TrainingFailed.

    The labels count as tried from the beginning: those that come in while this runs do not ask for another training.
    """
    async with store.reading() as tx:
        labels = await count_labels(tx, member, layer)
    async with store.writing() as tx:
        await playlists.change_layer(tx, layer, tried=labels, learnt_at=now, training=True)
    try:
        trained = await trainer.fit(member, layer)
    finally:
        async with store.writing() as tx:
            await playlists.change_layer(tx, layer, training=False)
    body = {"layer": layer, "published": trained.published, "labels": trained.labels, "reason": trained.reason}
    async with store.writing() as tx:
        await notices.add(tx, member, "trained", body, now)


async def forget_cut_short(store: Store) -> None:
    """No training is under way: the bot has just started, and what a crash cut short begins anew."""
    async with store.writing() as tx:
        await playlists.end_trainings(tx)


async def lost(store: Store, scorer: Scorer) -> list[Model]:
    """Return the serving models that cannot be used: damaged, gone, or of a program before this one (promise P28)."""
    async with store.reading() as tx:
        serving = await models.all_serving(tx)
    return [model for model in serving if not await asyncio.to_thread(scorer.opens, model.digest)]


async def training_set(tx: Tx, member: int, layer: int, prior: Prior | None = None) -> TrainingSet:
    """Return what there is to learn from: the whole library as the prior tells of it, and the labels given so far.

    Raises BadChoice when the layer is not the member's.
    """
    found = await playlists.layer(tx, layer)
    if found is None or found.member != member:
        raise BadChoice("That layer is not one of yours.")
    library = await songs.library(tx, member)
    kept = {each.playlist: each.name for each in await playlists.in_layer(tx, layer)}
    labels: list[Label] = []
    for song, verdict in (await answers.verdicts(tx, member, layer)).items():
        source: Source = verdict.source
        labels += [Label(song, playlist, True, source) for playlist in sorted(verdict.yes & kept.keys())]
        labels += [Label(song, playlist, False, source) for playlist in sorted(verdict.no & kept.keys())]
        labels += [Label(song, None, True, source)] if verdict.none else []
    features = tell(await usable_by(tx, member, prior), await songs.features(tx, member, library))
    return TrainingSet(features, labels, kept, found.several, found.everything)


async def versions(store: Store, member: int, layer: int) -> list[Model]:
    """Return the layer's models, newest first. Raises BadChoice when the layer is not the member's."""
    async with store.reading() as tx:
        await _layer(tx, member, layer)
        return await models.versions(tx, layer)


async def rollback(store: Store, member: int, layer: int, model: int | None, now: datetime) -> Model | None:
    """Let another of the layer's models serve, or none; return it."""
    async with store.writing() as tx:
        await _layer(tx, member, layer)
        if model is not None and model not in {each.model for each in await models.versions(tx, layer)}:
            raise BadChoice("That model is no longer kept.")
        await models.serve(tx, layer, model)
        return await models.serving(tx, layer)


async def _layer(tx: Tx, member: int, layer: int) -> Layer:
    found = await playlists.layer(tx, layer)
    if found is None or found.member != member:
        raise BadChoice("That layer is not one of yours.")
    return found
