"""Songs, the libraries they are liked in, and what is known of how they sound."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, every, one, upsert
from bot.core.features import SongFeatures
from bot.core.merge import Said, merge
from bot.core.records import Like, Song
from bot.core.vectors import pack, unpack

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


async def stamp(tx: Tx, member: int) -> tuple[int, datetime | None, datetime | None, datetime | None]:
    """Return something that differs whenever the library or what is known of its songs does."""
    likes = select(func.count(), func.max(LIKED.c.added_at)).where(LIKED.c.member == member)
    count, newest = (await tx.execute(likes)).one()
    return count, newest, await told_at(tx, schema.OPERATOR), await told_at(tx, member)


async def unlike(tx: Tx, member: int, ids: Iterable[str]) -> None:
    for piece in chunks(ids):
        await tx.execute(delete(LIKED).where(LIKED.c.member == member, LIKED.c.song.in_(piece)))


async def forget_unused(tx: Tx) -> None:
    """Delete songs that nothing of anybody's holds any more, and what was looked up about them."""
    holders = (
        *(schema.liked, schema.content, schema.prompt, schema.card, schema.answer, schema.change),
        *(schema.shown, schema.repost, schema.contribution, schema.round_entry),
    )
    await tx.execute(delete(SONG).where(*(~exists().where(table.c.song == SONG.c.song) for table in holders)))
    gone = select(SONG.c.song)
    looked_up = (FEATURE.c.owner == schema.OPERATOR, FEATURE.c.source.not_like("operator:%"))
    await tx.execute(delete(FEATURE).where(*looked_up, FEATURE.c.song.not_in(gone)))
    for table in (schema.lookup, schema.match):
        await tx.execute(delete(table).where(table.c.song.not_in(gone)))
    unshared = ~shared().where(LIKED.c.song == schema.entry.c.song).exists()
    await tx.execute(delete(schema.entry).where(schema.entry.c.path.is_(None), unshared))


def shared() -> Select[Any]:
    """The songs that somebody who joined, and is not hidden, likes: those alone may be seen by others."""
    joined = select(LIKED.c.song).join(schema.member, schema.member.c.member == LIKED.c.member)
    return joined.where(schema.member.c.joined, ~schema.member.c.hidden)


async def save_features(tx: Tx, owner: int, source: str, known: Mapping[str, SongFeatures], now: datetime) -> None:
    """Keep what `source` says of songs (by song id, or "isrc:…"), for one member or for OPERATOR, and say it is new."""
    await keep_features(tx, owner, source, known, now)
    await tell(tx, owner, now)


async def keep_features(tx: Tx, owner: int, source: str, known: Mapping[str, SongFeatures], now: datetime) -> None:
    """Keep it for now; whoever has looked at the songs before goes on by what they saw, until `tell`."""
    rows = [_feature_row(owner, source, song, features, now) for song, features in known.items()]
    for piece in chunks(rows):
        here = (
            FEATURE.c.owner == owner,
            FEATURE.c.source == source,
            FEATURE.c.song.in_([row["song"] for row in piece]),
        )
        kept = {row.song: _content(row._mapping) for row in await tx.execute(select(FEATURE).where(*here))}
        await upsert(tx, FEATURE, [row for row in piece if kept.get(row["song"]) != _content(row)])


def _content(row: Any) -> tuple[Any, ...]:
    """What a row says: only what is new is written, and counts as new."""
    return row["numbers"], row["sets"], row["vectors"]


async def tell(tx: Tx, owner: int, now: datetime) -> None:
    """Note that what is known of songs has changed for a member, or (OPERATOR) for everybody."""
    await upsert(tx, schema.news, {"owner": owner, "at": now})


async def told_at(tx: Tx, owner: int) -> datetime | None:
    return (await tx.execute(select(schema.news.c.at).where(schema.news.c.owner == owner))).scalar_one_or_none()


async def newest_features(tx: Tx, member: int, within: Iterable[str]) -> datetime | None:
    """Return when something was last learnt about any of these songs for this member; by song id, not by ISRC."""
    newest: list[datetime] = []
    for piece in chunks(within):
        mine = (FEATURE.c.owner.in_((schema.OPERATOR, member)), FEATURE.c.song.in_(piece))
        found = (await tx.execute(select(func.max(FEATURE.c.at)).where(*mine))).scalar_one()
        newest += [found] if found else []
    return max(newest, default=None)


async def newest_in_library(tx: Tx, member: int) -> datetime | None:
    """Return when something was last learnt about any of the member's liked songs; by song id, not by ISRC."""
    query = select(func.max(FEATURE.c.at)).join(LIKED, LIKED.c.song == FEATURE.c.song)
    mine = (LIKED.c.member == member, FEATURE.c.owner.in_((schema.OPERATOR, member)))
    found: datetime | None = (await tx.execute(query.where(*mine))).scalar_one()
    return found


async def forget_features(tx: Tx, owner: int, source: str, songs: Iterable[str]) -> None:
    for piece in chunks(songs):
        these = (FEATURE.c.owner == owner, FEATURE.c.source == source, FEATURE.c.song.in_(piece))
        await tx.execute(delete(FEATURE).where(*these))


def _feature_row(owner: int, source: str, song: str, features: SongFeatures, now: datetime) -> dict[str, Any]:
    return {
        "owner": owner,
        "song": song,
        "source": source,
        "numbers": dict(features.numbers),
        "sets": {name: sorted(tokens) for name, tokens in features.sets.items()},
        "vectors": pack(features.embeddings),
        "at": now,
    }


async def features(tx: Tx, member: int, songs: Sequence[Song]) -> dict[str, SongFeatures]:
    """Return what is known of `songs` for this member, merged by `core.merge`."""
    known = await _known(tx, member, {key for each in songs for key in _keys(each)})
    return {each.song: merge([said for key in _keys(each) for said in known.get(key, ())]) for each in songs}


def _keys(song: Song) -> list[str]:
    return [song.song] if song.isrc is None else [song.song, f"isrc:{song.isrc}"]


async def _known(tx: Tx, member: int, keys: set[str]) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for piece in chunks(keys):
        query = select(FEATURE).where(FEATURE.c.owner.in_((schema.OPERATOR, member)), FEATURE.c.song.in_(piece))
        for row in await tx.execute(query):
            found.setdefault(row.song, []).append(_said(row))
    return found


def _said(row: Any) -> Said:
    sets = {name: frozenset(tokens) for name, tokens in row.sets.items()}
    return Said(row.source, row.owner != schema.OPERATOR, SongFeatures(row.numbers, sets, {}, unpack(row.vectors)))
