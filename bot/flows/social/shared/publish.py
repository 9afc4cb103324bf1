"""Publish: writes a shared playlist into its host's account.

Converges as every write does (`flows.sorting.writing.converge`; promises P1, P2).
We only remove songs we added; what the host adds or removes by hand stays that way (P4).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members, notices
from bot.adapters.store.social import shared_playlists as table
from bot.adapters.store.sorting import creations, playlists
from bot.core.notices import NoticeKind
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Shared
from bot.core.sorting.writing.journal import missing, missing_since
from bot.errors import NotLinked
from bot.errors.sorting import PlaylistNotKept
from bot.errors.spotify import ConsentEnded, PlaylistGone, Unsettled
from bot.errors.stored import dumped
from bot.flows.social.shared.lines import SharedJournal, as_wanted
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.writing.converge import converge, running_from
from bot.flows.sorting.writing.create import create, new_making
from bot.ports import Accounts, ListedPlaylist, Music


@dataclass(frozen=True, slots=True)
class Written:
    """The receipt. first: the playlist was just made."""

    shared: Shared
    put_in: int
    taken_out: int
    first: bool


@dataclass(frozen=True, slots=True)
class Publishing:
    """Writes shared playlists. `is_in`: whether a server (first) still has a member. It raises ChatDown."""

    store: Store
    accounts: Accounts
    is_in: Callable[[int, int], Awaitable[bool]]

    async def publish(self, host: int, shared: int, now: datetime) -> None:
        """Write a shared playlist to its host's account, or end it if they've left its server."""
        if await has_left(self.store, self.is_in, host, shared):
            await leave(self.store, host, shared, now)
        else:
            await share(self.store, self.accounts.music, host, shared, now)


async def share(
    store: Store, music_of: Callable[[int], Awaitable[Music]], host: int, shared: int, now: datetime
) -> None:
    """Write it and tell the host; tell them once if something prevents it. Raises what passes by itself."""
    try:
        await write(store, await music_of(host), host, shared, now, tell=True)
    except ConsentEnded as ended:
        await tell_once(store, host, ended, now)
    except NotLinked:
        await give_up(store, host, shared)
    except PlaylistGone:
        await lose(store, host, shared, now)


async def write(
    store: Store, music: Music, host: int, shared: int, now: datetime, *, tell: bool = False
) -> Written | None:
    """Bring the host's playlist up to date. May be called again after anything; None if they don't host it.

    tell: leave the host a notice of the first write and the last. Raises Unsettled if it must be read again,
    CoolingDown, SpotifyDown, ConsentEnded, PlaylistGone.
    """
    async with store.reading() as tx:
        before = await table.get(tx, shared)
    if before is None or before.host != host:
        return None
    known = before if before.ref is not None else await _make(store, music, before, now)
    if known is None:
        return None
    writing, clock = SharedJournal(store, known), running_from(now)
    try:
        await _check_it_is_there(store, music, known)
        again = await converge(store, music, writing, clock)
    except PlaylistNotKept:  # they stopped hosting it meanwhile
        return None
    except PlaylistGone:
        await _wait_for_it(store, known, clock())
        raise
    first = before.making or before.ref is None
    written = Written(writing.known_as, writing.put_in, writing.taken_out, first=first)
    async with store.writing() as tx:
        if await _is_as(tx, known):
            await table.change(tx, shared, missed_at=None, making=first and again is not None)
        elif not writing.closed:
            return None
        if again is None and tell:
            await _tell(tx, host, written, now)
    if again is not None:
        raise Unsettled(again)
    return written


async def _is_as(tx: Tx, known: Shared) -> bool:
    """Whether it still has that host, and is written to that playlist: both may change while Spotify is asked."""
    today = await table.get(tx, known.shared)
    return today is not None and (today.host, today.ref) == (known.host, known.ref)


async def _make(store: Store, music: Music, known: Shared, now: datetime) -> Shared | None:
    """Make the playlist in the host's account, and note which it is, before anything is added.

    None if they don't host it any more; if they do again, that playlist is found.
    """
    making = new_making(known.host or 0, f"shared:{known.shared}", known.name)
    async with store.writing() as tx:
        if not await _is_as(tx, known):
            return None
        await table.change(tx, known.shared, making=True)
    made = await create(store, music, making, now)
    async with store.writing() as tx:
        if not await _is_as(tx, known):
            return None
        if made.id.startswith(rules.LOCAL):
            await _shelve(tx, making.member, made, now)
        await table.change(tx, known.shared, ref=made.id)
        await creations.end(tx, making.member, making.purpose)
    return replace(known, ref=made.id)


async def _check_it_is_there(store: Store, music: Music, known: Shared) -> None:
    """Raise PlaylistGone if the host deleted or unfollowed it: Spotify would still accept songs for it."""
    async with store.reading() as tx:
        record = as_wanted(known, await table.record(tx, known.shared))
    ref = known.ref or ""
    if rules.waiting(record, ref) and ref not in await music.listed([ref]):
        raise PlaylistGone


async def _wait_for_it(store: Store, known: Shared, now: datetime) -> None:
    """Raise Unsettled while a missing playlist may only seem to be missing."""
    since = missing_since(known.missed_at, now)
    again = missing(since, now)
    async with store.writing() as tx:
        if await _is_as(tx, known):
            await table.change(tx, known.shared, missed_at=since if again else None)
    if again is not None:
        raise Unsettled(again)


async def _shelve(tx: Tx, host: int, made: ListedPlaylist, now: datetime) -> None:
    """Save the playlist of a member without Spotify; marked as removed, so nothing is sorted into it."""
    layers = await playlists.layers(tx, host)
    layer = layers[0] if layers else await playlists.ensure_layer(tx, host, flow.DEFAULT_LAYER)
    shelved = await playlists.add(tx, layer, made.name, made.id, flow.EMOJI[0])
    await playlists.change(tx, shelved.playlist, removed_at=now)


async def has_left(store: Store, is_in: Callable[[int, int], Awaitable[bool]], host: int, shared: int) -> bool:
    """Whether the host of a server's playlist has left the server. is_in: takes server and member.

    From one that has ended, songs are only removed; that goes on wherever the host is.
    """
    async with store.reading() as tx:
        known = await table.get(tx, shared)
    if known is None or known.host != host or known.server is None or known.ended_at is not None:
        return False
    return not await is_in(known.server, host)


async def leave(store: Store, host: int, shared: int, now: datetime) -> None:
    """The host left the playlist's server: nobody hosts it now, and they're told. What was written stays theirs."""
    await _end(store, host, shared, NoticeKind.LEFT, now)


async def lose(store: Store, host: int, shared: int, now: datetime) -> None:
    """The host's playlist is gone: nobody hosts it now, and they're told."""
    await _end(store, host, shared, NoticeKind.LOST, now)


async def _end(store: Store, host: int, shared: int, told: NoticeKind, now: datetime) -> None:
    async with store.writing() as tx:
        known = await _given_up(tx, host, shared)
        if known is not None:
            await notices.add(tx, host, told, {"name": known.name}, now)


async def give_up(store: Store, host: int, shared: int) -> Shared | None:
    """Stop the hosting of a playlist that can't be written; return it, None if they don't host it."""
    async with store.writing() as tx:
        return await _given_up(tx, host, shared)


async def _given_up(tx: Tx, host: int, shared: int) -> Shared | None:
    known = await table.get(tx, shared)
    if known is None or known.host != host:
        return None
    await table.unhost(tx, shared)
    return known


async def tell_once(store: Store, host: int, error: ConsentEnded, now: datetime) -> None:
    """Tell a host that nothing can be written, and why: once per consent, however many songs wait."""
    async with store.writing() as tx:
        account = await members.account(tx, host)
        if account is None:  # unlinked meanwhile: they host nothing any more
            return
        waiting = [notice.kind for notice in await notices.waiting(tx, host)]
        told = NoticeKind.UNWRITTEN in waiting or await notices.sent_since(
            tx, host, account.consented_at, NoticeKind.UNWRITTEN
        )
        if not told:
            await notices.add(tx, host, NoticeKind.UNWRITTEN, {"error": dumped(error)}, now)


async def _tell(tx: Tx, host: int, written: Written, now: datetime) -> None:
    """Tell the host about the first write and the last; /shared show tells about those in between."""
    if written.first or written.shared.ended_at is not None:
        known = written.shared
        body = {"shared": known.shared, "name": known.name, "ended": known.ended_at is not None}
        body["shelved"] = (known.ref or "").startswith(rules.LOCAL)
        body |= {"put_in": written.put_in, "taken_out": written.taken_out}
        await notices.add(tx, host, NoticeKind.SHARED, body, now)


async def unwritten(store: Store, member: int | None = None) -> list[Shared]:
    """Return what waits to be written, for one host or all: what a crash or an ended consent left behind."""
    async with store.reading() as tx:
        hosted = [shared for shared in await table.hosted(tx, member) if shared.ref is not None or shared.making]
        return [
            shared
            for shared in hosted
            if shared.ended_at or shared.making or rules.waiting(await table.record(tx, shared.shared), shared.ref)
        ]
