"""The dry run on the page, in a real Chromium: untick, apply, and what's shown is what's written."""

import re

import pytest
from playwright.async_api import Page, expect

from sandbox.discord import Message
from tests.e2e.chat_stage import STYLES, answer, labels
from tests.e2e.feed.phone_stage import Phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("feed"),
]
TICKS = "#stage li:has(input[type=checkbox])"


async def planned(phone: Phone) -> tuple[Message, str]:
    """A dry run of more than a few pages, and a link to its list."""
    dry_run = await answer(phone.person.command("sort"))
    said = await answer(phone.person.click(dry_run, "View as a page"))
    assert said.visible_to == phone.person.user.id
    return dry_run, next(button.url for button in said.buttons() if button.url)


def contents(phone: Phone) -> dict[str, set[str]]:
    """The titles in each of the member's playlists."""
    query = """select p.name, s.title from content c join playlist p using (playlist)
               join own_song s on s.member = p.member and s.song = c.song where p.member = ?"""
    found: dict[str, set[str]] = {style: set() for style in STYLES}
    for name, song in phone.feed.stack.rows(query, phone.person.user.id):
        found[name].add(song)
    return found


async def shown(page: Page) -> dict[str, set[str]]:
    """The ticked songs' titles by section."""
    found: dict[str, set[str]] = {style: set() for style in STYLES}
    for section in await page.locator("#stage section").all():
        name = (await section.locator("h3").inner_text()).splitlines()[0].split(maxsplit=1)[1]
        ticked = await section.locator("li:has(input:checked)").all_text_contents()
        if ticked:
            found[name] |= {text.split(" – ")[0].strip() for text in ticked}
    return found


async def test_what_stays_ticked_is_what_apply_writes(sorting: Phone) -> None:
    before = contents(sorting)
    _dry_run, link = await planned(sorting)
    async with sorting.page(link=link) as page:
        await expect(page.locator("h2")).to_have_text("What I'd do")
        everything = await shown(page)
        assert sum(map(len, everything.values())) > 30
        head = page.locator(".head")
        placed = re.search(r"^(\d+) of", await head.inner_text())
        assert placed is not None
        for at in (0, 3):
            await page.locator(TICKS).nth(at).locator("label").click()
        await expect(page.locator("li:has(input:not(:checked))")).to_have_count(2)
        await expect(head).to_contain_text(re.compile(f"^{int(placed[1]) - 2} of"))
        await expect(page.locator("#section-stay")).to_contain_text("stay")
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        wanted = await shown(page)
        assert sum(map(len, wanted.values())) == sum(map(len, everything.values())) - 2
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator(".message")).to_contain_text("receipt in Discord")
    receipt = await sorting.feed.stack.told(sorting.person, "Done")
    after = contents(sorting)
    assert {name: after[name] - before[name] for name in after} == wanted
    await answer(sorting.person.in_dm().click(receipt, "Undo"))
    await sorting.feed.stack.until(lambda: contents(sorting) == before)


async def test_a_list_that_was_changed_elsewhere_is_shown_again_before_it_is_applied(sorting: Phone) -> None:
    before = contents(sorting)
    dry_run, link = await planned(sorting)
    async with sorting.page(link=link) as page:
        ticked = await page.locator("input:checked").count()
        menu = (await answer(sorting.person.click(dry_run, "Not there"))).selects()[0]
        await answer(sorting.person.select(dry_run, menu.custom_id, [menu.options[0].value]))
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator("#said")).to_contain_text("changed elsewhere")
        await expect(page.locator("input:checked")).to_have_count(ticked - 1)
        assert contents(sorting) == before
        change = page.locator("li:has(input:not(:checked)) label")
        await change.click()
        await expect(page.locator("input:checked")).to_have_count(ticked)
        await expect(page.locator(".head")).to_contain_text(re.compile(r"\d+ of"))
    assert [complaint for complaint in sorting.complaints if "409" in complaint]
    sorting.complaints.clear()
    await sorting.person.click(dry_run, "Back")
    await answer(sorting.person.click(dry_run, "Cancel"))


async def test_without_a_network_the_list_stays_as_it_was(sorting: Phone) -> None:
    dry_run, link = await planned(sorting)
    async with sorting.page(link=link) as page:
        box = page.locator(TICKS).first.locator("input")
        ticked = await page.locator("input:checked").count()
        await page.context.set_offline(True)
        for press in (box, page.get_by_role("button", name="Apply")):
            await press.click()
            await expect(page.locator("#said")).to_contain_text("You're offline")
            await expect(page.locator("input:checked")).to_have_count(ticked)
        await page.context.set_offline(False)
        await box.click()
        await expect(page.locator("li").first).to_contain_text("you said it doesn't belong here")
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in sorting.complaints)
    sorting.complaints.clear()
    await answer(sorting.person.click(dry_run, "Cancel"))


async def test_it_works_by_keyboard_alone_and_a_song_can_be_heard(sorting: Phone) -> None:
    dry_run, link = await planned(sorting)
    async with sorting.page(link=link) as page:
        await page.locator("#jump").focus()
        await page.keyboard.press("End")
        last = await page.locator("h3").last.get_attribute("id")
        await expect(page.locator("h3:focus")).to_have_attribute("id", str(last))
        await page.locator("h3").first.focus()
        await page.keyboard.press("Tab")
        box = page.locator(TICKS).first.locator("input")
        await expect(box).to_be_focused()
        await page.keyboard.press("Space")
        await expect(page.locator("li").first).to_contain_text("you said it doesn't belong here")
        await expect(box).to_be_focused()
        await page.keyboard.press("Space")
        await expect(page.locator("li").first).not_to_contain_text("you said it doesn't")
        await expect(box).to_be_checked()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("li").first.locator(".elsewhere, .play")).to_be_visible()
    await answer(sorting.person.click(dry_run, "Cancel"))


async def test_a_short_dry_run_has_no_page_and_a_cancelled_one_says_so(sorting: Phone) -> None:
    dry_run, link = await planned(sorting)
    await answer(sorting.person.click(dry_run, "Cancel"))
    async with sorting.page(link=link) as page:
        await expect(page.locator(".message")).to_contain_text("out of date")
    assert [complaint for complaint in sorting.complaints if "404" in complaint]
    sorting.complaints.clear()
    short = await answer(sorting.feed.rob.command("sort"))
    assert "View as a page" not in labels(short)
