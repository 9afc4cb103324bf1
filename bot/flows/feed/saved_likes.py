"""Saved likes: saves songs liked in the feed to the member's Spotify likes, and removes those they unliked.

Converges: pending changes stay in the database until they're done, so a crash or a wait loses nothing, and saving a
song twice changes nothing. Songs that Spotify refuses are named to the member once, and not tried again.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial

from bot.adapters.store import Store
from bot.adapters.store.account import members, notices
from bot.adapters.store.feed import feed_history
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.core.jobs import Next
from bot.core.notices import NoticeKind
from bot.core.social.records import Saving, Shown
from bot.errors.spotify import SpotifyError
from bot.flows.library import sync
from bot.flows.library.new_likes import NewLikes
from bot.flows.sorting.writing.converge import MOST_DEAD, Send, in_halves
from bot.ports import Music

BATCH = 40  # URIs; the most Spotify takes in one call (Web API, library)
ROUNDS = 3  # a like undone while it's being saved is removed in the next round


async def save_and_sort(store: Store, new_likes: NewLikes, member: int, now: datetime) -> AsyncIterator[Next]:
    """Save what's pending, read the likes again, and sort those songs like any new like. Raises a SpotifyError.

    They're read even if nothing was pending: it may have been saved just before a crash.
    """
    await save(store, await new_likes.accounts.music(member), member, now)
    async with store.reading() as tx:
        account = await members.account(tx, member)
    if account is not None:
        await sync.sync(store, await new_likes.accounts.account_music(member), account, now)
        async for following in new_likes.settle(member, now):
            yield following


async def unsaved(store: Store) -> list[int]:
    """Return the members for whom something waits to be saved."""
    async with store.reading() as tx:
        return await feed_history.who_saves(tx)


async def are_unsaved(store: Store, member: int) -> bool:
    """Whether anything waits to be saved for the member."""
    async with store.reading() as tx:
        return bool(await feed_history.to_save(tx, member))


async def save(store: Store, music: Music, member: int, now: datetime) -> int:
    """Carry out pending changes and return how many. Raises a SpotifyError; what's left stays pending."""
    done = 0
    for _ in range(ROUNDS):
        count = await _round(store, music, member, now)
        if not count:
            break
        done += count
    return done


async def _round(store: Store, music: Music, member: int, now: datetime) -> int:
    async def put_in(some: Sequence[str]) -> None:
        await music.save(some)
        async with store.writing() as tx:
            await feed_history.saved(tx, member, some)

    async def take_out(some: Sequence[str]) -> None:
        await music.unsave(some)
        async with store.writing() as tx:
            await songs.unlike(tx, member, some)  # not only at the next sync: a new like before that must be saved
            await feed_history.dropped(tx, member, some)

    todo = await _todo(store, member)
    count = 0
    for saving, send in ((Saving.SAVE, put_in), (Saving.DROP, take_out)):
        ids = [shown.song for shown in todo if shown.saving == saving]
        refused = await _send(ids, send, partial(_name, store, member, saving, now=now))
        count += len(ids) - refused
    return count


async def _todo(store: Store, member: int) -> list[Shown]:
    """Return what's to be sent. Removals always: what we just saved isn't in the library before the next sync."""
    async with store.reading() as tx:
        waiting = await feed_history.to_save(tx, member)
        held = await songs.liked_of(tx, member, (shown.song for shown in waiting if shown.saving == Saving.SAVE))
    for piece in chunks(held):  # done, or likes from before: not ours to remove
        async with store.writing() as tx:
            await feed_history.set_saving(tx, member, piece, None)
    return [shown for shown in waiting if shown.song not in held]


async def _send(ids: Sequence[str], send: Send[str], name: Send[str]) -> int:
    """Send the songs in batches, and name those that Spotify refused; return how many. Each is tried alone first."""
    dead: list[str] = []

    async def give_up(song: str, refused: SpotifyError) -> None:
        if len(dead) >= MOST_DEAD:
            raise refused
        dead.append(song)

    try:
        for at in range(0, len(ids), BATCH):
            await in_halves(ids[at : at + BATCH], send, give_up)
    finally:
        await name(dead)
    return len(dead)


async def _name(store: Store, member: int, saving: Saving, dead: Sequence[str], now: datetime) -> None:
    """Stop trying refused songs, and tell the member which they are."""
    async with store.writing() as tx:
        if not dead or await members.get(tx, member) is None:
            return
        await feed_history.refused(tx, member, dead)
        known = await songs.some(tx, dead, member)
        titles = [known[song].title for song in dead if song in known]
        await notices.add(tx, member, NoticeKind.REFUSED, {"saving": saving, "count": len(dead), "titles": titles}, now)
