"""Attempt: run one piece of work on its own. Any exception ends here, so it never stops other work.

Failed work is retried, later each time. After five failures in a row it's set aside: `doctor` lists it with its log
reference, and its member is told once. It's retried once a day, and at each start.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx, setbacks
from bot.adapters.store.account import members, notices
from bot.adapters.store.setbacks import TRIES
from bot.core.notices import NoticeKind
from bot.core.records import Setback, Work
from bot.errors import ChatDown, ChatWaits, StoreBusy, StoreError, StoreFull, StoreShut

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST = timedelta(seconds=1), timedelta(minutes=5)  # before the next try; doubled each time
AGAIN = 5.0  # seconds between tries to store what nobody says again


async def attempt(store: Store, work: Work, do: Callable[[], Awaitable[object]], now: datetime) -> bool:
    """Do the work if it's due; return whether it succeeded. Raises only cancellation."""
    return await _guarded(store, work, do, now, TRIES)


async def keep_trying(store: Store, work: Work, do: Callable[[], Awaitable[object]], now: datetime) -> bool:
    """Do work that concerns everybody if it's due; return whether it succeeded. It's never set aside."""
    return await _guarded(store, work, do, now, None)


async def until_stored(do: Callable[[], Awaitable[object]]) -> None:
    """Store what nobody says again. While the store is away, busy or full, it's tried again and again."""
    while True:
        try:
            await do()
            return
        except (StoreBusy, StoreFull, StoreShut) as problem:
            log.warning("what can't be stored now is stored later: %s", problem)
            await asyncio.sleep(AGAIN)


async def _guarded(
    store: Store, work: Work, do: Callable[[], Awaitable[object]], now: datetime, most: int | None
) -> bool:
    try:
        async with store.reading() as tx:
            before = await setbacks.get(tx, work)
        if before is not None and (before.due > now or (most is not None and before.tries >= most)):
            return False
        await do()
        if before is not None:
            await succeeded(store, work)
    except Exception as error:
        await _note(store, work, error, now)
        return False
    return True


async def _note(store: Store, work: Work, error: Exception, now: datetime) -> None:
    """Log the failure and store it; if storing fails too, the log still has it."""
    try:
        if isinstance(error, ChatWaits):
            await wait(store, work, now + timedelta(seconds=error.seconds))
        elif not isinstance(error, ChatDown | StoreError):
            await failed(store, work, error, now)
            return
        level = logging.DEBUG if store.is_away else logging.WARNING  # the store has said so once
        log.log(level, "%s %d waits: %s", work.kind, work.subject, error)
    except Exception:
        log.exception("%s %d failed, and that could not be noted", work.kind, work.subject)


async def wait(store: Store, work: Work, until: datetime) -> None:
    """Leave the work alone until then, without counting a failure."""
    async with store.writing() as tx:
        before = await setbacks.get(tx, work) or _new(work, until)
        await setbacks.note(tx, work, replace(before, due=until))


async def failed(store: Store, work: Work, error: Exception, now: datetime, reference: str = "") -> None:
    """Record a failure, and log it unless `reference` says it's logged already."""
    if not reference:
        reference = secrets.token_hex(2)
        log.error("#%s %s %d failed", reference, work.kind, work.subject, exc_info=error)
    async with store.writing() as tx:
        before = await setbacks.get(tx, work) or _new(work, now)
        pause = min(LONGEST, FIRST_PAUSE * 2 ** min(before.tries, 10))
        setback = replace(before, tries=before.tries + 1, due=now + pause, reference=reference)
        if setback.tries >= TRIES and not setback.told:
            setback = replace(setback, told=await _tell(tx, work, reference, now))
        await setbacks.note(tx, work, setback)


def _new(work: Work, due: datetime) -> Setback:
    return Setback(work.kind, work.subject, work.member, 0, due, "", told=False)


async def _tell(tx: Tx, work: Work, reference: str, now: datetime) -> bool:
    """Tell the member once that their work was set aside, unless the work was that very notice."""
    if work.member is None or await members.get(tx, work.member) is None:
        return False
    about = await notices.get(tx, work.subject) if work.kind == "notice" else None
    if about is None or about.kind != NoticeKind.ASIDE:
        await notices.add(tx, work.member, NoticeKind.ASIDE, {"work": work.kind, "reference": reference}, now)
    return True


async def retry(store: Store, now: datetime) -> None:
    """Let everything that's set aside be tried again."""
    async with store.writing() as tx:
        await setbacks.retry(tx, now)


async def retry_old(store: Store, now: datetime) -> None:
    """Let work that was set aside a day ago be tried once more."""
    async with store.writing() as tx:
        await setbacks.retry_old(tx, now)


async def succeeded(store: Store, work: Work) -> None:
    """Forget the failures of work that was done by other means."""
    async with store.reading() as tx:
        before = await setbacks.get(tx, work)
    if before is not None:
        async with store.writing() as tx:
            await setbacks.clear(tx, work)
