"""Shared playlists: kept together by a server or a group. Who added what stays on record; the rules are in core.

Names are seen by those who keep the list, and by nobody else: bringing a song, or joining a group, makes one a partner,
and only partners are named. `flows.hosting` says in whose account it is written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue
from bot.adapters.store.library import songs
from bot.adapters.store.social import shared_playlists as table
from bot.core import limits
from bot.core.records import Song
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, KeepVote, Refusal, Shared
from bot.errors import BadChoice
from bot.errors.social import (
    AddsToday,
    BadLength,
    GroupFull,
    GroupsFull,
    HostingFull,
    HostStays,
    MoreThanHalf,
    NoSuchShared,
    NotOnRecord,
    RecordFull,
    RemovedFromGroup,
    ServerFull,
    SharedEnded,
    SharedNameTaken,
    SongThere,
    VotedOut,
)
from bot.flows.feed.catalogue import show_to_others
from bot.flows.feed.catalogue_index import key
from bot.flows.social import server_channels

LONGEST_NAME = 100  # characters; Spotify takes no more
REFUSED: Mapping[Refusal, Callable[[], BadChoice]] = {
    Refusal.THERE: SongThere,
    Refusal.VOTED_OUT: VotedOut,
    Refusal.FULL: partial(RecordFull, limits.SHARED_SONGS),
    Refusal.TODAY: partial(AddsToday, limits.SHARED_ADDS_A_DAY),
    Refusal.HALF: MoreThanHalf,
}


@dataclass(frozen=True, slots=True)
class SharedView:
    """A shared playlist as a member of it sees it. named: whose names may be shown."""

    shared: Shared
    record: Sequence[Brought]  # in the order it was brought; what was dropped is among it
    votes: Sequence[KeepVote]
    songs: Mapping[str, Song]
    named: frozenset[int]

    @property
    def standing(self) -> list[Brought]:
        return [each for each in self.record if each.stands]

    def brought(self, song_key: str) -> Brought:
        """Return the song that a button's key stands for. Raises NotOnRecord."""
        found = next((each for each in self.record if key(each.song) == song_key), None)
        if found is None:
            raise NotOnRecord
        return found


async def open_new(store: Store, name: str, host: int, server: int | None, now: datetime) -> int:
    """Begin a playlist with nothing in it; nothing is written before the host says so. Raises BadChoice."""
    name = _name(name)
    async with store.writing() as tx:
        await members.ensure(tx, host, now)
        await _refuse_twin(tx, name, host, server)
        return await _open(tx, name, host, server, now)


async def open_with(
    store: Store, name: str, host: int, server: int | None, songs: Sequence[tuple[str, int | None]], now: datetime
) -> int:
    """Begin a playlist with songs in it: (song, who brought it). Return its number, for the job "share" of the host.

    Its name may be taken: the songs were chosen elsewhere. Who is given with a song consented to be named.
    Raises BadChoice.
    """
    brought = dict(reversed(songs))
    async with store.writing() as tx:
        await members.ensure(tx, host, now)
        shared = await _open(tx, _name(name), host, server, now)
        for by in sorted({by for by in brought.values() if by is not None}):
            await members.ensure(tx, by, now)
            await table.join(tx, shared, by, now)
        await table.bring(tx, shared, [(song, brought[song]) for song in dict.fromkeys(song for song, _ in songs)], now)
        return shared


async def _open(tx: Tx, name: str, host: int, server: int | None, now: datetime) -> int:
    await _refuse_more(tx, host, server)
    shared = await table.make(tx, name, host, server, now)
    await table.join(tx, shared, host, now)
    return shared


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadLength(LONGEST_NAME)
    return name


async def _refuse_twin(tx: Tx, name: str, host: int, server: int | None) -> None:
    there = await table.reachable(tx, host, server)
    if any(each.name.casefold() == name.casefold() for each in there):
        raise SharedNameTaken(name)


async def _refuse_more(tx: Tx, host: int, server: int | None) -> None:
    """Raises BadChoice where the server, or the group's first member, has as many as there may be."""
    if server is not None and await table.count_going(tx, server) >= limits.SHARED_IN_SERVER:
        raise ServerFull(limits.SHARED_IN_SERVER)
    if server is None:
        await _refuse_group(tx, host)
    await refuse_hosting(tx, host)


async def refuse_hosting(tx: Tx, host: int) -> None:
    """Raises HostingFull."""
    if len(await table.hosted(tx, host)) >= limits.SHARED_HOSTED:
        raise HostingFull(limits.SHARED_HOSTED)


async def _refuse_group(tx: Tx, member: int) -> None:
    if await table.count_groups(tx, member) >= limits.SHARED_GROUPS:
        raise GroupsFull(limits.SHARED_GROUPS)


async def lists(store: Store, member: int, server: int | None) -> list[Shared]:
    """Return what is within the member's reach where they are: the server's, their groups', and what they host."""
    async with store.reading() as tx:
        return await table.reachable(tx, member, server)


async def found(tx: Tx, member: int, server: int | None, shared: int) -> Shared:
    """Return a playlist that the member may see there. Raises BadChoice."""
    known = await table.get(tx, shared)
    if known is None or not await _reaches(tx, member, server, known):
        raise NoSuchShared
    return known


async def _reaches(tx: Tx, member: int, server: int | None, known: Shared) -> bool:
    if known.server is not None:
        return known.server == server
    return member in await table.partners(tx, known.shared)


async def show(store: Store, member: int, server: int | None, shared: int) -> SharedView:
    """Return all that there is to see of it. Raises BadChoice."""
    async with store.reading() as tx:
        return await _shown(tx, await found(tx, member, server, shared))


async def _shown(tx: Tx, known: Shared) -> SharedView:
    record = await table.record(tx, known.shared)
    described = await catalogue.described(tx, [each.song for each in record])
    votes = await table.votes(tx, known.shared)
    return SharedView(known, record, votes, described, await table.named(tx, known.shared))


@dataclass(frozen=True, slots=True)
class Added:
    """first: from now on the member's name stands in this list."""

    shared: Shared
    first: bool

    @property
    def host(self) -> int | None:
        """Whose job it is to write it: nobody's before the first write."""
        return self.shared.host if self.shared.ref is not None else None


async def add(store: Store, member: int, server: int | None, shared: int, song: Song, now: datetime) -> Added:
    """Bring a song that the member can see. Raises BadChoice where the rules are against it."""
    async with store.writing() as tx:
        known = await _going(tx, member, server, shared)
        record, votes = await table.record(tx, shared), await table.votes(tx, shared)
        if refusal := rules.refusal(record, song.song, member, votes, now):
            raise REFUSED[refusal]()
        await show_to_others(tx, member, song, now)
        first = member not in await table.partners(tx, shared)
        await members.ensure(tx, member, now)
        await table.join(tx, shared, member, now)
        await table.bring(tx, shared, [(song.song, member)], now)
    await server_channels.count(store, known.server, "shared", now)
    return Added(known, first)


async def latest_likes(store: Store, member: int, shown: SharedView, limit: int) -> list[Song]:
    """Return songs that the member liked last and that do not stand in it yet."""
    standing = {each.song for each in shown.standing}
    async with store.reading() as tx:
        return [each for each in await songs.public_library(tx, member) if each.song not in standing][:limit]


async def _going(tx: Tx, member: int, server: int | None, shared: int) -> Shared:
    known = await found(tx, member, server, shared)
    if known.ended_at is not None:
        raise SharedEnded
    return known


@dataclass(frozen=True, slots=True)
class Voted:
    """What a vote came to. spent: the member's votes bring nothing more down today."""

    shown: SharedView
    before: Brought
    after: Brought
    spent: bool = False

    @property
    def host(self) -> int | None:
        """Whose job it is to write what changed; None where nothing did."""
        changed = self.before.stands != self.after.stands
        return self.shown.shared.host if changed and self.shown.shared.ref is not None else None


async def vote(
    store: Store, member: int, server: int | None, shared: int, song_key: str, keep: bool, now: datetime
) -> Voted:
    """Say keep or drop of a song; who brought it takes it back by saying drop, where they still may."""
    async with store.writing() as tx:
        known = await _going(tx, member, server, shared)
        before = await _shown(tx, known)
        brought = before.brought(song_key)
        if not keep and not brought.stands:  # a second press
            return Voted(before, brought, brought)
        await members.ensure(tx, member, now)
        if not keep and rules.may_take_back(brought, member, before.votes, now):
            await table.drop(tx, shared, brought.song, now)
            return Voted(await _shown(tx, known), brought, await _now(tx, shared, brought.song))
        worn = not keep and member in rules.spent(before.record, before.votes, now)
        await table.say(tx, shared, brought.song, member, keep, now)
        votes = await table.votes(tx, shared)
        after = rules.after_votes(before.record, brought.song, votes, now)
        await table.drop(tx, shared, brought.song, after.dropped_at)
        return Voted(await _shown(tx, known), brought, after, worn)


async def _now(tx: Tx, shared: int, song: str) -> Brought:
    return next(each for each in await table.record(tx, shared) if each.song == song)


def invitation(shared: Shared) -> str:
    """Return what the Join button of a group carries: nobody comes in who was not shown one."""
    return key(f"{shared.shared}:{shared.created_at.timestamp()}")


async def join(store: Store, member: int, shared: int, invited: str, now: datetime) -> Shared:
    """Come into a group by its button. Raises BadChoice."""
    async with store.writing() as tx:
        known = await table.get(tx, shared)
        if known is None or known.server is not None or invited != invitation(known):
            raise NoSuchShared
        if member in {each.member for each in await table.removals(tx, shared)}:
            raise RemovedFromGroup
        partners = await table.partners(tx, shared)
        if member not in partners:
            if len(partners) >= limits.SHARED_PARTNERS:
                raise GroupFull(limits.SHARED_PARTNERS)
            await _refuse_group(tx, member)
        await members.ensure(tx, member, now)
        await table.join(tx, shared, member, now)
        return known


async def leave(store: Store, member: int, server: int | None, shared: int) -> Shared:
    """Take one's name away from it; what one brought and said stays, without a name. Raises BadChoice."""
    async with store.writing() as tx:
        known = await found(tx, member, server, shared)
        if known.host == member:
            raise HostStays
        await table.leave(tx, shared, member)
        if known.server is None and not await table.partners(tx, shared):
            await table.forget(tx, shared)
        return known
