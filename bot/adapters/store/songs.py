"""Songs, the libraries they are liked in, and what is known of how they sound."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, every, one, upsert
from bot.core.features import SongFeatures
from bot.core.records import Like, Song

SONG, LIKED, FEATURE = schema.song, schema.liked, schema.feature


async def save(tx: Tx, songs: Iterable[Song], now: datetime) -> None:
    rows = [{name: getattr(each, name) for name in Song.__slots__} | {"cached_at": now} for each in songs]
    for piece in chunks(row | {"artists": list(row["artists"])} for row in rows):
        await upsert(tx, SONG, piece)


async def get(tx: Tx, song: str) -> Song | None:
    return await one(tx, Song, select(SONG).where(SONG.c.song == song))


async def some(tx: Tx, ids: Iterable[str]) -> dict[str, Song]:
    """Return those of `ids` that are known."""
    found: list[Song] = []
    for piece in chunks(dict.fromkeys(ids)):
        found += await every(tx, Song, select(SONG).where(SONG.c.song.in_(piece)))
    return {each.song: each for each in found}


def _library(member: int) -> Select[Any]:
    return select(SONG).join(LIKED, LIKED.c.song == SONG.c.song).where(LIKED.c.member == member)


async def library(tx: Tx, member: int) -> list[Song]:
    """Return the member's liked songs, newest first."""
    return await every(tx, Song, _library(member).order_by(LIKED.c.added_at.desc(), SONG.c.song))


async def search(tx: Tx, member: int, typed: str, limit: int) -> list[Song]:
    """Return liked songs whose title contains what was typed; for autocomplete."""
    matches = SONG.c.title.icontains(typed, autoescape=True)
    return await every(tx, Song, _library(member).where(matches).order_by(SONG.c.title).limit(limit))


async def liked(tx: Tx, member: int) -> dict[str, datetime | None]:
    rows = await tx.execute(select(LIKED.c.song, LIKED.c.added_at).where(LIKED.c.member == member))
    return {row.song: row.added_at for row in rows}


async def count(tx: Tx, member: int) -> int:
    return (await tx.execute(select(func.count()).where(LIKED.c.member == member))).scalar_one()


async def like(tx: Tx, member: int, likes: Iterable[Like], now: datetime, *, fresh: bool = False) -> None:
    """Add to the member's library; songs already there take the new date. `fresh` ones wait for the watch."""
    likes = list(likes)
    await save(tx, (each.song for each in likes), now)
    for piece in chunks(likes):
        rows = [{"member": member, "song": each.song.song, "added_at": each.added_at, "fresh": fresh} for each in piece]
        await upsert(tx, LIKED, rows)


async def fresh(tx: Tx, member: int) -> list[str]:
    """Return the likes that the watch has not sorted yet, oldest first."""
    query = select(LIKED.c.song).where(LIKED.c.member == member, LIKED.c.fresh).order_by(LIKED.c.added_at)
    return list((await tx.execute(query)).scalars())


async def settle(tx: Tx, member: int) -> None:
    """The fresh likes were seen to."""
    await tx.execute(update(LIKED).where(LIKED.c.member == member, LIKED.c.fresh).values(fresh=False))


async def stamp(tx: Tx, member: int) -> tuple[int, datetime | None, datetime | None]:
    """Return something that differs whenever the library or what is known of its songs does."""
    likes = select(func.count(), func.max(LIKED.c.added_at)).where(LIKED.c.member == member)
    known = select(func.max(FEATURE.c.at)).where(FEATURE.c.owner.in_((schema.OPERATOR, member)))
    count, newest = (await tx.execute(likes)).one()
    return count, newest, (await tx.execute(known)).scalar_one()


async def unlike(tx: Tx, member: int, ids: Iterable[str]) -> None:
    for piece in chunks(ids):
        await tx.execute(delete(LIKED).where(LIKED.c.member == member, LIKED.c.song.in_(piece)))


async def forget_unused(tx: Tx) -> None:
    """Delete songs that nobody's library, playlist or prompt holds any more."""
    holders = (schema.liked, schema.content, schema.prompt, schema.card, schema.answer, schema.change)
    await tx.execute(delete(SONG).where(*(~exists().where(table.c.song == SONG.c.song) for table in holders)))


async def save_features(tx: Tx, owner: int, source: str, known: Mapping[str, SongFeatures], now: datetime) -> None:
    """Keep what `source` says of songs (by song id, or "isrc:…"), for one member or for OPERATOR."""
    rows = [_feature_row(owner, source, song, features, now) for song, features in known.items()]
    for piece in chunks(rows):
        await upsert(tx, FEATURE, piece)


def _feature_row(owner: int, source: str, song: str, features: SongFeatures, now: datetime) -> dict[str, Any]:
    sets = {name: sorted(tokens) for name, tokens in features.sets.items()}
    return {
        "owner": owner,
        "song": song,
        "source": source,
        "numbers": dict(features.numbers),
        "sets": sets,
        "at": now,
    }


async def features(tx: Tx, member: int, songs: Sequence[Song]) -> dict[str, SongFeatures]:
    """Return what is known of `songs` for this member: their own file's values before the operator's."""
    known = await _known(tx, member, {key for each in songs for key in _keys(each)})
    return {each.song: _merged([row for key in _keys(each) for row in known.get(key, ())]) for each in songs}


def _keys(song: Song) -> list[str]:
    return [song.song] if song.isrc is None else [song.song, f"isrc:{song.isrc}"]


async def _known(tx: Tx, member: int, keys: set[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for piece in chunks(keys):
        query = select(FEATURE).where(FEATURE.c.owner.in_((schema.OPERATOR, member)), FEATURE.c.song.in_(piece))
        for row in await tx.execute(query.order_by(FEATURE.c.owner, FEATURE.c.source)):
            found.setdefault(row.song, []).append(row)
    return found


def _merged(rows: list[Any]) -> SongFeatures:
    """Merge rows name by name; a member's own row (owner above OPERATOR) comes last and wins."""
    numbers: dict[str, float] = {}
    sets: dict[str, frozenset[str]] = {}
    provenance: dict[str, str] = {}
    for row in sorted(rows, key=lambda each: (each.owner != schema.OPERATOR, each.source)):
        numbers |= row.numbers
        sets |= {name: frozenset(tokens) for name, tokens in row.sets.items()}
        provenance |= dict.fromkeys((*row.numbers, *row.sets), row.source)
    return SongFeatures(numbers, sets, provenance)
