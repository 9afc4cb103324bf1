"""Digest: a weekly count of what happened in a server. Only counts, and none small enough to point at one member.

The channel's place says when the next one is due. The message goes first, then the place moves on: killed in between,
the one that was posted is found by the day since which it counts.
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
LEAST = 5  # of a kind, to be named: fewer would tell what one or two did
CROWD = 8  # in a server, the bot among them, before anything is named at all
KINDS = ("post", "like", "add", "repost", "comment", "round", "shared")  # in the order in which they are said


@dataclass(frozen=True, slots=True)
class Digest:
    """What the whole days since then came to. counts: by kind, those that may be named; empty: too little happened."""

    server: int
    channel: int
    since: datetime
    counts: Mapping[str, int]


Post = Callable[[Digest], Awaitable[None]]  # unless it stands there already
Size = Callable[[int], Awaitable[int]]  # how many are in a server


def nameable(counts: Mapping[str, int], crowd: int) -> dict[str, int]:
    """Return the counts that say nothing of a single member, in a server of so many."""
    if crowd < CROWD:
        return {}
    return {kind: counts[kind] for kind in KINDS if counts.get(kind, 0) >= LEAST}


async def due(store: Store, now: datetime) -> set[int]:
    """Return the servers whose digest is due by now."""
    async with store.reading() as tx:
        return {each.server for each in await server_channels.due(tx, Purpose.DIGEST, now)}


async def post_due(store: Store, post: Post, size: Size, server: int, now: datetime) -> None:
    """Post what is due in a server; a week in which nothing happened passes in silence."""
    async with store.reading() as tx:
        waiting = [each for each in await server_channels.due(tx, Purpose.DIGEST, now) if each.server == server]
    for place in waiting:
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
    """The next one is due in a week, if the channel is still the one for it."""
    async with store.writing() as tx:
        if place in await server_channels.of_server(tx, place.server, Purpose.DIGEST):
            await server_channels.give(tx, Place(place.channel, Purpose.DIGEST, place.server, now + WEEK))
        await server_channels.forget_counts(tx, place.server, now)
