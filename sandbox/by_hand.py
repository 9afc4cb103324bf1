"""By hand: a sandbox in its own process with its page in a browser, for screenshots and recordings.

The tour's script links, adds playlists, labels and trains; from the dry run on, the browser takes over.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from sandbox.process import start

SCRIPTED = 4  # steps of the tour played by the script: link, add playlists, label, learn
PATIENCE = 180_000  # milliseconds for anything the bot does
MOMENT = 2_000  # milliseconds
ADDRESS = re.compile(r"The page: (\S+)")


@asynccontextmanager
async def sandbox() -> AsyncIterator[str]:
    """Start a sandbox with its tour paused; yield the address of its page. Raises RuntimeError if it doesn't start."""
    with tempfile.TemporaryDirectory() as folder:
        process = await start(
            *("-u", "-m", "sandbox"), folder=Path(folder), settings={"TOUR": "off"}, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None  # noqa: S101 (piped above)
        try:
            address = await _address(process.stdout)
            draining = asyncio.create_task(process.stdout.read())
            yield address
            draining.cancel()
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _address(printed: asyncio.StreamReader) -> str:
    async for line in printed:
        if match := ADDRESS.search(line.decode()):
            return match[1]
    raise RuntimeError("the sandbox ended before it had a page")


async def opened(browser: Browser, url: str, viewport: ViewportSize, sharp: float) -> Page:
    """Open the page in dark mode, without animations; `sharp` is device pixels per CSS pixel."""
    context = await browser.new_context(
        viewport=viewport,
        device_scale_factor=sharp,
        color_scheme="dark",
        reduced_motion="reduce",
        bypass_csp=True,  # so a recording can draw its pointer over the page
    )
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("body[data-ready]")
    return page


async def play_script(page: Page) -> None:
    """Let the script play its steps one by one, then take over by hand."""
    steering = page.locator("#tour .steer")
    for step in range(SCRIPTED):
        await steering.get_by_role("button", name="Step", exact=True).click()
        await expect(page.locator("#tour progress")).to_have_js_property("value", step)
    await expect(message(page, "I can place")).to_be_visible()
    await steering.get_by_role("button", name="Take over by hand").click()


async def command(page: Page, name: str) -> None:
    """Send a command that needs no options."""
    await page.get_by_role("combobox", name="Message").fill(f"/{name}")
    await page.get_by_role("option", name=f"/{name} ").first.click()
    await page.locator("form.slash").get_by_role("button", name="Send").click()


def message(page: Page, text: str) -> Locator:
    """Return the newest message with that text in it."""
    return page.locator(".message", has_text=text).last


async def settle(page: Page) -> None:
    """Wait a moment for the pictures to load: those out of sight load only when they come near."""
    await page.evaluate(
        """moment => Promise.race([
            Promise.all([...document.images].filter((each) => each.checkVisibility()).map((each) => each.decode())),
            new Promise((done) => setTimeout(done, moment)),
        ])""",
        MOMENT,
    )
