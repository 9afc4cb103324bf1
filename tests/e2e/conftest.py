"""Homes that end-to-end tests share, one for each process that runs tests."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.e2e.home import Home


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """A home with the bot running in it."""
    async with Home(tmp_path_factory.mktemp("home")) as made:
        await made.start_bot()
        yield made
        assert await made.stop_bot() == 0
        made.manners.check(trouble=True)


@pytest.fixture
def provoked() -> None:
    """For tests that provoke warnings: without it, there are to be none in the log."""


@pytest.fixture(autouse=True)
def good_manners(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test in the home: everything that was said was well said."""
    yield
    if "home" in request.fixturenames:
        request.getfixturevalue("home").manners.check(trouble="provoked" in request.fixturenames)
