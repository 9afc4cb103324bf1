"""The running bot's HTTP API: tokens from Discord, every endpoint, two members, revoking, expiry, limits, fuzzing.

The tests in this file share a stack and depend on their order: the last ones restart the bot.
"""

import re
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.e2e.chat_stage import answer, labels, newcomer
from tests.e2e.feed.api_stage import FILES, LIBRARY, SECRET, Api, ApiStage, at, program, stage, token_of
from tests.e2e.feed.fuzzing import fuzz
from tests.e2e.wire_checks import shown

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXAMPLES = {False: 3, True: 30}  # per endpoint and phase; True is for a soak
__all__ = ["stage"]  # a fixture


async def test_a_token_from_discord_opens_every_endpoint(stage: ApiStage) -> None:
    api = await program(stage, stage.ada, "Phone")
    everything = await api.songs()
    assert len(everything) == len({song["id"] for song in everything}) == len(LIBRARY.tracks) + FILES
    uri = LIBRARY.tracks[0].uri
    assert (await api.ask(at(uri))).json["title"] == LIBRARY.tracks[0].name
    assert (await api.ask("/api/random")).json["id"] in {song["id"] for song in everything}
    near = (await api.ask(f"/api/recommend?song={uri}&n=2")).json["songs"]
    assert near
    assert all(pick["why"] for pick in near)
    clip = next(song["clip"] for song in everything if song["clip"])
    whole = await api.ask(clip)
    assert (whole.status, whole.headers["Content-Type"], whole.data[:4]) == (200, "audio/ogg", b"OggS")
    part = await api.ask(clip, Range="bytes=4-99")
    assert (part.status, part.data) == (206, whole.data[4:100])
    assert (await api.ask(clip, **{"If-None-Match": whole.headers["ETag"]})).status == 304
    assert (await api.ask(f"{at(uri)}/dislike", "PUT")).status == 204
    assert stage.stack.rows("select song from dislike where member = ?", stage.ada.user.id) == [(uri,)]
    assert (await api.ask(f"{at(uri)}/dislike", "DELETE")).status == 204
    assert stage.stack.rows("select song from dislike") == []
    assert (await api.ask("/api/openapi.json")).json["openapi"] == "3.1.0"


async def test_members_see_only_what_they_may_see(stage: ApiStage) -> None:
    ben = await program(stage, stage.ben, "Ben's")
    assert len(await ben.songs()) == FILES
    uri = LIBRARY.tracks[0].uri
    for method, path in (("GET", at(uri)), ("GET", f"{at(uri)}/clip"), ("PUT", f"{at(uri)}/dislike")):
        hidden, none = await ben.ask(path, method), await ben.ask(path.replace(at(uri), at("nothing")), method)
        assert (hidden.status, hidden.json) == (none.status, none.json)
        assert hidden.status == 404
    assert (await ben.ask(f"/api/recommend?song={uri}")).status == 404


async def test_a_token_is_listed_with_its_last_use_and_revoked_with_a_tap(stage: ApiStage) -> None:
    kept = await program(stage, stage.ada, "Kept")
    lost = await program(stage, stage.ada, "Lost *one*")
    assert (await lost.ask("/api/random")).status == 200
    listed = await answer(stage.ada.command("data tokens"))
    assert "Kept** · never used" in listed.text()
    assert re.search(r"Lost .*one.* · last used <t:", listed.text())
    assert not SECRET.search(listed.text())
    after = await answer(stage.ada.click(listed, "Revoke Lost *one*"))
    assert "Revoked" in after.text()
    assert (await lost.ask("/api/random")).status == 401
    assert (await kept.ask("/api/random")).status == 200
    gone = await stage.stack.forge(stage.ben, f"ck1:untoken:{token_of(stage, kept)}")
    assert "isn't yours" in (await gone.reply()).text()
    assert (await kept.ask("/api/random")).status == 200


async def test_a_member_can_have_at_most_five_tokens(stage: ApiStage) -> None:
    dan = newcomer(stage.stack, "dan")
    made = [await program(stage, dan, f"Number {number}") for number in range(4)]
    form = await dan.click(await answer(dan.command("data tokens")), "New token")
    made.append(await program(stage, dan, "Number 4"))
    assert "New token" not in labels(await answer(dan.command("data tokens")))
    refused = await answer(dan.submit(form, name="One too many"))
    assert "You already have 5 tokens" in refused.text()
    assert not SECRET.search(refused.text())
    assert {(await holder.ask("/api/songs")).status for holder in made} == {200}


async def test_a_form_for_a_token_delivered_twice_makes_one_token(stage: ApiStage) -> None:
    kim = newcomer(stage.stack, "kim")
    form = await kim.click(await answer(kim.command("data tokens")), "New token")
    outcome = await kim.submit(form, name="Phone")
    await stage.stack.tell_again(outcome)
    assert SECRET.search((await outcome.reply()).text())
    assert stage.stack.rows("select name from api_token where member = ?", kim.user.id) == [("Phone",)]


async def test_a_token_expires(stage: ApiStage) -> None:
    api = await program(stage, stage.ben, "Short", days="1")
    number = token_of(stage, api)
    (span,) = stage.stack.rows("select expires_at - created_at from api_token where token = ?", number)
    assert span == (86_400_000,)
    assert (await api.ask("/api/songs")).status == 200
    with closing(sqlite3.connect(stage.stack.database, timeout=20)) as database, database:  # let a day pass
        database.execute("update api_token set expires_at = expires_at - 86400000 where token = ?", (number,))
    assert (await api.ask("/api/songs")).status == 401
    assert "Short" not in (await answer(stage.ben.command("data tokens"))).text()


async def test_schemathesis_finds_nothing(stage: ApiStage, tmp_path: Path, soak: bool) -> None:
    api = await program(stage, stage.ada, "Fuzz")
    songs = [song["id"] for song in await api.songs()]
    made = await fuzz(
        tmp_path,
        f"{stage.stack.public_url}/api/openapi.json",
        *("--header", f"Authorization: Bearer {api.token}"),
        examples=EXAMPLES[soak],
        settings={"SCHEMATHESIS_HOOKS": "tests.e2e.feed.fuzz_hooks", "FUZZ_SONGS": " ".join(songs)},
    )
    assert made > 20 * EXAMPLES[soak]
    assert "a request failed" not in stage.stack.log.read_text()


async def test_p34_no_token_and_no_query_is_in_the_log(
    stage: ApiStage,
) -> None:
    api = await program(stage, stage.ada, "Canary")
    uri = LIBRARY.tracks[3].uri
    for path in (at(uri), f"/api/recommend?song={uri}", "/api/songs?cursor=canaryCanaryCanaryCanary"):
        await api.ask(path)
    await Api(stage.stack, f"{api.token[:-1]}!").ask("/api/songs")
    log = stage.stack.log.read_text()
    assert "GET /api/songs/{song} 200" in log
    assert shown(log, {api.token[:20], api.token[3:23], "canaryCanaryCanaryCa"}) == []
    asked = [line for line in log.splitlines() if "bot.web" in line and uri.rpartition(":")[2] in line]
    assert asked == []
    kept = b"".join(path.read_bytes() for path in stage.stack.data.rglob("*") if path.is_file())
    assert api.token.encode() not in kept
    assert sha256(api.token.encode()).hexdigest().encode() in kept


async def test_p35_deleting_a_member_deletes_their_tokens(stage: ApiStage) -> None:
    eve = newcomer(stage.stack, "eve")
    api = await program(stage, eve, "Eve's canary")
    assert (await api.ask("/api/songs")).status == 200
    outcome = await eve.submit(await eve.command("data delete"), word="delete")
    await outcome.until(lambda message: "is deleted" in message.text())
    assert (await api.ask("/api/songs")).status == 401
    kept = b"".join(path.read_bytes() for path in stage.stack.data.rglob("*") if path.is_file())
    for canary in (sha256(api.token.encode()).hexdigest(), "Eve's canary", str(eve.user.id)):
        assert canary.encode() not in kept


async def test_a_rate_limited_token_waits_even_after_a_restart(stage: ApiStage) -> None:
    stack = stage.stack
    api, other = await program(stage, stage.ben, "Busy"), await program(stage, stage.ben, "Calm")
    assert await stack.stop_bot() == 0
    stack.settings["API_RATE"] = "3"
    await stack.start_bot()
    answers = [await api.ask("/api/songs") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"token";q=3;w=60'
    assert answers[3].headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 20
    assert (await other.ask("/api/songs")).status == 200


async def test_the_api_is_not_there_unless_the_operator_switches_it_on(stage: ApiStage) -> None:
    stack = stage.stack
    api = await program(stage, stage.ben, "Left over")
    assert await stack.stop_bot() == 0
    del stack.settings["HTTP_API"]
    await stack.start_bot()
    for path in ("/api/openapi.json", "/api/songs", "/api"):
        assert (await api.ask(path)).status == 404
    assert not [command.path for command in stage.ben.commands() if command.path == "data tokens"]
