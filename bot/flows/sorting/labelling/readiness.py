"""Readiness: when a layer has enough labels to train, and what to say while it has no model."""

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.sorting import answers, models, playlists
from bot.core.records import Layer
from bot.errors import MemberError, NoLikes, NotLinked, NotTrained, TooFewLabels
from bot.errors.sorting import StillLearning, StillReading

FIRST_TRAINING = 6  # labels; fewer leave nothing to test a model on
TRAIN_EVERY = 10  # labels since the last training


def due(layer: Layer) -> int:
    """Return the number of labels at which the next training pays."""
    return layer.tried + TRAIN_EVERY if layer.tried else FIRST_TRAINING


async def training_pays(tx: Tx, member: int, layer: int) -> bool:
    """Whether there are enough new labels for another training."""
    known = await playlists.layer(tx, layer)
    if known is None or await answers.count_placed(tx, member, layer) < due(known):  # the count is quick
        return False
    return await count_labels(tx, member, layer) >= due(known)


async def count_labels(tx: Tx, member: int, layer: int) -> int:
    return sum(verdict.settled for verdict in (await answers.verdicts(tx, member, layer)).values())


async def progress(store: Store, layer: Layer) -> tuple[Layer, int]:
    """Return the layer as it is now, and its number of labels."""
    async with store.reading() as tx:
        return await playlists.layer(tx, layer.layer) or layer, await count_labels(tx, layer.member, layer.layer)


async def layers_due(store: Store, member: int) -> list[int]:
    """Return the member's layers for which training pays."""
    async with store.reading() as tx:
        layers = await playlists.layers(tx, member)
        return [layer.layer for layer in layers if await training_pays(tx, member, layer.layer)]


async def every_layer_due(store: Store) -> list[Layer]:
    """Return all members' layers for which training pays."""
    async with store.reading() as tx:
        layers = await playlists.answered_since(tx)
        return [layer for layer in layers if await training_pays(tx, layer.member, layer.layer)]


async def why_untrained(store: Store, layer: Layer) -> MemberError:
    """Return why there's no model: a training still runs, too few labels, or no training that led to one."""
    async with store.reading() as tx:
        known = await playlists.layer(tx, layer.layer) or layer
        missing = due(known) - await count_labels(tx, layer.member, layer.layer)
        published = await models.serving(tx, layer.layer) is not None  # but it can't be used
    if known.training:
        return StillLearning()
    return NotTrained(layer.layer) if published or missing <= 0 else TooFewLabels(missing, layer.layer)


async def why_no_songs(tx: Tx, member: int) -> MemberError:
    """Return why the member has no songs: not linked, still being read, or no likes."""
    account = await members.account(tx, member)
    if account is None:
        return NotLinked()
    return NoLikes() if account.synced_at is not None else StillReading()
