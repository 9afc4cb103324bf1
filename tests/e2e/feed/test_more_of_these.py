"""*More of these* on the page, in a real Chromium: tick, one answer, one undo; by finger or by keyboard alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from sandbox.discord import Upload
from tests.e2e.accessible import WIDE, check_all
from tests.e2e.chat_stage import answer, newcomer
from tests.e2e.feed.phone_stage import NUMBERS, Phone, losing_the_first_reply, title
from tests.e2e.feed.stage import PLAYLISTS, Feed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("feed"),
]
HARBOURS = {f"Tide {at}": "First" if at < 3 else "Second" for at in range(5)}  # title → album
FOCUSED = "document.activeElement.dataset.key ?? document.activeElement.id"
TICKS = ".ticks input[value]"


def crate() -> Upload:
    """A file with five songs by one artist on two albums, and others that have nothing in common."""
    alone = [(f"Alone {at}", f"Ann {at}", f"Solo {at}") for at in range(8)]
    rows = [*((title, "The Harbours", album) for title, album in HARBOURS.items()), *alone]
    lines = [f"spotify:track:{at:022d},{','.join(row)}" for at, row in enumerate(rows)]
    return Upload("liked.csv", "\n".join(["Track URI,Track Name,Artist Name(s),Album Name", *lines]).encode())


@pytest_asyncio.fixture(loop_scope="session")
async def crates(feed: Feed, browser: Browser) -> AsyncIterator[Phone]:
    """The phone of a member with that file, who keeps two playlists."""
    person = newcomer(feed.stack, f"crates-{next(NUMBERS)}")
    await answer(person.command("library import", file=crate()))
    for name in PLAYLISTS:
        await answer(person.command("playlists add", new=name))
    made = Phone(feed, browser, person)
    yield made
    assert made.complaints == []


def sorted_songs(phone: Phone) -> dict[str, list[str]]:
    """The playlists of each song that's answered, by title."""
    names = dict(phone.feed.stack.rows("select playlist, name from playlist"))
    titles = dict(phone.feed.stack.rows("select song, title from own_song where member = ?", phone.person.user.id))
    said = phone.feed.stack.labels(phone.person)
    return {titles[song]: [names[each] for each in chosen] for song, kind, chosen in said if kind != "skip"}


async def reach(page: Page, *, more: bool = True) -> None:
    """Skip to a song with more of these, or one without."""
    for _ in range(13):
        await page.locator(".hear:not([aria-busy])").wait_for()
        if (await title(page) in HARBOURS) is more:
            return
        before = await title(page)
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator("#title")).not_to_have_text(before)
    pytest.fail("no such song is asked about")


async def opened(page: Page) -> Locator:
    await reach(page)
    await page.get_by_role("button", name="More of these").click()
    sheet = page.get_by_role("dialog")
    await expect(sheet.locator(TICKS).first).to_be_visible()
    return sheet


async def test_one_answer_sorts_all_that_are_ticked_and_one_undo_takes_it_back(crates: Phone) -> None:
    async with crates.page(link=await crates.link("label")) as page:
        sheet = await opened(page)
        await expect(sheet).to_contain_text("5 songs by The Harbours aren't sorted yet.")
        await expect(sheet.locator(f"{TICKS}:checked")).to_have_count(5)
        await expect(sheet.locator(".place")).to_contain_text([*PLAYLISTS, "None of them"])
        await sheet.get_by_text("Tide 1").click()
        await sheet.get_by_text("Tide 4").click()
        await expect(sheet).to_contain_text("Ticked: 3 of 5")
        assert await sheet.get_by_label("All of them").evaluate("each => each.indeterminate")
        assert sorted_songs(crates) == {}, "nothing is answered before a playlist is pressed"
        await sheet.get_by_role("button", name=PLAYLISTS[0]).click()
        await expect(sheet).to_have_count(0)
        await expect(page.locator("#said")).to_contain_text("3 songs by The Harbours →")
        assert sorted_songs(crates) == {title: [PLAYLISTS[0]] for title in ("Tide 0", "Tide 2", "Tide 3")}
        await page.locator("#stage").get_by_role("button", name="Undo").click()
        await expect(page.locator("#said")).to_contain_text("Undone for all 3 songs")
        assert sorted_songs(crates) == {}


async def test_the_album_is_another_list_and_none_of_them_an_answer(crates: Phone) -> None:
    async with crates.page(link=await crates.link("label")) as page:
        sheet = await opened(page)
        album = HARBOURS[await title(page)]
        songs = sorted(title for title, on in HARBOURS.items() if on == album)
        group = sheet.get_by_label("Which songs")
        await group.focus()
        await group.select_option(label=f"On the album {album}")
        await expect(sheet.locator(TICKS)).to_have_count(len(songs))
        await expect(group).to_be_focused()
        await sheet.get_by_label("All of them").uncheck()
        for place in await sheet.locator(".place").all():
            await expect(place).to_be_disabled()
        await sheet.get_by_label("All of them").check()
        await sheet.get_by_role("button", name="None of them").click()
        await expect(page.locator("#said")).to_contain_text(f"All {len(songs)} on {album} → none of them")
        assert sorted_songs(crates) == {title: [] for title in songs}


async def test_a_song_with_nothing_like_it_has_no_list_and_the_buttons_stay_where_they_are(crates: Phone) -> None:
    async with crates.page(link=await crates.link("label")) as page:
        where = {}
        for more in (True, False):
            await reach(page, more=more)
            await expect(page.get_by_role("button", name="More of these")).to_have_count(int(more))
            where[more] = [await each.bounding_box() for each in await page.locator(".place, .act").all()]
        assert where[True] == where[False]
        await page.keyboard.press("m")
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_an_answer_whose_reply_is_lost_counts_once(crates: Phone) -> None:
    sent = list[str]()
    async with crates.page(link=await crates.link("label")) as page:
        sheet = await opened(page)
        await page.route("**/more/*/playlists/*", losing_the_first_reply(sent))
        await sheet.get_by_role("button", name=PLAYLISTS[1]).click()
        await expect(sheet).to_have_count(0)
        await expect(page.locator("#title")).to_contain_text("Alone")
        assert len(set(sent)) == 1 < len(sent)
        assert sorted_songs(crates) == {title: [PLAYLISTS[1]] for title in HARBOURS}
        await page.locator("#stage").get_by_role("button", name="Undo").click()
        await expect(page.locator("#title")).to_contain_text("Tide")
        assert sorted_songs(crates) == {}
    assert [complaint for complaint in crates.complaints if "ERR_FAILED" in complaint]
    crates.complaints.clear()


async def test_without_a_network_the_list_stays_as_it_was_ticked(crates: Phone) -> None:
    async with crates.page(link=await crates.link("label")) as page:
        sheet = await opened(page)
        await sheet.get_by_text("Tide 2").click()
        await page.context.set_offline(True)
        await sheet.get_by_role("button", name=PLAYLISTS[0]).click()
        await expect(sheet.get_by_role("status")).to_contain_text("You're offline")
        await expect(sheet.get_by_role("button", name=PLAYLISTS[0])).to_be_focused()
        await expect(sheet.locator(f"{TICKS}:checked")).to_have_count(4)
        await page.context.set_offline(False)
        await sheet.get_by_role("button", name=PLAYLISTS[0]).click()
        await expect(sheet).to_have_count(0)
        assert sorted_songs(crates) == {title: [PLAYLISTS[0]] for title in HARBOURS if title != "Tide 2"}
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in crates.complaints)
    crates.complaints.clear()


async def test_it_works_by_keyboard_alone_and_the_focus_comes_back(crates: Phone) -> None:
    async with crates.page({"width": 1280, "height": 800}, link=await crates.link("label")) as page:
        await reach(page)
        for _ in range(20):
            if await page.evaluate(FOCUSED) == "more_of":
                break
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        sheet = page.get_by_role("dialog")
        await expect(sheet.get_by_label("All of them")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(sheet).to_have_count(0)
        assert await page.evaluate(FOCUSED) == "more_of"
        await page.keyboard.press("m")
        await expect(sheet.get_by_label("All of them")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await expect(sheet.locator(f"{TICKS}:checked")).to_have_count(4)
        for _ in range(5):
            await page.keyboard.press("Tab")
        await expect(sheet.get_by_role("button", name=PLAYLISTS[0])).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(sheet).to_have_count(0)
        assert len(sorted_songs(crates)) == 4
        await expect(page.locator("#title")).to_be_focused()  # the next song has no such button


async def test_no_song_shows_below_the_playlists(crates: Phone) -> None:
    async with crates.page({"width": 360, "height": 500}, link=await crates.link("label")) as page:
        sheet = await opened(page)
        assert await sheet.evaluate("(each) => each.scrollHeight > each.clientHeight")
        below = (
            "(each) => each.getBoundingClientRect().bottom - each.querySelector('.bar').getBoundingClientRect().bottom"
        )
        assert await sheet.evaluate(below) < 2


async def test_the_list_can_be_used_by_everybody(crates: Phone) -> None:
    async with crates.page(link=await crates.link("label"), reduced_motion="reduce") as page:
        sheet = await opened(page)
        await check_all(page)
        await sheet.get_by_label("All of them").uncheck()
        await check_all(page)
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await page.evaluate(WIDE) == []


@pytest.mark.parametrize(("locale", "name"), [("de-DE", "Mehr davon"), ("pt-BR", "Mais como estas")])
async def test_it_speaks_the_members_language(crates: Phone, locale: str, name: str) -> None:
    async with crates.page(link=await crates.link("label"), locale=locale) as page:
        await reach(page)
        await page.get_by_role("button", name=name).click()
        await expect(page.get_by_role("dialog").get_by_role("status")).not_to_contain_text("sorted yet")
        await expect(page.locator("#ticked")).to_contain_text("5")
