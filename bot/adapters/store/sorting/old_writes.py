"""Old writes: those beyond a member's newest, which lose the lines that later ones supersede."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, bindparam, case, delete, exists, func, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import every
from bot.core import limits
from bot.core.sorting.writing.superseded import PastLine
from bot.core.sorting.writing.writes import ENDED, WriteKind

WRITE, CHANGE = schema.write, schema.change
UNDONE, UNDOING = schema.write.alias("undone"), schema.write.alias("undoing")
WHOLE = (WRITE.c.superseded.is_(None), WRITE.c.state.in_(ENDED))


async def due(tx: Tx, before: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (write, member) of writes that needn't be kept whole any longer and began before then, oldest first."""
    many = select(WRITE.c.member).where(*WHOLE).group_by(WRITE.c.member).having(func.count() > limits.WRITES)
    place = func.row_number().over(partition_by=WRITE.c.member, order_by=WRITE.c.write.desc())
    columns = (WRITE.c.write, WRITE.c.member, WRITE.c.created_at, place.label("place"))
    ranked = select(*columns).where(*WHOLE, WRITE.c.member.in_(many)).subquery()
    old = select(ranked.c.write, ranked.c.member).where(ranked.c.place > limits.WRITES, ranked.c.created_at < before)
    return [(row.write, row.member) for row in await tx.execute(old.order_by(ranked.c.write).limit(limit))]


async def songs(tx: Tx, write: int) -> list[tuple[int, str]]:
    """Return (playlist, song) of each line."""
    rows = await tx.execute(select(CHANGE.c.playlist, CHANGE.c.song).where(CHANGE.c.write == write).distinct())
    return [(row.playlist, row.song) for row in rows]


async def past(tx: Tx, write: int, playlist: int, songs: Collection[str]) -> list[PastLine]:
    """Return the lines about these songs in all writes that have ended; old are those of `write` and older ones."""
    columns = [CHANGE.c[name] for name in ("change", "write", "playlist", "song", "state", "problem")]
    undoes = case((UNDONE.c.superseded > 0, None), else_=WRITE.c.undoes).label("undoes")
    old = or_(WRITE.c.superseded.is_not(None), WRITE.c.write == write).label("old")
    joined = CHANGE.join(WRITE, WRITE.c.write == CHANGE.c.write).outerjoin(UNDONE, UNDONE.c.write == WRITE.c.undoes)
    here = (CHANGE.c.playlist == playlist, CHANGE.c.song.in_(songs), WRITE.c.state.in_(ENDED))
    return await every(
        tx, PastLine, select(*columns, undoes, old).select_from(joined).where(*here).order_by(CHANGE.c.change)
    )


async def forget(tx: Tx, lines: Sequence[PastLine]) -> None:
    """Delete lines, and note in their writes how many changes can't be undone any more.

    An undo that loses its last line goes with it: without lines, it would seem to have undone everything.
    """
    await tx.execute(delete(CHANGE).where(CHANGE.c.change.in_([line.change for line in lines])))
    lost = Counter(line.write for line in lines if line.carried_out)
    if lost:
        more = func.coalesce(WRITE.c.superseded, 0) + bindparam("more")
        rows: list[dict[str, Any]] = [{"of": write, "more": count} for write, count in lost.items()]
        await tx.execute(update(WRITE).where(WRITE.c.write == bindparam("of")).values(superseded=more), rows)
    emptied = (WRITE.c.write.in_({line.write for line in lines}), WRITE.c.kind == WriteKind.UNDO)
    referred = exists().where(UNDOING.c.undoes == WRITE.c.write)
    await tx.execute(delete(WRITE).where(*emptied, ~_has_lines(WRITE), ~referred))


async def looked_through(tx: Tx, write: int) -> None:
    """Note that a write has lost what it could."""
    seen = func.coalesce(WRITE.c.superseded, 0)
    await tx.execute(update(WRITE).where(WRITE.c.write == write).values(superseded=seen))


async def forget_empty(tx: Tx, member: int, limit: int) -> int:
    """Delete a member's old writes without lines, and what undid them; return how many."""
    still = or_(UNDOING.c.superseded.is_(None), _has_lines(UNDOING))
    kept = exists().where(UNDOING.c.undoes == WRITE.c.write, still)
    old = (WRITE.c.member == member, WRITE.c.superseded.is_not(None), WRITE.c.undoes.is_(None))
    empty = select(WRITE.c.write).where(*old, ~_has_lines(WRITE), ~kept).limit(limit)
    return int((await tx.execute(delete(WRITE).where(WRITE.c.write.in_(empty)))).rowcount)


def _has_lines(write: FromClause) -> ColumnElement[bool]:
    return exists().where(CHANGE.c.write == write.c.write)
