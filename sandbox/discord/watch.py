"""Watched: notifies subscribers of changes, and waits for a change."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from sandbox.discord.model import Channel, Guild, Interaction, Message
from sandbox.discord.traffic.exchange import Exchange

T = TypeVar("T")

ChangeKind = Literal[
    "message",
    "edit",
    "delete",
    "reactions",
    "typing",
    "interaction",
    "answer",
    "commands",
    "place",
    "gateway",
    "heartbeat",
    "exchange",
]
Subject = Message | Interaction | Channel | Guild | Exchange | None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened; `subject` is the live object it happened to."""

    kind: ChangeKind
    subject: Subject = None


class Watched:
    def __init__(self) -> None:
        self._watchers: list[Callable[[Change], None]] = []
        self._changed = asyncio.Event()

    def subscribe(self, watcher: Callable[[Change], None]) -> Callable[[], None]:
        """Call `watcher` on every change, from the event loop; return a function that unsubscribes it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def changed(self, kind: ChangeKind, subject: Subject = None) -> None:
        for watcher in tuple(self._watchers):
            watcher(Change(kind, subject))
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], T | None], seconds: float) -> T:
        """Return the first true value of `predicate`, which is called after every change.

        Raises TimeoutError after that many real seconds.
        """
        async with asyncio.timeout(seconds):
            while not (value := predicate()):
                await self._changed.wait()
        return value
