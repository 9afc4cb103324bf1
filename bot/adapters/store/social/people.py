"""People: profiles, who follows whom, and who agreed to compare tastes.

Hidden members (`Member.hidden`) are in no answer here, whatever they chose to show.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update

from bot.adapters.store import schema
from bot.adapters.store.account import members
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import added, count, every, one, upsert
from bot.adapters.store.social import reposts
from bot.core import limits
from bot.core.social.records import Agreement, Profile, Reposted

PROFILE, FOLLOW, AGREEMENT = schema.profile, schema.follow, schema.agreement
REPOST, POSTED, MEMBER = schema.repost, schema.posted, schema.member


async def profile(tx: Tx, member: int) -> Profile:
    """Return what the member chose to show, for themselves; see `seen` for others. Nothing by default."""
    chosen = await one(tx, Profile, select(PROFILE).where(PROFILE.c.member == member))
    return chosen or Profile(member)


async def seen(tx: Tx, member: int) -> Profile:
    """Return what others see of the member: nothing if they're hidden."""
    query = select(PROFILE).join(MEMBER, MEMBER.c.member == PROFILE.c.member)
    shown = await one(tx, Profile, query.where(PROFILE.c.member == member, ~MEMBER.c.hidden))
    return shown or Profile(member)


async def save_profile(tx: Tx, profile: Profile, now: datetime) -> None:
    row = {"member": profile.member, "playlists": list(profile.playlists), "map": profile.map}
    await upsert(tx, PROFILE, row | {"reposts": profile.reposts, "at": now})


async def note_posted(tx: Tx, named: Iterable[int], channel: int, message: int) -> None:
    """Note that a message of ours names these members; it's deleted once one of them hides."""
    known = set(named)
    if await members.visible(tx, known) != known:
        await reposts.take_down(tx, channel, message)
        return
    await upsert(tx, POSTED, [{"message": message, "member": member, "channel": channel} for member in known])
    for member in known:
        await _take_down_oldest(tx, member)


async def _take_down_oldest(tx: Tx, member: int) -> None:
    """Have all but the newest messages that name the member deleted; ids of messages grow with time."""
    query = select(POSTED).where(POSTED.c.member == member).order_by(POSTED.c.message.desc()).offset(limits.NAMED)
    for row in (await tx.execute(query)).all():
        await _delete(tx, row.channel, row.message)


async def take_down(tx: Tx, member: int) -> None:
    """Have the messages deleted that name the member."""
    for row in (await tx.execute(select(POSTED).where(POSTED.c.member == member))).all():
        await _delete(tx, row.channel, row.message)


async def _delete(tx: Tx, channel: int, message: int) -> None:
    await reposts.take_down(tx, channel, message)
    await tx.execute(delete(POSTED).where(POSTED.c.message == message))


async def follow(tx: Tx, member: int, followed: int, now: datetime) -> None:
    await upsert(tx, FOLLOW, {"member": member, "followed": followed, "at": now})


async def unfollow(tx: Tx, member: int, followed: int) -> bool:
    """Return whether the member had followed them."""
    gone = await tx.execute(delete(FOLLOW).where(FOLLOW.c.member == member, FOLLOW.c.followed == followed))
    return bool(gone.rowcount)


async def count_following(tx: Tx, member: int, besides: int) -> int:
    """Return how many the member follows besides that one, whether they show something now or not."""
    return await count(tx, FOLLOW.c.member == member, FOLLOW.c.followed != besides)


async def drop_followers(tx: Tx, followed: int) -> None:
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


async def agreement(tx: Tx, number: int) -> Agreement | None:
    return await one(tx, Agreement, select(AGREEMENT).where(AGREEMENT.c.agreement == number))


async def between(tx: Tx, one_of_them: int, other: int) -> Agreement | None:
    """Return the agreement or question between two members, whoever asked."""
    pair = [(one_of_them, other), (other, one_of_them)]
    these = or_(*(and_(AGREEMENT.c.member == asker, AGREEMENT.c.other == asked) for asker, asked in pair))
    return await one(tx, Agreement, select(AGREEMENT).where(these).order_by(AGREEMENT.c.agreement.desc()).limit(1))


async def ask(tx: Tx, member: int, other: int, now: datetime) -> Agreement:
    """Save the question, replacing any earlier one between the two."""
    if (earlier := await between(tx, member, other)) is not None:
        await tx.execute(delete(AGREEMENT).where(AGREEMENT.c.agreement == earlier.agreement))
    number = await added(tx, AGREEMENT, {"member": member, "other": other, "asked_at": now})
    return Agreement(number, member, other, now)


async def unask(tx: Tx, number: int) -> None:
    """Delete a question that has no answer."""
    open_ = AGREEMENT.c.agreed_at.is_(None) & AGREEMENT.c.declined_at.is_(None)
    await tx.execute(delete(AGREEMENT).where(AGREEMENT.c.agreement == number, open_))


async def change_agreement(tx: Tx, number: int, **values: Any) -> None:
    await tx.execute(update(AGREEMENT).where(AGREEMENT.c.agreement == number).values(**values))


async def count_asked(tx: Tx, member: int, since: datetime) -> int:
    """Return how many of the member's questions since then weren't accepted."""
    asked = (AGREEMENT.c.member == member, AGREEMENT.c.agreed_at.is_(None), AGREEMENT.c.asked_at > since)
    return await count(tx, *asked)


async def count_asking(tx: Tx, member: int) -> int:
    """Return how many of the member's questions were accepted or are open."""
    return await count(tx, AGREEMENT.c.member == member, AGREEMENT.c.declined_at.is_(None))


async def forget_questions(tx: Tx, until: datetime) -> None:
    """Delete questions that were asked, and those that were declined, by then."""
    over = func.coalesce(AGREEMENT.c.declined_at, AGREEMENT.c.asked_at) <= until
    await tx.execute(delete(AGREEMENT).where(AGREEMENT.c.agreed_at.is_(None), over))


async def agreements(tx: Tx, member: int, since: datetime) -> Sequence[Agreement]:
    """Return what the member agreed to, and their unanswered questions since then; none with hidden members."""
    beside = select(MEMBER.c.member).where(~MEMBER.c.hidden)
    visible = and_(AGREEMENT.c.member.in_(beside), AGREEMENT.c.other.in_(beside))
    own = (AGREEMENT.c.member == member, AGREEMENT.c.asked_at > since)
    agreed = and_(AGREEMENT.c.agreed_at.is_not(None), or_(AGREEMENT.c.member == member, AGREEMENT.c.other == member))
    theirs = or_(agreed, and_(*own, AGREEMENT.c.declined_at.is_(None)))
    return await every(tx, Agreement, select(AGREEMENT).where(visible, theirs).order_by(AGREEMENT.c.agreement))
