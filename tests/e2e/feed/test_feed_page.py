"""The swipe page in a real Chromium at a phone's size, served by the bot as a process."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import count

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.chat.presence import FRESH
from sandbox.browser import chromium
from sandbox.discord import Person
from tests.e2e.chat_stage import answer, labels, with_file
from tests.e2e.feed.stage import FILES, OWN, PLAYLISTS, Feed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("feed"),
]
PHONE, ON_ITS_SIDE, DESK = ({"width": w, "height": h} for w, h in ((360, 640), (740, 360), (1280, 800)))
NUMBERS = count(1)
SLOW = 30_000  # milliseconds, on a busy machine
NAMELESS = """() => [...document.querySelectorAll("button, a, input, img")]
    .filter((each) => !(each.textContent.trim() || each.alt !== undefined || each.labels?.length || each.ariaLabel))
    .map((each) => each.outerHTML)"""
SMALL = """() => [...document.querySelectorAll("button")].map((each) => each.getBoundingClientRect())
    .filter(({width, height}) => width && (width < 44 || height < 44)).length"""
WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((each) => each.getClientRects().length && each.getBoundingClientRect().right > innerWidth + 1)
    .map((each) => each.outerHTML.slice(0, 80))"""
FAINT = """() => {
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((each) => each / 255)
            .map((each) => each <= .04045 ? each / 12.92 : ((each + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const ground = (each) => {
        for (; each; each = each.parentElement) {
            const colour = getComputedStyle(each).backgroundColor;
            if (!/, 0\\)$|^transparent$/.test(colour)) return colour;
        }
        return getComputedStyle(document.documentElement).backgroundColor;
    };
    return [...document.querySelectorAll("h1, h2, p, span, button, a, dd, dt, small")]
        .filter((each) => each.offsetParent)
        .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
        .filter((each) => !each.disabled && !each.closest("[aria-hidden=true], [role=status], :disabled"))
        .map((each) => [each.textContent, light(getComputedStyle(each).color), light(ground(each))])
        .map(([text, one, two]) => [text, (Math.max(one, two) + .05) / (Math.min(one, two) + .05)])
        .filter(([, contrast]) => contrast < 4.5);
}"""


@dataclass(slots=True)
class Phone:
    """A member's browser and its errors. Each test gets a member who hasn't been shown anything yet."""

    feed: Feed
    browser: Browser
    person: Person
    complaints: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def page(self, viewport: dict[str, int] = PHONE, **options: object) -> AsyncIterator[Page]:
        """The page, opened with a fresh link."""
        context = await self.browser.new_context(viewport=viewport, has_touch=True, **options)
        context.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda line: line.type in ("error", "warning") and self.complaints.append(line.text))
        page = await context.new_page()
        await page.goto(await self.link())
        await page.wait_for_selector("body[data-ready]")
        yield page
        await context.close()

    async def link(self) -> str:
        said = await answer(self.person.command("feed web"))
        assert said.visible_to == self.person.user.id
        return next(button.url for button in said.buttons() if button.url)


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
    await page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished)).then(() => true)")
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


async def test_a_link_opens_once_and_its_secret_leaves_the_address(phone: Phone) -> None:
    link = await phone.link()
    async with phone.page() as page:
        assert "#" not in page.url
        cookie = (await page.context.cookies())[0]
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (
            "ck_feed",
            True,
            "Strict",
            "/feed",
        )
        await page.reload()
        await expect(page.locator("article.card")).to_be_visible()
    context = await phone.browser.new_context(viewport=PHONE)
    page = await context.new_page()
    await page.goto(link)  # a newer link has invalidated this one
    await expect(page.locator(".message")).to_contain_text("/feed web")
    await context.close()


async def test_swiping_likes_and_skips_and_undo_brings_the_song_back(phone: Phone) -> None:
    async with phone.page() as page:
        await until(page, ".source a")
        first = await title(page)
        await drag(page, (150, 0), (5, 0))
        assert await title(page) == first, "dragged back before letting go"
        await drag(page, (150, 0))
        await expect(page.locator("#title")).not_to_have_text(first)
        await phone.feed.stack.until(lambda: said_of(phone, first) == ["like"])
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator("#title")).to_have_text(first)
        await phone.feed.stack.until(lambda: said_of(phone, first) == [None])
        await drag(page, (-150, 0))
        await expect(page.locator("#title")).not_to_have_text(first)
        await phone.feed.stack.until(lambda: said_of(phone, first) == ["skip"])
        await drag(page, (0, -200))
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_clip_plays_after_the_first_touch_and_not_before(phone: Phone) -> None:
    await answer(phone.person.command("feed leave"))  # leaves only the operator's files
    async with phone.page() as page:
        await expect(page.locator(".play")).to_have_text("Play")
        await expect(page.locator(".track canvas, .track svg")).to_be_visible()
        await expect(page.locator(".where")).to_contain_text("into the song")
        await page.locator(".play").click()
        await expect(page.locator(".play")).to_have_text("Pause")
        await expect(page.locator(".time")).not_to_have_text("0:00", timeout=SLOW)
        await page.keyboard.press(" ")
        await expect(page.locator(".play")).to_have_text("Play")


async def test_keys_and_buttons_do_what_swipes_do(phone: Phone) -> None:
    async with phone.page() as page:
        for key in ("l", "ArrowRight", "s"):
            before = await title(page)
            await page.keyboard.press(key)
            await expect(page.locator("#title")).not_to_have_text(before)
        before = await title(page)
        await page.get_by_role("button", name="Not for me").click()
        await expect(page.locator("#title")).not_to_have_text(before)
        await page.keyboard.press("u")
        await expect(page.locator("#title")).to_have_text(before)
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_contain_text("Use letter keys")
        await expect(page.get_by_role("dialog")).to_contain_text("logged in for 30 days")


async def test_a_german_browser_gets_german(phone: Phone) -> None:
    async with phone.page(locale="de-DE") as page:
        assert await page.evaluate("document.documentElement.lang") == "de"
        await expect(page.get_by_role("button", name="Überspringen")).to_be_visible()
        await page.get_by_role("button", name="Hilfe").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Buchstabentasten benutzen")


async def test_a_song_is_added_to_a_playlist(phone: Phone) -> None:
    async with phone.page() as page:
        await until(page, ".source a")
        song = await title(page)
        await page.get_by_role("button", name="Add to…").click()
        choices = page.locator("dialog .choice")
        await expect(choices).to_have_count(len(PLAYLISTS))
        await choices.filter(has_text="Run").click()
        await expect(page.locator("#said")).to_contain_text("to Run.")
        query = "select 1 from content c join song s using (song) where c.member = ? and s.title = ?"
        await phone.feed.stack.until(lambda: phone.feed.stack.rows(query, phone.person.user.id, song))


async def test_the_guess_is_marked_and_focused_where_it_stands(phone: Phone) -> None:
    names, guess = ["Late night", "Run", "Kitchen"], {"probability": 0.74, "best": True}
    places = [{"playlist": at, "name": name, "emoji": "🟦", "probability": 0.1} for at, name in enumerate(names)]
    places[1] |= guess
    async with phone.page() as page:
        await page.route("**/playlists", lambda route: route.fulfill(json={"playlists": places}))
        await until(page, ".source a")
        await page.get_by_role("button", name="Add to…").click()
        choices = page.locator("dialog .choice")
        await expect(choices).to_contain_text(names)
        await expect(choices.nth(1)).to_contain_text("My guess, 74%")
        await expect(choices.nth(1)).to_be_focused()
        await expect(page.locator("dialog .guess")).to_have_count(1)


async def test_an_add_can_switch_saving_on(phone: Phone) -> None:
    await answer(phone.person.command("feed settings", save_likes=False))
    async with phone.page() as page:
        await until(page, ".source a")
        await page.get_by_role("button", name="Add to…").click()
        await page.locator("dialog .choice", has_text="Run").click()
        await page.get_by_role("button", name="Always save what I like here").click()
        await expect(page.locator("#said")).to_contain_text("to Run.")
    saves = phone.feed.stack.rows("select saves from member where member = ?", phone.person.user.id)
    assert saves == [(1,)]
    assert [complaint for complaint in phone.complaints if "409" in complaint]
    phone.complaints.clear()


async def test_of_two_playlists_with_one_name_the_song_goes_to_the_chosen_one(phone: Phone) -> None:
    query = "update playlist set name = ? where member = ?"
    with closing(sqlite3.connect(phone.feed.stack.database, timeout=20)) as database, database:
        database.execute(query, (PLAYLISTS[0], phone.person.user.id))
    async with phone.page() as page:
        await until(page, ".source a")
        await page.get_by_role("button", name="Add to…").click()
        choices = page.locator("dialog .choice")
        await choices.first.click()
        await expect(page.locator("#said")).to_contain_text(f"to {PLAYLISTS[0]}.")
        await page.get_by_role("button", name="Add to…").click()
        await expect(choices).to_have_count(len(PLAYLISTS))
        await expect(choices.filter(has_text="On its way there")).to_have_count(1)


@pytest.mark.parametrize(("colours", "viewports"), [("dark", [PHONE]), ("light", [ON_ITS_SIDE, DESK])])
async def test_the_page_meets_contrast_size_and_naming_rules(
    phone: Phone, colours: str, viewports: list[dict[str, int]], soak: bool
) -> None:
    for viewport in (PHONE, ON_ITS_SIDE, DESK) if soak else viewports:
        async with phone.page(viewport, color_scheme=colours, reduced_motion="reduce") as page:
            await page.locator(".hear:not([aria-busy])").wait_for()
            assert await page.evaluate(NAMELESS) == []
            assert await page.evaluate(SMALL) == 0, "a finger needs at least 44 pixels"
            assert await page.evaluate(FAINT) == []
            assert await page.evaluate(WIDE) == []
            assert await page.evaluate("document.documentElement.lang") == "en"
            await page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert await page.evaluate(WIDE) == [], "large text makes it longer, never wider"


async def test_a_song_that_is_gone_gives_way_to_the_next(phone: Phone) -> None:
    async with phone.page() as page:
        await until(page, ".source a")
        gone = await title(page)
        await answer(phone.person.command("feed leave"))  # they no longer see what others share
        await page.get_by_role("button", name="Like").click()
        await expect(page.locator("#said")).to_contain_text("isn't in the catalogue")
        await expect(page.locator("#title")).not_to_have_text(gone)
    assert [complaint for complaint in phone.complaints if "404" in complaint]
    phone.complaints.clear()


async def test_nothing_moves_for_those_who_prefer_reduced_motion(phone: Phone) -> None:
    async with phone.page(reduced_motion="reduce") as page:
        before = await title(page)
        await page.keyboard.press("ArrowLeft")
        moved = await page.evaluate(
            "document.getAnimations().some((each) => each.effect.getKeyframes().some((frame) => frame.transform))"
        )
        assert not moved
        await expect(page.locator("#title")).not_to_have_text(before)


async def test_it_can_be_installed_and_says_so_when_offline(phone: Phone) -> None:
    async with phone.page() as page:
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        manifest = await page.evaluate("fetch('manifest.webmanifest').then((each) => each.json())")
        assert {"name", "icons", "start_url", "display"} <= manifest.keys()
        kept = await page.evaluate(
            "caches.keys().then((names) => Promise.all(names.map((each) => caches.open(each).then((c) => c.keys()))))"
            ".then((all) => all.flat().map((each) => each.url))"
        )
        assert kept
        assert not [url for url in kept if "/api/" in url], "nothing personal is cached"
        await page.context.set_offline(True)
        await page.reload()
        await expect(page.locator(".message")).to_contain_text("offline")
        await page.context.set_offline(False)
    assert [complaint for complaint in phone.complaints if "ERR_INTERNET_DISCONNECTED" in complaint]
    phone.complaints.clear()


async def test_logging_out_works_here_or_everywhere(phone: Phone) -> None:
    async with phone.page() as page:
        await page.keyboard.press("?")
        await page.get_by_role("button", name="Log out here").click()
        await expect(page.locator(".message")).to_contain_text("logged out")
    async with phone.page() as page:
        said = await answer(phone.person.command("feed web"))
        assert labels(said) == ["Open the feed", "Log out everywhere"]
        assert "Logged out" in (await answer(phone.person.click(said, "Log out everywhere"))).text()
        await page.reload()
        await expect(page.locator(".message")).to_contain_text("/feed web")
    assert [complaint for complaint in phone.complaints if "401" in complaint]
    phone.complaints.clear()


async def test_the_page_says_when_everything_was_shown(phone: Phone) -> None:
    await answer(phone.person.command("feed leave"))
    async with phone.page() as page:
        for _ in range(FILES):
            await page.locator(".hear:not([aria-busy])").wait_for()
            before = await title(page)
            await page.keyboard.press("ArrowLeft")
            await expect(page.locator("#title", has_text=before)).to_have_count(0)
        await expect(page.locator(".message")).to_contain_text("everything for now")


async def test_the_page_names_its_member_and_asks_before_switching(phone: Phone) -> None:
    mine = phone.person.user
    eve = await with_file(phone.feed.stack, f"eve-{next(NUMBERS)}", library=OWN)
    async with phone.page() as page:
        await expect(page.locator("#who")).to_have_text(f"@{mine.name} ({mine.display_name})")
        said = await answer(eve.command("feed web"))
        hers = next(button.url for button in said.buttons() if button.url)
        await page.goto("about:blank")  # as a real link would: changing only the part after # loads nothing
        await page.goto(hers)
        await expect(page.locator(".message")).to_contain_text(f"This browser is logged in as @{mine.name}")
        await expect(page.locator(".message")).to_contain_text(f"@{eve.user.name}")
        await page.get_by_role("button", name="Stay as I am").click()
        await expect(page.locator("#who")).to_contain_text(mine.name)
        await page.goto("about:blank")
        await page.goto(hers)
        await page.get_by_role("button", name="Continue as them").click()
        await expect(page.locator("#who")).to_contain_text(eve.user.name)
    assert [complaint for complaint in phone.complaints if "409" in complaint]
    phone.complaints.clear()


async def test_a_song_is_reposted_with_a_preview(phone: Phone) -> None:
    stack = phone.feed.stack
    owner = Person(stack.discord, stack.discord.owner, stack.channel)
    channel = stack.discord.add_channel(stack.guild, f"passed-{phone.person.user.name}")
    await answer(owner.command("server allow", options={"purpose": "reposts", "channel": channel}))
    async with phone.page() as page:
        song = await title(page)
        await page.keyboard.press("ArrowUp")
        await page.get_by_role("button", name="Repost in a server").click()
        said = f"repost channel of {stack.guild.name}, with your name"
        await expect(page.get_by_role("dialog")).to_contain_text(said)
        assert not channel.messages
        await page.get_by_role("button", name="Post it").click()
        await expect(page.locator("#said")).to_contain_text("is reposted")
        (posted,) = channel.messages.values()
        assert song.split(" *")[0] in posted.text()
        assert f"<@{phone.person.user.id}>" in posted.text()

        stack.discord.leave(stack.guild, phone.person.user)  # or was banned; the browser is still logged in
        await asyncio.sleep(FRESH)
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator("#title", has_text=song)).to_have_count(0)
        await page.keyboard.press("ArrowUp")
        await page.get_by_role("button", name="Repost in a server").click()
        await page.get_by_role("button", name="Post it").click()
        await expect(page.locator("#said")).to_contain_text("can't see that server's channel")
        assert list(channel.messages.values()) == [posted]
        stack.discord.join(stack.guild, phone.person.user)
    assert [complaint for complaint in phone.complaints if "404" in complaint]
    phone.complaints.clear()


async def test_a_page_opened_from_a_direct_message_has_no_server_to_repost_in(phone: Phone) -> None:
    phone.person = phone.person.in_dm()
    async with phone.page() as page:
        await page.keyboard.press("ArrowUp")
        await expect(page.get_by_role("dialog")).to_contain_text("Shared by someone")
        await expect(page.get_by_role("button", name="Repost in a server")).to_have_count(0)
