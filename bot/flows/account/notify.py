"""Notify: what members are told, when and where. Answers to requests come at once; updates follow their settings."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal
from zoneinfo import available_timezones

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members, notices
from bot.adapters.store.rows import chunks
from bot.core.jobs import Job
from bot.core.notices import NoticeKind
from bot.core.quiet import is_quiet
from bot.core.records import Member, Notice, Work
from bot.errors import CratekeeperError
from bot.errors.account import BadDailyCap, BadTimeZone, NoUpdateChannel
from bot.errors.spotify import ConsentEnded
from bot.errors.stored import dumped
from bot.flows.account.link import CONSENT, days_left
from bot.flows.attempt import attempt

Tell = Callable[[Sequence[Notice]], Awaitable[bool]]  # to one member, in one message; False if no channel was open
Ends = Callable[[Tx], Awaitable[None]]
WARN_DAYS = (14, 2)  # before a consent ends (promise P8)
MOST_A_DAY = 48  # updates
CAPPED = timedelta(days=1)  # in which a member gets no more updates than they want
ENDED = 0  # instead of days: the member knows that it has ended


@dataclass(frozen=True, slots=True)
class UpdateRules:
    """Where updates go, how many a day, the quiet hours and their time zone; None keeps what was set before."""

    where: Literal["dm", "channel", "off"] | None = None
    channel: int | None = None
    cap: int | None = None
    quiet: tuple[int, int] | None = None
    time_zone: str | None = None


async def set_rules(store: Store, member: int, rules: UpdateRules, now: datetime) -> Member:
    """Change when and where a member gets updates. Raises NoUpdateChannel, BadDailyCap, BadTimeZone."""
    if rules.where == "channel" and rules.channel is None:
        raise NoUpdateChannel
    if rules.cap is not None and not 1 <= rules.cap <= MOST_A_DAY:
        raise BadDailyCap(MOST_A_DAY)
    if rules.time_zone is not None and rules.time_zone not in available_timezones():
        raise BadTimeZone
    since, until = rules.quiet or (None, None)
    values = {
        "updates": rules.where,
        "updates_channel": rules.channel,
        "daily_cap": rules.cap,
        "quiet_from": since if since is None else since % 24,
        "quiet_to": until if until is None else until % 24,
        "time_zone": rules.time_zone,
    }
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        if given := {name: value for name, value in values.items() if value is not None}:
            await members.change(tx, member, **given)
        return await members.ensure(tx, member, now)


async def known(store: Store, member: int) -> Member | None:
    """Return a member's settings; None if we don't know them, or no longer do."""
    async with store.reading() as tx:
        return await members.get(tx, member)


async def mute(store: Store, member: int, until: datetime | None, now: datetime) -> None:
    """Hold updates until then; they're sent afterwards, in one message."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, muted_until=until)


async def owed(store: Store, now: datetime) -> dict[int, datetime]:
    """Return the members with waiting notices, and since when the oldest has waited.

    Those who may only be told later, after their quiet hours for example, aren't among them: they may be thousands.
    """
    async with store.reading() as tx:
        waiting = await notices.waiting(tx)
        oldest = {notice.member: notice.created_at for notice in reversed(waiting)}
        asked = {notice.member for notice in waiting if notice.kind != NoticeKind.UPDATE}
        for piece in chunks(oldest.keys() - asked):
            known = await members.several(tx, piece)
            sent = await notices.sent_to_each(tx, piece, now - CAPPED, NoticeKind.UPDATE)
            for member in known.values():
                if member.updates != "off" and not may_update(member, sent[member.member], now):
                    del oldest[member.member]
    return oldest


async def ending(store: Store, now: datetime) -> list[int]:
    """Return how many days are left of each consent that ends soon enough for a warning."""
    async with store.reading() as tx:
        left = [days_left(account, now) for account in await members.accounts(tx) if account.tokens]
    return [days for days in left if days <= max(WARN_DAYS)]


async def deliver(store: Store, tell: Tell, now: datetime, member: int | None = None) -> int:
    """Send what may be sent now, to everyone or one member; return how many messages were sent.

    Each is sent on its own: one that fails or waits delays no other. Updates that were held come in one message, so
    there are never more of those a day than the member wants.
    """
    async with store.reading() as tx:
        waiting = await notices.waiting(tx, member)
    groups: dict[int, list[Notice]] = {}
    for notice in waiting:
        groups.setdefault(notice.member, []).append(notice)
    return sum(await asyncio.gather(*(_deliver(store, tell, *group, now) for group in groups.items())))


async def _deliver(store: Store, tell: Tell, owner: int, waiting: list[Notice], now: datetime) -> int:
    sent = 0
    for together in await _ready(store, owner, waiting, now):
        work = Work("notice", together[0].notice, owner)
        sent += await attempt(store, work, partial(_tell, store, tell, together, now), now)
    return sent


async def _ready(store: Store, owner: int, waiting: list[Notice], now: datetime) -> list[list[Notice]]:
    """Return what the member may be told now, by message; updates they don't want are marked as sent."""
    async with store.reading() as tx:
        member = await members.get(tx, owner)
        sent_today = await notices.sent_since(tx, owner, now - CAPPED, NoticeKind.UPDATE)
    if member is None:
        return []
    updates = [notice for notice in waiting if notice.kind == NoticeKind.UPDATE]
    ready = [[notice] for notice in waiting if notice.kind != NoticeKind.UPDATE]
    if updates and may_update(member, sent_today, now):
        return [*ready, updates]
    if member.updates == "off":
        await _mark(store, updates, now)
    return ready


async def _tell(store: Store, tell: Tell, together: Sequence[Notice], now: datetime) -> None:
    told, numbers = await tell(together), [notice.notice for notice in together]
    async with store.writing() as tx:
        await (notices.mark_sent(tx, numbers, now) if told else notices.mark_tried(tx, numbers))


async def _mark(store: Store, updates: list[Notice], now: datetime) -> None:
    async with store.writing() as tx:
        await notices.mark_sent(tx, [notice.notice for notice in updates], now)


def may_update(member: Member, sent_today: int, now: datetime) -> bool:
    """Whether an update may be sent now: not off, muted, over the cap, or in the quiet hours."""
    muted = member.muted_until is not None and member.muted_until > now
    return member.updates != "off" and not muted and sent_today < member.daily_cap and not is_quiet(member, now)


async def warn_of_consent(store: Store, now: datetime) -> None:
    """Announce the end of each consent, 14 and 2 days before, once each."""
    async with store.reading() as tx:
        ending = [
            account.member
            for days, warned in zip(WARN_DAYS, (None, *WARN_DAYS), strict=False)
            for account in await members.consent_before(tx, now + timedelta(days=days + 1) - CONSENT, warned)
        ]
    for member in ending:
        await _warn(store, member, now)


async def _warn(store: Store, member: int, now: datetime) -> None:
    """Announce the end of a consent, unless it was renewed or announced meanwhile."""
    async with store.writing() as tx:
        account = await members.account(tx, member)
        left = days_left(account, now) if account is not None else max(WARN_DAYS) + 1
        due = [days for days in WARN_DAYS if left <= days]
        if account is not None and due and account.tokens and account.warned_days not in (due[-1], ENDED):
            await members.change_account(tx, member, warned_days=due[-1])
            await notices.add(tx, member, NoticeKind.CONSENT, {"days": left}, now)


async def consent_ends_in(store: Store, member: int, now: datetime) -> int | None:
    """Return the days until the member's consent ends; None if there's nothing to announce."""
    async with store.reading() as tx:
        account = await members.account(tx, member)
    if account is None or not account.tokens or days_left(account, now) > max(WARN_DAYS):
        return None
    return days_left(account, now)


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed. asked: whether its member waits for it; reference: as in the log, empty if it isn't there."""

    job: Job
    error: CratekeeperError
    asked: bool
    reference: str = ""


async def problem(store: Store, failure: Failure, now: datetime, ends: Ends | None = None) -> None:
    """Leave the member a notice about a job they asked for, or (once) about consent that has ended.

    ends: what else the failure ends, in the same transaction: after a crash in between, nobody would be told.
    """
    if ends is None and not (failure.asked or isinstance(failure.error, ConsentEnded)):
        return
    job, member = failure.job, failure.job.member
    body = {"error": dumped(failure.error), "reference": failure.reference, "job": job.kind, "about": job.argument}
    async with store.writing() as tx:
        if ends is not None:
            await ends(tx)
        ended = isinstance(failure.error, ConsentEnded) and await _consent_ended(tx, member)
        if (failure.asked or ended) and await members.get(tx, member) is not None:
            await notices.add(tx, member, NoticeKind.PROBLEM, body, now)


async def _consent_ended(tx: Tx, member: int) -> bool:
    """Mark that the member is told of their consent's end; return False if they know already."""
    account = await members.account(tx, member)
    if account is None or account.warned_days == ENDED:
        return False
    await members.change_account(tx, member, warned_days=ENDED)
    return True
