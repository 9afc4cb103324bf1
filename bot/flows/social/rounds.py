"""Rounds: a theme, one song from each player, votes, and who entered what at the end.

A round's state is saved first, then posted in the channel. If the bot stops in between, it posts after the next start,
and no round moves on twice.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue
from bot.adapters.store.library import songs
from bot.adapters.store.social import rounds, server_channels
from bot.adapters.store.social import shared_playlists as table
from bot.core import limits
from bot.core.records import Actor, Song
from bot.core.social import rounds as rules
from bot.core.social.records import Round, RoundEntry, RoundState
from bot.core.social.rounds import Placed
from bot.errors import BadChoice
from bot.errors.social import (
    BadHours,
    BadVotes,
    EntriesClosed,
    NoRound,
    NotForRounds,
    NotRoundHost,
    NotVoting,
    OwnSong,
    RoundFull,
    RoundHasPlaylist,
    RoundsToday,
    RoundUnderWay,
    SongBarred,
    SongTaken,
    TooFewEntries,
)
from bot.flows.feed.catalogue import show_to_others
from bot.flows.feed.catalogue_index import key
from bot.flows.names import on_one_line
from bot.flows.social.server_channels import Purpose
from bot.flows.social.shared import playlists as shared_playlists

LONGEST_THEME = 100  # characters
MOST_HOURS = 168
BEING_TOLD = timedelta(minutes=1)  # that a new round may take to be posted in its channel


@dataclass(frozen=True, slots=True)
class RoundTable:
    """How a round stands. entries: in an order that gives nothing away; songs: by id; voters: how many have voted.

    ranking, hidden: once it's closed, the final places, and the members whose names aren't shown.
    """

    round: Round
    entries: Sequence[RoundEntry]
    songs: Mapping[str, Song]
    voters: int
    ranking: Sequence[Placed]
    hidden: Collection[int]


async def start(store: Store, actor: Actor, channel: int, theme: str, hours: tuple[int, int]) -> int:
    """Start a round in a channel that was given to rounds; hours: for entries, and for votes. Raises BadChoice."""
    said = on_one_line(theme, LONGEST_THEME)
    if not all(1 <= span <= MOST_HOURS for span in hours):
        raise BadHours(MOST_HOURS)
    enter_until = actor.now + timedelta(hours=hours[0])
    async with store.writing() as tx:
        if actor.server is None or not await server_channels.serves(tx, channel, Purpose.ROUNDS):
            raise NotForRounds
        if await rounds.open_in(tx, channel) is not None:
            raise RoundUnderWay
        if await rounds.count_begun(tx, actor.member, actor.now - timedelta(days=1)) >= limits.ROUNDS_A_DAY:
            raise RoundsToday(limits.ROUNDS_A_DAY)
        await members.ensure(tx, actor.member, actor.now)
        return await rounds.add(
            tx,
            host=actor.member,
            server=actor.server,
            channel=channel,
            theme=said,
            state=RoundState.ENTERING,
            enter_until=enter_until,
            vote_until=enter_until + timedelta(hours=hours[1]),
            created_at=actor.now,
        )


async def here(store: Store, channel: int) -> Round:
    """Return the round that's under way in a channel. Raises NoRound."""
    async with store.reading() as tx:
        themed = await rounds.open_in(tx, channel)
    if themed is None:
        raise NoRound
    return themed


async def last(store: Store, channel: int) -> Round:
    """Return the newest round of a channel, under way or not. Raises NoRound."""
    async with store.reading() as tx:
        themed = await rounds.last_in(tx, channel)
    if themed is None:
        raise NoRound
    return themed


async def enter(store: Store, member: int, number: int, song: Song, now: datetime) -> Round:
    """Enter a song, replacing the member's earlier one, until the votes begin. Raises BadChoice."""
    async with store.writing() as tx:
        themed = await _at(tx, number, RoundState.ENTERING, EntriesClosed)
        others = [entry for entry in await rounds.entries(tx, number) if entry.member != member]
        if themed.enter_until <= now:
            raise EntriesClosed
        if song.song in {entry.song for entry in others}:
            raise SongTaken
        if themed.server is not None and key(song.song) in await server_channels.barred(tx, themed.server):
            raise SongBarred
        if len(others) >= limits.ROUND_ENTRIES:
            raise RoundFull(limits.ROUND_ENTRIES)
        await show_to_others(tx, member, song, now)
        await members.ensure(tx, member, now)
        await rounds.enter(tx, number, member, song.song, now)
    return themed


async def newest_likes(store: Store, member: int, limit: int) -> list[Song]:
    """Return the member's newest likes that others may see: a song only they know can't be entered."""
    async with store.reading() as tx:
        return (await songs.public_library(tx, member))[:limit]


async def choices(store: Store, member: int, number: int) -> RoundTable:
    """Return what the member may vote for: everything but their own. Raises NotVoting."""
    table = await show(store, number)
    if table.round.state != RoundState.VOTING:
        raise NotVoting
    others = [entry for entry in table.entries if entry.member != member]
    return RoundTable(table.round, others, table.songs, table.voters, (), ())


async def vote(store: Store, member: int, number: int, chosen: Collection[str], now: datetime) -> bool:
    """Save a member's votes, replacing their earlier ones, and return whether everyone has voted now.

    chosen: keys of songs, which don't give away who entered them, or when. Raises NotVoting, BadVotes, OwnSong.
    """
    async with store.writing() as tx:
        themed = await _at(tx, number, RoundState.VOTING, NotVoting)
        entries = {key(entry.song): entry for entry in await rounds.entries(tx, number)}
        if themed.vote_until <= now:
            raise NotVoting
        if not 1 <= len(set(chosen)) <= limits.ROUND_VOTES or not entries.keys() >= set(chosen):
            raise BadVotes(limits.ROUND_VOTES)
        if any(entries[song].member == member for song in chosen):
            raise OwnSong
        await members.ensure(tx, member, now)
        await rounds.vote(tx, number, member, {entries[song].round_entry for song in chosen}, now)
        voters = {vote.member for vote in await rounds.votes(tx, number)}
        return rules.all_voted(list(entries.values()), voters)


async def turn(store: Store, number: int, now: datetime) -> Round | None:
    """Move the round to the state it should be in by now and return it; None if it's gone. Doing it twice is safe."""
    async with store.writing() as tx:
        themed = await rounds.get(tx, number)
        if themed is None:
            return None
        voters = {vote.member for vote in await rounds.votes(tx, number)}
        state = rules.next_state(themed, await rounds.entries(tx, number), voters, now)
        if state is not None:
            await _set(tx, themed, state, now)
        return await rounds.get(tx, number)


async def go_on(store: Store, member: int, number: int, *, runs_server: bool, now: datetime) -> None:
    """End the entries, or the votes, now. Raises NotRoundHost, NoRound, TooFewEntries if that would end the round."""
    async with store.writing() as tx:
        themed = await _of(tx, member, number, runs_server)
        if themed.state == RoundState.ENTERING and len(await rounds.entries(tx, number)) < rules.FEWEST:
            raise TooFewEntries
        span = themed.vote_until - themed.enter_until
        ends = (
            {"enter_until": now, "vote_until": now + span}
            if themed.state == RoundState.ENTERING
            else {"vote_until": now}
        )
        await rounds.change(tx, number, **ends)


async def cancel(store: Store, member: int, number: int, *, runs_server: bool, now: datetime) -> None:
    """Cancel the round; who entered what isn't shown. Raises NotRoundHost, NoRound."""
    async with store.writing() as tx:
        themed = await _of(tx, member, number, runs_server)
        await _set(tx, themed, RoundState.CANCELLED, now)


async def due(store: Store, now: datetime) -> list[int]:
    """Return the rounds whose time is up, where everyone has voted, or whose channel hasn't been told yet."""
    async with store.reading() as tx:
        return await rounds.due(tx, now, now - BEING_TOLD)


async def told(store: Store, number: int, state: str, message: int | None) -> None:
    """Note that the channel was told of a state, and in which message."""
    async with store.writing() as tx:
        known = {} if message is None else {"message": message}
        await rounds.change(tx, number, told=state, **known)


async def show(store: Store, number: int) -> RoundTable:
    """Return how the round stands. Raises NoRound if it's gone."""
    async with store.reading() as tx:
        themed = await rounds.get(tx, number)
        if themed is None:
            raise NoRound
        entered = await rounds.entries(tx, number)
        votes = await rounds.votes(tx, number)
        closed = themed.state == RoundState.CLOSED
        return RoundTable(
            themed,
            rules.shuffled(entered),
            await catalogue.described(tx, [entry.song for entry in entered]),
            len({vote.member for vote in votes}),
            rules.ranking(entered, votes) if closed else (),
            await rounds.hidden(tx, [entry.member for entry in entered]) if closed else (),
        )


async def make_playlist(
    store: Store, number: int, host: Actor, name: str, songs: Sequence[tuple[str, int | None]]
) -> int:
    """Make a shared playlist of the round's songs: (song, who entered it, None if they left). Return its number.

    The job "share" writes it to its host's account, which a start after a crash begins, too. Raises NoRound,
    RoundHasPlaylist, BadChoice.
    """
    async with store.writing() as tx:
        themed = await rounds.get(tx, number)
        if themed is None:
            raise NoRound
        if themed.shared is not None:
            raise RoundHasPlaylist
        still = {entry.member for entry in await rounds.entries(tx, number)}  # others were erased meanwhile
        brought = [(song, by if by in still else None) for song, by in songs]
        shared = await shared_playlists.open_with(tx, host, name, brought)
        await table.change(tx, shared, making=True)
        await rounds.change(tx, number, shared=shared)
        return shared


async def _at(tx: Tx, number: int, state: str, otherwise: type[BadChoice]) -> Round:
    themed = await rounds.get(tx, number)
    if themed is None or themed.state != state:
        raise otherwise
    return themed


async def _of(tx: Tx, member: int, number: int, runs_server: bool) -> Round:
    themed = await rounds.get(tx, number)
    if themed is None or themed.state not in (RoundState.ENTERING, RoundState.VOTING):
        raise NoRound
    if themed.host != member and not runs_server:
        raise NotRoundHost
    return themed


async def _set(tx: Tx, themed: Round, state: str, now: datetime) -> None:
    late = {"vote_until": now + (themed.vote_until - themed.enter_until)} if state == RoundState.VOTING else {}
    await rounds.change(tx, themed.round, state=state, **late)
    if state == RoundState.CLOSED and themed.server is not None:
        await server_channels.count(tx, themed.server, "round", now)
