"""The parts of upkeep: a store, a messenger, and a queue that only records."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from bot.adapters.parts import EVERYTHING, Part
from bot.adapters.store import Store
from bot.adapters.store.account import members, notices
from bot.core.jobs import Job
from bot.core.library.polling import Rhythm
from bot.core.notices import NoticeKind
from bot.core.records import Account, Notice
from bot.core.social.records import Repost, Takedown
from bot.flows.library.poll import Polls
from bot.flows.social.digest import Digest
from bot.messages import common
from bot.upkeep import Upkeep

ADA, BEN = 1001, 1002
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RHYTHM = Rhythm(shortest=timedelta(minutes=15), longest=6 * HOUR, daily=480)


def said(notice: Notice) -> str:
    """The notice's text, as the member reads it."""
    return common.set_aside(**notice.body) if notice.kind == NoticeKind.ASIDE else str(notice.body.get("text"))


class Messenger:
    """Delivers to everybody; raises for the notices in `failing`."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []
        self.waiting: list[int] = []  # members who wait for their likes to be read
        self.failing: dict[int, Exception] = {}  # by notice number
        self.silent: set[int] = set()  # members, channels and servers that never respond
        self.done: list[tuple[str, int]] = []  # what was done in channels

    def awaiting(self, kind: str) -> Sequence[int]:
        return self.waiting

    def awaits(self, member: int) -> bool:
        return False

    async def tell(self, waiting: Sequence[Notice]) -> bool:
        for notice in waiting:
            if notice.member in self.silent:
                await asyncio.Event().wait()
            if notice.notice in self.failing:
                raise self.failing[notice.notice]
            self.told.append((notice.member, said(notice)))
        return True

    async def take_down(self, takedown: Takedown) -> bool:
        await self._do("takedown", takedown.channel)
        return True

    async def find_repost(self, repost: Repost) -> int | None:
        await self._do("repost", repost.channel)
        return None

    async def digest(self, digest: Digest) -> None:
        await self._do("digest", digest.channel)

    async def _do(self, what: str, channel: int) -> None:
        if channel in self.silent:
            await asyncio.Event().wait()
        self.done.append((what, channel))

    async def crowd(self, server: int) -> int:
        return 9

    async def is_in(self, server: int, member: int) -> bool:
        return True

    async def turn_round(self, number: int) -> None: ...

    async def progress(self, member: int, kind: str, done: int, total: int) -> None:
        self.told.append((member, f"{done} of {total}"))


async def news(store: Store, now: datetime, **texts: int) -> list[int]:
    """Create a notice for each text's member. Returns the notice numbers."""
    async with store.writing() as tx:
        for text, member in texts.items():
            await members.ensure(tx, member, now)
            await notices.add(tx, member, NoticeKind.PROBLEM, {"text": text}, now)
        return [notice.notice for notice in await notices.waiting(tx)]


def upkeep(
    store: Store,
    messenger: Messenger,
    now: datetime,
    begun: list[tuple[str, int]],
    part: Part = EVERYTHING,
    polls: Polls | None = None,
    given_up: Sequence[Job] = (),
) -> Upkeep:
    """Upkeep on a real store, with a queue that only records what was enqueued."""

    async def enqueue(kind: str, member: int, argument: int = 0) -> None:
        begun.append((kind, member))

    async def nothing(*_: object) -> None: ...

    async def none(_: int) -> list[object]:
        return []

    async def stuck(member: int) -> list[Job]:
        return [job for job in given_up if job.member == member]

    services: Any = SimpleNamespace(
        store=store,
        clock=lambda: now,
        settings=SimpleNamespace(database_url=store.url),
        polls=polls or Polls(store, RHYTHM),
        models=SimpleNamespace(names=set),
        vault=None,
        backups=SimpleNamespace(is_due=lambda _: False),
        jobs=SimpleNamespace(
            enqueue=enqueue, pending=none, given_up=stuck, take_up=nothing, take_over=nothing, pull_in=nothing
        ),
        erasing=SimpleNamespace(start=nothing, tick=nothing),
        scorer=SimpleNamespace(take_unusable=set),
        priors=SimpleNamespace(current=lambda: None),
        sources=(),
        linking=SimpleNamespace(sweep=nothing),
    )
    return Upkeep(services, messenger, part)


async def until(true: Callable[[], bool]) -> None:
    """Wait for background work to make `true()` hold. Raises TimeoutError."""
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def linked(store: Store, member: int, now: datetime, app: str = "app") -> None:
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.save_account(tx, Account(member, app, f"key-{member}", "Name", b"sealed", now))
