"""The callback page: readable on any screen, in light and dark, with the member's next step. Chromium."""

import pytest
from playwright.async_api import Page

from bot.messages import LANGUAGES, account, speaking
from bot.web import callback_page
from sandbox.browser import chromium
from tests.contract.spotify.site import CONSENT

pytestmark = pytest.mark.browser
CONTRAST = """() => {
  const light = rgb => { const [r, g, b] = rgb.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b }
  const back = element => { for (let e = element; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor; if (!colour.endsWith(', 0)')) return colour } }
  return Math.min(...[...document.querySelectorAll('main *')].filter(e => e.innerText).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(back(e))].sort((x, y) => y - x)
    return (a + .05) / (b + .05) })) }"""


async def opened(page: Page, html: str, scheme: str, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 640})
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_content(html)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_fits_and_can_be_read(language: str) -> None:
    with speaking(language):
        sorry = [callback_page.sorry(said) for said in (account.LINK_REFUSED, account.NO_SEAT, account.LINK_LATER)]
        pages = [callback_page.agreed(CONSENT), *sorry]
    async with chromium() as browser:
        page = await browser.new_page()
        for html in pages:
            for scheme in ("light", "dark"):
                for width in (320, 1280):
                    await opened(page, html, scheme, width)
                    assert await page.evaluate("document.documentElement.scrollWidth") <= width
                    assert await page.evaluate(CONTRAST) >= 4.5
            assert await page.evaluate("document.documentElement.lang") == language.replace("_", "-")
            assert (await page.locator("a").bounding_box() or {})["height"] >= 44
            assert await page.locator("h1").count() == 1
            assert await page.locator("script, img, form").count() == 0


@pytest.mark.slow
async def test_the_page_says_step_by_step_where_the_code_goes() -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        await opened(page, callback_page.agreed(CONSENT), "light", 320)
        steps = await page.locator("li").all_inner_texts()
        assert len(steps) == 3
        assert "Enter the code" in steps[1]
        assert steps[2].endswith(CONSENT.code)
        before_code = (await page.locator("main").inner_text()).partition(CONSENT.code)[0]
        assert "Not your Discord account?" in before_code, "the warning comes before the code"
