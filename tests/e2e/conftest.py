"""The stack that each group of end-to-end test files shares, and a member in it with a trained model."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from tests.conftest import group
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.feed.stage import Feed, opened
from tests.e2e.trained_stage import Trained, trained

T = TypeVar("T")


class Shared:
    """What a group of files (`xdist_group`) shares: made when first needed, closed when the next group begins."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}
        self._group, self._closing = "", AsyncExitStack()

    async def begin(self, name: str) -> None:
        if name != self._group:
            await self.close()
            self._group = name

    async def once(self, name: str, make: Callable[[AsyncExitStack], Awaitable[T]]) -> T:
        if name not in self.made:
            self.made[name] = await make(self._closing)
        made: T = self.made[name]
        return made

    async def close(self) -> None:
        self.made.clear()
        await self._closing.aclose()


async def _stack(folder: Path, closing: AsyncExitStack) -> CheckedStack:
    stack = await closing.enter_async_context(CheckedStack(folder))
    await stack.start_bot()
    closing.push_async_callback(stack.end)
    return stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def everything_shared() -> AsyncIterator[Shared]:
    shared = Shared()
    yield shared
    await shared.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def shared_here(everything_shared: Shared, request: pytest.FixtureRequest) -> Shared:
    """What this group of test files shares; other groups' bots have stopped, so they use no CPU."""
    await everything_shared.begin(group(request.path))
    return everything_shared


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(shared_here: Shared, tmp_path_factory: pytest.TempPathFactory) -> CheckedStack:
    """The stack that this group of test files shares."""
    return await shared_here.once("stack", partial(_stack, tmp_path_factory.mktemp("stack")))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ada(shared_here: Shared, stack: CheckedStack) -> Trained:
    """A member with Spotify, three playlists (one with two songs that she added), labels and a model.

    Tests share her, so every test restores her playlist rules and update settings.
    """
    return await shared_here.once("ada", lambda _: trained(stack))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def feed(shared_here: Shared, tmp_path_factory: pytest.TempPathFactory) -> Feed:
    """The feed that this group of test files shares."""
    return await shared_here.once("feed", partial(opened, tmp_path_factory.mktemp("feed")))


@pytest.fixture
def provoked() -> None:
    """Marks a test that provokes warnings; in any other test, the log must have none."""


@pytest.fixture(autouse=True)
def checked(shared_here: Shared, request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test in a shared stack, check what the bot sent and logged, then stop polling its members."""
    yield
    stack, ada = (shared_here.made.get(name) for name in ("stack", "ada"))
    if stack is not None:
        stack.checks.check(trouble="provoked" in request.fixturenames)
        stack.let_rest(*([ada.person] if ada else []))
