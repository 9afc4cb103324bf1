"""Homes that end-to-end tests share, one for each process that runs tests, and a member who has come a long way."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.e2e.chat_stage import STYLES, answer, held_back, label, styled
from tests.e2e.home import Home, Trained, plain

LATER = 12  # songs that tests may still like
TAUGHT = 9  # labels; the sixth begins a training, which reads them when all are given


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """A home with the bot running in it."""
    async with Home(tmp_path_factory.mktemp("home")) as made:
        await made.start_bot()
        yield made
        assert await made.stop_bot() == 0
        made.manners.check(trouble=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ada(home: Home) -> Trained:
    """A member with Spotify, three playlists (one with two songs of her own in it), labels and a model.

    Tests share her: each leaves her playlists' rules and her updates as they were.
    """
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


@pytest.fixture
def provoked() -> None:
    """For tests that provoke warnings: without it, there are to be none in the log."""


@pytest.fixture(autouse=True)
def good_manners(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test in the home: everything that was said was well said."""
    yield
    if "home" in request.fixturenames:
        request.getfixturevalue("home").manners.check(trouble="provoked" in request.fixturenames)
