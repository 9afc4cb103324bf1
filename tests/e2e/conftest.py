"""Stacks that end-to-end tests share, one for each group of files, and a member with a trained model in it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.conftest import group
from tests.e2e.chat_stage import STYLES, answer, held_back, label, styled
from tests.e2e.checked_stack import CheckedStack, Trained, plain

LATER = 12  # songs that tests may still like
TAUGHT = 9  # labels; the sixth begins a training, which reads them when all are given


class CheckedStacks:
    """A stack for each group of files (`xdist_group`), started when first needed, and its trained member."""

    def __init__(self, folders: pytest.TempPathFactory, closing: AsyncExitStack) -> None:
        self._folders, self._closing = folders, closing
        self._stacks: dict[str, CheckedStack] = {}
        self._adas: dict[str, Trained] = {}

    async def of(self, name: str) -> CheckedStack:
        """Return the group's stack with its bot running."""
        if name not in self._stacks:
            made = await self._closing.enter_async_context(CheckedStack(self._folders.mktemp("stack")))
            await made.start_bot()
            self._closing.push_async_callback(_ended_well, made)
            self._stacks[name] = made
        return self._stacks[name]

    async def ada(self, name: str) -> Trained:
        if name not in self._adas:
            self._adas[name] = await _trained(await self.of(name))
        return self._adas[name]


async def _ended_well(stack: CheckedStack) -> None:
    assert await stack.stop_bot() == 0
    stack.checks.check(trouble=True)


async def _trained(stack: CheckedStack) -> Trained:
    await stack.import_features(plain(72, seed=21))
    listener = stack.add_listener("Ada", held_back(plain(72, seed=21), LATER))
    own = styled(2, seed=22)
    stack.spotify.publish(own.tracks)
    night = stack.spotify.create_playlist("ada", "Late night")
    stack.spotify.add("ada", night.id, [each.uri for each in own.tracks])
    await stack.link(listener)
    person = listener.person
    await answer(person.command("playlists add", playlist="Late night"))
    for style in STYLES[1:]:
        await answer(person.command("playlists add", new=style))
    for style in STYLES:
        await answer(person.command("playlists settings", playlist=style, mistakes=10))  # so that songs are placed
    await answer(person.command("updates", cap=48))
    await label(person, await answer(person.command("label")), listener.library, TAUGHT)
    return Trained(stack, listener, await stack.learnt(person))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stacks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CheckedStacks]:
    async with AsyncExitStack() as closing:
        yield CheckedStacks(tmp_path_factory, closing)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(stacks: CheckedStacks, request: pytest.FixtureRequest) -> CheckedStack:
    """The stack that this group of test files shares."""
    return await stacks.of(group(request.path))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ada(stacks: CheckedStacks, request: pytest.FixtureRequest) -> Trained:
    """A member with Spotify, three playlists (one with two songs that she added), labels and a model.

    Tests share her, so every test restores her playlist rules and update settings.
    """
    return await stacks.ada(group(request.path))


@pytest.fixture
def provoked() -> None:
    """For tests that provoke warnings; the log of any other test must have none."""


@pytest.fixture(autouse=True)
def checked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check what the bot sent and logged, after every test in a checked stack."""
    yield
    if {"stacks", "stack"} <= set(request.fixturenames):  # some tests have an unchecked stack of their own
        request.getfixturevalue("stack").checks.check(trouble="provoked" in request.fixturenames)
