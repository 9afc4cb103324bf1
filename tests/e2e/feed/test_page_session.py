"""The swipe page as a place: who is logged in, its language, its looks, and offline; in a real Chromium."""

import pytest
from playwright.async_api import expect

from bot.messages import LANGUAGES, _, speaking
from tests.e2e.accessible import WIDTHS, room
from tests.e2e.chat_stage import answer, labels, with_file
from tests.e2e.feed.phone_stage import NUMBERS, PHONE, Phone
from tests.e2e.feed.stage import OWN

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("feed"),
]


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


@pytest.mark.parametrize("language", LANGUAGES[1:])
async def test_a_browser_gets_its_own_language(phone: Phone, language: str) -> None:
    tag = language.replace("_", "-")
    with speaking(language):
        skip, help_, letters = _("Skip"), _("Help"), _("Use letter keys")
    await answer(phone.person.command("feed leave"))  # leaves only the operator's files, which play
    async with phone.page(locale=tag) as page:
        assert await page.evaluate("document.documentElement.lang") == tag
        await expect(page.get_by_role("button", name=skip, exact=True)).to_be_visible()
        await page.locator(".hear:not([aria-busy])").wait_for()
        for view in ("Discover", "Label"):
            with speaking(language):
                await page.get_by_role("button", name=_(view), exact=True).click()
            await page.locator(".card:not(.still)" if view == "Discover" else ".card.still").wait_for()
            for width, height in (*WIDTHS, (568, 320)):
                await page.set_viewport_size({"width": width, "height": height})
                assert await room(page) == []
        await page.set_viewport_size(PHONE)
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await room(page) == []
        await page.get_by_role("button", name=help_, exact=True).click()
        await expect(page.get_by_role("dialog")).to_contain_text(letters)
        assert await room(page) == []


async def test_the_page_can_be_installed_and_says_so_when_offline(phone: Phone) -> None:
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
        feed = page.url
        await page.goto(f"{feed}api/me")
        await page.context.set_offline(True)
        await page.goto(feed)
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


@pytest.mark.parametrize(("path", "script"), [("feed/", False), ("activity/", False), ("activity/", True)])
async def test_a_page_that_cannot_run_says_so_and_shows_no_button_that_does_nothing(
    phone: Phone, path: str, *, script: bool
) -> None:
    context = await phone.browser.new_context(viewport=PHONE, java_script_enabled=script)
    page = await context.new_page()
    await page.goto(f"{phone.feed.stack.public_url}/{path}")
    if script:
        await expect(page.locator(".message")).to_contain_text("opens inside Discord")
    said = await page.locator("body").inner_text()
    assert script or "needs JavaScript" in said
    assert "One moment" not in said
    await expect(page.get_by_role("button")).to_have_count(0)
    await context.close()


async def test_a_link_that_did_not_get_through_is_tried_again(phone: Phone) -> None:
    context = await phone.browser.new_context(viewport=PHONE)
    page = await context.new_page()
    await page.route("**/feed/session", lambda route: route.abort(), times=1)
    await page.goto(await phone.link())
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator("article.card")).to_be_visible()
    await context.close()


async def test_a_new_link_in_the_same_tab_logs_in_again(phone: Phone) -> None:
    async with phone.page(link=await phone.link("label")) as page:
        await page.context.clear_cookies()
        await page.reload()
        await expect(page.locator(".message")).to_contain_text("logged out")
        await page.goto(await phone.link("label"))
        await expect(page.locator(".place").first).to_be_visible()
        assert "#" not in page.url
    assert [complaint for complaint in phone.complaints if "401" in complaint]
    phone.complaints.clear()


async def test_the_page_names_its_member_and_asks_before_switching(phone: Phone) -> None:
    mine = phone.person.user
    eve = await with_file(phone.feed.stack, f"eve-{next(NUMBERS)}", library=OWN)
    async with phone.page() as page:
        await expect(page.locator("#who")).to_have_text(f"@{mine.name} ({mine.display_name})")
        said = await answer(eve.command("feed web"))
        hers = next(button.url for button in said.buttons() if button.url)
        await page.goto(hers)
        await expect(page.locator(".message")).to_contain_text(f"This browser is logged in as @{mine.name}")
        await expect(page.locator(".message")).to_contain_text(f"@{eve.user.name}")
        await page.get_by_role("button", name="Stay as I am").click()
        await expect(page.locator("#who")).to_contain_text(mine.name)
        await page.goto(hers)
        await page.get_by_role("button", name="Continue as them").click()
        await expect(page.locator("#who")).to_contain_text(eve.user.name)
    assert [complaint for complaint in phone.complaints if "409" in complaint]
    phone.complaints.clear()
