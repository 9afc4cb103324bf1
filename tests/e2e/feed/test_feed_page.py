"""The swipe page's songs, in a real Chromium at a phone's size, served by the bot as a process."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from playwright.async_api import Route, expect

from bot.chat.gateway.presence import FRESH
from sandbox.discord import Person
from tests.e2e.chat_stage import answer, post_in
from tests.e2e.feed.phone_stage import PHONE, SLOW, Phone, drag, said_of, title, until
from tests.e2e.feed.stage import FILES, PLAYLISTS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("feed"),
]


async def test_swiping_likes_and_skips_and_undo_brings_the_song_back(phone: Phone) -> None:
    async with phone.page() as page:
        await until(page, ".source a")
        first = await title(page)
        await drag(page, (150, 0), (5, 0))
        assert await title(page) == first, "dragged back before letting go"
        await drag(page, (150, 0))
        await expect(page.locator("#title")).not_to_have_text(first)
        await phone.feed.stack.until(lambda: said_of(phone, first) == ["like"])
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator("#title")).to_have_text(first)
        await phone.feed.stack.until(lambda: said_of(phone, first) == [None])
        await drag(page, (-150, 0))
        await expect(page.locator("#title")).not_to_have_text(first)
        await phone.feed.stack.until(lambda: said_of(phone, first) == ["skip"])
        await drag(page, (0, -200))
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_clip_plays_after_the_first_touch_and_not_before(phone: Phone) -> None:
    await answer(phone.person.command("feed leave"))  # leaves only the operator's files
    async with phone.page() as page:
        await expect(page.locator(".play")).to_have_text("Play")
        await expect(page.locator(".track canvas, .track svg")).to_be_visible()
        await expect(page.locator(".where")).to_contain_text("into the song")
        await page.locator(".play").click()
        await expect(page.locator(".play")).to_have_text("Pause")
        await expect(page.locator(".time")).not_to_have_text("0:00", timeout=SLOW)
        await page.keyboard.press(" ")
        await expect(page.locator(".play")).to_have_text("Play")


async def test_a_clip_that_the_browser_cannot_play_gives_way_to_what_else_there_is(phone: Phone) -> None:
    await answer(phone.person.command("feed leave"))  # leaves only the operator's files
    context = await phone.browser.new_context(viewport=PHONE)
    page = await context.new_page()
    await page.route("**/clip", lambda route: route.fulfill(body=b"no sound", content_type="audio/ogg"))
    await page.goto(await phone.link())
    await expect(page.locator(".hear")).to_contain_text("There's no clip of it here")
    await expect(page.locator(".play")).to_have_count(0)
    await context.close()


async def test_keys_and_buttons_do_what_swipes_do(phone: Phone) -> None:
    async with phone.page() as page:
        for key in ("l", "ArrowRight", "s"):
            before = await title(page)
            await page.keyboard.press(key)
            await expect(page.locator("#title")).not_to_have_text(before)
        before = await title(page)
        await page.get_by_role("button", name="Not for me").click()
        await expect(page.locator("#title")).not_to_have_text(before)
        await page.keyboard.press("u")
        await expect(page.locator("#title")).to_have_text(before)
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_contain_text("Use letter keys")
        await expect(page.get_by_role("dialog")).to_contain_text("logged in for 30 days")


async def test_a_song_is_added_to_a_playlist(phone: Phone) -> None:
    async with phone.page() as page:
        await until(page, ".source a")
        song = await title(page)
        await page.get_by_role("button", name="Add to…").click()
        choices = page.locator("dialog .choice")
        await expect(choices).to_have_count(len(PLAYLISTS))
        await choices.filter(has_text="Run").click()
        await expect(page.locator("#said")).to_contain_text("to Run.")
        query = "select 1 from content c join song s using (song) where c.member = ? and s.title = ?"
        await phone.feed.stack.until(lambda: phone.feed.stack.rows(query, phone.person.user.id, song))


async def test_a_double_click_presses_one_button_and_nothing_behind_it(phone: Phone) -> None:
    async with phone.page(reduced_motion="reduce") as page:
        await until(page, ".source a")
        song, skip = await title(page), await page.get_by_role("button", name="Skip").bounding_box()
        assert skip is not None
        await page.get_by_role("button", name="Add to…").click()
        await expect(page.locator("dialog .choice")).to_have_count(len(PLAYLISTS))
        async with page.expect_response("**/playlists/*"):
            await page.mouse.dblclick(skip["x"] + skip["width"] / 2, skip["y"] + skip["height"] / 2)
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("m")
        await expect(page.get_by_role("dialog")).to_contain_text(song)


async def test_the_guess_is_marked_and_focused_where_it_stands(phone: Phone) -> None:
    names, guess = ["Late night", "Run", "Kitchen"], {"probability": 0.74, "best": True}
    places = [{"playlist": at, "name": name, "emoji": "🟦", "probability": 0.1} for at, name in enumerate(names)]
    places[1] |= guess
    async with phone.page() as page:
        await page.route("**/playlists", lambda route: route.fulfill(json={"playlists": places}))
        await until(page, ".source a")
        await page.get_by_role("button", name="Add to…").click()
        choices = page.locator("dialog .choice")
        await expect(choices).to_contain_text(names)
        await expect(choices.nth(1)).to_contain_text("My guess, 74%")
        await expect(choices.nth(1)).to_be_focused()
        await expect(page.locator("dialog .guess")).to_have_count(1)


async def test_an_add_can_switch_saving_on(phone: Phone) -> None:
    await answer(phone.person.command("feed settings", save_likes=False))
    async with phone.page() as page:
        await until(page, ".source a")
        await page.get_by_role("button", name="Add to…").click()
        await page.locator("dialog .choice", has_text="Run").click()
        await page.get_by_role("button", name="Always save what I like here").click()
        await expect(page.locator("#said")).to_contain_text("to Run.")
    saves = phone.feed.stack.rows("select saves from member where member = ?", phone.person.user.id)
    assert saves == [(1,)]
    assert [complaint for complaint in phone.complaints if "409" in complaint]
    phone.complaints.clear()


async def test_of_two_playlists_with_one_name_the_song_goes_to_the_chosen_one(phone: Phone) -> None:
    query = "update playlist set name = ? where member = ?"
    with closing(sqlite3.connect(phone.feed.stack.database, timeout=20)) as database, database:
        database.execute(query, (PLAYLISTS[0], phone.person.user.id))
    async with phone.page() as page:
        await until(page, ".source a")
        await page.get_by_role("button", name="Add to…").click()
        choices = page.locator("dialog .choice")
        await choices.first.click()
        await expect(page.locator("#said")).to_contain_text(f"to {PLAYLISTS[0]}.")
        await page.get_by_role("button", name="Add to…").click()
        await expect(choices).to_have_count(len(PLAYLISTS))
        await expect(choices.filter(has_text="On its way there")).to_have_count(1)


async def test_a_song_that_is_gone_gives_way_to_the_next(phone: Phone) -> None:
    async with phone.page() as page:
        await until(page, ".source a")
        gone = await title(page)
        await answer(phone.person.command("feed leave"))  # they no longer see what others share
        await page.get_by_role("button", name="Like").click()
        await expect(page.locator("#said")).to_contain_text("isn't in the catalogue")
        await expect(page.locator("#title", has_text=gone)).to_have_count(0)  # it may have been the last
    assert [complaint for complaint in phone.complaints if "404" in complaint]
    phone.complaints.clear()


async def test_a_song_that_is_gone_before_it_can_be_heard_gives_way_to_the_next(phone: Phone) -> None:
    async with phone.page() as page:
        await page.locator(".hear:not([aria-busy])").wait_for()
        await page.route("**/api/cards", with_a_song_that_is_gone, times=1)
        words = page.locator("#said.seen", has_text="isn't in the catalogue")
        said = asyncio.create_task(words.wait_for())  # from now on: they go again after some seconds
        for _ in range(3):
            before = await title(page)
            await page.keyboard.press("s")
            await expect(page.locator("#title")).not_to_have_text(before)
        await said
        await expect(page.locator("#title")).not_to_have_text("Gone")
    assert [complaint for complaint in phone.complaints if "404" in complaint]
    phone.complaints.clear()


async def with_a_song_that_is_gone(route: Route) -> None:
    answered = await route.fetch()
    found = await answered.json()
    gone = {**found["cards"][0], "key": "0" * 16, "title": "Gone"}
    await route.fulfill(response=answered, json={**found, "cards": [gone]})


async def test_the_page_says_when_everything_was_shown(phone: Phone) -> None:
    await answer(phone.person.command("feed leave"))
    async with phone.page() as page:
        for _ in range(FILES):
            await page.locator(".hear:not([aria-busy])").wait_for()
            before = await title(page)
            await page.keyboard.press("ArrowLeft")
            await expect(page.locator("#title", has_text=before)).to_have_count(0)
        await expect(page.locator(".message")).to_contain_text("everything for now")


async def test_a_song_is_reposted_with_a_preview(phone: Phone) -> None:
    stack = phone.feed.stack
    owner = Person(stack.discord, stack.discord.owner, stack.channel)
    channel = stack.discord.add_channel(stack.guild, f"passed-{phone.person.user.name}")
    await post_in(owner, "reposts", channel)
    async with phone.page() as page:
        song = await title(page)
        await page.keyboard.press("ArrowUp")
        await page.get_by_role("button", name="Repost in a server").click()
        said = f"repost channel of {stack.guild.name}, with your name"
        await expect(page.get_by_role("dialog")).to_contain_text(said)
        assert not channel.messages
        await page.get_by_role("button", name="Post it").click()
        await expect(page.locator("#said")).to_contain_text("is reposted")
        (posted,) = channel.messages.values()
        assert song.split(" *")[0] in posted.text()
        assert f"<@{phone.person.user.id}>" in posted.text()

        stack.discord.leave(stack.guild, phone.person.user)  # or was banned; the browser is still logged in
        await asyncio.sleep(FRESH)
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator("#title", has_text=song)).to_have_count(0)
        await page.keyboard.press("ArrowUp")
        await page.get_by_role("button", name="Repost in a server").click()
        await page.get_by_role("button", name="Post it").click()
        await expect(page.locator("#said")).to_contain_text("can't see that server's channel")
        assert list(channel.messages.values()) == [posted]
        stack.discord.join(stack.guild, phone.person.user)
    assert [complaint for complaint in phone.complaints if "404" in complaint]
    phone.complaints.clear()


async def test_a_page_opened_from_a_direct_message_has_no_server_to_repost_in(phone: Phone) -> None:
    phone.person = phone.person.in_dm()
    async with phone.page() as page:
        await page.keyboard.press("ArrowUp")
        await expect(page.get_by_role("dialog")).to_contain_text("Shared by someone")
        await expect(page.get_by_role("button", name="Repost in a server")).to_have_count(0)


async def test_a_like_that_fails_during_the_next_swipe_brings_back_its_own_song(phone: Phone) -> None:
    refused = asyncio.Event()

    async def refuse(route: Route) -> None:
        await refused.wait()
        await route.fulfill(status=500, json={"detail": "Not now."})

    async with phone.page() as page:
        await page.locator(".hear:not([aria-busy])").wait_for()
        first = await title(page)
        await page.route("**/like", refuse, times=1)
        await page.keyboard.press("l")
        await expect(page.locator("#title")).not_to_have_text(first)
        second = await title(page)
        motion = await page.context.new_cdp_session(page)
        await motion.send("Animation.enable")
        await motion.send("Animation.setPlaybackRate", {"playbackRate": 0.2})
        await page.keyboard.press("s")
        refused.set()
        await expect(page.locator("#said")).to_have_text("Not now.")
        await expect(page.locator("#said")).to_have_text(f"Skipped: {second}.")
        assert await title(page) == first
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator("#title")).to_have_text(second)
    phone.complaints[:] = [said for said in phone.complaints if "500" not in said]


async def test_a_mouse_button_let_go_beside_the_card_leaves_it_where_it_is(phone: Phone) -> None:
    async with phone.page({"width": 1000, "height": 800}) as page:
        await page.locator(".hear:not([aria-busy])").wait_for()
        box = await page.locator(".card").bounding_box()
        assert box is not None
        edge, middle = box["x"] + box["width"], box["y"] + box["height"] / 2
        await page.mouse.move(edge - 2, middle)
        await page.mouse.down()
        await page.mouse.move(edge + 50, middle)
        await page.mouse.up()
        await page.mouse.move(edge - 100, middle, steps=5)
        assert await page.locator(".card").evaluate("card => card.style.transform") == ""
        before = await title(page)
        await drag(page, (-200, 0))
        await expect(page.locator("#title")).not_to_have_text(before)


async def test_what_is_known_about_a_song_opens_only_while_it_is_on_show(phone: Phone) -> None:
    known = asyncio.Event()

    async def wait(route: Route) -> None:
        await known.wait()
        await route.continue_()

    async with phone.page() as page:
        await page.locator(".hear:not([aria-busy])").wait_for()
        await page.route("**/api/server", wait)
        before = await title(page)
        await page.keyboard.press("m")
        await page.keyboard.press("s")
        await expect(page.locator("#title")).not_to_have_text(before)
        async with page.expect_response("**/api/server"):
            known.set()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("m")
        await expect(page.get_by_role("dialog")).to_contain_text(await title(page))
