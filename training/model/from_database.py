"""From the database: trains one layer of one member, reading and writing the bot's own database."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bot.adapters.prior import NAME, SHIPPED, Priors
from bot.adapters.store import Store
from bot.adapters.store.sorting import models
from bot.core.records import NewModel
from bot.core.sorting.learning.dataset import TrainingSet
from bot.core.sorting.learning.prior import Prior
from bot.flows.sorting.train import training_set
from training.model.publish import Artefact, TrainingOutcome, served_from, train


def train_member(member: int, layer: int, now: datetime, env: Mapping[str, str]) -> TrainingOutcome:
    """Train and publish, with DATABASE_URL and DATA_DIR from `env`. Raises what `train` raises."""
    folder = data_dir_in(env) / "models"
    priors = Priors(folder / NAME, SHIPPED if shipped_is_on(env) else None)
    return asyncio.run(_train(store_in(env), folder, priors, member, layer, now))


def data_dir_in(env: Mapping[str, str]) -> Path:
    """Return the data folder of the bot in this environment."""
    return Path(env.get("DATA_DIR") or "data").resolve()


def shipped_is_on(env: Mapping[str, str]) -> bool:
    """Return whether the prior that ships is used in this environment."""
    return env.get("PRIOR", "").strip().lower() != "off"


def store_in(env: Mapping[str, str]) -> Store:
    """Return the database of this environment."""
    return Store(env.get("DATABASE_URL") or f"sqlite+aiosqlite:///{data_dir_in(env) / 'cratekeeper.db'}")


async def _train(store: Store, folder: Path, priors: Priors, member: int, layer: int, now: datetime) -> TrainingOutcome:
    try:
        prior = priors.current()  # a damaged one counts as none, and is logged
        training, serving = await _read(store, member, layer, prior)
        outcome = train(training, served_from(folder, serving), now)
        if (made := outcome.artefact) is not None:
            new = NewModel(member, layer, made.digest, outcome.labels, made.card, now)
            await _publish(store, folder, made, new)
    finally:
        await store.close()
    return outcome


async def _read(store: Store, member: int, layer: int, prior: Prior | None) -> tuple[TrainingSet, str | None]:
    async with store.reading() as tx:
        serving = await models.serving(tx, layer)
        return await training_set(tx, member, layer, prior), serving.digest if serving else None


async def _publish(store: Store, folder: Path, made: Artefact, new: NewModel) -> None:
    """Write row and files in one transaction: the bot sweeps files without a row, in transactions too."""
    async with store.writing() as tx:
        await models.publish(tx, new)
        await asyncio.to_thread(made.save, folder)
