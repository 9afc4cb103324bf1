"""Labelling on the page, in a real Chromium: the same answers as in Discord, from a phone or by keyboard alone."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.chat_stage import STYLES, answer
from tests.e2e.feed.phone_stage import Phone, losing_the_first_reply, title

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("feed"),
]
DESK = {"width": 1280, "height": 800}
FOCUSED = "document.activeElement.dataset.key ?? document.activeElement.id"


def said(phone: Phone, since: int) -> list[tuple[str, list[str]]]:
    """The kind and playlists of each answer after the first `since`, oldest first."""
    names = dict(phone.feed.stack.rows("select playlist, name from playlist"))
    answers = phone.feed.stack.labels(phone.person)[since:]
    return [(kind, [names[playlist] for playlist in chosen]) for _song, kind, chosen in answers]


async def press(page: Page, name: str) -> None:
    """Press a button of the card; wait for the next one."""
    before = await title(page)
    await page.locator("#stage").get_by_role("button", name=name).click()
    await expect(page.locator("#title")).not_to_have_text(before)


async def test_label_opens_on_the_phone_and_every_button_answers_as_in_discord(sorting: Phone) -> None:
    before = len(sorting.feed.stack.labels(sorting.person))
    async with sorting.page(link=await sorting.link("label")) as page:
        assert "#" not in page.url
        await expect(page.locator(".place")).to_contain_text(list(STYLES))
        first = await title(page)
        await press(page, "Run")
        assert said(sorting, before) == [("only", ["Run"])]
        await expect(page.locator("#said")).to_contain_text("→")
        await press(page, "None of them")
        await press(page, "Skip")
        await page.get_by_role("button", name="Several").click()
        await expect(page.get_by_role("button", name="Those I've ticked")).to_be_disabled()
        for name in ("Kitchen", "Late night"):
            await page.locator(".place", has_text=name).click()
        await expect(page.locator(".place[aria-pressed=true]")).to_have_count(2)
        await press(page, "Those I've ticked")
        assert said(sorting, before)[1:] == [("none", []), ("skip", []), ("only", ["Kitchen", "Late night"])]
        for _ in range(4):
            await press(page, "Undo")
        assert said(sorting, before) == []
        assert await title(page) == first
        await page.reload()
        await expect(page.locator(".place")).to_have_count(len(STYLES))


async def test_the_guess_stands_out_in_its_place(sorting: Phone) -> None:
    async with sorting.page(link=await sorting.link("label")) as page:
        for _ in range(3):
            await expect(page.locator(".place > span")).to_contain_text(list(STYLES))
            await expect(page.locator(".place.guess")).to_have_count(1)
            await expect(page.locator(".place.guess small")).to_contain_text("My guess,")
            guessed = (await page.locator(".place.guess > span").inner_text()).split(maxsplit=1)[1]
            await expect(page.locator(".why")).to_contain_text(guessed)
            await press(page, "Skip")
        for _ in range(3):
            await press(page, "Undo")


async def test_an_answer_whose_reply_is_lost_counts_once(sorting: Phone) -> None:
    before, sent = len(sorting.feed.stack.labels(sorting.person)), list[str]()
    async with sorting.page(link=await sorting.link("label")) as page:
        await page.route("**/answer", losing_the_first_reply(sent))
        await press(page, "Run")
        assert len(set(sent)) == 1 < len(sent)
        assert said(sorting, before) == [("only", ["Run"])]
        await press(page, "Undo")
        assert said(sorting, before) == []
    assert [complaint for complaint in sorting.complaints if "ERR_FAILED" in complaint]
    sorting.complaints.clear()


async def test_a_page_that_waits_for_a_reply_says_so(sorting: Phone) -> None:
    replied = asyncio.Event()

    async def wait(route: Route) -> None:
        await replied.wait()
        await route.continue_()

    async with sorting.page(link=await sorting.link("label")) as page:
        await page.route("**/skip", wait)
        await page.keyboard.press("s")
        await expect(page.locator("#said.seen")).to_have_text("One moment.")
        replied.set()
        await expect(page.locator(".card")).to_be_visible()
        await expect(page.locator("#said.seen")).to_have_count(0)


async def test_it_works_by_keyboard_alone_and_the_focus_stays(sorting: Phone) -> None:
    before = len(sorting.feed.stack.labels(sorting.person))
    async with sorting.page(DESK, link=await sorting.link("label")) as page:
        await page.locator(".hear:not([aria-busy])").wait_for()
        await tab_to(page, "several")
        await page.keyboard.press("Enter")
        assert (await page.locator(".place:focus > span").inner_text()).endswith(STYLES[0])
        await page.keyboard.press("Space")
        await expect(page.locator(".place:focus")).to_have_attribute("aria-pressed", "true")
        await tab_to(page, "go_back")
        await page.keyboard.press("Enter")
        assert await page.evaluate(FOCUSED) == "several", "back where it came from"
        await tab_to(page, "skip")
        for _ in range(2):
            song = await title(page)
            await page.keyboard.press("Enter")
            await expect(page.locator("#title")).not_to_have_text(song)
            assert await page.evaluate(FOCUSED) == "skip", "the focus stays when the card changes"
        for key, kind in (("2", "only"), ("n", "none"), ("ArrowLeft", "skip")):
            song = await title(page)
            await page.keyboard.press(key)
            await expect(page.locator("#title")).not_to_have_text(song)
            assert said(sorting, before)[-1][0] == kind
        for _ in range(5):
            song = await title(page)
            await page.keyboard.press("u")
            await expect(page.locator("#title")).not_to_have_text(song)
        assert said(sorting, before) == []
        await tab_to(page, "help")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_contain_text("The playlist in that place")
        await page.keyboard.press("Escape")
        assert await page.evaluate(FOCUSED) == "help"


async def tab_to(page: Page, key: str) -> None:
    for _ in range(40):
        if await page.evaluate(FOCUSED) == key:
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab doesn't reach {key}")


async def test_the_header_leads_from_one_view_to_the_other_and_back(phone: Phone) -> None:
    async with phone.page() as page:
        await page.get_by_role("button", name="Label", exact=True).click()
        await expect(page.locator(".place")).to_have_count(2)
        await expect(page.locator("[aria-current=page]")).to_have_text("Label")
        assert page.url.endswith("/feed/label")
        await page.go_back()
        await expect(page.get_by_role("button", name="Like", exact=True)).to_be_visible()
        await expect(page.locator("[aria-current=page]")).to_have_text("Discover")
        await page.get_by_role("button", name="More", exact=True).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.go_forward()
        await expect(page.locator(".place")).to_have_count(2)
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_labelling_goes_on_in_the_same_layer_after_a_look_at_the_feed(sorting: Phone) -> None:
    async with sorting.page(link=await sorting.link("label")) as page:
        assert "layer=" in page.url
        label = page.url
        await page.get_by_role("button", name="Discover").click()
        await page.get_by_role("button", name="Label", exact=True).click()
        await expect(page).to_have_url(label)


async def test_the_page_says_what_is_missing_before_the_first_card(phone: Phone) -> None:
    for name in ("Late night", "Run"):
        await answer(phone.person.command("playlists remove", playlist=name))
    async with phone.page() as page:
        await page.get_by_role("button", name="Label", exact=True).click()
        await expect(page.locator(".message")).to_contain_text("/playlists add takes one")
        for name in ("Late night", "Run"):
            await answer(phone.person.command("playlists add", new=name))
        await page.get_by_role("button", name="Try again").click()
        await expect(page.locator(".place")).to_have_count(2)
    assert [complaint for complaint in phone.complaints if "404" in complaint]
    phone.complaints.clear()


async def test_a_german_member_labels_in_german(sorting: Phone) -> None:
    async with sorting.page(link=await sorting.link("label"), locale="de-DE") as page:
        for name in ("Mehrere", "In keine davon", "Überspringen", "Rückgängig"):
            await expect(page.locator(".acts").get_by_role("button", name=name)).to_be_visible()
        await expect(page.locator(".guess")).to_contain_text("Meine Vermutung")
