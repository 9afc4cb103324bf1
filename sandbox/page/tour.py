"""Tour: a scripted walk through the sandbox that a person can pause before every step, or take over.

The script awaits `begin` before each step and reports with `say`; the page shows both.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

NOT_BEGUN = -1


class TakenOver(Exception):
    """A person took over; the script is done."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the script's log; `step` is the index of its step, NOT_BEGUN before the first."""

    at: datetime
    step: int
    text: str


def utc_now() -> datetime:
    return datetime.now(UTC)


class Tour:
    """`steps` are all steps, in order; `current` is the index of the step under way.

    `result` is what the tour found, as captions and figures in words; empty until `finish`.
    """

    def __init__(
        self, steps: Sequence[str] = (), *, paused: bool = False, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.watcher: Callable[[], None] = lambda: None
        self._steps = list(steps)
        self.current = NOT_BEGUN
        self.paused = paused
        self.taken_over = False
        self.done = False
        self.lines: list[Line] = []
        self.result: dict[str, str] = {}
        self._now = now
        self._single = False  # pause again after one more step
        self._may_go = asyncio.Event()
        if not paused:
            self._may_go.set()

    @property
    def steps(self) -> list[str]:
        return self._steps

    @steps.setter
    def steps(self, steps: Sequence[str]) -> None:
        self._steps = list(steps)
        self.watcher()

    @property
    def waiting(self) -> bool:
        """Whether there are steps left and a person has to start the next one."""
        return self.paused and not self.done and not self.taken_over

    # What the script does

    async def begin(self, step: str) -> None:
        """Wait while paused, then enter `step`. Raises TakenOver if a person has taken over."""
        await self._may_go.wait()
        if self.taken_over:
            raise TakenOver
        if step not in self.steps:
            self.steps.insert(self.current + 1, step)
        self.current = self.steps.index(step)
        if self._single:
            self._halt()
        self.watcher()

    def say(self, text: str) -> None:
        """Add a line to the log."""
        self.lines.append(Line(self._now(), self.current, text))
        self.watcher()

    def finish(self, result: Mapping[str, str] | None = None) -> None:
        """End the last step; `result` goes to the top of the page's panel."""
        self.done, self.result = True, dict(result or {})
        self.current = len(self.steps)
        self.watcher()

    # What a person does

    def pause(self) -> None:
        """Pause after the current step."""
        self._halt()
        self.watcher()

    def resume(self) -> None:
        self.paused = self._single = False
        self._may_go.set()
        self.watcher()

    def step(self) -> None:
        """Play one more step."""
        self.paused, self._single = True, True
        self._may_go.set()
        self.watcher()

    def take_over(self) -> None:
        """End the script before its next step."""
        self.taken_over = True
        self._may_go.set()
        self.watcher()

    def _halt(self) -> None:
        self.paused, self._single = True, False
        self._may_go.clear()
