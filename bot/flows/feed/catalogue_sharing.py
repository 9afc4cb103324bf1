"""Catalogue sharing: members join and leave the catalogue, and keep disliked songs out of their recommendations."""

from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.feed import dislikes
from bot.adapters.store.social import reposts
from bot.flows.account.erase import forget_unshared
from bot.flows.feed.catalogue_index import key


async def join(store: Store, member: int, now: datetime) -> None:
    """Share the member's likes from now on, until they leave. `Points.refresh` adds them."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, joined=True)


async def leave(store: Store, member: int, now: datetime) -> None:
    """Remove what only they shared from the catalogue at once, and their reposts from channels over time."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, joined=False)
        await reposts.remove_all(tx, member)
    await forget_unshared(store)


async def dislike(store: Store, member: int, song: str, now: datetime) -> None:
    """Never recommend them the song, nor songs much like it, until they undo that."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await dislikes.add(tx, member, song, key(song), now)


async def undo_dislike(store: Store, member: int, key: str) -> None:
    """Let the song with this key be recommended again."""
    async with store.writing() as tx:
        await dislikes.remove(tx, member, key)
