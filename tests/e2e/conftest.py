"""Homes that end-to-end tests share, one for each group of files, and a member who has come a long way."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.conftest import group
from tests.e2e.chat_stage import STYLES, answer, held_back, label, styled
from tests.e2e.home import Home, Trained, plain

LATER = 12  # songs that tests may still like
TAUGHT = 9  # labels; the sixth begins a training, which reads them when all are given


class Homes:
    """A home for each group of files (`xdist_group`), opened when it is first wanted, and who has lived there long."""

    def __init__(self, folders: pytest.TempPathFactory, closing: AsyncExitStack) -> None:
        self._folders, self._closing = folders, closing
        self._homes: dict[str, Home] = {}
        self._adas: dict[str, Trained] = {}

    async def of(self, name: str) -> Home:
        """Return the group's home, with the bot running in it."""
        if name not in self._homes:
            made = await self._closing.enter_async_context(Home(self._folders.mktemp("home")))
            await made.start_bot()
            self._closing.push_async_callback(_ended_well, made)
            self._homes[name] = made
        return self._homes[name]

    async def ada(self, name: str) -> Trained:
        if name not in self._adas:
            self._adas[name] = await _trained(await self.of(name))
        return self._adas[name]


async def _ended_well(home: Home) -> None:
    assert await home.stop_bot() == 0
    home.manners.check(trouble=True)


async def _trained(home: Home) -> Trained:
    await home.know(plain(72, seed=21))
    resident = home.move_in("Ada", held_back(plain(72, seed=21), LATER))
    own = styled(2, seed=22)
    home.spotify.publish(own.tracks)
    night = home.spotify.create_playlist("ada", "Late night")
    home.spotify.add("ada", night.id, [each.uri for each in own.tracks])
    await home.link(resident)
    person = resident.person
    await answer(person.command("playlists add", playlist="Late night"))
    for style in STYLES[1:]:
        await answer(person.command("playlists add", new=style))
    for style in STYLES:
        await answer(person.command("playlists settings", playlist=style, mistakes=10))  # so that songs are placed
    await answer(person.command("updates", cap=48))
    await label(person, await answer(person.command("label")), resident.library, TAUGHT)
    return Trained(home, resident, await home.learnt(person))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def homes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Homes]:
    async with AsyncExitStack() as closing:
        yield Homes(tmp_path_factory, closing)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(homes: Homes, request: pytest.FixtureRequest) -> Home:
    """The home of the group that these tests are of."""
    return await homes.of(group(request.path))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ada(homes: Homes, request: pytest.FixtureRequest) -> Trained:
    """A member with Spotify, three playlists (one with two songs of her own in it), labels and a model.

    Tests share her: each leaves her playlists' rules and her updates as they were.
    """
    return await homes.ada(group(request.path))


@pytest.fixture
def provoked() -> None:
    """For tests that provoke warnings: without it, there are to be none in the log."""


@pytest.fixture(autouse=True)
def good_manners(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test in the home: everything that was said was well said."""
    yield
    if "home" in request.fixturenames:
        request.getfixturevalue("home").manners.check(trouble="provoked" in request.fixturenames)
