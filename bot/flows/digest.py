"""Digest: once a week, how much happened in a server. Counts only, and none so small that it tells of somebody.

The channel's place says when the next one is due. The message goes first, under a nonce of its own, then the place
moves on: killed in between, it is sent again under the same, and Discord shows it once.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.store import Store, places
from bot.core.records import Place
from bot.flows.places import Purpose

WEEK = timedelta(days=7)
LEAST = 5  # of a kind, to be named: fewer would tell what one or two did
CROWD = 8  # in a server, the bot among them, before anything is named at all
KINDS = ("post", "like", "add", "repost", "comment", "round", "shared")  # in the order in which they are said


@dataclass(frozen=True, slots=True)
class Digest:
    """What a week came to. counts: by kind, those that may be named; empty where too little happened for that."""

    server: int
    channel: int
    nonce: str
    counts: Mapping[str, int]


Post = Callable[[Digest], Awaitable[None]]  # once for each nonce, whatever comes between
Size = Callable[[int], int]  # how many are in a server


def nameable(counts: Mapping[str, int], crowd: int) -> dict[str, int]:
    """Return the counts that say nothing of a single member, in a server of so many."""
    if crowd < CROWD:
        return {}
    return {kind: counts[kind] for kind in KINDS if counts.get(kind, 0) >= LEAST}


async def post_due(store: Store, post: Post, size: Size, now: datetime) -> None:
    """Post what is due by now; a week in which nothing happened passes in silence."""
    async with store.reading() as tx:
        due = await places.due(tx, Purpose.DIGEST, now)
    for place in due:
        counts = await _counts(store, place, now)
        if any(counts.values()):
            await post(Digest(place.server, place.channel, _nonce(place), nameable(counts, size(place.server))))
        await _move_on(store, place, now)


async def _counts(store: Store, place: Place, now: datetime) -> dict[str, int]:
    """What happened on the whole days since the last digest was due."""
    assert place.due_at is not None  # noqa: S101 - it is due
    async with store.reading() as tx:
        return await places.counts(tx, place.server, place.due_at - WEEK, now)


async def _move_on(store: Store, place: Place, now: datetime) -> None:
    """The next one is due in a week, if the channel is still the one for it."""
    async with store.writing() as tx:
        if place in await places.of_server(tx, place.server, Purpose.DIGEST):
            await places.give(tx, Place(place.channel, Purpose.DIGEST, place.server, now + WEEK))
        await places.forget_counts(tx, place.server, now)


def _nonce(place: Place) -> str:
    """What Discord knows the message by: up to 25 characters."""
    return f"{place.channel}{place.due_at:%y%m%d}"
