"""Screenshots for the README: the page, the main cards at a phone's width, and the feed's swipe page.

    python -m sandbox.screenshots docs                                  starts a sandbox of its own
    python -m sandbox.screenshots docs --url http://127.0.0.1:8100      uses one that runs with TOUR=off

The tour's script links, hands over playlists, labels and trains; from the dry run on, the browser goes on by hand.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from sandbox.browser import chromium
from sandbox.process import start

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
TALL: ViewportSize = {"width": 390, "height": 1800}  # a phone's width with room for a whole card
SHARP = 2  # device pixels for each CSS pixel
SCRIPTED = 4  # steps of the tour that the script plays: link, hand over, label, learn
PATIENCE = 180_000  # milliseconds for whatever the bot does
MOMENT = 2_000  # milliseconds
ADDRESS = re.compile(r"The page: (\S+)")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.screenshots", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", help="the page of a sandbox that runs with TOUR=off")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_run(options.folder, options.url))
    return 0


async def _run(folder: Path, url: str | None) -> None:
    async with chromium() as browser, nullcontext(url) if url else _sandbox() as page:
        await take(browser, page, folder)


async def take(browser: Browser, url: str, folder: Path) -> None:
    """Take every picture of the sandbox at `url` into `folder`."""
    phone = await _open(browser, url, TALL, SHARP)
    await _play_script(phone)
    await _command(phone, "label")
    await _keep(_message(phone, "near"), folder / "song-card.png")
    await _sort(phone, folder)
    await _command(phone, "model")
    await _keep(_message(phone, "").filter(has=phone.locator("img[alt*=' ']")).last, folder / "model.png")
    await _like(phone)
    await _show(phone, "People")
    await _go_to_dm(phone)
    await _keep(_message(phone, "new likes sorted"), folder / "update.png")
    await phone.set_viewport_size(PHONE)
    await _settle(phone)
    await phone.screenshot(path=folder / "phone.png")
    desktop = await _open(browser, url, DESK, 1)
    await _go_to_dm(desktop)
    await desktop.locator("details.playlist summary").first.click()
    await expect(_message(desktop, "new likes sorted")).to_be_visible()
    await _settle(desktop)
    await desktop.screenshot(path=folder / "page.png")
    await swipe_page(browser, desktop, folder)


async def swipe_page(browser: Browser, desktop: Page, folder: Path) -> None:
    """Take the feed's swipe page, dark and light, by links that the member at the desktop asks for."""
    await _command(desktop, "feed join")
    modes: tuple[Literal["dark"], Literal["light"]] = ("dark", "light")
    for colours in modes:
        await _command(desktop, "feed web")
        door = _message(desktop, "Your own way in").get_by_role("link", name="Open the feed")
        phone = await _phone(browser, colours)
        await phone.goto(str(await door.get_attribute("href")))
        await _until_played(phone)
        await phone.screenshot(path=folder / f"swipe-{colours}.png")
        print(folder / f"swipe-{colours}.png")


async def _phone(browser: Browser, colours: Literal["dark", "light"]) -> Page:
    context = await browser.new_context(
        viewport=PHONE, device_scale_factor=SHARP, color_scheme=colours, reduced_motion="reduce"
    )
    return await context.new_page()


async def _until_played(phone: Page) -> None:
    """Skip to a song with its cover and clip, and hear some seconds of it."""
    await phone.locator(".hear:not([aria-busy])").wait_for()
    while not await phone.locator(".card:has(.art img):has(.wave)").count():
        await phone.keyboard.press("ArrowLeft")
        await phone.wait_for_timeout(MOMENT)
        await phone.locator(".hear:not([aria-busy])").wait_for()
    await _settle(phone)
    if await phone.get_by_role("button", name="Play", exact=True).count():
        await phone.keyboard.press(" ")
    await expect(phone.locator(".time")).to_contain_text("0:06", timeout=PATIENCE)


# ---------------------------------------------------------------- what is done on the page
async def _open(browser: Browser, url: str, viewport: ViewportSize, sharp: int) -> Page:
    context = await browser.new_context(
        viewport=viewport, device_scale_factor=sharp, color_scheme="dark", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("body[data-ready]")
    return page


async def _play_script(page: Page) -> None:
    """Let the script play its steps one by one, then go on by hand."""
    steering = page.locator("#tour .steer")
    for step in range(SCRIPTED):
        await steering.get_by_role("button", name="Step", exact=True).click()
        await expect(page.locator("#tour progress")).to_have_js_property("value", step)
    await expect(_message(page, "I can already place")).to_be_visible()
    await steering.get_by_role("button", name="Take over by hand").click()


async def _sort(page: Page, folder: Path) -> None:
    await _command(page, "sort")
    dry_run = _message(page, "would be placed")
    await _keep(dry_run, folder / "dry-run.png")
    await dry_run.get_by_role("button", name="Apply").click()
    await _keep(_message(page, "Done"), folder / "receipt.png")


async def _like(page: Page) -> None:
    await _show(page, "Spotify")
    await page.get_by_role("button", name="Like a new song").click()
    await page.get_by_role("button", name="Like the first five").click()
    await _show(page, "Chat")


async def _go_to_dm(page: Page) -> None:
    await page.locator("#rail").get_by_role("button", name="Cratekeeper").click()


async def _show(page: Page, tab: str) -> None:
    await page.locator("#tabs").get_by_role("button", name=tab).click()


async def _command(page: Page, name: str) -> None:
    box = page.get_by_role("combobox", name="Message")
    await box.fill(f"/{name}")
    await page.get_by_role("option", name=f"/{name} ").first.click()
    await page.locator("form.slash").get_by_role("button", name="Send").click()


def _message(page: Page, text: str) -> Locator:
    """The newest message with that text in it."""
    return page.locator(".message", has_text=text).last


async def _keep(message: Locator, path: Path) -> None:
    """Wait for a message, and for its pictures, and keep its picture."""
    await expect(message).to_be_visible()
    await _settle(message.page)
    await message.screenshot(path=path)
    print(path)


async def _settle(page: Page) -> None:
    """Wait until the pictures are there, for a moment: those out of sight are only loaded when they come near."""
    await page.evaluate(
        """moment => Promise.race([
            Promise.all([...document.images].filter((each) => each.checkVisibility()).map((each) => each.decode())),
            new Promise((done) => setTimeout(done, moment)),
        ])""",
        MOMENT,
    )


# ---------------------------------------------------------------- a sandbox of our own
@asynccontextmanager
async def _sandbox() -> AsyncIterator[str]:
    """Start a sandbox whose tour waits; yields the address of its page. Raises RuntimeError when it does not start."""
    with tempfile.TemporaryDirectory() as folder:
        process = await start(
            *("-u", "-m", "sandbox"), folder=Path(folder), settings={"TOUR": "off"}, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None  # noqa: S101 (asked for above)
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
        if found := ADDRESS.search(line.decode()):
            return found[1]
    raise RuntimeError("the sandbox ended before it had a page")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
