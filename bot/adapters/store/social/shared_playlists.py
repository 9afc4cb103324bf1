"""Shared playlists: who added each song, and who votes to keep or drop it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import added, chunks, count, every, keep_newest, one, upsert
from bot.core import limits
from bot.core.social.shared_playlists import Brought, KeepVote, Removal, Shared, SongState

UNWRITTEN = {"state": SongState.WANTED, "sent_at": None, "sends": 0, "problem": None, "shown_as": None}
SHARED, PARTNER, BROUGHT, VOTE = schema.shared, schema.partner, schema.contribution, schema.vote
REMOVAL = schema.removal


async def make(tx: Tx, name: str, host: int, server: int | None, now: datetime) -> int:
    return await added(tx, SHARED, {"name": name, "host": host, "server": server, "created_at": now})


async def get(tx: Tx, shared: int) -> Shared | None:
    return await one(tx, Shared, select(SHARED).where(SHARED.c.shared == shared))


async def change(tx: Tx, shared: int, **values: Any) -> None:
    await tx.execute(update(SHARED).where(SHARED.c.shared == shared).values(**values))


async def reachable(tx: Tx, member: int, server: int | None) -> list[Shared]:
    """Return the server's playlists, those of the member's groups, and those they host, oldest first."""
    partners = select(PARTNER.c.shared).where(PARTNER.c.member == member)
    theirs = and_(SHARED.c.server.is_(None), SHARED.c.shared.in_(partners))
    here = [SHARED.c.server == server] if server is not None else []
    query = select(SHARED).where(or_(*here, theirs, SHARED.c.host == member))
    return await every(tx, Shared, query.order_by(SHARED.c.shared))


async def naming(tx: Tx, member: int) -> list[Shared]:
    """Return the playlists that the member's name is in, oldest first; they may have left the server of one."""
    partners = select(PARTNER.c.shared).where(PARTNER.c.member == member)
    return await every(tx, Shared, select(SHARED).where(SHARED.c.shared.in_(partners)).order_by(SHARED.c.shared))


async def hosted(tx: Tx, member: int | None = None) -> list[Shared]:
    """Return what the member hosts, or what anyone does."""
    query = select(SHARED).where(SHARED.c.host.is_not(None)).order_by(SHARED.c.shared)
    return await every(tx, Shared, query if member is None else query.where(SHARED.c.host == member))


async def count_going(tx: Tx, server: int) -> int:
    """Return how many of the server's playlists haven't ended."""
    return await count(tx, SHARED.c.server == server, SHARED.c.ended_at.is_(None))


async def count_groups(tx: Tx, member: int) -> int:
    """Return how many groups the member is in, ended ones included."""
    here = (PARTNER.c.shared == SHARED.c.shared, SHARED.c.server.is_(None))
    return await count(tx, PARTNER.c.member == member, *here)


async def join(tx: Tx, shared: int, member: int, now: datetime) -> None:
    await upsert(tx, PARTNER, {"shared": shared, "member": member, "at": now})


async def leave(tx: Tx, shared: int, member: int) -> bool:
    """Return whether the member was in."""
    here = (PARTNER.c.shared == shared, PARTNER.c.member == member)
    return bool((await tx.execute(delete(PARTNER).where(*here))).rowcount)


async def partners(tx: Tx, shared: int) -> frozenset[int]:
    members = await tx.execute(select(PARTNER.c.member).where(PARTNER.c.shared == shared))
    return frozenset(members.scalars())


async def remove_partner(tx: Tx, shared: int, member: int, by: int, now: datetime) -> None:
    """Remove a member from a group for good, and record who did it; the oldest record makes room."""
    await leave(tx, shared, member)
    await upsert(tx, REMOVAL, {"shared": shared, "member": member, "by": by, "at": now})
    await keep_newest(tx, REMOVAL, limits.SHARED_REMOVED, REMOVAL.c.at, REMOVAL.c.shared == shared)


async def let_back_in(tx: Tx, shared: int, member: int) -> None:
    """Let a removed member join again."""
    await tx.execute(delete(REMOVAL).where(REMOVAL.c.shared == shared, REMOVAL.c.member == member))


async def removals(tx: Tx, shared: int) -> list[Removal]:
    """Return who was removed, newest first."""
    return await every(
        tx, Removal, select(REMOVAL).where(REMOVAL.c.shared == shared).order_by(REMOVAL.c.at.desc(), REMOVAL.c.member)
    )


async def named(tx: Tx, shared: int) -> frozenset[int]:
    """Return the partners whose names may be shown: those who aren't hidden."""
    joined = select(PARTNER.c.member).join(schema.member, schema.member.c.member == PARTNER.c.member)
    visible = await tx.execute(joined.where(PARTNER.c.shared == shared, ~schema.member.c.hidden))
    return frozenset(visible.scalars())


async def bring(tx: Tx, shared: int, songs: Sequence[tuple[str, int | None]], now: datetime) -> None:
    """Put songs on record: (song, who added it), in that order. A removed song is added again."""
    rows = [
        {"shared": shared, "song": song, "brought_by": by, "at": now + timedelta(milliseconds=at), "dropped_at": None}
        for at, (song, by) in enumerate(songs)
    ]
    known = {brought.song: brought.state for brought in await record(tx, shared)}
    for piece in chunks(rows):
        await upsert(tx, BROUGHT, [row | {"state": known.get(str(row["song"]), SongState.WANTED)} for row in piece])


async def record(tx: Tx, shared: int) -> list[Brought]:
    """Return every song ever added, in that order, dropped ones included."""
    query = select(BROUGHT).where(BROUGHT.c.shared == shared).order_by(BROUGHT.c.at, BROUGHT.c.song)
    return await every(tx, Brought, query)


async def drop(tx: Tx, shared: int, song: str, dropped_at: datetime | None) -> None:
    """Drop a song, or (with None) let it stand again."""
    here = (BROUGHT.c.shared == shared, BROUGHT.c.song == song)
    await tx.execute(update(BROUGHT).where(*here).values(dropped_at=dropped_at))


async def note(tx: Tx, shared: int, brought: Sequence[Brought]) -> None:
    """Save what we know about songs in the host's playlist."""
    if brought:
        here = (BROUGHT.c.shared == shared, BROUGHT.c.song == bindparam("of"))
        known: dict[str, Any] = {name: bindparam(name) for name in UNWRITTEN}
        rows = [{"of": song.song} | {name: getattr(song, name) for name in UNWRITTEN} for song in brought]
        await tx.execute(update(BROUGHT).where(*here).values(**known), rows)


async def say(tx: Tx, shared: int, vote: KeepVote, now: datetime) -> None:
    """Save a vote; a member's newest counts."""
    await upsert(tx, VOTE, asdict(vote) | {"shared": shared, "at": now})


async def votes(tx: Tx, shared: int) -> list[KeepVote]:
    return await every(tx, KeepVote, select(VOTE).where(VOTE.c.shared == shared))


async def unhost(tx: Tx, shared: int) -> None:
    """Stop writing it anywhere."""
    await change(tx, shared, host=None, ref=None, making=False, snapshot=None, missed_at=None)
    await tx.execute(update(BROUGHT).where(BROUGHT.c.shared == shared).values(**UNWRITTEN))


async def close(tx: Tx, shared: int) -> None:
    """Stop writing one that ended; if nobody ever added a song, delete it."""
    await unhost(tx, shared)
    brought = select(BROUGHT.c.song).where(BROUGHT.c.shared == shared).exists()
    await tx.execute(delete(SHARED).where(SHARED.c.shared == shared, ~brought))
    await _forget_ended(tx, shared)


async def _forget_ended(tx: Tx, shared: int) -> None:
    """Delete the oldest of a server's ended playlists that aren't written anywhere, beyond the limit."""
    known = await get(tx, shared)
    if known is not None and known.server is not None:
        over = (SHARED.c.server == known.server, SHARED.c.ended_at.is_not(None), SHARED.c.host.is_(None))
        await keep_newest(tx, SHARED, limits.SHARED_ENDED, SHARED.c.ended_at, *over)


async def forget(tx: Tx, shared: int) -> None:
    """Delete a playlist."""
    await tx.execute(delete(SHARED).where(SHARED.c.shared == shared))
