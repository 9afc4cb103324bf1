"""Brought: what a member's file says of how songs sound. It counts for that member alone."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.core.features import SongFeatures, filled_in

FEATURE = schema.feature
SOURCE = "csv"  # as in core.merge.PRECEDENCE


def _theirs(member: int) -> tuple[ColumnElement[bool], ...]:
    return FEATURE.c.owner == member, FEATURE.c.source == SOURCE


async def count(tx: Tx, member: int) -> int:
    """Return the number of songs that the member's files say something about."""
    return (await tx.execute(select(func.count()).where(*_theirs(member)))).scalar_one()


async def known(tx: Tx, member: int, ids: Iterable[str]) -> dict[str, SongFeatures]:
    """Return what the member's files said about some songs so far."""
    found: dict[str, SongFeatures] = {}
    for piece in chunks(ids):
        rows = await tx.execute(select(FEATURE).where(*_theirs(member), FEATURE.c.song.in_(piece)))
        found |= {row.song: songs.said(row).features for row in rows}
    return found


async def add(tx: Tx, member: int, said: Mapping[str, SongFeatures], most: int, now: datetime) -> int:
    """Keep what a file says about songs, of `most` songs at all; return of how many of these something is kept.

    What an earlier file said, and this one doesn't, stays.
    """
    before = await known(tx, member, said)
    room = most - await count(tx, member)
    new = [song for song in said if song not in before]
    over = {*new[max(0, room) :]}
    kept = {song: filled_in(each, before.get(song, SongFeatures())) for song, each in said.items() if song not in over}
    await songs.keep_features(tx, member, SOURCE, kept, now)
    return len(kept)
