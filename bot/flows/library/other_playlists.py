"""Other playlists: reads those that the bot doesn't keep, if their member lets it learn from them. Writes to none.

Songs that somebody put together once are alike (`training.model.others`). Off by default.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.library import other_playlists as table
from bot.adapters.store.sorting import playlists
from bot.core import limits
from bot.core.jobs import JobKind, Next
from bot.core.library.automatic import is_automatic
from bot.core.sorting.learning.columns import artist_key
from bot.core.sorting.learning.dataset import OtherPlaylist
from bot.core.sorting.recording import artists_in
from bot.errors import NotLinked
from bot.errors.spotify import ConsentEnded, PlaylistGone, Unreadable
from bot.flows.sorting.labelling.readiness import FIRST_TRAINING, count_labels
from bot.ports import Accounts, Contents, ListedPlaylist, Music

SIZES = range(3, 1_501)  # places; fewer say too little, more are a collection of everything
EVERY = 12  # polls between two looks at which of them have changed: about a day


async def choose(store: Store, member: int, allowed: bool, now: datetime) -> list[int]:
    """Let the bot learn from the member's other playlists, or stop, which forgets them.

    Returns the layers to train without them. Raises NotLinked and ConsentEnded if they can't be read.
    """
    async with store.writing() as tx:
        if allowed:
            await _check_readable(tx, member)
        await members.ensure(tx, member, now)
        await members.change(tx, member, learn_from_others=allowed)
        known = await table.snapshots(tx, member)
        if not allowed:
            await table.forget(tx, member, known)
    return await _trainable(store, member) if known and not allowed else []


async def _check_readable(tx: Tx, member: int) -> None:
    account = await members.account(tx, member)
    if account is None:
        raise NotLinked
    if not account.tokens:
        raise ConsentEnded


async def learned_from(store: Store, member: int) -> int | None:
    """Return how many of them the bot learns from; None if the member doesn't allow it."""
    async with store.reading() as tx:
        return len(await table.read(tx, member)) if await _may(tx, member) else None


async def are_there_more(store: Store, member: int, listed: Collection[ListedPlaylist]) -> bool:
    """Whether the bot could learn from any of these playlists, as Spotify lists them, but isn't allowed to yet."""
    async with store.reading() as tx:
        if await members.account(tx, member) is None or await _may(tx, member):
            return False
        return bool(_worth_reading(listed, await table.ever_kept(tx, member)))


async def may_be_read(store: Store, member: int) -> bool:
    """Whether the member allows it."""
    async with store.reading() as tx:
        return await _may(tx, member)


async def are_due(store: Store, member: int) -> bool:
    """Whether it's time to look at them again."""
    async with store.reading() as tx:
        known = await members.get(tx, member)
    return known is not None and known.learn_from_others and known.polls % EVERY == 0


async def read(store: Store, accounts: Accounts, member: int) -> AsyncIterator[Next]:
    """Read those that are new or have changed; if there are any, the layers that can be trained follow.

    One request for the list, and one per 50 places. Each is stored once it's read.
    """
    async with store.reading() as tx:
        if not await _may(tx, member):
            return
        known, kept = await table.snapshots(tx, member), await table.ever_kept(tx, member)
    music = await accounts.account_music(member)
    there = _worth_reading(await music.playlists(), kept)
    changed = [playlist for playlist in there if known.get(playlist.id, "") != playlist.snapshot]
    missing = known.keys() - {playlist.id for playlist in there}
    gone = {ref for ref in missing if known[ref] is None}  # at the look before, too (promise P41)
    async with store.writing() as tx:
        await table.doubt(tx, member, missing - gone)
        await table.forget(tx, member, gone)
    stored = [await _read_one(store, music, member, playlist) for playlist in changed]
    if gone or any(stored):
        for layer in await _trainable(store, member):
            yield Next(JobKind.TRAIN, layer)


def _worth_reading(listed: Iterable[ListedPlaylist], kept: Collection[str]) -> list[ListedPlaylist]:
    """Return the first ones, as the member orders them, except those a service made and those the bot writes."""
    chosen, places = list[ListedPlaylist](), 0
    for playlist in listed:
        total = playlist.total or 0
        is_worth_it = playlist.id not in kept and total in SIZES and not is_automatic(playlist.name)
        if is_worth_it and places + total <= limits.OTHER_PLACES:
            chosen.append(playlist)
            places += total
    return chosen[: limits.OTHER_PLAYLISTS]


async def _read_one(store: Store, music: Music, member: int, playlist: ListedPlaylist) -> bool:
    """Read and store a playlist; return whether that's still allowed and possible."""
    try:
        contents = await music.contents(playlist.id)
    except (PlaylistGone, Unreadable):
        return False  # the others can still be read
    async with store.writing() as tx:
        if may := await _may(tx, member):
            await table.save(tx, member, playlist.id, playlist.snapshot, _songs(contents))
    return may


def _songs(contents: Contents) -> OtherPlaylist:
    return {
        item.song: sorted(map(artist_key, artists_in(item.naming))) for item in contents.items if item.song is not None
    }


async def _may(tx: Tx, member: int) -> bool:
    """Whether the member allows it, and hasn't unlinked or been erased meanwhile: nothing of theirs may come back."""
    known = await members.get(tx, member)
    return known is not None and known.learn_from_others and await members.account(tx, member) is not None


async def _trainable(store: Store, member: int) -> list[int]:
    async with store.reading() as tx:
        layers = [layer.layer for layer in await playlists.layers(tx, member)]
        return [layer for layer in layers if await count_labels(tx, member, layer) >= FIRST_TRAINING]
