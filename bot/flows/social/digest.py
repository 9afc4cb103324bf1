"""Digest: a weekly count of what happened in a server. Only counts, and none small enough to point at one member.

The channel's place says when the next one is due. The message is posted before the place is updated: if the bot is
killed in between, it recognises its message by the day it counts from.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.adapters.store import Store
from bot.adapters.store.social import server_channels
from bot.core.records import Work
from bot.core.social.records import Place
from bot.flows.attempt import attempt
from bot.flows.social.server_channels import Purpose

WEEK = timedelta(days=7)
SKEW = timedelta(days=1)  # at most, between the clocks of processes; a digest due later than that was dated wrongly
LEAST = 5  # of a kind; fewer would reveal what one or two members did
CROWD = 8  # members, the bot included; smaller servers get no counts
KINDS = ("post", "like", "add", "repost", "comment", "round", "shared")  # in the order they're shown


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened in the days since then. counts: by kind, those that may be shown; empty if too little happened."""

    server: int
    channel: int
    since: datetime
    counts: Mapping[str, int]


Post = Callable[[Digest], Awaitable[None]]  # unless it's there already
Size = Callable[[int], Awaitable[int]]  # how many members a server has


def nameable(counts: Mapping[str, int], crowd: int) -> dict[str, int]:
    """Return the counts that reveal nothing about a single member, in a server of that size. crowd: its members."""
    if crowd < CROWD:
        return {}
    return {kind: counts[kind] for kind in KINDS if counts.get(kind, 0) >= LEAST}


async def due(store: Store, now: datetime) -> set[int]:
    """Return the servers whose digest is due."""
    return {place.server for place in await _due(store, now)}


async def _due(store: Store, now: datetime) -> list[Place]:
    async with store.reading() as tx:
        return await server_channels.due(tx, Purpose.DIGEST, now, now + WEEK + SKEW)


async def post_due(store: Store, post: Post, size: Size, server: int, now: datetime) -> None:
    """Post what's due in a server; after a week in which nothing happened, nothing is posted."""
    for place in [place for place in await _due(store, now) if place.server == server]:
        await attempt(store, Work("digest", server), partial(_post, store, post, size, place, now), now)


async def _post(store: Store, post: Post, size: Size, place: Place, now: datetime) -> None:
    since = (place.due_at or now) - WEEK
    async with store.reading() as tx:
        counts = await server_channels.counts(tx, place.server, since, now)
    if any(counts.values()):
        named = nameable(counts, await size(place.server))
        await post(Digest(place.server, place.channel, since, named))
    await _move_on(store, place, now)


async def _move_on(store: Store, place: Place, now: datetime) -> None:
    """Make the next one due in a week, if the channel still has that purpose."""
    async with store.writing() as tx:
        if place in await server_channels.of_server(tx, place.server, Purpose.DIGEST):
            await server_channels.give(tx, Place(place.channel, Purpose.DIGEST, place.server, now + WEEK))
        await server_channels.forget_counts(tx, place.server, now)
