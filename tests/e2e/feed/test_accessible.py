"""Everybody can use the page: axe-core, sizes, large type, the keyboard alone, and no motion for those who mind it."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.accessible import check, check_all, room
from tests.e2e.chat_stage import answer
from tests.e2e.feed.phone_stage import PHONE, Phone, title
from tests.e2e.feed.test_dry_run_page import planned

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("feed"),
]
STILL = """() => !document.getAnimations()
    .some((each) => each.effect.getKeyframes().some((frame) => frame.transform && frame.transform !== "none"))"""


async def large_type_makes_it_no_wider(page: Page) -> None:
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await room(page) == []


async def test_the_swipe_page_can_be_used_by_everybody(phone: Phone) -> None:
    async with phone.page(reduced_motion="reduce") as page:
        await page.locator(".hear:not([aria-busy])").wait_for()
        await check_all(page)
        for name in ("Help", "Add to…", "More"):
            await page.get_by_role("button", name=name, exact=True).click()
            await expect(page.get_by_role("dialog")).to_be_visible()
            await page.locator("dialog [aria-busy]").wait_for(state="detached")
            await check(page)
            await page.keyboard.press("Escape")
        await large_type_makes_it_no_wider(page)


async def test_the_label_page_can_be_used_by_everybody(sorting: Phone) -> None:
    async with sorting.page(link=await sorting.link("label"), reduced_motion="reduce") as page:
        await page.locator(".hear:not([aria-busy])").wait_for()
        await check_all(page)
        await page.get_by_role("button", name="Several").click()
        await page.locator(".place").first.click()
        await check_all(page)
        await large_type_makes_it_no_wider(page)


async def test_the_dry_run_page_can_be_used_by_everybody(sorting: Phone) -> None:
    dry_run, link = await planned(sorting)
    async with sorting.page(link=link, reduced_motion="reduce") as page:
        await page.locator("h3").first.wait_for()
        await check_all(page)
        await page.get_by_role("button", name="Listen").first.click()
        await page.locator(".heard:not([aria-busy])").wait_for()
        await check(page)
        await page.locator("li").last.scroll_into_view_if_needed()
        await page.evaluate("scrollTo(0, 0)")
        await page.set_viewport_size(PHONE)  # songs out of sight keep the width they had
        assert await room(page) == []
        await large_type_makes_it_no_wider(page)
    await answer(sorting.person.click(dry_run, "Cancel"))


async def test_what_stands_in_place_of_a_card_can_be_used_by_everybody(phone: Phone) -> None:
    async with phone.page(reduced_motion="reduce") as page:
        await page.get_by_role("button", name="Help").click()
        await page.get_by_role("button", name="Log out here").click()
        await expect(page.locator(".message")).to_contain_text("logged out")
        await check_all(page)
    assert all("401" in complaint for complaint in phone.complaints), "what was under way is refused"
    phone.complaints.clear()


async def test_the_swipe_page_works_by_keyboard_alone_and_the_focus_stays(phone: Phone) -> None:
    async with phone.page() as page:
        await page.locator(".hear:not([aria-busy])").wait_for()
        like = page.get_by_role("button", name="Like", exact=True)
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await like.evaluate("each => each === document.activeElement"):
                break
        for _ in range(2):
            before = await title(page)
            await page.keyboard.press("Enter")
            await expect(page.locator("#title")).not_to_have_text(before)
            await expect(like).to_be_focused()
        await page.keyboard.press("u")
        await expect(page.locator("#title")).to_have_text(before)
        await expect(like).to_be_focused()


async def test_nothing_moves_for_those_who_prefer_reduced_motion(phone: Phone) -> None:
    async with phone.page(reduced_motion="reduce") as page:
        for view, key in (("Discover", "ArrowLeft"), ("Label", "n")):
            await page.get_by_role("button", name=view, exact=True).click()
            await page.locator(".hear:not([aria-busy])").wait_for()
            before = await title(page)
            await page.keyboard.press(key)
            assert await page.evaluate(STILL)
            await expect(page.locator("#title")).not_to_have_text(before)
