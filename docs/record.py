"""Record the README's animation: cards, taps, a dry run, and playlists that fill up.

python -m docs.record docs/pictures/loop.webp
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, ViewportSize, expect

from sandbox.browser import chromium
from sandbox.by_hand import command, message, opened, play_script, sandbox, settle

SIZE: ViewportSize = {"width": 900, "height": 600}  # no narrower: the page would take itself for a phone's
SHARP = 1.25  # device pixels for each CSS pixel
QUALITY = 75  # WebP's, 0 to 100
CARDS = 3  # answered on the film
STEP = 60  # milliseconds between two places of the pointer
STEPS = 5  # places on its way
SHORT, LONG = 700, 2_400  # milliseconds that a picture stays
START = (430, 300)  # where the pointer comes from

# The chat and the playlists, with a line on top that says what happens, and a pointer.
STAGE = """
  #tour, #rail, #wire, #tabs, .place, #spotify > header button { display: none !important }
  body { grid-template: "caption caption" 46px "chat spotify" minmax(0, 1fr) / minmax(0, 1fr) 330px !important }
  #caption { grid-area: caption; margin: 0; padding: 11px 18px; font-size: 17px; font-weight: 600;
    background: #5865f2; color: #fff }
  #pointer { position: fixed; inset: auto; width: 26px; height: 26px; margin: -3px 0 0 -5px; padding: 0; border: 0;
    background: none; overflow: visible }
  #pointer.down { transform: scale(.8); filter: drop-shadow(0 0 7px #fff) drop-shadow(0 0 5px #fff) }
"""
PROPS = """document.body.insertAdjacentHTML("beforeend", `<p id="caption"></p>
  <div id="pointer" popover="manual"><svg viewBox="0 0 24 24">
    <path d="M4 2l15 12-7 1 4 7-3 1-4-7-5 5z" fill="#fff" stroke="#000" stroke-width="1.4"/></svg></div>`)"""
PLACE = """([x, y, state]) => {
  Object.assign(pointer.style, { left: `${x}px`, top: `${y}px` });
  pointer.className = state;
  pointer.hidePopover();
  pointer.showPopover();  // above a dialog that opened meanwhile
}"""


@dataclass(slots=True)
class Film:
    """Pictures of `page`, each with the milliseconds that it stays."""

    page: Page
    pictures: list[tuple[Image.Image, int]] = field(default_factory=list)
    pointer: tuple[float, float] = START

    async def begin(self) -> None:
        """Set the stage, with an empty chat."""
        said = await self.page.locator("#messages > *").count()
        await self.page.add_style_tag(
            content=STAGE + f"body.begun #messages > :nth-child(-n + {said}) {{ display: none }}"
        )
        await self.page.evaluate("document.body.classList.add('begun')")
        await self.page.evaluate(PROPS)
        await self._place()

    async def say(self, text: str) -> None:
        await self.page.locator("#caption").evaluate("(line, text) => { line.textContent = text }", text)

    async def take(self, milliseconds: int) -> None:
        self.pictures.append((Image.open(BytesIO(await self.page.screenshot())).convert("RGB"), milliseconds))

    async def press(self, target: Locator) -> None:
        """Lead the pointer to `target` and press it."""
        await target.scroll_into_view_if_needed()
        box = await target.bounding_box()
        assert box is not None, "nothing to press"  # noqa: S101 (clicking it would fail as well)
        (x, y), to_x, to_y = self.pointer, box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6
        for step in range(1, STEPS + 1):
            part = 1 - (1 - step / STEPS) ** 2  # slower towards the end
            self.pointer = (x + (to_x - x) * part, y + (to_y - y) * part)
            await self._place()
            await self.take(STEP)
        await self._place("down")
        await self.take(4 * STEP)
        await target.click()
        await self._place()

    async def _place(self, state: str = "") -> None:
        await self.page.evaluate(PLACE, [*self.pointer, state])

    def save(self, path: Path) -> None:
        """Write the film as an animated WebP that plays again and again."""
        first, *others = [picture for picture, _ in self.pictures]
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=[stays for _, stays in self.pictures],
            loop=0,
            quality=QUALITY,
            minimize_size=True,
        )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m docs.record", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("file", type=Path, help="the WebP file to write")
    film = asyncio.run(_record())
    path = parser.parse_args(arguments).file
    film.save(path)
    print(f"{path}: {len(film.pictures)} pictures, {path.stat().st_size / 1000:.0f} kB")
    return 0


async def _record() -> Film:
    async with chromium() as browser, sandbox() as url:
        page = await opened(browser, url, SIZE, SHARP)
        await play_script(page)
        film = Film(page)
        await film.begin()
        await _answer(film)
        await _sort(film)
        await _like(film)
        return film


async def _answer(film: Film) -> None:
    """Answer cards, each with the bot's own guess."""
    await film.say("It shows a song and its guess. You tap where the song goes.")
    card = await _send(film, "label")
    film.pictures.clear()  # begin with a card: it's all that a viewer that doesn't play shows
    await expect(card).to_contain_text("near")
    await _watch(film, LONG)
    for _ in range(CARDS):
        before = await card.inner_text()
        await film.press(card.locator(".button.primary").first)
        await expect(card).not_to_have_text(before, use_inner_text=True)
        await _watch(film, SHORT)


async def _sort(film: Film) -> None:
    """Look at the dry run, and apply it."""
    await film.say("A dry run first. Nothing changes until you press Apply.")
    answer = await _send(film, "sort")
    await expect(answer.get_by_role("button", name="Apply")).to_be_visible()
    await _watch(film, LONG)
    await film.press(answer.get_by_role("button", name="Apply"))
    await film.say("Your playlists fill up, and the receipt has an Undo.")
    await expect(answer.get_by_role("button", name="Not there")).to_be_visible()
    await _watch(film, LONG)


async def _like(film: Film) -> None:
    """Like new songs, and see where they land."""
    await film.say("From then on, like a song on Spotify …")
    await film.press(film.page.get_by_role("button", name="Like a new song"))
    await film.take(SHORT)
    await film.press(film.page.get_by_role("button", name="Like the first five"))
    await film.take(SHORT)
    await film.page.evaluate("document.body.classList.remove('begun')")
    direct_messages = film.page.locator("#rail").get_by_role("button", name="Cratekeeper", include_hidden=True)
    await direct_messages.dispatch_event("click")
    await expect(message(film.page, "new likes")).to_be_visible()
    await film.say("… and it lands where it belongs.")
    await _watch(film, 2 * LONG)


async def _send(film: Film, name: str) -> Locator:
    """Type a command and send it; returns the message that answers it."""
    messages = film.page.locator(".message")
    before = await messages.count()
    await film.page.get_by_role("combobox", name="Message").fill(f"/{name}")
    await film.page.get_by_role("option", name=f"/{name} ").first.wait_for()
    await film.take(SHORT)
    await command(film.page, name)
    await expect(messages).to_have_count(before + 1)
    return messages.nth(before)


async def _watch(film: Film, milliseconds: int) -> None:
    await settle(film.page)
    await film.take(milliseconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
