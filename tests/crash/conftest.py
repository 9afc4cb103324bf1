"""Fixtures for crash tests."""

from collections.abc import Awaitable, Callable

import pytest

from tests.crash.crash_stack import CrashStack
from tests.crash.driver import Flow, crash
from tests.databases import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def crash_engine(request: pytest.FixtureRequest) -> str:
    """What holds the database of the bot that's killed."""
    return str(request.param)


@pytest.fixture
def survives(
    soak: bool,
    crash_engine: str,
    record_property: Callable[[str, object], None],
    pytestconfig: pytest.Config,
) -> Callable[[CrashStack, Flow], Awaitable[None]]:
    """Checks that a flow ends the same wherever the bot is killed, and adds a row to the table of a soak.

    `.cache/crashes.log` has each run as soon as it has ended.
    """
    log = pytestconfig.rootpath / ".cache" / "crashes.log"

    def tell(line: str) -> None:
        log.parent.mkdir(exist_ok=True)
        with log.open("a") as file:
            print(f"{crash_engine}: {line}", file=file)

    async def survives(stack: CrashStack, flow: Flow) -> None:
        row = await crash(stack, flow, every=soak, tell=tell)
        record_property("crash", (f"{row.flow}, {crash_engine}", row.tried, len(row.wrong)))
        assert row.tried
        assert not row.wrong, "\n\n".join(row.wrong)

    return survives
