"""The chat on the sandbox page, in a real Chromium: messages and commands."""

import asyncio
import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.sandbox_page.browser_stage import Place, command, desktop, page, place, play, saved, send

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
__all__ = ["desktop", "page", "place"]  # fixtures


# ---------------------------------------------------------------- messages


async def test_a_card_is_answered_in_its_own_message(page: Page) -> None:
    card = await send(page, "label")
    await expect(card).to_contain_text("Only you can see this")
    await expect(card.get_by_role("img", name="Cover of Song 1")).to_be_visible()
    for number in (1, 2):
        await card.get_by_role("button", name="Run").click()
        await expect(card).to_contain_text(f"Song {number} goes to Run")
    await expect(card.get_by_role("link", name="Song 3", exact=True)).to_be_visible()


async def test_the_keyboard_stays_where_it_was_when_a_card_changes(page: Page) -> None:
    card = await send(page, "label")
    await card.get_by_role("button", name="Sunday morning").focus()
    await page.keyboard.press("Enter")
    await expect(card).to_contain_text("Song 1 goes to Sunday morning")
    await expect(card.get_by_role("button", name="Sunday morning")).to_be_focused()


async def test_private_messages_are_visible_only_to_their_member(page: Page) -> None:
    card = await send(page, "label")
    identity = await card.get_attribute("data-id")
    await play(page, "Ben")
    await expect(page.locator(f"[data-id='{identity}']")).to_have_count(0)
    await play(page, "Ada")
    await expect(page.locator(f"[data-id='{identity}']")).to_have_count(1)


async def test_the_answer_to_ones_own_command_scrolls_into_view(page: Page, place: Place) -> None:
    for number in range(60):
        place.stage.discord.post(place.stage.channel, place.stage.discord.bot, {"content": f"Message {number}"})
    await expect(page.locator(".message").last).to_contain_text("Message 59")
    await page.locator("#scroller").evaluate("scroller => scroller.scrollTo(0, 0)")
    await expect(page.locator(".message").last).not_to_be_in_viewport()
    await expect(await send(page, "label")).to_be_in_viewport()


async def test_a_message_that_names_a_new_thread_waits_for_its_name(page: Page, place: Place) -> None:
    world, room, named = place.stage.discord, place.stage.channel, asyncio.Event()

    async def later(route: Route) -> None:
        await named.wait()
        await route.continue_()

    await page.route("**/page/places*", later)
    said = await place.person("ben").say("a song in the rain")
    thread = world.start_thread(said, "About the rain", world.bot)
    async with page.expect_request("**/page/places*"):
        world.post(room, world.bot, {"content": f"Talk about it in <#{thread.id}>"})
    named.set()
    await expect(page.locator(".message").last).to_contain_text("Talk about it in #About the rain")
    await page.unroute("**/page/places*")


async def test_a_private_message_can_be_dismissed(page: Page) -> None:
    card = await send(page, "label")
    identity = await card.get_attribute("data-id")
    await card.get_by_role("button", name="Dismiss message").click()
    await expect(page.locator(f"[data-id='{identity}']")).to_have_count(0)


async def test_markdown_is_rendered_and_html_is_escaped(page: Page) -> None:
    message = await send(page, "text")
    for selector, text in {
        "h3": "Heading", "strong": "bold", "em": "slanted", "u": "under", "s": "gone", "pre": "block of code",
        ".subtext": "small print about @Ada in #crates", "blockquote": "quoted", "li": "one", ".embed h3": "An embed",
        ".embed dt": "Late night",
    }.items():  # fmt: skip
        await expect(message.locator(selector, has_text=text).first).to_be_visible()
    await expect(message.locator("time[data-relative]")).to_have_text(re.compile("ago|in"))
    await expect(message).to_contain_text("<img src=x onerror=alert(1)> & *not bold*")
    await expect(message.locator("img[src='x']")).to_have_count(0)
    await message.get_by_role("button", name="spoiler").click()
    await expect(message).to_contain_text("hidden")
    await message.get_by_role("button", name="/playlists add").click()
    await expect(page.locator("form.slash")).to_contain_text("Keep a playlist for you")


async def test_menus_send_one_choice_or_several(page: Page) -> None:
    message = await send(page, "choose")
    await message.locator("summary", has_text="Which one?").click()
    await message.get_by_role("button", name="Sunday morning").click()
    await expect(message).to_contain_text("Chosen: Sunday morning")
    card = await send(page, "label")
    await card.locator("summary", has_text="Several").click()
    await expect(card.get_by_role("button", name="Done")).to_be_disabled()
    for name in ("Run", "Sunday morning"):
        await card.get_by_role("checkbox", name=name).check()
    await expect(card.get_by_role("checkbox", name="Late night")).to_be_disabled()
    await card.get_by_role("button", name="Done").click()
    await expect(page.locator(".message").last).to_contain_text("Several: Run, Sunday morning")


async def test_a_form_is_filled_in_and_sent(page: Page) -> None:
    card = await send(page, "label")
    await card.get_by_role("button", name="Rename").click()
    form = page.get_by_role("dialog", name="A new name")
    await expect(form.get_by_label("Name")).to_have_value("Run")
    await form.get_by_label("Name").fill("Long runs")
    await form.get_by_label("Mood").select_option("Loud")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_have_count(0)
    await expect(page.locator(".message").last).to_contain_text("Named Long runs, Loud")


async def test_a_bot_that_does_not_answer_is_asked_once_and_reported_below_the_message(
    page: Page, place: Place
) -> None:
    message = await send(page, "choose")
    await expect(message.get_by_role("button", name="Undo")).to_be_disabled()
    before = len(place.stage.discord.interactions)
    await message.get_by_role("button", name="Never answers").focus()
    for _ in range(3):
        await page.keyboard.press("Enter")
    await expect(message.get_by_role("alert")).to_have_text("This interaction failed: The application did not respond")
    assert len(place.stage.discord.interactions) == before + 1


async def test_pictures_have_alt_text_and_files_can_be_saved(page: Page) -> None:
    message = await send(page, "model")
    picture = message.get_by_role("img", name="Late night 9 of 10, Run 7 of 10")
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1000
    async with page.expect_download() as saving:
        await message.get_by_role("link", name="model.json").click()
    assert await saved(await saving.value) == b"{}"


async def test_each_member_has_their_own_reactions(page: Page, place: Place) -> None:
    message = await send(page, "prompt")
    blue = message.get_by_role("button", name="🟦")
    await expect(blue).to_have_text("🟦 1")
    await blue.click()
    await expect(blue).to_have_text("🟦 2")
    await expect(blue).to_have_attribute("aria-pressed", "true")
    direct = page.locator("#rail").get_by_role("button", name="Cratekeeper")
    await expect(direct).to_contain_text("new")
    await play(page, "Ben")
    await expect(blue).to_have_attribute("aria-pressed", "false")
    await play(page, "Ada")
    await blue.click()
    await expect(blue).to_have_text("🟦 1")
    await direct.click()
    await expect(page.locator(".message").last).to_contain_text("You chose 🟦")


# ---------------------------------------------------------------- commands


async def test_options_are_completed_by_the_bot(page: Page) -> None:
    await command(page, "playlists add")
    await page.get_by_role("combobox", name="name").fill("sun")
    await page.get_by_role("option", name="Sunday morning (12 songs)").wait_for()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("combobox", name="name")).to_have_value("Sunday morning (12 songs)")
    await page.get_by_label("mode").select_option("Ask")
    await page.get_by_label("mistakes").fill("3")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message").last).to_contain_text("Kept id-Sunday morning (Ask, 3)")
    await expect(page.locator(".message").last).to_contain_text("Ada used /playlists add")


async def test_a_file_is_picked_sent_and_returned(page: Page) -> None:
    await command(page, "files")
    csv = {"name": "songs.csv", "mimeType": "text/csv", "buffer": b"title,artist\n"}
    await page.get_by_role("button", name="file", exact=True).set_input_files(csv)
    await page.get_by_label("loud").select_option("Yes")
    await page.locator("form.slash").get_by_role("button", name="Send").click()
    message = page.locator(".message").last
    await expect(message).to_contain_text("13 bytes")
    await expect(message.get_by_role("img", name="Two bars")).to_be_visible()
    await expect(message.locator("audio")).to_have_attribute("aria-label", "clip.wav")
    async with page.expect_download() as saving:
        await message.get_by_role("link", name="back-songs.csv").click()
    assert await saved(await saving.value) == b"TITLE,ARTIST\n"


async def test_a_thinking_bot_shows_that_it_is_thinking(page: Page) -> None:
    message = await send(page, "think")
    await expect(message).to_contain_text("Cratekeeper is thinking…")
    await expect(message).to_contain_text("Thought about it")


async def test_an_unknown_command_is_reported(page: Page) -> None:
    await page.get_by_role("combobox", name="Message").fill("/nonsense")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#composer").get_by_role("alert")).to_have_text("There is no command /nonsense here.")


async def test_plain_text_is_posted_in_the_channel(page: Page, place: Place) -> None:
    await page.get_by_role("combobox", name="Message").fill("Hello, shop")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message").last).to_contain_text("Hello, shop")
    assert place.person("ben").visible()[-1].content == "Hello, shop"


async def test_a_messages_menu_and_thread_work_by_keyboard(page: Page, place: Place) -> None:
    said = await place.person("ben").say("a song by the sea")
    line = page.locator(f"[data-id='{said.id}']")
    await line.get_by_role("button", name="Apps").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Read it out").press("Enter")
    await expect(page.locator(".message").last).to_contain_text("It says: a song by the sea")
    place.stage.discord.start_thread(said, "About the sea", place.stage.discord.bot)
    await line.get_by_role("button", name="About the sea").press("Enter")
    await expect(page.locator("#place-name")).to_have_text("#About the sea")
