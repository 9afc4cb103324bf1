"""The page of the sandbox in a real Chromium, before the real discord.py: what a person sees and can do."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Download, Locator, Page, expect
from playwright.async_api import TimeoutError as TookTooLong

from sandbox.browser import chromium
from sandbox.discord import Message, Person
from sandbox.page import Stage
from sandbox.spotify import App
from tests.e2e.page_stage import STEPS, bot, built, served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
MANY = 500
BACK = "https://example.org/"


@dataclass(slots=True)
class Place:
    """The served stage and a browser before it."""

    stage: Stage
    origin: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    async def open(self, *, phone: bool = False, **options: object) -> Page:
        context = await self.browser.new_context(viewport=PHONE if phone else DESK, **options)
        context.set_default_timeout(8_000)
        self._watch(context)
        return await self.load(await context.new_page())

    async def load(self, page: Page) -> Page:
        await page.goto(self.origin)
        try:
            await page.wait_for_selector("body[data-ready]")
        except TookTooLong:
            pytest.fail(f"the page did not start: {self.complaints}")
        return page

    def _watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.asked.add(request.url.split("/")[2]))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda line: line.type == "warning" and self.complaints.append(line.text))

    def person(self, name: str) -> Person:
        member = next(member for member in self.stage.members if member.user.name == name)
        return Person(self.stage.discord, member.user, self.stage.channel)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    stage = built()
    async with served(stage) as origin, bot(stage), chromium() as browser:
        yield Place(stage, origin, browser)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desktop(place: Place) -> Page:
    return await place.open()


@pytest_asyncio.fixture(loop_scope="module")
async def page(place: Place, desktop: Page) -> AsyncIterator[Page]:
    """The page at desktop width, freshly loaded. Nothing on it may fail, and it may ask no other host."""
    yield await place.load(desktop)
    assert place.complaints == []
    assert place.asked <= {place.origin.removeprefix("http://")}


async def command(page: Page, path: str) -> None:
    """Choose a command from the list that "/" opens, by keyboard."""
    await page.get_by_role("combobox", name="Message").fill(f"/{path}")
    await page.get_by_role("option", name=f"/{path}").first.wait_for()
    await page.keyboard.press("Enter")
    await page.locator("form.slash").wait_for()


async def send(page: Page, path: str) -> Locator:
    """Send a command that needs no options; returns the newest message."""
    await command(page, path)
    before = await page.locator(".message").count()
    await page.locator("form.slash").get_by_role("button", name="Send").click()
    await expect(page.locator(".message")).to_have_count(before + 1)
    return page.locator(f"[data-id='{await page.locator('.message').last.get_attribute('data-id')}']")


async def play(page: Page, name: str) -> None:
    await page.locator("#rail").get_by_role("button", name=name, exact=True).click()
    await expect(page.locator("#rail [aria-current]").first).to_have_text(re.compile(name))


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


async def test_what_is_private_is_seen_by_its_member_alone(page: Page) -> None:
    card = await send(page, "label")
    identity = await card.get_attribute("data-id")
    await play(page, "Ben")
    await expect(page.locator(f"[data-id='{identity}']")).to_have_count(0)
    await play(page, "Ada")
    await expect(page.locator(f"[data-id='{identity}']")).to_have_count(1)


async def test_a_private_message_can_be_dismissed(page: Page) -> None:
    card = await send(page, "label")
    identity = await card.get_attribute("data-id")
    await card.get_by_role("button", name="Dismiss message").click()
    await expect(page.locator(f"[data-id='{identity}']")).to_have_count(0)


async def test_markdown_is_shown_and_nothing_is_taken_for_html(page: Page) -> None:
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


async def test_a_bot_that_does_not_answer_is_told_below_its_message(page: Page) -> None:
    message = await send(page, "choose")
    await expect(message.get_by_role("button", name="Undo")).to_be_disabled()
    await message.get_by_role("button", name="Never answers").click()
    await expect(message.get_by_role("alert")).to_have_text("This interaction failed: The application did not respond")


async def test_pictures_have_words_and_files_can_be_saved(page: Page) -> None:
    message = await send(page, "model")
    picture = message.get_by_role("img", name="Late night 9 of 10, Run 7 of 10")
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1000
    async with page.expect_download() as saving:
        await message.get_by_role("link", name="model.json").click()
    assert await saved(await saving.value) == b"{}"


async def test_reactions_are_each_members_own(page: Page, place: Place) -> None:
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


async def test_a_file_is_picked_sent_and_comes_back(page: Page) -> None:
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


async def saved(download: Download) -> bytes:
    return await asyncio.to_thread((await download.path()).read_bytes)


async def test_a_thinking_bot_is_seen_to_think(page: Page) -> None:
    message = await send(page, "think")
    await expect(message).to_contain_text("Cratekeeper is thinking…")
    await expect(message).to_contain_text("Thought about it")


async def test_an_unknown_command_is_told(page: Page) -> None:
    await page.get_by_role("combobox", name="Message").fill("/nonsense")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#composer").get_by_role("alert")).to_have_text("There is no command /nonsense here.")


async def test_plain_text_is_said_in_the_channel(page: Page, place: Place) -> None:
    await page.get_by_role("combobox", name="Message").fill("Hello, shop")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message").last).to_contain_text("Hello, shop")
    assert place.person("ben").visible()[-1].content == "Hello, shop"


async def test_a_messages_menu_and_thread_are_reached_by_the_keyboard(page: Page, place: Place) -> None:
    said = await place.person("ben").say("a song by the sea")
    line = page.locator(f"[data-id='{said.id}']")
    await line.get_by_role("button", name="Apps").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Read it out").press("Enter")
    await expect(page.locator(".message").last).to_contain_text("It says: a song by the sea")
    place.stage.discord.start_thread(said, "About the sea", place.stage.discord.bot)
    await line.get_by_role("button", name="About the sea").press("Enter")
    await expect(page.locator("#place-name")).to_have_text("#About the sea")


# ---------------------------------------------------------------- my Spotify


def playlist(page: Page, name: str) -> Locator:
    return page.locator("details.playlist").filter(has=page.locator("summary", has_text=name))


async def what_to_do(page: Page, song: Locator, action: str) -> None:
    await song.get_by_role("button", name="What to do with").click()
    await page.get_by_role("dialog").get_by_role("button", name=action).click()


async def test_songs_are_liked_moved_and_removed_by_hand(page: Page, place: Place) -> None:
    music = place.stage.spotify
    await page.get_by_role("button", name="Like a new song").click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("^Like (?!the)")).first.click()
    first = page.locator("#spotify > .songs .song").first
    await expect(first).to_contain_text("new, by hand")
    liked = music.accounts["ada"].likes[0]
    await expect(first).to_contain_text(music.tracks[liked.uri].name)
    await what_to_do(page, first, "Add to Run")
    await playlist(page, "Run").locator("summary").click()
    await expect(playlist(page, "Run")).to_contain_text("4 songs")
    await what_to_do(page, playlist(page, "Run").locator(".song").last, "Move to Late night")
    await expect(playlist(page, "Run")).to_contain_text("3 songs")
    await playlist(page, "Late night").locator("summary").click()
    await what_to_do(page, playlist(page, "Late night").locator(".song").first, "Remove from Late night")
    await expect(playlist(page, "Late night")).to_contain_text("0 songs")
    await what_to_do(page, first, "Unlike")
    await expect(page.locator(".changes li").first).to_contain_text("You unliked")
    assert not music.accounts["ada"].has_saved(liked.uri)


async def test_a_playlist_is_made_and_likes_are_searched(page: Page, place: Place) -> None:
    await page.get_by_role("button", name="New playlist").click()
    await page.get_by_label("Name of the playlist").fill("Rain")
    await page.keyboard.press("Enter")
    await expect(playlist(page, "Rain")).to_contain_text("0 songs")
    await page.get_by_label("Search liked songs").fill("velvet 126")
    await expect(page.locator("#spotify > .songs .song")).to_have_count(1)
    await expect(page.locator("#spotify > .songs")).to_contain_text("Velvet Harbour 126")


async def test_long_lists_of_likes_come_in_parts(page: Page) -> None:
    songs = page.locator("#spotify > .songs .song")
    await expect(songs).to_have_count(50)
    for shown in (100, 130):
        await page.get_by_role("button", name="Show more").click()
        await expect(songs).to_have_count(shown)


async def test_what_the_bot_does_at_spotify_is_highlighted(page: Page, place: Place) -> None:
    music = place.stage.spotify
    late = next(playlist for playlist in music.playlists.values() if playlist.name == "Late night")
    uris = [like.uri for like in music.accounts["ada"].likes[:5]]
    music.add("ada", late.id, uris, by="client")
    await expect(page.locator(".changes li").first).to_contain_text("Cratekeeper put")
    await expect(page.locator(".changes li").first).to_contain_text("and 2 more into Late night")
    await expect(playlist(page, "Late night")).to_contain_text("changed")
    music.remove("ada", late.id, uris, by="client")


async def test_access_is_given_and_removed(page: Page, place: Place) -> None:
    music = place.stage.spotify
    app = music.register(App("client", frozenset({BACK}), users={"ada"}))
    music.agree(app, "ada", frozenset(), BACK, "")
    await page.get_by_role("button", name="Remove access").click()
    await expect(page.locator("#spotify > header")).to_contain_text("Cratekeeper has no access")
    await expect(page.locator(".changes li").first).to_contain_text("removed Cratekeeper's access")


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


async def test_a_dropped_gateway_is_seen_and_comes_back(page: Page, place: Place) -> None:
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


async def test_five_hundred_messages_are_read_in_parts_and_only_changes_are_fetched(page: Page, place: Place) -> None:
    room = [*place.stage.guild.channels.values()][1]
    posted = post_many(place, MANY)
    await page.locator("#rail").get_by_role("button", name=f"# {room.name}").click()
    messages = page.locator(".message")
    await expect(messages).to_have_count(100)
    await expect(messages.last).to_be_in_viewport()
    async with page.expect_response(re.compile("/page/messages")) as fetching:
        place.stage.discord.edit(posted[-2], {"content": "Edited"})
    assert len((await (await fetching.value).json())["changed"]) == 1
    await expect(messages.nth(98)).to_contain_text("Edited")
    await page.get_by_role("button", name="Show earlier messages").click()
    await expect(messages).to_have_count(200)
    await expect(messages.first).to_contain_text(f"Message {MANY - 200}")
    place.stage.discord.post(room, place.stage.discord.bot, {"content": "The newest"})
    await page.get_by_role("button", name="Jump to the newest").click()
    await expect(messages.last).to_be_in_viewport()


def post_many(place: Place, count: int) -> list[Message]:
    world = place.stage.discord
    room = [*place.stage.guild.channels.values()][1]
    return [world.post(room, world.bot, {"content": f"Message {number}"}) for number in range(count)]


async def test_a_phone_shows_one_panel_at_a_time_and_nothing_sticks_out(place: Place) -> None:
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


async def test_nothing_moves_for_those_who_asked_for_it(place: Place) -> None:
    page = await place.open(reduced_motion="reduce")
    await command(page, "think")
    await page.get_by_label("seconds").fill("0.8")
    await page.keyboard.press("Enter")
    thinking = page.locator(".thinking")
    assert await thinking.evaluate("line => getComputedStyle(line, '::after').animationName") == "none"
    await page.context.close()


async def test_everything_to_press_or_fill_in_has_a_name(page: Page) -> None:
    await send(page, "label")
    await page.get_by_role("button", name="Requests and faults").click()
    nameless = """() => [...document.querySelectorAll('button, a[href], input, select, textarea, summary')]
        .filter((each) => each.checkVisibility())
        .filter((each) => !(each.innerText?.trim() || each.ariaLabel || each.labels?.length))
        .map((each) => each.outerHTML)"""
    assert await page.evaluate(nameless) == []
    assert await page.evaluate("[...document.images].filter((image) => image.alt === null).length") == 0


async def test_a_page_that_lost_its_line_catches_up(place: Place) -> None:
    stage = built()
    async with served(stage) as origin:
        page = await (await place.browser.new_context()).new_page()
        await page.goto(origin)
        await page.wait_for_selector("body[data-ready]")
    stage.discord.post(stage.channel, stage.discord.bot, {"content": "Meanwhile"})
    async with served(stage, int(origin.rpartition(":")[2])):
        await expect(page.locator(".message")).to_contain_text("Meanwhile")
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
