"""Train: retrain a layer's model, and choose between its versions."""

import asyncio
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import notices
from bot.adapters.store.library import other_playlists, songs
from bot.adapters.store.sorting import answers, models, playlists
from bot.core.notices import NoticeKind
from bot.core.records import Layer, Model
from bot.core.sorting.learning.dataset import CORRECTION, Label, TrainingSet
from bot.core.sorting.learning.prior import Prior, with_prior
from bot.errors.sorting import ModelGone, NoSuchLayer
from bot.flows.sorting.labelling.readiness import count_labels
from bot.flows.sorting.prior import usable_by
from bot.ports import Artefacts, ModelFiles, PriorFile, Training


async def train(store: Store, trainer: Training, member: int, layer: int, now: datetime) -> None:
    """Train, and leave a notice of the result. Raises TrainingFailed.

    The labels count as tried from the start: those that arrive during it don't trigger another training.
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
        await notices.add(tx, member, NoticeKind.TRAINED, body, now)


async def forget_cut_short(store: Store, before: datetime) -> None:
    """Clear the trainings that began before then: a crash interrupted them, and they start again."""
    async with store.writing() as tx:
        await playlists.end_trainings(tx, before)


async def lost(store: Store, scorer: ModelFiles) -> list[Model]:
    """Return the active models that can't be used: damaged, missing, or from an older program. Reads every file."""
    async with store.reading() as tx:
        serving = await models.all_serving(tx)
    return [model for model in serving if not await asyncio.to_thread(scorer.opens, model.digest)]


async def missing(store: Store, files: Artefacts) -> list[Model]:
    """Return the active models without a file. Reads none: what's in one is checked when it's used (promise P28)."""
    async with store.reading() as tx:
        serving = await models.all_serving(tx)
    there = await asyncio.to_thread(files.names)
    return [model for model in serving if f"{model.digest}.onnx" not in there]


async def with_former_prior(store: Store, priors: PriorFile) -> list[Model]:
    """Return the active models that learned with a prior that's no longer used: without it, they know far less."""
    prior = await asyncio.to_thread(priors.current)
    used = {"", *(prior.versions if prior else ())}
    async with store.reading() as tx:
        serving = await models.all_serving(tx)
    return [model for model in serving if set((model.card.get("prior") or "").split("+")) - used]


async def met_unusable(store: Store, scorer: ModelFiles) -> list[Model]:
    """Return the active models that this process couldn't use since the last time it asked (promise P28)."""
    digests = scorer.take_unusable()
    if not digests:
        return []
    async with store.reading() as tx:
        return await models.serving_from(tx, digests)


async def training_set(tx: Tx, member: int, layer: int, prior: Prior | None = None) -> TrainingSet:
    """Return what there is to learn from: the whole library with the prior's knowledge, and all labels so far.

    Raises NoSuchLayer if it isn't the member's.
    """
    known = await _layer(tx, member, layer)
    library = await songs.library(tx, member)
    kept = {playlist.playlist: playlist.name for playlist in await playlists.in_layer(tx, layer)}
    labels: list[Label] = []
    for song, verdict in (await answers.verdicts(tx, member, layer)).items():
        said: tuple[str, int | None] = (CORRECTION if verdict.corrects else verdict.source, verdict.bulk_answer)
        labels += [Label(song, playlist, True, *said) for playlist in sorted(verdict.yes & kept.keys())]
        labels += [Label(song, playlist, False, *said) for playlist in sorted(verdict.no & kept.keys())]
        labels += [Label(song, None, True, *said)] if verdict.none else []
    features = with_prior(await usable_by(tx, member, prior), await songs.features(tx, member, library))
    others = await other_playlists.read(tx, member)
    return TrainingSet(features, labels, kept, known.several, known.everything, others=others)


async def versions(store: Store, member: int, layer: int) -> list[Model]:
    """Return the layer's models, newest first. Raises NoSuchLayer if it isn't the member's."""
    async with store.reading() as tx:
        await _layer(tx, member, layer)
        return await models.versions(tx, layer)


async def rollback(store: Store, member: int, layer: int, model: int | None, now: datetime) -> Model | None:
    """Activate another of the layer's models, or none; return it. Raises NoSuchLayer or ModelGone."""
    async with store.writing() as tx:
        await _layer(tx, member, layer)
        if model is not None and model not in {version.model for version in await models.versions(tx, layer)}:
            raise ModelGone
        await models.serve(tx, layer, model)
        return await models.serving(tx, layer)


async def _layer(tx: Tx, member: int, layer: int) -> Layer:
    known = await playlists.layer(tx, layer)
    if known is None or known.member != member:
        raise NoSuchLayer
    return known
