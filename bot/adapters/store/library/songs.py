"""Songs: their names, the libraries they're liked in, and their features.

A song's description has an origin (`core.library.merge.Origin`), and the higher one wins. Descriptions from a member's
file are kept apart (`own_songs`): functions that take a member return them to that member, the others never do.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from sys import intern
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, select, update

from bot.adapters.store import rows, schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.library import own_songs
from bot.adapters.store.rows import chunks, every, in_turns, record, upsert
from bot.core.features import SongFeatures
from bot.core.library.merge import Origin, Said, described, merge
from bot.core.records import Like, Song
from bot.core.vectors import pack, unpack

SONG, OWN, LIKED, FEATURE = schema.song, schema.own_song, schema.liked, schema.feature
LOOKUP, MATCH = schema.lookup, schema.match


async def save(tx: Tx, songs: Iterable[Song], now: datetime, by: Origin = Origin.SPOTIFY) -> None:
    """Store songs as everybody sees them. A song that says less loses nothing that was known."""
    for piece in chunks({song.song: song for song in songs}.values()):
        query = select(SONG).where(SONG.c.song.in_([song.song for song in piece]))
        kept = {row.song: (record(Song, row), Origin(row.origin)) for row in await tx.execute(query)}
        said = {song.song: described(*kept.get(song.song, (song, by)), song, by) for song in piece}
        new = {song: pair for song, pair in said.items() if kept.get(song) != pair}
        rows = [own_songs.columns(song) | {"origin": int(origin), "cached_at": now} for song, origin in new.values()]
        await upsert(tx, SONG, rows)
        renamed = [song for song, (after, _) in new.items() if song in kept and _renamed(kept[song][0], after)]
        if renamed:
            await _ask_anew(tx, renamed)
        await own_songs.promoted(tx, [song for song, _ in new.values()])


def _renamed(before: Song, after: Song) -> bool:
    """Whether its title or artists, by which sources were asked, have changed."""
    return (before.title, before.artists, before.isrc) != (after.title, after.artists, after.isrc)


async def _ask_anew(tx: Tx, ids: Sequence[str]) -> None:
    """Forget lookups by the songs' earlier names; the operator's corrections stay."""
    await _forget_lookups(tx, ids)
    await tx.execute(delete(MATCH).where(MATCH.c.song.in_(ids), MATCH.c.way != "operator"))


async def _forget_lookups(tx: Tx, ids: Sequence[str]) -> None:
    """Forget what sources, other than the operator's own tables, said of the songs for everybody."""
    looked_up = (FEATURE.c.owner == schema.OPERATOR, FEATURE.c.source.not_like("operator:%"))
    await tx.execute(delete(FEATURE).where(*looked_up, FEATURE.c.song.in_(ids)))
    await tx.execute(delete(LOOKUP).where(LOOKUP.c.owner == schema.OPERATOR, LOOKUP.c.song.in_(ids)))


async def get(tx: Tx, song: str, member: int = schema.OPERATOR) -> Song | None:
    """Return a song as everybody sees it, or as a member does."""
    return (await some(tx, [song], member)).get(song)


async def some(tx: Tx, ids: Iterable[str], member: int = schema.OPERATOR) -> dict[str, Song]:
    """Return those of `ids` that are known to everybody, or to a member."""
    known: list[Song] = []
    for piece in chunks(dict.fromkeys(ids)):
        shared = select(SONG.c.song).where(SONG.c.song.in_(piece))
        theirs = select(OWN.c.song).where(OWN.c.member == member, OWN.c.song.in_(piece))
        known += await every(tx, Song, own_songs.as_seen(shared.union(theirs).subquery(), member))
    return {song.song: song for song in known}


async def owned(tx: Tx, owner: int, ids: Sequence[str]) -> set[str]:
    """Return those of `ids` that everybody sees (OPERATOR), or that only this member's files describe."""
    shared = (await some(tx, ids)).keys()
    return set(shared) if owner == schema.OPERATOR else (await some(tx, ids, owner)).keys() - shared


async def is_own(tx: Tx, song: str) -> bool:
    """Whether any member's file describes the song."""
    return (await tx.execute(select(OWN.c.song).where(OWN.c.song == song).limit(1))).first() is not None


def _library(member: int) -> Select[Any]:
    return own_songs.as_seen(LIKED, member).where(LIKED.c.member == member)


async def library(tx: Tx, member: int) -> list[Song]:
    """Return the member's liked songs, newest first, as they see them."""
    return await every(tx, Song, _library(member).order_by(LIKED.c.added_at.desc().nulls_last(), LIKED.c.song))


async def public_library(tx: Tx, member: int) -> list[Song]:
    """Return the member's liked songs that everybody may see, newest first, as everybody sees them."""
    query = select(SONG).join(LIKED, LIKED.c.song == SONG.c.song).where(LIKED.c.member == member)
    return await every(tx, Song, query.order_by(LIKED.c.added_at.desc().nulls_last(), SONG.c.song))


async def search(tx: Tx, member: int, typed: str, limit: int) -> list[Song]:
    """Return liked songs whose title contains the typed text, for autocomplete."""
    title = own_songs.seen("title")
    matches = _library(member).where(title.icontains(typed, autoescape=True))
    return await every(tx, Song, matches.order_by(title).limit(limit))


async def liked(tx: Tx, member: int) -> dict[str, datetime | None]:
    rows = await tx.execute(select(LIKED.c.song, LIKED.c.added_at).where(LIKED.c.member == member))
    return {row.song: row.added_at async for row in in_turns(rows)}


async def liked_of(tx: Tx, member: int, ids: Iterable[str]) -> dict[str, datetime | None]:
    """Return those of `ids` that the member likes, with the moments they were liked."""
    liked_at: dict[str, datetime | None] = {}
    for piece in chunks(ids):
        query = select(LIKED.c.song, LIKED.c.added_at).where(LIKED.c.member == member, LIKED.c.song.in_(piece))
        liked_at |= {row.song: row.added_at for row in await tx.execute(query)}
    return liked_at


async def liked_since(tx: Tx, member: int, moment: datetime) -> list[datetime]:
    """Return the moments after `moment` at which the member liked a song."""
    return list(
        (
            await tx.execute(select(LIKED.c.added_at).where(LIKED.c.member == member, LIKED.c.added_at > moment))
        ).scalars()
    )


async def is_liked(tx: Tx, member: int, song: str) -> bool:
    return song in await liked_of(tx, member, [song])


async def count(tx: Tx, member: int) -> int:
    return (await tx.execute(select(func.count()).where(LIKED.c.member == member))).scalar_one()


async def like(tx: Tx, member: int, likes: Iterable[Like], now: datetime, *, fresh: bool = False) -> None:
    """Add likes from Spotify; songs already there take the new date. `fresh` ones wait to be sorted.

    A song that waits keeps waiting until it's settled.
    """
    likes = list(likes)
    await save(tx, (like.song for like in likes), now)
    await mark(tx, member, likes, fresh=fresh)


async def bring(tx: Tx, member: int, likes: Iterable[Like]) -> None:
    """Add likes from a member's file, which describes its songs for that member alone."""
    likes = list(likes)
    await own_songs.bring(tx, member, (like.song for like in likes))
    await mark(tx, member, likes)


async def mark(tx: Tx, member: int, likes: Sequence[Like], *, fresh: bool = False) -> None:
    """Add likes as `like` does, of songs that are stored."""
    for piece in chunks({like.song.song: like for like in likes}.values()):
        new = [{"song": like.song.song, "added_at": like.added_at} for like in piece]
        await tx.execute(_liking(tx.dialect.name), [{"member": member, "fresh": fresh, **row} for row in new])


@cache
def _liking(engine: str) -> rows.Insert:
    insert = rows.inserting(engine, LIKED)
    dated = func.coalesce(insert.excluded.added_at, LIKED.c.added_at)
    again = {"added_at": dated, "fresh": LIKED.c.fresh | insert.excluded.fresh}
    return insert.on_conflict_do_update(index_elements=["member", "song"], set_=again)


async def fresh(tx: Tx, member: int) -> list[str]:
    """Return the likes that aren't sorted yet, oldest first."""
    query = select(LIKED.c.song).where(LIKED.c.member == member, LIKED.c.fresh).order_by(LIKED.c.added_at.nulls_first())
    return list((await tx.execute(query)).scalars())


async def settle(tx: Tx, member: int, ids: Sequence[str]) -> None:
    """Mark up to CHUNK fresh likes as handled."""
    these = (LIKED.c.member == member, LIKED.c.song.in_(ids), LIKED.c.fresh)
    await tx.execute(update(LIKED).where(*these).values(fresh=False))


async def stamp(tx: Tx, member: int) -> tuple[int, datetime | None, datetime | None, datetime | None]:
    """Return a value that changes whenever the library or its features do."""
    likes = select(func.count(), func.max(LIKED.c.added_at)).where(LIKED.c.member == member)
    count, newest = (await tx.execute(likes)).one()
    return count, newest, await changed_at(tx, schema.OPERATOR), await changed_at(tx, member)


async def keep_newest(tx: Tx, member: int, most: int) -> None:
    """Delete the oldest likes beyond `most`."""
    await rows.keep_newest(tx, LIKED, most, LIKED.c.added_at, LIKED.c.member == member)


async def unlike(tx: Tx, member: int, ids: Iterable[str]) -> None:
    for piece in chunks(ids):
        await tx.execute(delete(LIKED).where(LIKED.c.member == member, LIKED.c.song.in_(piece)))


HOLDERS = (*own_songs.HOLDERS, schema.repost, schema.contribution, schema.round_entry)


def _unheld() -> ColumnElement[bool]:
    """Whether no member has the song any more."""
    return and_(*(~exists().where(table.c.song == SONG.c.song) for table in HOLDERS))


async def unused(tx: Tx, limit: int) -> list[str]:
    """Return songs that no member has any more."""
    return list((await tx.execute(select(SONG.c.song).where(_unheld()).limit(limit))).scalars())


async def forget(tx: Tx, ids: Sequence[str]) -> None:
    """Delete the songs that still have no member, and their lookups."""
    await tx.execute(delete(SONG).where(SONG.c.song.in_(ids), _unheld()))
    known = await some(tx, ids)
    gone = [song for song in ids if song not in known]
    await _forget_lookups(tx, gone)
    still = exists().where(OWN.c.song == MATCH.c.song)  # the operator may have assigned a file to an own song
    await tx.execute(delete(MATCH).where(MATCH.c.song.in_(gone), ~still))


def shared() -> Select[Any]:
    """Select the songs liked by members who joined the catalogue and aren't hidden: only those may be seen by others.

    A song that only members' files describe isn't among them.
    """
    known = SONG.alias("known")  # for use in queries over SONG
    joined = select(LIKED.c.song).join(schema.member, schema.member.c.member == LIKED.c.member)
    described = joined.join(known, known.c.song == LIKED.c.song)
    return described.where(schema.member.c.joined, ~schema.member.c.hidden)


async def save_features(tx: Tx, owner: int, source: str, known: Mapping[str, SongFeatures], now: datetime) -> None:
    """Store a source's features by song id or "isrc:…", for one member or OPERATOR, and mark them as new."""
    await keep_features(tx, owner, source, known, now)
    await mark_changed(tx, owner, now)


async def keep_features(tx: Tx, owner: int, source: str, known: Mapping[str, SongFeatures], now: datetime) -> None:
    """Store features; cached libraries stay valid until `mark_changed`."""
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
    """Return a row's values, so that only changes are written and count as new."""
    return row["numbers"], row["sets"], row["vectors"]


async def mark_changed(tx: Tx, owner: int, now: datetime) -> None:
    """Mark song features as changed for a member, or (OPERATOR) for everybody."""
    await upsert(tx, schema.news, {"owner": owner, "at": now})


async def changed_at(tx: Tx, owner: int) -> datetime | None:
    return (await tx.execute(select(schema.news.c.at).where(schema.news.c.owner == owner))).scalar_one_or_none()


async def newest_features(tx: Tx, member: int, within: Iterable[str]) -> datetime | None:
    """Return when any of these songs last got features for this member; by song id, not by ISRC."""
    newest: list[datetime] = []
    for piece in chunks(within):
        mine = (FEATURE.c.owner.in_((schema.OPERATOR, member)), FEATURE.c.song.in_(piece))
        last = (await tx.execute(select(func.max(FEATURE.c.at)).where(*mine))).scalar_one()
        newest += [last] if last else []
    return max(newest, default=None)


async def newest_in_library(tx: Tx, member: int) -> datetime | None:
    """Return when any of the member's liked songs last got features; by song id, not by ISRC."""
    query = select(func.max(FEATURE.c.at)).join(LIKED, LIKED.c.song == FEATURE.c.song)
    mine = (LIKED.c.member == member, FEATURE.c.owner.in_((schema.OPERATOR, member)))
    newest: datetime | None = (await tx.execute(query.where(*mine))).scalar_one()
    return newest


async def forget_features(tx: Tx, owner: int, source: str, songs: Iterable[str]) -> None:
    for piece in chunks(songs):
        these = (FEATURE.c.owner == owner, FEATURE.c.source == source, FEATURE.c.song.in_(piece))
        await tx.execute(delete(FEATURE).where(*these))


async def forget_said(tx: Tx, source: str, song: str) -> None:
    """Forget a source's features of a song, for every member."""
    await tx.execute(delete(FEATURE).where(FEATURE.c.source == source, FEATURE.c.song == song))


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
    """Return the features of `songs` for this member, merged by `core.library.merge`."""
    known = await _known(tx, member, {key for song in songs for key in _keys(song)})
    return await asyncio.to_thread(_merged, songs, known)


def _merged(songs: Sequence[Song], known: Mapping[str, Sequence[Said]]) -> dict[str, SongFeatures]:
    return {song.song: merge([said for key in _keys(song) for said in known.get(key, ())]) for song in songs}


def _keys(song: Song) -> list[str]:
    return [song.song] if song.isrc is None else [song.song, f"isrc:{song.isrc}"]


async def _known(tx: Tx, member: int, keys: set[str]) -> dict[str, list[Said]]:
    by_key: dict[str, list[Said]] = {}
    for piece in chunks(keys):
        query = select(FEATURE).where(FEATURE.c.owner.in_((schema.OPERATOR, member)), FEATURE.c.song.in_(piece))
        for row in await tx.execute(query):
            by_key.setdefault(row.song, []).append(said(row))
    return by_key


def said(row: Any) -> Said:
    """Return a row of features as a Said. Songs share the words: a library has far more of them than different ones."""
    numbers = {intern(name): value for name, value in row.numbers.items()}
    sets = {intern(name): frozenset(map(intern, tokens)) for name, tokens in row.sets.items()}
    source = intern(row.source)
    return Said(source, source in own_songs.BROUGHT, SongFeatures(numbers, sets, {}, unpack(row.vectors)))
