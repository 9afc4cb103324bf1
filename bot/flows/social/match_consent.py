"""Match consent: two members agree to compare their tastes. Both must say yes, and either can withdraw."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members, notices
from bot.adapters.store.social import people
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

OPEN_FOR = timedelta(days=7)  # a question; and the rest after a no


async def ask(store: Store, member: int, other: int, now: datetime) -> Agreement:
    """Ask for the other's consent; asked by them before, this is the reader's own. Raises BadChoice.

    What comes back is agreed where both have said yes, and else to be put to the other.
    """
    if member == other:
        raise Yourself
    async with store.writing() as tx:
        await _refuse_outsider(tx, member)
        await people.forget_questions(tx, now - OPEN_FOR)
        asked = await members.get(tx, other)
        if asked is None or asked.hidden:
            raise NotAskable
        if (standing := await _standing(tx, member, other, now)) is not None:
            return standing
        if await people.count_asked(tx, member, now - OPEN_FOR) >= limits.QUESTIONS_OPEN:
            raise QuestionsFull(limits.QUESTIONS_OPEN)
        if await people.count_asking(tx, member) >= limits.MATCHES:
            raise MatchesFull(limits.MATCHES)
        return await people.ask(tx, member, other, now)


async def _standing(tx: Tx, member: int, other: int, now: datetime) -> Agreement | None:
    """Return what both agreed to, or do with this; None where nothing stands between them.

    Raises BadChoice where the member has to wait.
    """
    found = await people.between(tx, member, other)
    if found is None or found.agreed_at is not None:
        return found
    if found.member == member:
        raise NotAskable if found.declined_at else AskedAlready
    return None if found.declined_at else await _agree(tx, found, now)


async def accept(store: Store, member: int, number: int, now: datetime) -> Agreement:
    """Say yes, and have the asker told. Raises NotYours for anybody but the one asked, BadChoice."""
    async with store.writing() as tx:
        question = await _question(tx, member, number, now)
        await _refuse_outsider(tx, member)
        if not await _shares(tx, question.member):
            raise QuestionOver
        return await _agree(tx, question, now)


async def asker(store: Store, member: int, number: int, now: datetime) -> int:
    """Return who put the open question to the member. Raises as `accept`."""
    async with store.reading() as tx:
        return (await _question(tx, member, number, now)).member


async def unask(store: Store, number: int) -> None:
    """Forget a question that couldn't be posted; it may be asked again at once."""
    async with store.writing() as tx:
        await people.unask(tx, number)


async def decline(store: Store, member: int, number: int, now: datetime) -> None:
    """Say no; the asker is not told, and may not ask again for a week. Raises as `accept`."""
    async with store.writing() as tx:
        question = await _question(tx, member, number, now)
        await people.change_agreement(tx, question.agreement, declined_at=now)


async def end(store: Store, member: int, number: int, now: datetime) -> None:
    """Take one's consent back: what both had, or a question of one's own. The other may not ask for a week.

    Raises BadChoice where there is nothing of the member's to end.
    """
    async with store.writing() as tx:
        found = await _of_both(tx, member, number)
        waits = found.beside(member) if found.agreed_at else found.member
        ended = {"member": waits, "other": found.beside(waits), "agreed_at": None, "declined_at": now}
        await people.change_agreement(tx, number, **ended)


async def agreements(store: Store, member: int, now: datetime) -> Sequence[Agreement]:
    """Return what the member agreed to, and their own open questions."""
    async with store.reading() as tx:
        return await people.agreements(tx, member, now - OPEN_FOR)


async def _refuse_outsider(tx: Tx, member: int) -> None:
    """Raises BadChoice for a member who shares nothing."""
    known = await members.get(tx, member)
    if known is None or not known.joined:
        raise NotJoined
    if known.hidden:
        raise Hidden


async def _shares(tx: Tx, member: int) -> bool:
    known = await members.get(tx, member)
    return known is not None and known.joined and not known.hidden


async def _question(tx: Tx, member: int, number: int, now: datetime) -> Agreement:
    """Return the open question that was put to the member. Raises NotYours, BadChoice."""
    found = await people.agreement(tx, number)
    if found is not None and found.other != member:
        raise QuestionForAnother
    if found is None or found.agreed_at or found.declined_at or found.asked_at <= now - OPEN_FOR:
        raise QuestionOver
    return found


async def in_force(tx: Tx, member: int, number: int) -> Agreement:
    """Return what the member and another agreed to. Raises BadChoice where it is over, or either shares nothing."""
    found = await _of_both(tx, member, number)
    if found.agreed_at is None or not all([await _shares(tx, each) for each in (found.member, found.other)]):
        raise MatchOver
    return found


async def _of_both(tx: Tx, member: int, number: int) -> Agreement:
    found = await people.agreement(tx, number)
    if found is None or member not in (found.member, found.other) or found.declined_at is not None:
        raise MatchOver
    return found


async def _agree(tx: Tx, question: Agreement, now: datetime) -> Agreement:
    await people.change_agreement(tx, question.agreement, agreed_at=now)
    await notices.add(tx, question.member, NoticeKind.MATCH, {"agreement": question.agreement}, now)
    found = await people.agreement(tx, question.agreement)
    assert found is not None  # noqa: S101 - it was just changed in this transaction
    return found
