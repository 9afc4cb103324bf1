"""State machines: Hypothesis plays stories against real parts, and a simple model says what has to come of them."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine

T = TypeVar("T")


class Machine(RuleBasedStateMachine):
    """A state machine with an event loop and a folder of its own. `opened` is closed at the end of each story."""

    def __init__(self) -> None:
        super().__init__()
        self._runner, self._folder = asyncio.Runner(), TemporaryDirectory()
        self.folder, self.opened = Path(self._folder.name), AsyncExitStack()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def teardown(self) -> None:
        self.run(self.opened.aclose())
        self._runner.close()
        self._folder.cleanup()


def stories(share: float, steps: int) -> settings:
    """Settings for a machine: how many stories, as a share of the examples of other tests, and how long each is.

    A failing story is told as it was found: to shorten it would take minutes.
    """
    return settings(
        max_examples=max(1, round(settings.default.max_examples * share)),
        stateful_step_count=steps,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
