"""A member's Spotify on the sandbox page, in a real Chromium: changes by hand, and the bot's changes."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from sandbox.spotify import App
from sandbox.spotify.accounts import consent_page
from tests.e2e.sandbox_page.browser_stage import Place, desktop, page, place

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
__all__ = ["desktop", "page", "place"]  # fixtures

BACK = "https://example.org/"


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


async def test_a_playlist_can_be_created_and_likes_searched(page: Page, place: Place) -> None:
    await page.get_by_role("button", name="New playlist").click()
    await page.get_by_label("Name of the playlist").fill("Rain")
    await page.keyboard.press("Enter")
    await expect(playlist(page, "Rain")).to_contain_text("0 songs")
    await page.get_by_label("Search liked songs").fill("velvet 126")
    await expect(page.locator("#spotify > .songs .song")).to_have_count(1)
    await expect(page.locator("#spotify > .songs")).to_contain_text("Velvet Harbour 126")


async def test_long_lists_of_likes_load_in_parts(page: Page) -> None:
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
    await expect(page.locator(".changes li").first).to_contain_text("Cratekeeper added")
    await expect(page.locator(".changes li").first).to_contain_text("and 2 more to Late night")
    await expect(playlist(page, "Late night")).to_contain_text("changed")
    music.remove("ada", late.id, uris, by="client")


async def test_access_is_granted_and_revoked(page: Page, place: Place) -> None:
    music = place.stage.spotify
    app = music.register(App("client", frozenset({BACK}), users={"ada"}))
    music.agree(app, "ada", frozenset(), BACK, "")
    await page.get_by_role("button", name="Remove access").click()
    await expect(page.locator("#spotify > header")).to_contain_text("Cratekeeper has no access")
    await expect(page.locator(".changes li").first).to_contain_text("removed Cratekeeper's access")


async def test_the_consent_page_fits_the_smallest_phone(place: Place) -> None:
    context = await place.browser.new_context(viewport={"width": 320, "height": 640})
    page = await context.new_page()
    app = App("0123456789abcdef0123456789abcdef", frozenset({BACK}))
    accounts = place.stage.spotify.accounts.values()
    await page.set_content(consent_page.page(app, consent_page.SCOPES, BACK + "callback/" * 12, accounts))
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await context.close()
