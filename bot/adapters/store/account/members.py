"""Members and their accounts."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from bot.adapters.store import schema
from bot.adapters.store.engine import Tx
from bot.adapters.store.rows import chunks, count, every, one, upsert
from bot.core.records import Account, Member, NextPoll
from bot.errors import NotLinked

MEMBER, ACCOUNT, APP = schema.member, schema.account, schema.app
Find = Callable[[Tx, int, datetime], Awaitable[Member]]  # `ensure` or `still`


async def get(tx: Tx, member: int) -> Member | None:
    return await one(tx, Member, select(MEMBER).where(MEMBER.c.member == member))


async def several(tx: Tx, numbers: Iterable[int]) -> dict[int, Member]:
    """Return those of up to CHUNK members who are known, by their number."""
    known = await every(tx, Member, select(MEMBER).where(MEMBER.c.member.in_(numbers)))
    return {member.member: member for member in known}


async def ensure(tx: Tx, member: int, now: datetime) -> Member:
    """Return the member, created with defaults if they're new."""
    if await get(tx, member) is None:
        await tx.execute(insert(MEMBER).values(member=member, created_at=now))
    known = await get(tx, member)
    assert known is not None  # noqa: S101 - the row was just written in this transaction
    return known


async def still(tx: Tx, member: int, _: datetime) -> Member:
    """Return a member who's known. Raises NotLinked if they deleted their data while they were being answered.

    In place of `ensure`, for what isn't a member's own message in Discord: it must not bring them back (promise P35).
    """
    known = await get(tx, member)
    if known is None:
        raise NotLinked
    return known


async def change(tx: Tx, member: int, **values: Any) -> None:
    await tx.execute(update(MEMBER).where(MEMBER.c.member == member).values(**values))


async def is_hidden(tx: Tx, member: int) -> bool:
    """Whether nobody may see anything of the member; False if they're unknown."""
    return (
        await tx.execute(select(MEMBER.c.member).where(MEMBER.c.member == member, MEMBER.c.hidden))
    ).first() is not None


async def visible(tx: Tx, among: Iterable[int]) -> set[int]:
    """Return those of the members who are known and not hidden."""
    visible_members: set[int] = set()
    for piece in chunks(among):
        query = select(MEMBER.c.member).where(MEMBER.c.member.in_(piece), ~MEMBER.c.hidden)
        visible_members |= {*(await tx.execute(query)).scalars()}
    return visible_members


async def due(tx: Tx, now: datetime, limit: int) -> list[NextPoll]:
    """Return members who are due for a poll, the longest overdue first.

    Those whose consent has ended aren't among them (promise P8).
    """
    at = MEMBER.c.next_poll_at  # asked twice, so that each answer comes from its index
    never = await every(tx, NextPoll, _next_polls().where(at.is_(None)).limit(limit))
    late = _next_polls().where(at <= now).order_by(at).limit(limit - len(never))
    return never + await every(tx, NextPoll, late)


async def next_polls(tx: Tx, numbers: Iterable[int]) -> list[NextPoll]:
    """Return the next poll of each linked member among up to CHUNK `numbers`."""
    return await every(tx, NextPoll, _next_polls().where(MEMBER.c.member.in_(numbers)))


def _next_polls() -> Select[Any]:
    told = (MEMBER.c.member, MEMBER.c.next_poll_at, MEMBER.c.turn_at, MEMBER.c.polls)
    linked = select(*told, ACCOUNT.c.client_id, ACCOUNT.c.poll_pause, APP.c.free_at, APP.c.stretch).join(
        ACCOUNT, ACCOUNT.c.member == MEMBER.c.member
    )
    of_apps = linked.join(APP, APP.c.client_id == ACCOUNT.c.client_id, isouter=True)
    return of_apps.where(ACCOUNT.c.tokens != b"")


async def plan_polls(tx: Tx, planned: Mapping[int, datetime], *, turns: bool = False) -> None:
    """Record when members are polled next; `turns`: they've reserved these moments."""
    at = bindparam("at", type_=schema.Moment)
    values = {"next_poll_at": at, "turn_at": at} if turns else {"next_poll_at": at}
    if planned:
        rows = [{"of": member, "at": moment} for member, moment in planned.items()]
        await tx.execute(update(MEMBER).where(MEMBER.c.member == bindparam("of")).values(values), rows)


async def demands(tx: Tx, client_ids: Iterable[str]) -> dict[str, float]:
    """Return how many polls a day the members of up to CHUNK Spotify apps would need, by how often they like songs."""
    wanted = select(ACCOUNT.c.client_id, func.sum(86_400.0 / ACCOUNT.c.poll_pause).label("polls"))
    wanted = wanted.where(ACCOUNT.c.client_id.in_(client_ids)).group_by(ACCOUNT.c.client_id)
    return {row.client_id: float(row.polls or 0) for row in await tx.execute(wanted)}


async def keep_apps(tx: Tx, free_at: Mapping[str, datetime], stretch: Mapping[str, float]) -> None:
    """Record when each app's next poll would be due, and how much its members' pauses are stretched."""
    rows = [{"client_id": app, "free_at": at, "stretch": stretch[app]} for app, at in free_at.items()]
    await upsert(tx, APP, rows)


async def with_likes(tx: Tx) -> list[int]:
    """Return the members with liked songs, from an account or a file."""
    return list((await tx.execute(select(schema.liked.c.member).distinct())).scalars())


async def with_source(tx: Tx, source: str) -> list[int]:
    """Return the members whose library comes from that source."""
    return list((await tx.execute(select(MEMBER.c.member).where(MEMBER.c.source == source))).scalars())


async def importing(tx: Tx) -> dict[int, str]:
    """Return the members whose import hasn't finished, with their file's name."""
    query = select(MEMBER.c.member, MEMBER.c.importing).where(MEMBER.c.importing.is_not(None))
    return {row.member: row.importing for row in await tx.execute(query)}


async def teachers(tx: Tx) -> list[int]:
    """Return the members whose answers may train the prior."""
    return list((await tx.execute(select(MEMBER.c.member).where(MEMBER.c.teaches).order_by(MEMBER.c.member))).scalars())


async def note_taught(tx: Tx, version: str, taught_by: Iterable[int]) -> None:
    """Record whom the prior of that version was trained on; everybody else is cleared."""
    await tx.execute(update(MEMBER).where(MEMBER.c.taught.is_not(None)).values(taught=None))
    for piece in chunks(taught_by):
        await tx.execute(update(MEMBER).where(MEMBER.c.member.in_(piece)).values(taught=version))


async def count_taught(tx: Tx, version: str) -> int:
    """Return how many members that the prior of that version was trained on still consent."""
    return await count(tx, MEMBER.c.taught == version, MEMBER.c.teaches)


async def account(tx: Tx, member: int) -> Account | None:
    return await one(tx, Account, select(ACCOUNT).where(ACCOUNT.c.member == member))


async def is_still(tx: Tx, account: Account) -> bool:
    """Whether its member is still linked to that Spotify account, and to no other."""
    current = await one(tx, Account, select(ACCOUNT).where(ACCOUNT.c.member == account.member))
    return current is not None and current.user_key == account.user_key


async def songs_read(tx: Tx, numbers: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return how many of how many likes are read, for those of up to CHUNK members whose likes are being read."""
    query = select(ACCOUNT.c.member, ACCOUNT.c.songs_read, ACCOUNT.c.songs_to_read)
    rows = await tx.execute(query.where(ACCOUNT.c.member.in_(numbers), ACCOUNT.c.songs_read.is_not(None)))
    return {row.member: (row.songs_read, row.songs_to_read) for row in rows}


async def accounts(tx: Tx) -> list[Account]:
    return await every(tx, Account, select(ACCOUNT))


async def with_ended_consent(tx: Tx, among: Iterable[int]) -> set[int]:
    """Return those of the members whose consent has ended: what they asked for waits until they link again."""
    ended: set[int] = set()
    for piece in chunks(set(among)):
        query = select(ACCOUNT.c.member).where(ACCOUNT.c.member.in_(piece), ACCOUNT.c.tokens == b"")
        ended |= {*(await tx.execute(query)).scalars()}
    return ended


async def consent_before(tx: Tx, moment: datetime, warned: int | None) -> list[Account]:
    """Return the linked accounts with consent from before then, last warned that many days before its end, or never."""
    given = (ACCOUNT.c.warned_days == warned, ACCOUNT.c.consented_at < moment, ACCOUNT.c.tokens != b"")
    return await every(tx, Account, select(ACCOUNT).where(*given))


async def sealed_after(tx: Tx, member: int, limit: int) -> list[Account]:
    """Return the next accounts with sealed tokens, in the order of their members."""
    statement = select(ACCOUNT).where(ACCOUNT.c.member > member, ACCOUNT.c.tokens != b"")
    return await every(tx, Account, statement.order_by(ACCOUNT.c.member).limit(limit))


async def count_linked(tx: Tx) -> int:
    """Return how many members have a linked account whose consent hasn't ended."""
    return await count(tx, ACCOUNT.c.tokens != b"")


async def any_sealed(tx: Tx) -> bool:
    """Whether the vault's keys are needed to read any stored value."""
    return (await tx.execute(select(ACCOUNT.c.member).where(ACCOUNT.c.tokens != b"").limit(1))).first() is not None


async def save_account(tx: Tx, account: Account) -> None:
    await upsert(tx, ACCOUNT, {name: getattr(account, name) for name in Account.__slots__})


async def change_account(tx: Tx, member: int, **values: Any) -> None:
    await tx.execute(update(ACCOUNT).where(ACCOUNT.c.member == member).values(**values))


async def delete_account(tx: Tx, member: int) -> None:
    await tx.execute(delete(ACCOUNT).where(ACCOUNT.c.member == member))
