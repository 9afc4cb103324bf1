"""Reposts: a member shares a song in a server under their own name, where the server allows it.

We save the row, post the message, then save its id. If the bot is killed in between, it looks for the message in the
channel, and deletes the row if there's none. When a repost is deleted, or its member hides or erases their data, the
message's deletion is queued separately, so it outlives the row.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.social import reposts, server_channels
from bot.core import limits
from bot.core.records import Actor, Work
from bot.core.social.records import NewRepost, Repost, Takedown
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
SENDING = timedelta(minutes=3)  # posting takes at most this long; older ones were cut short
PATIENCE = timedelta(hours=1)  # before we try again to delete a message; longer with each try
MOST_TRIES = 50  # some seven weeks


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be posted, and in which channel."""

    entry: Entry
    server: int
    channel: int


Delete = Callable[[Takedown], Awaitable[bool]]  # True: it's gone; False: Discord refused
Find = Callable[[Repost], Awaitable[int | None]]  # its message in the channel; None: it wasn't posted


async def are_open(store: Store, server: int, member: int | None = None) -> bool:
    """Return whether the server has a channel for reposts, and the member, if any, isn't hidden."""
    async with store.reading() as tx:
        hidden = member is not None and await members.is_hidden(tx, member)
        return not hidden and bool(await server_channels.of_server(tx, server, Purpose.REPOSTS))


async def offer(store: Store, catalogue: Catalogue, actor: Actor, song: str) -> Offer:
    """Return what would be posted, and where. Raises BadChoice, AlreadyReposted."""
    if actor.server is None:
        raise NotInChannel
    entry = await catalogue.entry(actor.member, song)
    async with store.reading() as tx:
        return Offer(entry, actor.server, await _channel(tx, actor.member, actor.server, entry, actor.now))


async def begin(
    store: Store, catalogue: Catalogue, actor: Actor, song: str, find: members.Find = members.ensure
) -> int:
    """Save that the song is being posted; return the repost's number. Raises what `offer` and `find` do."""
    offered = await offer(store, catalogue, actor, song)
    member, server, entry = actor.member, offered.server, offered.entry
    async with store.writing() as tx:
        await find(tx, member, actor.now)
        channel = await _channel(tx, member, server, entry, actor.now)
        return await reposts.add(tx, NewRepost(member, server, channel, song, entry.key, actor.now))


async def _channel(tx: Tx, member: int, server: int, entry: Entry, now: datetime) -> int:
    """Return the server's channel for reposts. Raises BadChoice or AlreadyReposted if the member may not repost."""
    chosen = await server_channels.of_server(tx, server, Purpose.REPOSTS)
    if not chosen:
        raise NoRepostChannel
    if await members.is_hidden(tx, member):
        raise Hidden
    if entry.key in await server_channels.barred(tx, server):
        raise SongBarred
    recent = await reposts.of(tx, member, now - AGAIN)
    same = [repost for repost in recent if (repost.server, repost.song) == (server, entry.song.song)]
    if same:
        raise AlreadyReposted(same[0].repost, same[0].at)
    if sum(repost.at > now - timedelta(days=1) for repost in recent) >= limits.REPOSTS_A_DAY:
        raise RepostsToday(limits.REPOSTS_A_DAY)
    if await reposts.count_of(tx, member) >= limits.REPOSTS:
        raise RepostsFull(limits.REPOSTS)
    return chosen[0].channel


async def wanted(store: Store, number: int) -> Repost | None:
    """Return a repost that should still be posted; None if it was deleted or its member hid meanwhile."""
    async with store.reading() as tx:
        repost = await reposts.get(tx, number)
        return None if repost is None or await members.is_hidden(tx, repost.member) else repost


async def posted(store: Store, repost: Repost, message: int, now: datetime) -> None:
    """Save the message's id; if the repost was deleted or its member hid meanwhile, have the message deleted."""
    async with store.writing() as tx:
        stays = await reposts.note(tx, repost.repost, message)
        if not stays or await members.is_hidden(tx, repost.member):
            await reposts.take_down(tx, repost.channel, message)
        elif repost.message is None:
            await server_channels.count(tx, repost.server, "repost", now)


async def delete(store: Store, member: int, number: int) -> None:
    """Delete a repost and have its message deleted. Raises NotYourRepost."""
    async with store.writing() as tx:
        repost = await reposts.get(tx, number)
        if repost is None or repost.member != member:
            raise NotYourRepost
        await reposts.remove(tx, number)


async def drop(store: Store, number: int) -> None:
    """Forget a repost that wasn't posted."""
    async with store.writing() as tx:
        await reposts.remove(tx, number)


async def unposted(store: Store, now: datetime) -> set[int]:
    """Return the channels where a crash cut reposts short."""
    return {repost.channel for repost in await _cut_short(store, now)}


async def resume(store: Store, find: Find, channel: int, now: datetime) -> None:
    """Resolve what a crash cut short in a channel: save the ids of posted messages, forget the rest."""
    for repost in [repost for repost in await _cut_short(store, now) if repost.channel == channel]:
        work = Work("repost", repost.repost, repost.member)
        await attempt(store, work, partial(_resume, store, find, repost, now), now)


async def _cut_short(store: Store, now: datetime) -> list[Repost]:
    async with store.reading() as tx:
        return [repost for repost in await reposts.unposted(tx) if repost.at <= now - SENDING]


async def _resume(store: Store, find: Find, repost: Repost, now: datetime) -> None:
    message = await find(repost)
    await (drop(store, repost.repost) if message is None else posted(store, repost, message, now))


async def to_clear(store: Store, now: datetime) -> set[int]:
    """Return the channels where messages are to be deleted."""
    async with store.reading() as tx:
        return {takedown.channel for takedown in await reposts.takedowns(tx, now)}


async def clear(store: Store, delete: Delete, channel: int, now: datetime) -> None:
    """Delete a channel's messages that are due. What Discord refuses is tried again, later each time."""
    async with store.reading() as tx:
        waiting = [takedown for takedown in await reposts.takedowns(tx, now) if takedown.channel == channel]
    for takedown in waiting:
        work = Work("takedown", takedown.message)
        await attempt(store, work, partial(_take_down, store, delete, takedown, now), now)


async def _take_down(store: Store, delete: Delete, takedown: Takedown, now: datetime) -> None:
    gone = await delete(takedown)
    async with store.writing() as tx:
        if gone or takedown.tries >= MOST_TRIES:
            await reposts.taken_down(tx, takedown.message)
        else:
            await reposts.put_off(tx, takedown, now + PATIENCE * (takedown.tries + 1))
