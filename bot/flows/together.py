"""Together: what arrives at the same time is done in one transaction, so a thousand clicks cost a few commits.

An answer is given only after the commit. If something can't be done together, each is done by itself, so that only what
is at fault fails.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from bot.adapters.store import Tx
from bot.errors import StoreError

A = TypeVar("A")
T = TypeVar("T")
MOST = 250  # in one transaction; more wait for the next


class Together(Generic[A, T]):
    """`work` answers everything that it's handed, in order: with a result, or with the error to raise there.

    transaction: `writing_first` or `reading` of a store.
    """

    def __init__(
        self,
        transaction: Callable[[], AbstractAsyncContextManager[Tx]],
        work: Callable[[Tx, Sequence[A]], Awaitable[Sequence[T | Exception]]],
    ) -> None:
        self._transaction, self._work = transaction, work
        self._waiting: list[tuple[A, asyncio.Future[T]]] = []
        self._working: asyncio.Task[None] | None = None

    async def do(self, asked: A) -> T:
        """Have it done with whatever else waits; return once that's committed. Raises its own error, or StoreError."""
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, told))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._do_all())
        return await told

    async def _do_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            answers = await self._committed([asked for asked, _ in batch])
            for (_, told), answer in zip(batch, answers, strict=True):
                _tell(told, answer)

    async def _committed(self, asked: Sequence[A]) -> Sequence[T | Exception]:
        try:
            async with self._transaction() as tx:
                answers = await self._work(tx, asked)
        except StoreError as error:
            return [error] * len(asked)
        except Exception as error:
            if len(asked) == 1:
                return [error]
            return [answer for each in asked for answer in await self._committed([each])]
        return answers


def _tell(told: "asyncio.Future[T]", answer: T | Exception) -> None:
    if told.done():  # nobody waits any more
        return
    if isinstance(answer, Exception):
        told.set_exception(answer)
    else:
        told.set_result(answer)
