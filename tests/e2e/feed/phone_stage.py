"""A member's phone with the swipe page open, in a real Chromium."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest
from playwright.async_api import Browser, Page, Route, expect

from sandbox.discord import Person
from tests.e2e.chat_stage import answer
from tests.e2e.feed.stage import Feed

PHONE = {"width": 360, "height": 640}
NUMBERS = count(1)
SLOW = 30_000  # milliseconds, on a busy machine


@dataclass(slots=True)
class Phone:
    """A member's browser and its errors. Each test gets a member who hasn't been shown anything yet."""

    feed: Feed
    browser: Browser
    person: Person
    complaints: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def page(
        self, viewport: dict[str, int] = PHONE, *, link: str | None = None, **options: object
    ) -> AsyncIterator[Page]:
        """The page, opened with a link, by default a fresh one to the feed."""
        context = await self.browser.new_context(viewport=viewport, has_touch=True, **options)
        context.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda line: line.type in ("error", "warning") and self.complaints.append(line.text))
        page = await context.new_page()
        await page.goto(link or await self.link())
        await page.wait_for_selector("body[data-ready]")
        yield page
        await context.close()

    async def link(self, command: str = "feed web") -> str:
        said = await answer(self.person.command(command))
        assert said.visible_to == self.person.user.id
        return next(button.url for button in said.buttons() if button.url)


async def title(page: Page) -> str:
    return await page.locator("#title").inner_text()


async def until(page: Page, selector: str) -> None:
    """Skip songs until one has an element that matches `selector`."""
    for _ in range(40):
        await page.locator(".hear:not([aria-busy])").wait_for()
        if await page.locator(selector).count():
            return
        before = await title(page)
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator("#title")).not_to_have_text(before)
    pytest.fail(f"no song with {selector}")


async def drag(page: Page, *path: tuple[int, int]) -> None:
    """Once the card is still, press its middle, move through these offsets and let go."""
    await page.evaluate("Promise.allSettled(document.getAnimations().map((each) => each.finished)).then(() => true)")
    box = await page.locator(".art").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    for dx, dy in path:
        await page.mouse.move(x + dx, y + dy, steps=8)
    await page.mouse.up()


def said_of(phone: Phone, name: str) -> list[str | None]:
    """The phone's member's answers about a song, as the bot stored them."""
    query = "select w.said from shown w join song s using (song) where w.member = ? and s.title = ?"
    return [said for (said,) in phone.feed.stack.rows(query, phone.person.user.id, name)]


def losing_the_first_reply(sent: list[str]) -> Callable[[Route], Awaitable[None]]:
    """A route that lets the first request through and loses its reply; `sent` gets the address of each request."""

    async def lose(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 1:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    return lose
