"""Batching: what arrives at the same time is done in one transaction, so a thousand clicks cost a few commits.

A result is given only after the commit. If a batch fails, each of its items is tried by itself, so that only the one
at fault fails.
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


class Batcher(Generic[A, T]):
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

    async def submit(self, item: A) -> T:
        """Have it done with whatever else waits; return once that's committed. Raises its own error, or StoreError."""
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._run())
        return await result

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            answers = await self._run_batch([item for item, _ in batch])
            for (_, result), answer in zip(batch, answers, strict=True):
                _resolve(result, answer)

    async def _run_batch(self, items: Sequence[A]) -> Sequence[T | Exception]:
        try:
            async with self._transaction() as tx:
                answers = await self._work(tx, items)
        except StoreError as error:
            return [error] * len(items)
        except Exception as error:
            if len(items) == 1:
                return [error]
            return [answer for item in items for answer in await self._run_batch([item])]
        return answers


def _resolve(result: "asyncio.Future[T]", answer: T | Exception) -> None:
    if result.done():  # nobody waits any more
        return
    if isinstance(answer, Exception):
        result.set_exception(answer)
    else:
        result.set_result(answer)
