"""Sync: bring a member's library up to date with their likes on Spotify."""

from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.core.records import Account
from bot.flows.library.likes import Progress, StoredLibrary, gone, read_likes, settle, unwatched
from bot.ports import Likes


@dataclass(frozen=True, slots=True)
class Synced:
    """The result of a sync. `calls`: requests it took."""

    total: int
    new: int
    gone: int
    calls: int


async def sync(store: Store, likes: Likes, account: Account, now: datetime, progress: Progress = unwatched) -> Synced:
    """Bring the library up to date: one call if nothing changed, ceil(N / 50) for a first sync of N songs.

    After the first sync, new songs are also `fresh`: they wait to be sorted, even across a crash. Songs missing from
    Spotify's list are only removed once a second sync confirms it (promise P41).
    """
    async with store.reading() as tx:
        library = StoredLibrary(account, await songs.liked(tx, account.member))
    seen = await read_likes(store, likes, library, now, progress)
    lost = await gone(likes, library, seen)
    await settle(store, library, seen, lost, now)
    total = len(library.songs) + seen.new - len(lost) if seen.total is None else seen.total
    return Synced(total, seen.new, len(lost), seen.calls)
