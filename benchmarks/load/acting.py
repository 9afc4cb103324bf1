"""Acting: what members do, when, and how soon each gesture was acknowledged."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

from benchmarks.load.deployment import Deployed
from benchmarks.load.members import Resident
from sandbox.discord import Interaction, NoAnswer, Outcome

MIX = ("label", "tap", "tap", "like", "tap", "tap", "tap", "status", "tap", "tap", "like", "tap")
PATIENCE = 60.0  # seconds for what follows an acknowledgement; then the member goes on


@dataclass(slots=True)
class Books:
    """What members did, and what the bot said to it.

    acknowledged: seconds from each gesture to its acknowledgement; answered: to what it asked for, such as the next
    card; late: gestures not acknowledged in time, which Discord refuses then; silent: those acknowledged, but not
    answered within PATIENCE; labels: the acknowledged presses that are labels; likes: members and songs.
    """

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    late: int = 0
    silent: int = 0
    labels: list[Interaction] = field(default_factory=list)
    likes: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0  # from the first action to the end of the last

    @property
    def actions(self) -> int:
        return len(self.acknowledged) + self.late + len(self.likes)


class Acting:
    """Has members act. rate: actions a second, of all of them together."""

    def __init__(self, stack: Deployed, residents: Sequence[Resident], rate: float) -> None:
        self.books = Books()
        self._stack, self._residents, self._rate = stack, residents, rate
        self._does: dict[str, Callable[[Resident], Awaitable[None]]] = {
            "label": self._label,
            "tap": self._tap,
            "status": self._status,
            "like": self._like,
        }

    async def all(self, each: int) -> Books:
        """Have every member do so many things, in turns, at the offered rate; whoever has to wait is late."""
        began = time.monotonic()
        count = len(self._residents)
        async with asyncio.TaskGroup() as acting:
            for place, resident in enumerate(self._residents):
                moments = [began + (count * at + place) / self._rate for at in range(each)]
                acting.create_task(self._act(resident, moments))
        self.books.seconds = time.monotonic() - began
        return self.books

    async def _act(self, resident: Resident, moments: Sequence[float]) -> None:
        for moment, deed in zip(moments, islice(cycle(MIX), len(moments)), strict=True):
            await asyncio.sleep(moment - time.monotonic())
            await self._does[deed](resident)

    async def _label(self, resident: Resident) -> None:
        if outcome := await self._noted(resident.listener.person.command("label")):
            resident.card = outcome.message

    async def _tap(self, resident: Resident) -> None:
        """Press the right playlist on the card; without one that asks about a song, ask for one."""
        card, right = resident.card, resident.right
        if card is None or right is None:
            await self._label(resident)
        else:
            await self._noted(resident.listener.person.click(card, right), is_label=True)

    async def _status(self, resident: Resident) -> None:
        await self._noted(resident.listener.person.command("status"))

    async def _like(self, resident: Resident) -> None:
        song = resident.listener.library.later[resident.liked]
        self._stack.spotify.like(resident.listener.account.id, song)
        self.books.likes.append((resident.number, song))
        resident.liked += 1

    async def _noted(self, gesture: Awaitable[Outcome], *, is_label: bool = False) -> Outcome | None:
        """Make a gesture and wait for its answer; return what became of it, None without one."""
        try:
            outcome = await gesture
        except NoAnswer:
            self.books.late += 1
            return None
        self.books.acknowledged.append(outcome.seconds)
        if is_label:
            self.books.labels.append(outcome.interaction)
        began = time.monotonic()
        try:
            await outcome.reply(PATIENCE)
        except TimeoutError:
            self.books.silent += 1
            return None
        self.books.answered.append(outcome.seconds + time.monotonic() - began)
        return outcome
