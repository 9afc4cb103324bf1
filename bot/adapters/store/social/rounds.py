"""Rounds: their entries and votes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import added, count, every, keep_newest, one, upsert
from bot.adapters.store.social import reposts
from bot.core import limits
from bot.core.social.records import Round, RoundEntry, RoundState
from bot.core.social.rounds import RoundVote

ROUND, ENTRY, VOTE = schema.round_, schema.round_entry, schema.round_vote
OPEN = RoundState.ENTERING, RoundState.VOTING


async def add(tx: Tx, **values: Any) -> int:
    """Keep a round and return its number; the channel's oldest gives way."""
    number = await added(tx, ROUND, values)
    await keep_newest(tx, ROUND, limits.ROUNDS, ROUND.c.round, ROUND.c.channel == values["channel"])
    return number


async def get(tx: Tx, number: int) -> Round | None:
    return await one(tx, Round, select(ROUND).where(ROUND.c.round == number))


async def count_begun(tx: Tx, member: int, since: datetime) -> int:
    """Return how many rounds the member began since."""
    return await count(tx, ROUND.c.host == member, ROUND.c.created_at > since)


async def open_in(tx: Tx, channel: int) -> Round | None:
    """Return the round that is under way in a channel."""
    query = select(ROUND).where(ROUND.c.channel == channel, ROUND.c.state.in_(OPEN))
    return await one(tx, Round, query.limit(1))


async def last_in(tx: Tx, channel: int) -> Round | None:
    query = select(ROUND).where(ROUND.c.channel == channel).order_by(ROUND.c.round.desc())
    return await one(tx, Round, query.limit(1))


async def change(tx: Tx, number: int, **values: Any) -> None:
    await tx.execute(update(ROUND).where(ROUND.c.round == number).values(**values))


async def due(tx: Tx, now: datetime, begun: datetime) -> list[int]:
    """Return the rounds whose time is up, where everyone has voted, or whose channel hasn't been told their state.

    begun: rounds started since then are just being posted.
    """
    voted = select(VOTE.c.member).where(VOTE.c.round == ENTRY.c.round)
    waited_for = select(ENTRY.c.round_entry).where(ENTRY.c.round == ROUND.c.round, ENTRY.c.member.not_in(voted))
    up = or_(
        (ROUND.c.state == RoundState.ENTERING) & (ROUND.c.enter_until <= now),
        (ROUND.c.state == RoundState.VOTING) & ((ROUND.c.vote_until <= now) | ~waited_for.exists()),
        ROUND.c.told.is_(None) & (ROUND.c.created_at <= begun),
        ROUND.c.told.in_(OPEN) & (ROUND.c.told != ROUND.c.state),  # a round that was told to be over stays over
    )
    return list((await tx.execute(select(ROUND.c.round).where(up).order_by(ROUND.c.round))).scalars())


async def entries(tx: Tx, number: int) -> list[RoundEntry]:
    return await every(tx, RoundEntry, select(ENTRY).where(ENTRY.c.round == number).order_by(ENTRY.c.round_entry))


async def enter(tx: Tx, number: int, member: int, song: str, now: datetime) -> None:
    """Enter a song, replacing the member's earlier one."""
    await tx.execute(delete(ENTRY).where(ENTRY.c.round == number, ENTRY.c.member == member))
    await tx.execute(insert(ENTRY).values(round=number, member=member, song=song, at=now))


async def votes(tx: Tx, number: int) -> list[RoundVote]:
    rows = await tx.execute(select(VOTE.c.round_entry, VOTE.c.member).where(VOTE.c.round == number))
    return [RoundVote(row.round_entry, row.member) for row in rows]


async def vote(tx: Tx, number: int, member: int, chosen: Collection[int], now: datetime) -> None:
    """Save the member's votes, replacing their earlier ones."""
    await tx.execute(delete(VOTE).where(VOTE.c.round == number, VOTE.c.member == member))
    await upsert(tx, VOTE, [{"round_entry": entry, "member": member, "round": number, "at": now} for entry in chosen])


async def hidden(tx: Tx, ids: Collection[int]) -> set[int]:
    """Return which of some members are hidden."""
    query = select(schema.member.c.member).where(schema.member.c.member.in_(ids), schema.member.c.hidden)
    return set((await tx.execute(query)).scalars())


async def take_down(tx: Tx, host: int) -> None:
    """Have the messages deleted of the host's rounds that are under way: nobody can enter or vote any more."""
    begun = select(ROUND).where(ROUND.c.host == host, ROUND.c.state.in_(OPEN), ROUND.c.message.is_not(None))
    for row in (await tx.execute(begun)).all():
        await reposts.take_down(tx, row.channel, row.message)
