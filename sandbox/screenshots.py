"""Screenshots for the docs: the main cards at a phone's width, and the views of the page.

python -m sandbox.screenshots docs/pictures                               starts a sandbox of its own
python -m sandbox.screenshots docs/pictures --url http://127.0.0.1:8100   uses one that runs with TOUR=off
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from sandbox.browser import chromium
from sandbox.by_hand import MOMENT, PATIENCE, command, message, opened, play_script, sandbox, settle

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
TALL: ViewportSize = {"width": 390, "height": 1800}  # a phone's width with room for a whole card
SHARP = 2  # device pixels per CSS pixel


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.screenshots", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--url", help="the page of a sandbox that runs with TOUR=off")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_run(options.folder, options.url))
    return 0


async def _run(folder: Path, url: str | None) -> None:
    async with chromium() as browser, nullcontext(url) if url else sandbox() as page:
        await take(browser, page, folder)


async def take(browser: Browser, url: str, folder: Path) -> None:
    """Take every picture of the sandbox at `url` into `folder`."""
    phone = await opened(browser, url, TALL, SHARP)
    await play_script(phone)
    await command(phone, "label")
    await _keep(message(phone, "near"), folder / "song-card.png")
    await label_page(browser, message(phone, "near").get_by_role("link", name="On your phone"), folder)
    await _sort(browser, phone, folder)
    await command(phone, "model")
    await _keep(message(phone, "").filter(has=phone.locator("img[alt*=' ']")).last, folder / "model.png")
    await _like(phone)
    await _show(phone, "People")
    await _go_to_dm(phone)
    await _keep(message(phone, "new likes"), folder / "update.png")
    await swipe_page(browser, await opened(browser, url, DESK, 1), folder)


async def label_page(browser: Browser, link: Locator, folder: Path) -> None:
    """Take pictures of labelling on the page, and of the songs that one answer there can be about."""
    phone = await _on_a_phone(browser, link)
    await phone.emulate_media(color_scheme="dark")
    await _skip_to(phone, "#stage:has(.card .art img):has([data-key=more_of])")
    await _take(phone, folder / "label-page.png")
    await phone.get_by_role("button", name="More of these").click()
    await phone.locator(".ticks input[value]").last.uncheck()
    await _take(phone, folder / "label-list.png")
    await phone.context.close()


async def swipe_page(browser: Browser, desktop: Page, folder: Path) -> None:
    """Take pictures of the feed's swipe page, dark and light, by a link that the desktop's member asks for."""
    await command(desktop, "feed join")
    await command(desktop, "feed web")
    phone = await _on_a_phone(browser, message(desktop, "Your own way in").get_by_role("link", name="Open the feed"))
    await _until_played(phone)
    modes: tuple[Literal["dark"], Literal["light"]] = ("dark", "light")
    for colours in modes:
        await phone.emulate_media(color_scheme=colours)
        await _take(phone, folder / f"swipe-{colours}.png")


async def _on_a_phone(browser: Browser, link: Locator) -> Page:
    """Open the page by a link in the chat."""
    context = await browser.new_context(viewport=PHONE, device_scale_factor=SHARP, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    phone = await context.new_page()
    await phone.goto(str(await link.get_attribute("href")))
    return phone


async def _take(page: Page, path: Path) -> None:
    await page.screenshot(path=path)
    print(path)


async def _skip_to(phone: Page, wanted: str) -> None:
    """Skip songs until what's `wanted` is on show."""
    await phone.locator(".hear:not([aria-busy])").wait_for()
    while not await phone.locator(wanted).count():
        await phone.keyboard.press("ArrowLeft")
        await phone.wait_for_timeout(MOMENT)
        await phone.locator(".hear:not([aria-busy])").wait_for()
    await settle(phone)


async def _until_played(phone: Page) -> None:
    """Skip to a song with a cover and a clip, and play some seconds of it."""
    await _skip_to(phone, ".card:has(.art img):has(.wave)")
    if await phone.get_by_role("button", name="Play", exact=True).count():
        await phone.keyboard.press(" ")
    await expect(phone.locator(".time")).to_contain_text("0:06", timeout=PATIENCE)


# ---------------------------------------------------------------- gestures on the page
async def _sort(browser: Browser, page: Page, folder: Path) -> None:
    await command(page, "sort")
    dry_run = message(page, "would be placed")
    await _keep(dry_run, folder / "dry-run.png")
    await dry_run.get_by_role("button", name="View as a page").click()
    phone = await _on_a_phone(browser, message(page, "one list").get_by_role("link", name="Open the list"))
    await phone.locator("h3").first.wait_for()
    await phone.emulate_media(color_scheme="dark")
    await _take(phone, folder / "dry-run-page.png")
    await dry_run.get_by_role("button", name="Apply").click()
    await _keep(message(page, "Done"), folder / "receipt.png")


async def _like(page: Page) -> None:
    await _show(page, "Spotify")
    await page.get_by_role("button", name="Like a new song").click()
    await page.get_by_role("button", name="Like the first five").click()
    await _show(page, "Chat")


async def _go_to_dm(page: Page) -> None:
    await page.locator("#rail").get_by_role("button", name="Cratekeeper").click()


async def _show(page: Page, tab: str) -> None:
    await page.locator("#tabs").get_by_role("button", name=tab).click()


async def _keep(shown: Locator, path: Path) -> None:
    """Wait for a message and its pictures, then take a screenshot of it."""
    await expect(shown).to_be_visible()
    await settle(shown.page)
    await shown.screenshot(path=path)
    print(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
