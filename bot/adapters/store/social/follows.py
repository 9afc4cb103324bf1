"""Follows: who follows whom, and what those they follow reposted. Nobody sees anything of a hidden member."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, select

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import count, every, upsert
from bot.core.social.records import Reposted

PROFILE, FOLLOW, REPOST, MEMBER = schema.profile, schema.follow, schema.repost, schema.member


async def add(tx: Tx, member: int, followed: int, now: datetime) -> None:
    await upsert(tx, FOLLOW, {"member": member, "followed": followed, "at": now})


async def remove(tx: Tx, member: int, followed: int) -> bool:
    """Return whether the member had followed them."""
    gone = await tx.execute(delete(FOLLOW).where(FOLLOW.c.member == member, FOLLOW.c.followed == followed))
    return bool(gone.rowcount)


async def count_followed(tx: Tx, member: int, besides: int) -> int:
    """Return how many the member follows besides that one, whether they show something now or not."""
    return await count(tx, FOLLOW.c.member == member, FOLLOW.c.followed != besides)


async def remove_followers(tx: Tx, followed: int) -> None:
    await tx.execute(delete(FOLLOW).where(FOLLOW.c.followed == followed))


async def count_followers(tx: Tx, followed: int) -> int:
    query = select(func.count()).select_from(FOLLOW).join(MEMBER, MEMBER.c.member == FOLLOW.c.member)
    return (await tx.execute(query.where(FOLLOW.c.followed == followed, ~MEMBER.c.hidden))).scalar_one()


def _shows_reposts(member: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether they can be followed: they show their reposts and aren't hidden."""
    showing = select(PROFILE.c.member).join(MEMBER, MEMBER.c.member == PROFILE.c.member)
    return showing.where(PROFILE.c.member == member, PROFILE.c.reposts, ~MEMBER.c.hidden).exists()


def _followed(member: int) -> Select[Any]:
    return select(FOLLOW.c.followed).where(FOLLOW.c.member == member, _shows_reposts(FOLLOW.c.followed))


async def following(tx: Tx, member: int) -> list[int]:
    """Return who the member follows, oldest first."""
    return list((await tx.execute(_followed(member).order_by(FOLLOW.c.at, FOLLOW.c.followed))).scalars())


async def reposted_by(tx: Tx, member: int, server: int, limit: int) -> list[Reposted]:
    """Return what a member reposted in the server and shows, newest first."""
    return await _reposts(tx, and_(REPOST.c.member == member, _shows_reposts(REPOST.c.member)), server, limit)


async def reposted_for(tx: Tx, member: int, server: int, limit: int) -> list[Reposted]:
    """Return what the members they follow reposted in the server, without songs they dislike."""
    refused = select(schema.dislike.c.song).where(schema.dislike.c.member == member)
    return await _reposts(
        tx, and_(REPOST.c.member.in_(_followed(member)), REPOST.c.song.not_in(refused)), server, limit
    )


async def _reposts(tx: Tx, whose: ColumnElement[bool], server: int, limit: int) -> list[Reposted]:
    posted = select(REPOST).where(whose, REPOST.c.server == server, REPOST.c.message.is_not(None))
    return await every(tx, Reposted, posted.order_by(REPOST.c.at.desc(), REPOST.c.repost.desc()).limit(limit))
