"""Models: which artefact is active in which layer. The row is the truth; the file is named by its hash."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every, keep_newest, one
from bot.core import limits
from bot.core.records import Model, NewModel

MODEL = schema.model


async def publish(tx: Tx, new: NewModel) -> None:
    """Activate an artefact in its layer; the newest earlier ones stay for a rollback."""
    here = MODEL.c.layer == new.layer
    await tx.execute(update(MODEL).where(here).values(serving=False))
    await tx.execute(insert(MODEL).values(**asdict(new), serving=True))
    await keep_newest(tx, MODEL, limits.MODELS, MODEL.c.model, here, ~MODEL.c.serving)


async def serving(tx: Tx, layer: int) -> Model | None:
    query = select(MODEL).where(MODEL.c.layer == layer, MODEL.c.serving).order_by(MODEL.c.model.desc()).limit(1)
    return await one(tx, Model, query)


async def by_digest(tx: Tx, layer: int, digest: str | None) -> Model | None:
    """Return a layer's model by its file, None if there's no such model any more."""
    return await one(tx, Model, select(MODEL).where(MODEL.c.layer == layer, MODEL.c.digest == digest).limit(1))


async def all_serving(tx: Tx) -> list[Model]:
    """Return every member's active models."""
    return await every(tx, Model, select(MODEL).where(MODEL.c.serving))


async def serving_from(tx: Tx, digests: Collection[str]) -> list[Model]:
    """Return the active models that those files hold."""
    return await every(tx, Model, select(MODEL).where(MODEL.c.digest.in_(digests), MODEL.c.serving))


async def versions(tx: Tx, layer: int) -> list[Model]:
    """Return the layer's models, newest first."""
    return await every(tx, Model, select(MODEL).where(MODEL.c.layer == layer).order_by(MODEL.c.model.desc()))


async def serve(tx: Tx, layer: int, model: int | None) -> None:
    """Activate `model` in the layer, or none."""
    await tx.execute(update(MODEL).where(MODEL.c.layer == layer).values(serving=MODEL.c.model == (model or 0)))


async def digests(tx: Tx) -> set[str]:
    """Return the digests of every member's stored models."""
    return set((await tx.execute(select(MODEL.c.digest))).scalars())
