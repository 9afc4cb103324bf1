"""Reposts: a member shares a song in a server under their own name, where the server allows it.

The row comes first, then the message, then its number: killed in between, the message is looked for in the channel, and
where there is none the row goes. Taken back, hidden or erased, the message is deleted by and by: that outlives the row.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.social import reposts, server_channels
from bot.core import limits
from bot.core.records import Work
from bot.core.social.records import Repost, Takedown
from bot.errors.social import (
    AlreadyReposted,
    Hidden,
    NoRepostChannel,
    NotInChannel,
    NotYourRepost,
    RepostsFull,
    RepostsToday,
    SongBarred,
)
from bot.flows.attempt import attempt
from bot.flows.feed.catalogue import Catalogue, Entry
from bot.flows.social.server_channels import Purpose

AGAIN = timedelta(days=7)  # before the same song may be reposted by the same member
SENDING = timedelta(minutes=3)  # that posting takes at most; older ones were cut short
PATIENCE = timedelta(hours=1)  # before a message that could not be deleted is tried again; more with each try
MOST_TRIES = 50  # some seven weeks


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be posted, and in which channel."""

    entry: Entry
    server: int
    channel: int


Delete = Callable[[Takedown], Awaitable[bool]]  # True: it is gone; False: Discord refused
Find = Callable[[Repost], Awaitable[int | None]]  # its message in the channel; None: it was not posted


async def offer(store: Store, catalogue: Catalogue, member: int, server: int | None, song: str, now: datetime) -> Offer:
    """Return what would be posted and where. Raises BadChoice, AlreadyReposted."""
    if server is None:
        raise NotInChannel
    entry = await catalogue.entry(member, song)
    async with store.reading() as tx:
        return Offer(entry, server, await _channel(tx, member, server, entry, now))


async def begin(store: Store, catalogue: Catalogue, member: int, server: int | None, song: str, now: datetime) -> int:
    """Note that the song is posted from now on; return the repost's number. Raises as `offer` does."""
    offered = await offer(store, catalogue, member, server, song, now)
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        channel = await _channel(tx, member, offered.server, offered.entry, now)
        return await reposts.add(tx, member, offered.server, channel, song, offered.entry.key, now)


async def _channel(tx: Tx, member: int, server: int, entry: Entry, now: datetime) -> int:
    """Return the server's channel for reposts. Raises BadChoice, AlreadyReposted where the member may not."""
    chosen = await server_channels.of_server(tx, server, Purpose.REPOSTS)
    if not chosen:
        raise NoRepostChannel
    if await members.is_hidden(tx, member):
        raise Hidden
    if entry.key in await server_channels.barred(tx, server):
        raise SongBarred
    recent = await reposts.of(tx, member, now - AGAIN)
    same = [each for each in recent if (each.server, each.song) == (server, entry.song.song)]
    if same:
        raise AlreadyReposted(same[0].repost, same[0].at)
    if sum(each.at > now - timedelta(days=1) for each in recent) >= limits.REPOSTS_A_DAY:
        raise RepostsToday(limits.REPOSTS_A_DAY)
    if await reposts.count_of(tx, member) >= limits.REPOSTS:
        raise RepostsFull(limits.REPOSTS)
    return chosen[0].channel


async def wanted(store: Store, number: int) -> Repost | None:
    """Return a repost that is still to be posted: neither taken back nor its member hidden meanwhile."""
    async with store.reading() as tx:
        found = await reposts.get(tx, number)
        return None if found is None or await members.is_hidden(tx, found.member) else found


async def posted(store: Store, repost: Repost, message: int, now: datetime) -> None:
    """Note the message; where the repost was taken back, or its member hid, meanwhile, it is deleted."""
    async with store.writing() as tx:
        stays = await reposts.note(tx, repost.repost, message)
        if not stays or await members.is_hidden(tx, repost.member):
            await reposts.take_down(tx, repost.channel, message)
        elif repost.message is None:
            await server_channels.count(tx, repost.server, "repost", now)


async def take_back(store: Store, member: int, number: int) -> None:
    """Have the message deleted. Raises BadChoice for what is not the member's, or not any more."""
    async with store.writing() as tx:
        found = await reposts.get(tx, number)
        if found is None or found.member != member:
            raise NotYourRepost
        await reposts.remove(tx, number)


async def drop(store: Store, number: int) -> None:
    """Nothing was posted."""
    async with store.writing() as tx:
        await reposts.remove(tx, number)


async def unposted(store: Store, now: datetime) -> set[int]:
    """Return the channels in which a crash cut reposts short."""
    return {each.channel for each in await _cut_short(store, now)}


async def resume(store: Store, find: Find, channel: int, now: datetime) -> None:
    """Clear up what a crash cut short in a channel: what was posted is noted, what was not is let go."""
    for each in [each for each in await _cut_short(store, now) if each.channel == channel]:
        await attempt(store, Work("repost", each.repost, each.member), partial(_resume, store, find, each, now), now)


async def _cut_short(store: Store, now: datetime) -> list[Repost]:
    async with store.reading() as tx:
        return [each for each in await reposts.unposted(tx) if each.at <= now - SENDING]


async def _resume(store: Store, find: Find, repost: Repost, now: datetime) -> None:
    message = await find(repost)
    await (drop(store, repost.repost) if message is None else posted(store, repost, message, now))


async def to_clear(store: Store, now: datetime) -> set[int]:
    """Return the channels in which messages are to go."""
    async with store.reading() as tx:
        return {each.channel for each in await reposts.takedowns(tx, now)}


async def clear(store: Store, delete: Delete, channel: int, now: datetime) -> None:
    """Delete the messages of a channel that are to go. What Discord refuses is tried again, later each time."""
    async with store.reading() as tx:
        waiting = [each for each in await reposts.takedowns(tx, now) if each.channel == channel]
    for each in waiting:
        await attempt(store, Work("takedown", each.message), partial(_take_down, store, delete, each, now), now)


async def _take_down(store: Store, delete: Delete, takedown: Takedown, now: datetime) -> None:
    gone = await delete(takedown)
    async with store.writing() as tx:
        if gone or takedown.tries >= MOST_TRIES:
            await reposts.taken_down(tx, takedown.message)
        else:
            await reposts.put_off(tx, takedown, now + PATIENCE * (takedown.tries + 1))
