"""Everybody can use the sandbox's page: axe-core in every panel, dark and light, from a phone to a desk."""

import pytest
from playwright.async_api import Page

from tests.e2e.accessible import check
from tests.e2e.sandbox_page.browser_stage import Place, command, desktop, page, place, send

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
__all__ = ["desktop", "page", "place"]  # fixtures


async def check_both(page: Page, *, fingers: bool) -> None:
    for colours in ("dark", "light"):
        await page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        await check(page, fingers=fingers)


async def test_every_panel_can_be_used_on_a_phone(place: Place) -> None:
    page = await place.open(phone=True, has_touch=True)
    await send(page, "label")
    for width in (320, 360):
        await page.set_viewport_size({"width": width, "height": 740})
        for tab in ("People", "Spotify", "Wire", "Chat"):
            await page.locator("#tabs").get_by_role("button", name=tab).tap()
            await check_both(page, fingers=True)
    await page.context.close()


async def test_the_panels_can_be_used_side_by_side(page: Page) -> None:
    await send(page, "label")
    await page.get_by_role("button", name="Requests and faults").click()
    await check_both(page, fingers=False)
    await page.locator("#wire tbody tr").first.get_by_role("button").click()
    await check_both(page, fingers=False)
    await page.keyboard.press("Escape")
    await command(page, "think")
    await check_both(page, fingers=False)
    await page.locator("form.slash").get_by_role("button", name="Cancel").click()
    await page.get_by_role("combobox", name="Message").fill("/no such command")
    await page.get_by_text("No matches").wait_for()
    await check_both(page, fingers=False)
