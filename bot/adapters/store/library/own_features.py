"""Own features: features of songs from a member's file. They count for that member alone."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.core.features import SongFeatures, filled_in

FEATURE = schema.feature
SOURCE = "csv"  # as in core.library.merge.PRECEDENCE


def _theirs(member: int) -> tuple[ColumnElement[bool], ...]:
    return FEATURE.c.owner == member, FEATURE.c.source == SOURCE


async def count(tx: Tx, member: int) -> int:
    """Return the number of songs that the member's files describe."""
    return (await tx.execute(select(func.count()).where(*_theirs(member)))).scalar_one()


async def known(tx: Tx, member: int, ids: Iterable[str]) -> dict[str, SongFeatures]:
    """Return the features of some songs from the member's files so far."""
    features: dict[str, SongFeatures] = {}
    for piece in chunks(ids):
        rows = await tx.execute(select(FEATURE).where(*_theirs(member), FEATURE.c.song.in_(piece)))
        features |= {row.song: songs.said(row).features for row in rows}
    return features


async def add(tx: Tx, member: int, said: Mapping[str, SongFeatures], most: int, now: datetime) -> int:
    """Store a file's features, for at most `most` songs in total; return for how many of these any are stored.

    Features from an earlier file that this one lacks stay.
    """
    before = await known(tx, member, said)
    room = most - await count(tx, member)
    new = [song for song in said if song not in before]
    over = {*new[max(0, room) :]}
    kept = {
        song: filled_in(features, before.get(song, SongFeatures()))
        for song, features in said.items()
        if song not in over
    }
    await songs.keep_features(tx, member, SOURCE, kept, now)
    return len(kept)
