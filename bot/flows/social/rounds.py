"""Rounds: a theme, one song from each player, votes, and who entered what at the end.

The state is in the database first, then told in the channel: whatever is cut short is told after the next start, and
nothing turns twice.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.feed import catalogue
from bot.adapters.store.library import songs
from bot.adapters.store.social import rounds, server_channels
from bot.core import limits
from bot.core.records import Song
from bot.core.social import rounds as rules
from bot.core.social.records import Round, RoundEntry
from bot.core.social.rounds import CANCELLED, CLOSED, ENTERING, VOTING, Placed
from bot.errors import BadChoice
from bot.errors.social import (
    BadHours,
    BadLength,
    BadVotes,
    EntriesClosed,
    NoRound,
    NotForRounds,
    NotRoundHost,
    NotVoting,
    OwnSong,
    RoundFull,
    RoundsToday,
    RoundUnderWay,
    SongBarred,
    SongTaken,
    TooFewEntries,
)
from bot.flows.feed.catalogue import show_to_others
from bot.flows.feed.catalogue_index import key
from bot.flows.social.server_channels import Purpose

LONGEST_THEME = 100  # characters
MOST_HOURS = 168
BEING_TOLD = timedelta(minutes=1)  # until a round that began and was not told of is thought forgotten


@dataclass(frozen=True, slots=True)
class RoundTable:
    """How a round stands. entries: in an order that tells nothing; songs: by id; voters: how many have voted.

    ranking, hidden: for a round that is closed: how it came out, and the members whose names are not shown.
    """

    round: Round
    entries: Sequence[RoundEntry]
    songs: Mapping[str, Song]
    voters: int
    ranking: Sequence[Placed]
    hidden: Collection[int]


async def start(
    store: Store, member: int, server: int | None, channel: int, theme: str, hours: tuple[int, int], now: datetime
) -> int:
    """Begin a round in a channel that was given to rounds; hours: for entries, and for votes. Raises BadChoice."""
    said = " ".join(theme.split())
    if not 1 <= len(said) <= LONGEST_THEME:
        raise BadLength(LONGEST_THEME)
    if not all(1 <= each <= MOST_HOURS for each in hours):
        raise BadHours(MOST_HOURS)
    enter_until = now + timedelta(hours=hours[0])
    async with store.writing() as tx:
        if server is None or not await server_channels.serves(tx, channel, Purpose.ROUNDS):
            raise NotForRounds
        if await rounds.open_in(tx, channel) is not None:
            raise RoundUnderWay
        if await rounds.count_begun(tx, member, now - timedelta(days=1)) >= limits.ROUNDS_A_DAY:
            raise RoundsToday(limits.ROUNDS_A_DAY)
        await members.ensure(tx, member, now)
        return await rounds.add(
            tx,
            host=member,
            server=server,
            channel=channel,
            theme=said,
            state=ENTERING,
            enter_until=enter_until,
            vote_until=enter_until + timedelta(hours=hours[1]),
            created_at=now,
        )


async def here(store: Store, channel: int) -> Round:
    """Return the round that is under way in a channel. Raises BadChoice."""
    async with store.reading() as tx:
        found = await rounds.open_in(tx, channel)
    if found is None:
        raise NoRound
    return found


async def last(store: Store, channel: int) -> Round:
    """Return the newest round of a channel, under way or not. Raises BadChoice."""
    async with store.reading() as tx:
        found = await rounds.last_in(tx, channel)
    if found is None:
        raise NoRound
    return found


async def enter(store: Store, member: int, number: int, song: Song, now: datetime) -> Round:
    """Enter a song, or another in its place, until the votes begin. Raises BadChoice."""
    async with store.writing() as tx:
        found = await _at(tx, number, ENTERING, EntriesClosed)
        others = [each for each in await rounds.entries(tx, number) if each.member != member]
        if found.enter_until <= now:
            raise EntriesClosed
        if song.song in {each.song for each in others}:
            raise SongTaken
        if found.server is not None and key(song.song) in await server_channels.barred(tx, found.server):
            raise SongBarred
        if len(others) >= limits.ROUND_ENTRIES:
            raise RoundFull(limits.ROUND_ENTRIES)
        await show_to_others(tx, member, song, now)
        await members.ensure(tx, member, now)
        await rounds.enter(tx, number, member, song.song, now)
    return found


async def newest_likes(store: Store, member: int, limit: int) -> list[Song]:
    """Return what the member liked last, of songs that others may see: one that only they know cannot be entered."""
    async with store.reading() as tx:
        return (await songs.public_library(tx, member))[:limit]


async def choices(store: Store, member: int, number: int) -> RoundTable:
    """Return what the member may vote for: everything but their own. Raises BadChoice."""
    table = await show(store, number)
    if table.round.state != VOTING:
        raise NotVoting
    others = [each for each in table.entries if each.member != member]
    return RoundTable(table.round, others, table.songs, table.voters, (), ())


async def vote(store: Store, member: int, number: int, chosen: Collection[str], now: datetime) -> bool:
    """Keep a few votes, in place of those before, and return whether everybody has voted by now.

    chosen: keys of songs, which say nothing of who entered them, or when. Raises BadChoice.
    """
    async with store.writing() as tx:
        found = await _at(tx, number, VOTING, NotVoting)
        there = {key(each.song): each for each in await rounds.entries(tx, number)}
        if found.vote_until <= now:
            raise NotVoting
        if not 1 <= len(set(chosen)) <= limits.ROUND_VOTES or not there.keys() >= set(chosen):
            raise BadVotes(limits.ROUND_VOTES)
        if any(there[each].member == member for each in chosen):
            raise OwnSong
        await members.ensure(tx, member, now)
        await rounds.vote(tx, number, member, {there[each].round_entry for each in chosen}, now)
        voters = {each.member for each in await rounds.votes(tx, number)}
        return rules.all_voted(list(there.values()), voters)


async def turn(store: Store, number: int, now: datetime) -> Round | None:
    """Turn the round to where it belongs by now; return it, or None for one that is gone. Turning twice is once."""
    async with store.writing() as tx:
        found = await rounds.get(tx, number)
        if found is None:
            return None
        voters = {each.member for each in await rounds.votes(tx, number)}
        state = rules.next_state(found, await rounds.entries(tx, number), voters, now)
        if state is not None:
            await _set(tx, found, state, now)
        return await rounds.get(tx, number)


async def go_on(store: Store, member: int, number: int, *, runs_server: bool, now: datetime) -> None:
    """Have entries, or votes, end now. Raises NotRoundHost, NoRound, TooFewEntries where that would end the round."""
    async with store.writing() as tx:
        found = await _of(tx, member, number, runs_server)
        if found.state == ENTERING and len(await rounds.entries(tx, number)) < rules.FEWEST:
            raise TooFewEntries
        span = found.vote_until - found.enter_until
        ends = {"enter_until": now, "vote_until": now + span} if found.state == ENTERING else {"vote_until": now}
        await rounds.change(tx, number, **ends)


async def cancel(store: Store, member: int, number: int, *, runs_server: bool, now: datetime) -> None:
    """Call the round off; who entered what is not shown. Raises NotRoundHost, NoRound."""
    async with store.writing() as tx:
        found = await _of(tx, member, number, runs_server)
        await _set(tx, found, CANCELLED, now)


async def due(store: Store, now: datetime) -> list[int]:
    """Return the rounds whose time is up, in which all have voted, or whose channel was not told yet."""
    async with store.reading() as tx:
        return await rounds.due(tx, now, now - BEING_TOLD)


async def told(store: Store, number: int, state: str, message: int | None) -> None:
    """Note that the channel was told of a state, by which message."""
    async with store.writing() as tx:
        known = {} if message is None else {"message": message}
        await rounds.change(tx, number, told=state, **known)


async def show(store: Store, number: int) -> RoundTable:
    """Return how the round stands. Raises BadChoice for one that is gone."""
    async with store.reading() as tx:
        found = await rounds.get(tx, number)
        if found is None:
            raise NoRound
        entered = await rounds.entries(tx, number)
        votes = await rounds.votes(tx, number)
        closed = found.state == CLOSED
        return RoundTable(
            found,
            rules.shuffled(entered),
            await catalogue.described(tx, [each.song for each in entered]),
            len({each.member for each in votes}),
            rules.ranking(entered, votes) if closed else (),
            await rounds.hidden(tx, [each.member for each in entered]) if closed else (),
        )


async def playlist(store: Store, number: int, shared: int) -> None:
    """Note which shared playlist came of the round."""
    async with store.writing() as tx:
        await rounds.change(tx, number, shared=shared)


async def _at(tx: Tx, number: int, state: str, otherwise: type[BadChoice]) -> Round:
    found = await rounds.get(tx, number)
    if found is None or found.state != state:
        raise otherwise
    return found


async def _of(tx: Tx, member: int, number: int, runs_server: bool) -> Round:
    found = await rounds.get(tx, number)
    if found is None or found.state not in (ENTERING, VOTING):
        raise NoRound
    if found.host != member and not runs_server:
        raise NotRoundHost
    return found


async def _set(tx: Tx, found: Round, state: str, now: datetime) -> None:
    late = {"vote_until": now + (found.vote_until - found.enter_until)} if state == VOTING else {}
    await rounds.change(tx, found.round, state=state, **late)
    if state == CLOSED and found.server is not None:
        await server_channels.count(tx, found.server, "round", now)
