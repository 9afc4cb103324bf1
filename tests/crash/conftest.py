"""Fixtures for crash tests."""

from collections.abc import Awaitable, Callable

import pytest

from tests.crash.crash_stack import CrashStack
from tests.crash.driver import Flow, crash


@pytest.fixture
def survives(
    soak: bool, record_property: Callable[[str, object], None]
) -> Callable[[CrashStack, Flow], Awaitable[None]]:
    """Checks that a flow ends the same wherever the bot is killed, and adds a row to the table of a soak."""

    async def survives(stack: CrashStack, flow: Flow) -> None:
        row = await crash(stack, flow, every=soak)
        record_property("crash", (row.flow, row.tried, len(row.wrong)))
        assert row.tried
        assert not row.wrong, "\n\n".join(row.wrong)

    return survives
