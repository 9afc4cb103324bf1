"""A browser, and a member's phone in it."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from sandbox.browser import chromium
from tests.e2e.chat_stage import answer, with_file
from tests.e2e.feed.phone_stage import NUMBERS, Phone
from tests.e2e.feed.stage import OWN, PLAYLISTS, Feed


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
