"""A stage for the page in a real Chromium, with the real discord.py behind it: what a person can press and send."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Download, Locator, Page, expect
from playwright.async_api import TimeoutError as TookTooLong

from sandbox.browser import chromium
from sandbox.discord import Person
from sandbox.page import Stage
from tests.e2e.sandbox_page.stage import bot, built, served

SLOW = 30_000  # milliseconds, on a busy machine
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@dataclass(slots=True)
class Place:
    """The served stage and a browser to view it."""

    stage: Stage
    origin: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    async def open(self, *, phone: bool = False, **options: object) -> Page:
        context = await self.browser.new_context(viewport=PHONE if phone else DESK, **options)
        context.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)
        self._watch(context)
        return await self.load(await context.new_page())

    async def load(self, page: Page) -> Page:
        await page.goto(self.origin)
        try:
            await page.wait_for_selector("body[data-ready]")
        except TookTooLong:
            pytest.fail(f"the page did not start: {self.complaints}")
        return page

    def _watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.asked.add(request.url.split("/")[2]))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda line: line.type == "warning" and self.complaints.append(line.text))

    def person(self, name: str) -> Person:
        member = next(member for member in self.stage.members if member.user.name == name)
        return Person(self.stage.discord, member.user, self.stage.channel)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    stage = built()
    async with served(stage) as origin, bot(stage), chromium() as browser:
        yield Place(stage, origin, browser)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desktop(place: Place) -> Page:
    return await place.open()


@pytest_asyncio.fixture(loop_scope="module")
async def page(place: Place, desktop: Page) -> AsyncIterator[Page]:
    """The page at desktop width, freshly loaded. Nothing on it may fail, and it may contact no other host."""
    yield await place.load(desktop)
    assert place.complaints == []
    assert place.asked <= {place.origin.removeprefix("http://")}


async def command(page: Page, path: str) -> None:
    """Choose a command from the list that "/" opens, using the keyboard."""
    await page.get_by_role("combobox", name="Message").fill(f"/{path}")
    await page.get_by_role("option", name=f"/{path}").first.wait_for()
    await page.keyboard.press("Enter")
    await page.locator("form.slash").wait_for()


async def send(page: Page, path: str) -> Locator:
    """Send a command that needs no options; returns the newest message."""
    await command(page, path)
    before = await page.locator(".message").count()
    await page.locator("form.slash").get_by_role("button", name="Send").click()
    await expect(page.locator(".message")).to_have_count(before + 1)
    return page.locator(f"[data-id='{await page.locator('.message').last.get_attribute('data-id')}']")


async def play(page: Page, name: str) -> None:
    await page.locator("#rail").get_by_role("button", name=name, exact=True).click()
    await expect(page.locator("#rail [aria-current]").first).to_have_text(re.compile(name))


async def saved(download: Download) -> bytes:
    return await asyncio.to_thread((await download.path()).read_bytes)
