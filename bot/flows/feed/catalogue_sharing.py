"""Feed: who shares what they like in the catalogue, and what is not for whom."""

from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue, dislikes
from bot.adapters.store.social import reposts
from bot.flows.feed.catalogue_index import key


async def join(store: Store, member: int, now: datetime) -> None:
    """Share what the member likes, from now on and until they leave. `Points.refresh` takes it in."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, joined=True)


async def leave(store: Store, member: int, now: datetime) -> None:
    """Take what only they shared out of the catalogue, at once, and what they reposted out of channels, by and by."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, joined=False)
        await catalogue.forget(tx, await catalogue.strangers(tx))
        await reposts.remove_all(tx, member)


async def put_away(store: Store, member: int, song: str, now: datetime) -> None:
    """Never recommend the song to them, nor what is much like it, until they take that back."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await dislikes.add(tx, member, song, key(song), now)


async def take_back(store: Store, member: int, key: str) -> None:
    """The song of that key may be recommended again."""
    async with store.writing() as tx:
        await dislikes.remove(tx, member, key)
