"""From the database: trains one layer of one member, reading and writing the bot's own database."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from bot import config
from bot.adapters.artefacts import models_of
from bot.adapters.prior import SHIPPED, Priors
from bot.adapters.store import Store
from bot.adapters.store.sorting import models
from bot.core.records import NewModel
from bot.core.sorting.learning.dataset import TrainingSet
from bot.core.sorting.learning.prior import Prior
from bot.flows.sorting.train import training_set
from bot.ports import Artefacts
from training.model.publish import Artefact, TrainingOutcome, served_from, train
from training.problems import InputProblem


def train_member(member: int, layer: int, now: datetime, env: Mapping[str, str]) -> TrainingOutcome:
    """Train and publish, with DATABASE_URL, DATA_DIR and STORAGE_URL from `env`. Raises what `train` raises.

    Raises InputProblem if there's no database, and StorageDown before the training if its model couldn't be written.
    """
    store, files = database_in(env), models_in(env)
    files.check()
    priors = Priors(files, SHIPPED if config.prior_that_ships(env) else None)
    return asyncio.run(_train(store, files, priors, member, layer, now))


def models_in(env: Mapping[str, str]) -> Artefacts:
    """Return where the bot in this environment has its models."""
    return models_of(config.storage(env))


def store_in(env: Mapping[str, str]) -> Store:
    """Return the database of this environment."""
    return Store(config.storage(env).database_url)


def database_in(env: Mapping[str, str]) -> Store:
    """Return the database of this environment, which must be there. Raises InputProblem."""
    store = store_in(env)
    if not store.exists:
        raise InputProblem(f"{store}: no database there; DATABASE_URL and DATA_DIR say where it is")
    return store


async def _train(
    store: Store, files: Artefacts, priors: Priors, member: int, layer: int, now: datetime
) -> TrainingOutcome:
    async with store:
        prior = priors.current()  # a damaged one counts as none, and is logged
        training, serving = await _read(store, member, layer, prior)
        outcome = train(training, served_from(files, serving), now)
        if (made := outcome.artefact) is not None:
            new = NewModel(member, layer, made.digest, outcome.labels, made.card, now)
            await _publish(store, files, made, new)
    return outcome


async def _read(store: Store, member: int, layer: int, prior: Prior | None) -> tuple[TrainingSet, str | None]:
    async with store.reading() as tx:
        serving = await models.serving(tx, layer)
        return await training_set(tx, member, layer, prior), serving.digest if serving else None


async def _publish(store: Store, files: Artefacts, made: Artefact, new: NewModel) -> None:
    """Write the files, then the row; in its transaction, make sure of the files: the bot sweeps those without a row.

    It sweeps in transactions, too. Others can write while a server takes its time over the files.
    """
    await asyncio.to_thread(made.save, files)
    async with store.writing() as tx:
        await models.publish(tx, new)
        await asyncio.to_thread(made.make_sure, files)
