"""Shared playlists: kept by a server or a group together. Who added what stays on record; the rules are in core.

Only those who keep the list see names: adding a song or joining a group makes a member a partner, and only partners are
named. `flows.social.shared.hosting` decides whose account it's written to.
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
from bot.core.records import Actor, Song
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, KeepVote, Refusal, Shared
from bot.errors import BadChoice
from bot.errors.social import (
    AddsToday,
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
from bot.flows.names import on_one_line
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
    record: Sequence[Brought]  # in the order they were added, dropped songs included
    votes: Sequence[KeepVote]
    songs: Mapping[str, Song]
    named: frozenset[int]

    @property
    def standing(self) -> list[Brought]:
        return [brought for brought in self.record if brought.stands]

    def brought(self, song_key: str) -> Brought:
        """Return the song that a button's key stands for. Raises NotOnRecord."""
        brought = next((brought for brought in self.record if key(brought.song) == song_key), None)
        if brought is None:
            raise NotOnRecord
        return brought


async def open_new(store: Store, host: Actor, name: str) -> int:
    """Start an empty playlist; nothing is written until the host says so. Raises BadChoice."""
    name = on_one_line(name, LONGEST_NAME)
    async with store.writing() as tx:
        await members.ensure(tx, host.member, host.now)
        await _refuse_name(tx, host, name)
        return await _open(tx, host, name)


async def open_with(tx: Tx, host: Actor, name: str, songs: Sequence[tuple[str, int | None]]) -> int:
    """Start a playlist with songs in it: (song, who added it). Return its number.

    Its name may be taken: the songs were chosen elsewhere. Members given with a song agreed to be named.
    Raises BadChoice.
    """
    brought, now = dict(reversed(songs)), host.now
    await members.ensure(tx, host.member, now)
    shared = await _open(tx, host, on_one_line(name, LONGEST_NAME))
    for by in sorted({by for by in brought.values() if by is not None}):
        await members.ensure(tx, by, now)
        await table.join(tx, shared, by, now)
    await table.bring(tx, shared, [(song, brought[song]) for song in dict.fromkeys(song for song, _ in songs)], now)
    return shared


async def _open(tx: Tx, host: Actor, name: str) -> int:
    await _refuse_more(tx, host)
    shared = await table.make(tx, name, host.member, host.server, host.now)
    await table.join(tx, shared, host.member, host.now)
    return shared


async def _refuse_name(tx: Tx, host: Actor, name: str) -> None:
    reachable = await table.reachable(tx, host.member, host.server)
    if any(shared.name.casefold() == name.casefold() for shared in reachable):
        raise SharedNameTaken(name)


async def _refuse_more(tx: Tx, host: Actor) -> None:
    """Raises ServerFull, GroupsFull, HostingFull."""
    if host.server is not None and await table.count_going(tx, host.server) >= limits.SHARED_IN_SERVER:
        raise ServerFull(limits.SHARED_IN_SERVER)
    if host.server is None:
        await _refuse_group(tx, host.member)
    await refuse_hosting(tx, host.member)


async def refuse_hosting(tx: Tx, host: int) -> None:
    """Raises HostingFull."""
    if len(await table.hosted(tx, host)) >= limits.SHARED_HOSTED:
        raise HostingFull(limits.SHARED_HOSTED)


async def _refuse_group(tx: Tx, member: int) -> None:
    if await table.count_groups(tx, member) >= limits.SHARED_GROUPS:
        raise GroupsFull(limits.SHARED_GROUPS)


async def lists(store: Store, member: int, server: int | None) -> list[Shared]:
    """Return what the member can see where they are: the server's, their groups', and what they host."""
    async with store.reading() as tx:
        return await table.reachable(tx, member, server)


async def naming(store: Store, member: int) -> list[Shared]:
    """Return what the member can leave, from anywhere: one whose server they've left names them until they do."""
    async with store.reading() as tx:
        return await table.naming(tx, member)


async def visible(tx: Tx, member: int, server: int | None, shared: int) -> Shared:
    """Return a playlist that the member may see there. Raises NoSuchShared."""
    known = await table.get(tx, shared)
    if known is None or not await _reaches(tx, member, server, known):
        raise NoSuchShared
    return known


async def _reaches(tx: Tx, member: int, server: int | None, known: Shared) -> bool:
    if known.server is not None:
        return known.server == server
    return member in await table.partners(tx, known.shared)


async def show(store: Store, member: int, server: int | None, shared: int) -> SharedView:
    """Return everything there is to see of it. Raises NoSuchShared."""
    async with store.reading() as tx:
        return await _shown(tx, await visible(tx, member, server, shared))


async def _shown(tx: Tx, known: Shared) -> SharedView:
    record = await table.record(tx, known.shared)
    described = await catalogue.described(tx, [brought.song for brought in record])
    votes = await table.votes(tx, known.shared)
    return SharedView(known, record, votes, described, await table.named(tx, known.shared))


@dataclass(frozen=True, slots=True)
class Added:
    """What adding a song came to. first: from now on the list shows the member's name."""

    shared: Shared
    first: bool

    @property
    def host(self) -> int | None:
        """Return whose job it is to write it: nobody's before the first write."""
        return self.shared.host if self.shared.ref is not None else None


async def add(store: Store, actor: Actor, shared: int, song: Song) -> Added:
    """Add a song that the member can see. Raises BadChoice if the rules don't allow it."""
    member, now = actor.member, actor.now
    async with store.writing() as tx:
        known = await _going(tx, actor, shared)
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
    """Return the member's newest likes that aren't in it yet."""
    standing = {brought.song for brought in shown.standing}
    async with store.reading() as tx:
        return [song for song in await songs.public_library(tx, member) if song.song not in standing][:limit]


async def _going(tx: Tx, actor: Actor, shared: int) -> Shared:
    known = await visible(tx, actor.member, actor.server, shared)
    if known.ended_at is not None:
        raise SharedEnded
    return known


@dataclass(frozen=True, slots=True)
class Voted:
    """What a vote came to. spent: the member's votes drop nothing more today."""

    shown: SharedView
    before: Brought
    after: Brought
    spent: bool = False

    @property
    def host(self) -> int | None:
        """Return whose job it is to write what changed; None if nothing did."""
        changed = self.before.stands != self.after.stands
        return self.shown.shared.host if changed and self.shown.shared.ref is not None else None


async def vote(store: Store, actor: Actor, shared: int, song_key: str, keep: bool) -> Voted:
    """Vote to keep or drop a song; whoever added it removes it by voting drop, while they still may."""
    member, now = actor.member, actor.now
    async with store.writing() as tx:
        known = await _going(tx, actor, shared)
        before = await _shown(tx, known)
        brought = before.brought(song_key)
        if not keep and not brought.stands:  # a second press
            return Voted(before, brought, brought)
        await members.ensure(tx, member, now)
        if not keep and rules.may_take_back(brought, member, before.votes, now):
            await table.drop(tx, shared, brought.song, now)
            return Voted(await _shown(tx, known), brought, await _now(tx, shared, brought.song))
        spent = not keep and member in rules.spent(before.record, before.votes, now)
        await table.say(tx, shared, KeepVote(brought.song, member, keep), now)
        votes = await table.votes(tx, shared)
        after = rules.after_votes(before.record, brought.song, votes, now)
        await table.drop(tx, shared, brought.song, after.dropped_at)
        return Voted(await _shown(tx, known), brought, after, spent)


async def _now(tx: Tx, shared: int, song: str) -> Brought:
    return next(brought for brought in await table.record(tx, shared) if brought.song == song)


def invitation(shared: Shared) -> str:
    """Return what a group's Join button carries: nobody can join without having been shown one."""
    return key(f"{shared.shared}:{shared.created_at.timestamp()}")


async def join(store: Store, member: int, shared: int, invited: str, now: datetime) -> Shared:
    """Join a group by its button. Raises NoSuchShared, RemovedFromGroup, GroupFull, GroupsFull."""
    async with store.writing() as tx:
        known = await table.get(tx, shared)
        if known is None or known.server is not None or invited != invitation(known):
            raise NoSuchShared
        if member in {removal.member for removal in await table.removals(tx, shared)}:
            raise RemovedFromGroup
        partners = await table.partners(tx, shared)
        if member not in partners:
            if len(partners) >= limits.SHARED_PARTNERS:
                raise GroupFull(limits.SHARED_PARTNERS)
            await _refuse_group(tx, member)
        await members.ensure(tx, member, now)
        await table.join(tx, shared, member, now)
        return known


async def leave(store: Store, member: int, shared: int) -> Shared:
    """Remove a member's name from it; what they added and voted stays, without it. Raises NoSuchShared, HostStays."""
    async with store.writing() as tx:
        known = await table.get(tx, shared)
        if known is None:
            raise NoSuchShared
        if known.host == member:
            raise HostStays
        if not await table.leave(tx, shared, member):
            raise NoSuchShared
        if known.server is None and not await table.partners(tx, shared):
            await table.forget(tx, shared)
        return known
