"""A browser, a member's phone in it, and one of a member with a model."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from sandbox.browser import chromium
from sandbox.discord import Person
from tests.e2e.chat_stage import STYLES, answer, label, newcomer, with_file
from tests.e2e.conftest import Shared
from tests.e2e.feed.phone_stage import NUMBERS, Phone
from tests.e2e.feed.stage import OWN, PLAYLISTS, Feed
from tests.e2e.trained_stage import file_of, plain


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def phone(feed: Feed, browser: Browser) -> AsyncIterator[Phone]:
    person = await with_file(feed.stack, f"phone-{next(NUMBERS)}", *PLAYLISTS, library=OWN)
    await answer(person.command("feed join"))
    await answer(person.command("feed settings", save_likes=True))
    made = Phone(feed, browser, person)
    yield made
    assert made.complaints == []


LIBRARY, TAUGHT = plain(72, seed=133), 9  # songs; labels


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sorter(feed: Feed, shared_here: Shared) -> Person:
    """A member with a file, three playlists and a model."""
    return await shared_here.once("sorter", lambda _: _taught(feed))


async def _taught(feed: Feed) -> Person:
    person = newcomer(feed.stack, "sorter")
    await answer(person.command("library import", file=file_of(LIBRARY)))
    for style in STYLES:
        await answer(person.command("playlists add", new=style))
        await answer(person.command("playlists settings", playlist=style, mistakes=10))  # so songs get placed
    await label(person, await answer(person.command("label")), LIBRARY, TAUGHT)
    await feed.stack.learned(person)
    return person


@pytest_asyncio.fixture(loop_scope="session")
async def sorting(feed: Feed, browser: Browser, sorter: Person) -> AsyncIterator[Phone]:
    """The phone of the member with a model."""
    made = Phone(feed, browser, sorter)
    yield made
    assert made.complaints == []
