"""The sandbox page in a real Chromium: the request log, the tour, long channels, phones and accessible names."""

import asyncio

import aiohttp
import pytest
from playwright.async_api import Page, Response, expect

from sandbox.discord import Message
from tests.e2e.sandbox_page.browser_stage import PHONE, Place, command, desktop, page, place, play, send
from tests.e2e.sandbox_page.stage import STEPS, built, served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
__all__ = ["desktop", "page", "place"]  # fixtures

MANY = 500


# ---------------------------------------------------------------- over the wire


async def test_requests_and_acknowledgements_are_listed(page: Page) -> None:
    await send(page, "label")
    await page.get_by_role("button", name="Requests and faults").click()
    answer = page.locator("#wire tbody tr", has_text="/interactions/{interaction_id}/{token}/callback").first
    await expect(answer).to_contain_text("after")
    await expect(page.locator("#wire .summary")).to_contain_text("connected")
    await answer.get_by_role("button").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Song 1")


async def test_faults_wait_for_their_call_and_cooldowns_are_shown(page: Page, place: Place) -> None:
    summary = page.locator("#wire .summary")
    await page.get_by_role("button", name="Requests and faults").click()
    await page.get_by_role("button", name="Spotify: Wait 30 s").click()
    await expect(summary).to_contain_text("Spotify: 429 × 1")
    async with aiohttp.ClientSession() as client, client.get(f"{place.origin}/spotify/v1/me") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
    await expect(summary).to_contain_text("cooling down until")
    await expect(summary).not_to_contain_text("Waiting faults")
    await expect(page.locator("#wire tbody tr").first).to_contain_text("GET /v1/me")
    await page.get_by_role("button", name="Spotify: Be down").click()
    await expect(summary).to_contain_text("Waiting faults")
    await page.get_by_role("button", name="Clear all faults").click()
    await expect(summary).not_to_contain_text("Waiting faults")
    assert place.stage.spotify.faults == []


async def test_a_dropped_gateway_is_shown_and_reconnects(page: Page, place: Place) -> None:
    seen: list[bool] = []
    world = place.stage.discord
    end = world.subscribe(lambda change: change.kind == "gateway" and seen.append(world.online))
    await page.get_by_role("button", name="Requests and faults").click()
    await page.get_by_role("button", name="Discord: Drop the gateway").click()
    await world.wait_for(lambda: seen and seen[-1] and False in seen, 10)
    end()
    await expect(page.locator("#rail .bot")).to_contain_text("online")


# ---------------------------------------------------------------- the tour


async def test_the_tour_is_followed_paused_and_taken_over(page: Page, place: Place) -> None:
    tour, ben = place.stage.tour, place.person("ben")
    bar = page.locator("#tour")
    await tour.begin(STEPS[0])
    tour.say("Linked as Ada")
    await expect(bar).to_contain_text(f"1/4 · {STEPS[0]}")
    await ben.command("label")
    await expect(page.locator("#rail [aria-current]").first).to_contain_text("Ben")
    place.stage.discord.post(
        place.stage.discord.dm(ben.user), place.stage.discord.bot, {"content": "5 new likes sorted"}
    )
    await expect(page.locator("#place-name")).to_have_text("Cratekeeper")
    await expect(page.locator(".message").last).to_contain_text("5 new likes sorted")
    await bar.get_by_role("button", name="Steps").click()
    await expect(bar.locator("[aria-current=step]")).to_contain_text("Linked as Ada")
    await bar.get_by_role("button", name="Pause").click()
    await expect(bar).to_contain_text(f"Paused before: {STEPS[1]}")
    waiting = asyncio.create_task(tour.begin(STEPS[1]))
    await bar.get_by_role("button", name="Step", exact=True).click()
    await waiting
    await expect(bar).to_contain_text(f"Paused before: {STEPS[2]}")
    await bar.get_by_role("button", name="Go on").click()
    tour.finish({"Right": "30 of 32"})
    await expect(bar.locator("dl")).to_contain_text("30 of 32")


# ---------------------------------------------------------------- much, small, and slow


async def test_five_hundred_messages_load_in_parts_and_then_only_changes(page: Page, place: Place) -> None:
    room = [*place.stage.guild.channels.values()][1]
    posted = post_many(place, MANY)
    await page.locator("#rail").get_by_role("button", name=f"# {room.name}").click()
    messages = page.locator(".message")
    await expect(messages).to_have_count(100)
    await expect(messages.last).to_be_in_viewport()
    async with page.expect_response(brings_changes) as fetching:
        place.stage.discord.edit(posted[-2], {"content": "Edited"})
    assert len((await (await fetching.value).json())["changed"]) == 1
    await expect(messages.nth(98)).to_contain_text("Edited")
    await page.get_by_role("button", name="Show earlier messages").click()
    await expect(messages).to_have_count(200)
    await expect(messages.first).to_contain_text(f"Message {MANY - 200}")
    place.stage.discord.post(room, place.stage.discord.bot, {"content": "The newest"})
    await page.get_by_role("button", name="Jump to the newest").click()
    await expect(messages.last).to_be_in_viewport()


async def brings_changes(response: Response) -> bool:
    """Whether the page fetched changed messages; one that finds nothing new may still be under way."""
    return "/page/messages" in response.url and bool((await response.json())["changed"])


def post_many(place: Place, count: int) -> list[Message]:
    world = place.stage.discord
    room = [*place.stage.guild.channels.values()][1]
    return [world.post(room, world.bot, {"content": f"Message {number}"}) for number in range(count)]


async def test_a_phone_shows_one_panel_at_a_time_without_overflow(place: Place) -> None:
    page = await place.open(phone=True, has_touch=True)
    await send(page, "label")
    for tab, panel in {"People": "#rail", "Spotify": "#spotify", "Wire": "#wire", "Chat": "#chat"}.items():
        await page.locator("#tabs").get_by_role("button", name=tab).tap()
        await expect(page.locator(panel)).to_be_visible()
        await expect(page.locator(".panel:visible")).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.context.close()


async def test_colours_follow_the_system_and_can_be_chosen(page: Page) -> None:
    background = "getComputedStyle(document.querySelector('#chat')).backgroundColor"
    await page.emulate_media(color_scheme="light")
    assert await page.evaluate(background) == "rgb(255, 255, 255)"
    await page.get_by_label("Colours").select_option("dark")
    assert await page.evaluate(background) == "rgb(39, 42, 49)"
    await page.get_by_label("Colours").select_option("auto")


async def test_nothing_moves_for_those_who_prefer_reduced_motion(place: Place) -> None:
    page = await place.open(reduced_motion="reduce")
    await command(page, "think")
    await page.get_by_label("seconds").fill("0.8")
    await page.keyboard.press("Enter")
    thinking = page.locator(".thinking")
    assert await thinking.evaluate("line => getComputedStyle(line, '::after').animationName") == "none"
    await page.context.close()


async def test_every_control_has_an_accessible_name(page: Page) -> None:
    await send(page, "label")
    await page.get_by_role("button", name="Requests and faults").click()
    nameless = """() => [...document.querySelectorAll('button, a[href], input, select, textarea, summary')]
        .filter((each) => each.checkVisibility())
        .filter((each) => !(each.innerText?.trim() || each.ariaLabel || each.labels?.length))
        .map((each) => each.outerHTML)"""
    assert await page.evaluate(nameless) == []
    assert await page.evaluate("[...document.images].filter((image) => image.alt === null).length") == 0


async def test_the_keyboard_stays_where_it_was_when_a_panel_changes(page: Page, place: Place) -> None:
    ben = page.locator("#rail").get_by_role("button", name="Ben", exact=True)
    await ben.focus()
    await page.keyboard.press("Enter")
    await expect(ben).to_have_attribute("aria-current", "true")
    await expect(ben).to_be_focused()
    await play(page, "Ada")
    menu, music = page.get_by_label("What to do with").first, place.stage.spotify
    await menu.focus()
    music.unlike("ada", music.accounts["ada"].likes[-1].uri)
    await expect(page.locator(".changes li").first).to_contain_text("You unliked")
    await expect(menu).to_be_focused()


async def test_a_page_that_lost_its_connection_catches_up(place: Place) -> None:
    stage = built()
    async with served(stage) as origin:
        page = await (await place.browser.new_context()).new_page()
        await page.goto(origin)
        await page.wait_for_selector("body[data-ready]")
    await expect(page.locator("#notices")).to_contain_text("can't be reached")
    box = page.get_by_role("combobox", name="Message")
    await box.fill("Not lost")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#composer .failure")).to_contain_text("can't be reached")
    await expect(box).to_have_value("Not lost")
    stage.discord.post(stage.channel, stage.discord.bot, {"content": "Meanwhile"})
    async with served(stage, int(origin.rpartition(":")[2])):
        await expect(page.locator(".message")).to_contain_text("Meanwhile")
        await expect(page.locator("#notices")).to_be_empty()
        stage.discord.post(stage.channel, stage.discord.bot, {"content": "And now"})
        await expect(page.locator(".message").last).to_contain_text("And now")
        await page.context.close()


async def test_other_sites_cannot_use_the_page(place: Place) -> None:
    headers = {"Origin": "https://evil.example"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{place.origin}/page/fault", json={"name": "clear"}, headers=headers) as answer,
    ):
        assert answer.status == 403
