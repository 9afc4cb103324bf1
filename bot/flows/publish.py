"""Publish: a shared playlist is written into the account of the member who hosts it.

Converges as `flows.sort` does: reads, plans, writes and reads again, until there is no difference (promises P1, P2).
Only songs that we put in come out again; what the host put in or took out by hand stays so (P4).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.adapters.store import Store, Tx, members, notices, playlists
from bot.adapters.store import shared as table
from bot.core import shared as rules
from bot.core.plan import Plan
from bot.core.records import Item
from bot.core.shared import Brought, Shared, State
from bot.errors import ConsentEnded, NotLinked, PlaylistGone, PlaylistKeepsChanging
from bot.flows import keep
from bot.flows.sort import carry_out
from bot.ports import Contents, Found, Music

ROUNDS = 3  # writes before we say that it keeps changing (promise P3)
NOT_WRITTEN = "I cannot write the shared playlists that you host."


@dataclass(frozen=True, slots=True)
class Written:
    """The receipt. first: it was made just now."""

    shared: Shared
    put_in: int
    taken_out: int
    first: bool


async def share(
    store: Store, music_of: Callable[[int], Awaitable[Music]], host: int, shared: int, now: datetime
) -> None:
    """Write it, and tell the host of it; of what stands in the way they hear once. Raises what passes by itself."""
    try:
        written = await write(store, await music_of(host), host, shared, now)
    except ConsentEnded as ended:
        await tell_once(store, host, ended.for_member(), now)
    except NotLinked:
        await give_up(store, host, shared)
    except PlaylistGone:
        await lose(store, host, shared, now)
    else:
        if written is not None:
            await receipt(store, host, written, now)


async def write(store: Store, music: Music, host: int, shared: int, now: datetime) -> Written | None:
    """Bring the host's playlist to what stands. May be called again after anything; None where it is not theirs.

    Raises PlaylistKeepsChanging after ROUNDS rounds, CoolingDown, SpotifyDown, ConsentEnded, PlaylistGone.
    """
    async with store.reading() as tx:
        before = await table.get(tx, shared)
    if before is None or before.host != host:
        return None
    known = before if before.ref is not None else await _make(store, music, before, now)
    put_in, taken_out = await _converge(store, music, known)
    return Written(known, put_in, taken_out, first=before.ref is None)


async def _make(store: Store, music: Music, known: Shared, now: datetime) -> Shared:
    """Make the playlist at the host's, and note which it is, before anything is put in."""
    made = await _made_before(store, music, known) if known.making else None
    if made is None:
        async with store.writing() as tx:
            await table.change(tx, known.shared, making=True)
        made = await music.create(known.name)
    async with store.writing() as tx:
        if made.id.startswith(rules.SHELF) and known.host is not None:
            await _shelve(tx, known.host, made, now)
        await table.change(tx, known.shared, ref=made.id, making=False)
    return replace(known, ref=made.id)


async def _made_before(store: Store, music: Music, known: Shared) -> Found | None:
    """Return what we asked for and were killed, or not answered, before we could note it: empty, by its name."""
    async with store.reading() as tx:
        others = {each.ref for each in await table.hosted(tx, known.host)}
        kept = {each.ref for each in await playlists.of_member(tx, known.host or 0)}
    candidates = [each for each in await music.playlists() if each.name == known.name and each.total == 0]
    return next((each for each in candidates if each.id not in others | kept), None)


async def _shelve(tx: Tx, host: int, made: Found, now: datetime) -> None:
    """Give a playlist of a member with a file its place: one that is let go of, so that nothing is sorted into it."""
    layers = await playlists.layers(tx, host)
    layer = layers[0] if layers else await playlists.ensure_layer(tx, host, keep.DEFAULT_LAYER)
    shelved = await playlists.add(tx, host, layer.layer, made.name, made.id, keep.EMOJI[0])
    await playlists.change(tx, shelved.playlist, removed_at=now)


async def _converge(store: Store, music: Music, known: Shared) -> tuple[int, int]:
    """Return how many songs were put in and taken out."""
    ref, put_in, taken_out = known.ref or "", 0, 0
    contents = await music.contents(ref, await _as_read(store, known))
    for _ in range(ROUNDS):
        todo = await _attempt(store, known, contents)
        if not todo:
            return put_in, taken_out
        put_in, taken_out = put_in + len(todo.append), taken_out + len(todo.remove)
        failure = await carry_out(music, ref, todo, contents.snapshot)
        contents = await music.contents(ref)
    if await _attempt(store, known, contents):
        raise failure or PlaylistKeepsChanging(known.name)
    return put_in, taken_out


async def _as_read(store: Store, known: Shared) -> Contents | None:
    """Return what was last seen in it, where that is enough to go by: nothing is to be put in, nothing under way."""
    async with store.reading() as tx:
        record = await table.record(tx, known.shared)
    open_ended = any(each.state == State.ATTEMPTED or (each.stands and each.state == State.WANTED) for each in record)
    if known.snapshot is None or open_ended:
        return None
    there = [each.song for each in record if each.state in (State.WRITTEN, State.THEIRS)]
    return Contents(tuple(Item(song, None) for song in there), known.snapshot)


async def _attempt(store: Store, known: Shared, contents: Contents) -> Plan:
    """Plan what is left to do, and note that we are about to do it; when nothing is, note what it was read as.

    Asks for the list anew: songs may have come meanwhile, and another host.
    """
    async with store.writing() as tx:
        today = await table.get(tx, known.shared)
        if today is None or (today.host, today.ref) != (known.host, known.ref):
            return Plan()
        before = await table.record(tx, known.shared)
        record = [rules.seen(each, each.song in contents.songs) for each in _wanted(today, before)]
        todo = rules.todo(record, contents.songs, today.ref)
        await table.set_states(tx, known.shared, _changed(before, record, todo))
        await table.change(tx, known.shared, snapshot=None if todo else contents.snapshot)
        if not todo and today.ended_at is not None:
            await table.close(tx, known.shared)
    return todo


def _wanted(known: Shared, record: Sequence[Brought]) -> list[Brought]:
    """Return the record as it is to be written: of a list that has ended, nothing stands."""
    return [replace(each, dropped_at=each.dropped_at or known.ended_at) for each in record]


def _changed(before: Sequence[Brought], record: Sequence[Brought], todo: Plan) -> dict[str, str]:
    touched = {*todo.append, *todo.remove}
    states = {each.song: State.ATTEMPTED if each.song in touched else each.state for each in record}
    return {each.song: states[each.song] for each in before if states[each.song] != each.state}


async def has_left(store: Store, is_in: Callable[[int, int], Awaitable[bool]], host: int, shared: int) -> bool:
    """Whether the host of a server's playlist is not in the server (is_in: server, member) any more.

    Of one that has ended, songs only come out; that goes on wherever they are.
    """
    async with store.reading() as tx:
        known = await table.get(tx, shared)
    if known is None or known.host != host or known.server is None or known.ended_at is not None:
        return False
    return not await is_in(known.server, host)


async def leave(store: Store, host: int, shared: int, now: datetime) -> None:
    """The host left the playlist's server: nobody hosts it, what was written stays theirs, and they hear so."""
    known = await give_up(store, host, shared)
    if known is not None:
        async with store.writing() as tx:
            await notices.add(tx, host, "left", {"name": known.name}, now)


async def lose(store: Store, host: int, shared: int, now: datetime) -> None:
    """The host's playlist is gone: nobody hosts it, and they hear so."""
    known = await give_up(store, host, shared)
    if known is not None:
        async with store.writing() as tx:
            await notices.add(tx, host, "lost", {"name": known.name}, now)


async def give_up(store: Store, host: int, shared: int) -> Shared | None:
    """Have nobody host what the host has no place for; return it, None where they do not host it."""
    async with store.writing() as tx:
        known = await table.get(tx, shared)
        if known is None or known.host != host:
            return None
        await table.unhost(tx, shared)
        return known


async def tell_once(store: Store, host: int, text: str, now: datetime) -> None:
    """Tell a host that nothing can be written, and why: once for each consent, however many songs wait."""
    async with store.writing() as tx:
        account = await members.account(tx, host)
        if account is None:  # unlinked meanwhile: they host nothing any more
            return
        waiting = [each.kind for each in await notices.waiting(tx, host)]
        told = "unwritten" in waiting or await notices.sent_since(tx, host, account.consented_at, "unwritten")
        if not told:
            await notices.add(tx, host, "unwritten", {"text": f"{NOT_WRITTEN} {text}"}, now)


async def receipt(store: Store, host: int, written: Written, now: datetime) -> None:
    """Tell the host of the first write, and of the last; those between are told by /shared show."""
    if written.first or written.shared.ended_at is not None:
        known = written.shared
        body = {"shared": known.shared, "name": known.name, "ended": known.ended_at is not None}
        body["shelved"] = (known.ref or "").startswith(rules.SHELF)
        async with store.writing() as tx:
            await notices.add(
                tx, host, "shared", body | {"put_in": written.put_in, "taken_out": written.taken_out}, now
            )


async def unwritten(store: Store, member: int | None = None) -> list[Shared]:
    """Return what waits to be written, of one host or of all: what a crash or an ended consent left behind."""
    async with store.reading() as tx:
        hosted = [each for each in await table.hosted(tx, member) if each.ref is not None or each.making]
        return [
            each for each in hosted if each.ended_at or rules.waiting(await table.record(tx, each.shared), each.ref)
        ]
