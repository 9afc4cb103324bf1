"""Linking an account, checking it, and unlinking it: every command and button, over HTTP and the gateway."""

import asyncio
from functools import partial
from math import ceil

import aiohttp
import pytest

from sandbox.discord import Person
from sandbox.spotify import App, Fault
from sandbox.stack import Listener, consent_url
from tests.e2e.chat_stage import answer, asked_about, labels, linked, styled
from tests.e2e.checked_stack import PATIENCE, CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]
OWN_APP = "c0ffee" * 5 + "00"


def newcomer(stack: CheckedStack, name: str, songs: int, seed: int) -> Listener:
    return stack.add_listener(name, styled(songs, seed))


def kept_of(stack: CheckedStack, person: Person) -> set[str]:
    """The tables that hold anything about a person that came from Spotify."""
    tables = ("account", "liked", "content", "change", "write", "card", "prompt", "model", "notice", "link_state")
    return {table for table in tables if stack.rows(f'select 1 from "{table}" where member = ?', person.user.id)}  # noqa: S608


async def idle_polls(stack: CheckedStack, listener: Listener) -> tuple[list[str], int]:
    """The calls of consecutive polls that found nothing new, once both kinds are among them, and the number of polls.

    If a poll finds something new, such as a playlist just created, it reads that first and the count starts over.
    """
    query, both = "select polls from member where member = ?", {"GET /v1/me/tracks", "GET /v1/me/playlists"}
    seen: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        while seen != both:
            ((before,),), start = stack.rows(query, listener.person.user.id), len(stack.spotify.requests)
            await stack.until(partial(lambda start: len(set(stack.calls(listener.account, start))) > 1, start))
            calls, ((after,),) = stack.calls(listener.account, start), stack.rows(query, listener.person.user.id)
            seen = set(calls)
    return calls, after - before


async def test_help_leads_from_the_link_to_the_first_playlists(stack: CheckedStack) -> None:
    ida = newcomer(stack, "Ida", 20, 31)
    stack.spotify.create_playlist("ida", "Late night")
    stack.spotify.create_playlist("ida", "Run")
    said = await answer(ida.person.command("help"))
    assert labels(said) == ["Link Spotify"]
    outcome = await ida.person.click(said, "Link Spotify")
    message = await outcome.reply()
    await stack.confirm(ida.person, message, await stack.agree(consent_url(message), ida.account))
    said = await outcome.until(lambda message: "20 liked songs" in message.text(), PATIENCE)
    assert "Linked as *Ida*" in said.text()
    stack.spotify.create_playlist("ida", "Kitchen sink")
    fresh = await answer(ida.person.command("playlists add"))
    assert "Kitchen sink" in [option.label for option in fresh.selects()[0].options], "made a moment ago"

    assert labels(await answer(ida.person.command("playlists list"))) == ["Choose playlists"]
    assert [option.label for option in said.selects()[0].options] == ["Run", "Late night"]
    said = await answer(ida.person.select(said, "Your playlists", ["Run", "Late night"]))
    assert "**Run** and **Late night**" in said.text()
    form = await ida.person.click(await answer(ida.person.click(said, "Another playlist")), "New playlist")
    said = await answer(ida.person.submit(form, name="Kitchen"))
    assert stack.spotify.playlist(str(ida.account.playlists[0])).name == "Kitchen"
    assert "Show me a song" in labels(said)
    assert "Show me a song" in labels(await answer(ida.person.command("help")))
    status = await answer(ida.person.command("status"))
    assert "Linked as *Ida*" in status.text()
    assert "20 songs, 0 labels" in status.text()


async def test_a_first_sync_costs_one_request_per_fifty_songs_and_an_idle_poll_costs_one(
    stack: CheckedStack,
) -> None:
    joy = newcomer(stack, "Joy", 120, 32)
    outcome = await stack.link(joy)
    reads = [
        request
        for request in stack.spotify.requests
        if request.user == joy.account.id and request.path == "/v1/me/tracks"
    ]
    first = [int(read.query.get("offset", 0)) for read in reads[: ceil(120 / 50)]]
    assert first == [0, 50, 100], "after these comes a poll, which may have happened by now"
    assert not any(int(read.query.get("offset", 0)) for read in reads[len(first) :])
    await answer(joy.person.command("playlists add", new="Late night"))
    said = await (await joy.person.command("sync")).until(lambda message: "120" in message.text(), PATIENCE)
    assert "Nothing new" in said.text()

    calls, polls = await idle_polls(stack, joy)
    lists = calls.count("GET /v1/me/playlists")  # every fourth time
    assert abs(len(calls) - lists - polls) <= 1 and lists <= polls / 4 + 1, "one may be in flight at either end"
    assert outcome.interaction.user is joy.person.user


async def test_a_pasted_address_links_only_the_member_who_started_and_only_once(stack: CheckedStack) -> None:
    leo, max_ = newcomer(stack, "Leo", 9, 33), newcomer(stack, "Max", 9, 34)
    message = await answer(leo.person.command("link"))
    stolen = await stack.consent(consent_url(message), leo.account)
    other = await answer(max_.person.command("link"))
    form = await max_.person.click(other, "The page doesn't load")
    await (await max_.person.submit(form, address=stolen)).until(lambda message: "isn't yours" in message.text())
    assert "account" not in kept_of(stack, max_.person) | kept_of(stack, leo.person)
    assert stack.calls(leo.account) == []

    form = await leo.person.click(message, "The page doesn't load")
    await (await leo.person.submit(form, address=stolen)).until(lambda message: "already used" in message.text())
    message = await answer(leo.person.command("link"))
    form = await leo.person.click(message, "The page doesn't load")
    await (await leo.person.submit(form, address="http://127.0.0.1/no")).until(
        lambda message: "state=" in message.text()
    )
    landing = await stack.consent(consent_url(message), leo.account)
    form = await leo.person.click(message, "The page doesn't load")
    asked = await (await leo.person.submit(form, address=landing)).reply()
    assert "*Leo* on Spotify" in asked.text()
    assert "account" not in kept_of(stack, leo.person)
    outcome = await leo.person.click(asked, "Link it")
    assert "Linked as *Leo*" in (await outcome.until(lambda message: "9 liked" in message.text(), PATIENCE)).text()


async def test_a_member_can_use_their_own_spotify_app(stack: CheckedStack) -> None:
    mia = newcomer(stack, "Mia", 9, 35)
    stack.app.users.discard("mia")
    stack.spotify.register(App(OWN_APP, stack.app.redirect_uris, users={"mia"}))
    said = await answer(mia.person.command("link", client_id="no such thing"))
    assert "32 characters" in said.text()
    outcome = await mia.person.command("link", client_id=OWN_APP)
    message = await outcome.reply()
    assert OWN_APP in consent_url(message)
    await stack.confirm(mia.person, message, await stack.agree(consent_url(message), mia.account))
    await outcome.until(lambda message: "9 liked songs" in message.text(), PATIENCE)
    assert {request.client_id for request in stack.spotify.requests if request.user == "mia"} == {OWN_APP}


async def test_a_denied_consent_leaves_nothing(stack: CheckedStack) -> None:
    ned = newcomer(stack, "Ned", 9, 36)
    url = consent_url(await answer(ned.person.command("link")))
    async with aiohttp.ClientSession() as browser, browser.post(url, data={"decision": "cancel"}) as page:
        assert page.status == 400
        assert "cancelled" in await page.text()
    assert kept_of(stack, ned.person) == set()
    assert stack.calls(ned.account) == []


@pytest.mark.usefixtures("provoked")
async def test_p11_a_member_without_a_seat_is_told_so_and_nothing_is_kept(stack: CheckedStack) -> None:
    oda = newcomer(stack, "Oda", 9, 37)
    stack.app.users.discard("oda")
    outcome = await oda.person.command("link")
    assert "no seat" in await stack.agree(consent_url(await outcome.reply()), oda.account)
    said = await stack.discord.wait_for(
        lambda: next(
            (message for message in [*outcome.messages, *oda.dm.visible()] if "no seat" in message.text()), None
        ),
        PATIENCE,
    )
    assert "client_id" in said.text()
    assert kept_of(stack, oda.person) <= {"notice"}
    assert len(stack.calls(oda.account)) == 1


async def test_unlinking_deletes_at_once_and_linking_again_brings_the_labels_back(stack: CheckedStack) -> None:
    pia = newcomer(stack, "Pia", 12, 38)
    await stack.link(pia)
    await answer(pia.person.command("playlists add", new="Late night"))
    card = await answer(pia.person.command("label"))
    song = asked_about(card, pia.library)
    await answer(pia.person.click(card, "Late night"))
    message = await answer(pia.person.command("data unlink"))
    kept = await answer(pia.person.click(message, "Keep the link"))
    assert "account" in kept_of(stack, pia.person)
    assert kept.id == message.id

    await answer(pia.person.click(await answer(pia.person.command("data unlink")), "Unlink"))
    assert kept_of(stack, pia.person) == set()
    assert [(song_id[:7], kind) for song_id, kind, _ in stack.labels(pia.person)] == [("sealed:", "only")]
    assert song.id.encode() not in b"".join(path.read_bytes() for path in stack.data.glob("*.db*"))
    assert "Link Spotify" in labels(await answer(pia.person.command("sync")))

    await stack.link(pia)
    assert [song_id for song_id, _, _ in stack.labels(pia.person)] == [song.uri]


async def test_unlinking_during_a_sync_stops_it(stack: CheckedStack) -> None:
    ron = newcomer(stack, "Ron", 120, 40)
    message = await answer(ron.person.command("link"))
    gate = asyncio.Semaphore(1)  # one page of likes arrives; the next one waits
    with stack.meddling(ron.account, "GET /v1/me/tracks", gate.acquire):
        await stack.confirm(ron.person, message, await stack.agree(consent_url(message), ron.account))
        await stack.until(lambda: stack.calls(ron.account).count("GET /v1/me/tracks") == 2)
        outcome = await ron.person.click(await answer(ron.person.command("data unlink")), "Unlink")
        gate.release()
        await outcome.reply()
    assert kept_of(stack, ron.person) == set()
    assert len(stack.calls(ron.account)) == 3, "the profile, and two of three pages of likes"


@pytest.mark.usefixtures("provoked")
async def test_p08_a_revoked_consent_is_reported_once_with_a_way_back(stack: CheckedStack) -> None:
    quy = newcomer(stack, "Quy", 9, 39)
    await stack.link(quy)
    stack.spotify.revoke("quy")
    said = await stack.told(quy.person, "consent", "/link")
    assert stack.rows("select tokens from account where member = ?", quy.person.user.id) == [(b"",)]
    again = await answer(quy.person.command("sync"))
    assert "Link Spotify" in labels(again)
    assert [message.id for message in quy.dm.visible() if "consent" in message.text()] == [said.id]


@pytest.mark.usefixtures("provoked")
async def test_p08_a_refresh_token_lost_with_an_error_is_reported_once_with_a_way_back(stack: CheckedStack) -> None:
    """Spotify carried the refresh out but answered 502, and takes each refresh token only once."""
    roy, _ = await linked(stack, "Roy", styled(9, 40))
    stack.spotify.tokens.single_use = True
    lost = Fault("POST /accounts/api/token", "apply-then", status=502)
    stack.spotify.faults.append(lost)
    stack.spotify.tokens.expire_access("roy")
    said = await stack.told(roy.person, "consent", "/link")
    stack.spotify.tokens.single_use = False
    assert lost.times == 0
    assert stack.rows("select tokens from account where member = ?", roy.person.user.id) == [(b"",)]
    assert "Link Spotify" in labels(await answer(roy.person.command("status")))
    assert [message.id for message in roy.dm.visible() if "consent" in message.text()] == [said.id]
