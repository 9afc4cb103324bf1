"""Match consent: two members agree to compare their tastes. Both must say yes, and either can withdraw."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members, notices
from bot.adapters.store.social import agreements as table
from bot.core import limits
from bot.core.notices import NoticeKind
from bot.core.social.records import Agreement
from bot.errors.social import (
    AskedAlready,
    Hidden,
    MatchesFull,
    MatchOver,
    NotAskable,
    NotJoined,
    QuestionForAnother,
    QuestionOver,
    QuestionsFull,
    Yourself,
)

OPEN_FOR = timedelta(days=7)  # a question; after a no, also the wait before another


async def ask(store: Store, member: int, other: int, now: datetime) -> Agreement:
    """Ask for the other's consent; if they asked first, this is the member's own yes. Raises BadChoice.

    The returned agreement holds if both have said yes; otherwise it's a question to the other.
    """
    if member == other:
        raise Yourself
    async with store.writing() as tx:
        await _refuse_outsider(tx, member)
        await table.forget_questions(tx, now - OPEN_FOR)
        asked = await members.get(tx, other)
        if asked is None or asked.hidden:
            raise NotAskable
        if (standing := await _standing(tx, member, other, now)) is not None:
            return standing
        if await table.count_asked(tx, member, now - OPEN_FOR) >= limits.QUESTIONS_OPEN:
            raise QuestionsFull(limits.QUESTIONS_OPEN)
        if await table.count_asking(tx, member) >= limits.MATCHES:
            raise MatchesFull(limits.MATCHES)
        return await table.ask(tx, member, other, now)


async def _standing(tx: Tx, member: int, other: int, now: datetime) -> Agreement | None:
    """Return what both agreed to, or agree to now; None if there's nothing between them.

    Raises NotAskable or AskedAlready if the member has to wait.
    """
    agreement = await table.between(tx, member, other)
    if agreement is None or agreement.agreed_at is not None:
        return agreement
    if agreement.member == member:
        raise NotAskable if agreement.declined_at else AskedAlready
    return None if agreement.declined_at else await _agree(tx, agreement, now)


async def accept(store: Store, member: int, number: int, now: datetime) -> Agreement:
    """Say yes, and have the asker told. Raises QuestionForAnother, QuestionOver, NotJoined, Hidden."""
    async with store.writing() as tx:
        question = await _question(tx, member, number, now)
        await _refuse_outsider(tx, member)
        if not await _shares(tx, question.member):
            raise QuestionOver
        return await _agree(tx, question, now)


async def asker(store: Store, member: int, number: int, now: datetime) -> int:
    """Return who asked the member. Raises QuestionForAnother, QuestionOver."""
    async with store.reading() as tx:
        return (await _question(tx, member, number, now)).member


async def unask(store: Store, number: int) -> None:
    """Forget a question that couldn't be posted; it may be asked again at once."""
    async with store.writing() as tx:
        await table.unask(tx, number)


async def decline(store: Store, member: int, number: int, now: datetime) -> None:
    """Say no; the asker isn't told, and can't ask again for a week. Raises QuestionForAnother, QuestionOver."""
    async with store.writing() as tx:
        question = await _question(tx, member, number, now)
        await table.change(tx, question.agreement, declined_at=now)


async def end(store: Store, member: int, number: int, now: datetime) -> None:
    """Withdraw the member's consent to a match, or their own question. The other can't ask for a week.

    Raises MatchOver if there's nothing of the member's to end.
    """
    async with store.writing() as tx:
        agreement = await _of_both(tx, member, number)
        waits = agreement.beside(member) if agreement.agreed_at else agreement.member
        ended = {"member": waits, "other": agreement.beside(waits), "agreed_at": None, "declined_at": now}
        await table.change(tx, number, **ended)


async def agreements(store: Store, member: int, now: datetime) -> Sequence[Agreement]:
    """Return what the member agreed to, and their own open questions."""
    async with store.reading() as tx:
        return await table.of_member(tx, member, now - OPEN_FOR)


async def _refuse_outsider(tx: Tx, member: int) -> None:
    """Raises NotJoined or Hidden for a member who shares nothing."""
    known = await members.get(tx, member)
    if known is None or not known.joined:
        raise NotJoined
    if known.hidden:
        raise Hidden


async def _shares(tx: Tx, member: int) -> bool:
    known = await members.get(tx, member)
    return known is not None and known.joined and not known.hidden


async def _question(tx: Tx, member: int, number: int, now: datetime) -> Agreement:
    """Return an open question to the member. Raises QuestionForAnother, QuestionOver."""
    question = await table.get(tx, number)
    if question is not None and question.other != member:
        raise QuestionForAnother
    if question is None or question.agreed_at or question.declined_at or question.asked_at <= now - OPEN_FOR:
        raise QuestionOver
    return question


async def in_force(tx: Tx, member: int, number: int) -> Agreement:
    """Return what the member and another agreed to. Raises MatchOver if it's over, or either shares nothing."""
    agreement = await _of_both(tx, member, number)
    both = (agreement.member, agreement.other)
    if agreement.agreed_at is None or not all([await _shares(tx, one) for one in both]):
        raise MatchOver
    return agreement


async def _of_both(tx: Tx, member: int, number: int) -> Agreement:
    agreement = await table.get(tx, number)
    if agreement is None or member not in (agreement.member, agreement.other) or agreement.declined_at is not None:
        raise MatchOver
    return agreement


async def _agree(tx: Tx, question: Agreement, now: datetime) -> Agreement:
    await table.change(tx, question.agreement, agreed_at=now)
    await notices.add(tx, question.member, NoticeKind.MATCH, {"agreement": question.agreement}, now)
    agreement = await table.get(tx, question.agreement)
    assert agreement is not None  # noqa: S101 - it was just changed in this transaction
    return agreement
