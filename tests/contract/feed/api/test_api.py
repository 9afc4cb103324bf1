"""The API over real HTTP, on a real store and catalogue: what it answers, to whom, and what it never reveals."""

import logging
import re
from urllib.parse import urlencode

import pytest

from bot.flows.feed import catalogue_sharing
from bot.telemetry.logs import CHATTY
from bot.web.api import cursor
from tests.contract.feed.api.stage import ADA, ADDRESSES, BEN, FILES, LIKES, SONG, Stage, at, liked

MALFORMED = [
    "/api/songs?n=0",
    "/api/songs?n=101",
    "/api/songs?n=-1",
    "/api/songs?n=01",
    "/api/songs?n=٣",
    "/api/songs?n=",
    "/api/songs?n=1&n=2",
    "/api/songs?cursor=",
    "/api/songs?cursor=!",
    "/api/songs?cursor=_w",
    "/api/songs?cursor=YQ&cursor=YQ",
    f"/api/songs?cursor={'A' * 2000}",
    "/api/songs?q=",
    "/api/songs?q=a&q=b",
    f"/api/songs?q={'a' * 101}",
    "/api/recommend?n=26",
    "/api/recommend?n=x",
    "/api/recommend?song=a&song=b",
]


@pytest.mark.slow
async def test_pages_list_every_song_once_and_end(stage: Stage) -> None:
    for n in (1, 4, 9, 27, 100):
        listed = [song["id"] for song in await stage.everything(stage.ada, n)]
        assert len(listed) == len(set(listed)) == FILES + LIKES
        assert {liked(number).song for number in range(LIKES)} < set(listed)


@pytest.mark.slow
async def test_songs_are_found_by_their_titles_page_by_page(stage: Stage) -> None:
    everything = await stage.everything(stage.ada)
    part = liked(1).title[-3:].swapcase()
    wanted = {song["id"] for song in everything if part.casefold() in song["title"].casefold()}
    matching, path = [], f"/api/songs?{urlencode({'q': part, 'n': 1})}"
    while path:
        page = (await stage.ask(path, stage.ada)).json
        matching += [song["id"] for song in page["songs"]]
        path = page["next"]
    assert sorted(matching) == sorted(wanted)
    assert wanted
    assert (await stage.ask("/api/songs?q=%25", stage.ada)).json["songs"] == [], "matched literally, not as a pattern"


@pytest.mark.slow
async def test_a_page_can_be_requested_again_and_new_songs_cause_no_repeats(stage: Stage) -> None:
    first = (await stage.ask("/api/songs?n=5", stage.ada)).json
    again = (await stage.ask("/api/songs?n=5", stage.ada)).json
    assert first == again
    await catalogue_sharing.leave(stage.store, ADA, stage.clock())
    await catalogue_sharing.join(stage.store, ADA, stage.clock())
    await stage.catalogue.points.refresh()
    second = (await stage.ask(first["next"], stage.ada)).json
    assert not {song["id"] for song in first["songs"]} & {song["id"] for song in second["songs"]}


@pytest.mark.slow
async def test_a_member_who_shares_nothing_sees_only_the_operators_files(stage: Stage) -> None:
    mine = await stage.everything(stage.ben)
    assert len(mine) == FILES
    assert {song["id"] for song in mine} < {song["id"] for song in await stage.everything(stage.ada)}
    for method, path in [
        ("GET", at(SONG)),
        ("GET", f"{at(SONG)}/clip"),
        ("GET", f"/api/recommend?song={SONG}"),
        ("PUT", f"{at(SONG)}/dislike"),
    ]:
        hidden = await stage.ask(path, stage.ben, method)
        nowhere = await stage.ask(path.replace(at(SONG), at("spotify:track:no")).replace(SONG, "no"), stage.ben, method)
        assert hidden.status == nowhere.status == 404
        assert hidden.json == nowhere.json


@pytest.mark.slow
async def test_a_song_shows_what_is_known_about_it(stage: Stage) -> None:
    listed = (await stage.ask(at(SONG), stage.ada)).json
    assert (listed["id"], listed["title"], listed["artists"], listed["clip"]) == (SONG, "Song 0", ["Artist 0"], None)
    assert listed["href"] == at(SONG)
    assert set(listed["numbers"]) == {"tempo", "energy"}


@pytest.mark.slow
async def test_a_clip_is_served_whole_in_ranges_and_not_again_if_unchanged(stage: Stage) -> None:
    path = next(song["clip"] for song in await stage.everything(stage.ben) if song["clip"])
    whole = await stage.ask(path, stage.ben)
    assert (whole.status, whole.headers["Content-Type"], whole.data[:4]) == (200, "audio/ogg", b"OggS")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Cache-Control"] == "private, max-age=86400"
    size, tag = len(whole.data), whole.headers["ETag"]
    joined = b""
    for start in range(0, size, 5_000):
        part = await stage.ask(path, stage.ben, Range=f"bytes={start}-{start + 4_999}", If_Range=tag)
        assert part.status == 206
        assert part.headers["Content-Range"] == f"bytes {start}-{min(start + 4_999, size - 1)}/{size}"
        joined += part.data
    assert joined == whole.data
    assert (await stage.ask(path, stage.ben, Range="bytes=-7")).data == whole.data[-7:]
    assert (await stage.ask(path, stage.ben, Range="bytes=0-9", If_Range='"old"')).status == 200
    assert (await stage.ask(path, stage.ben, Range="bytes=0-1,5-6")).data == whole.data
    outside = await stage.ask(path, stage.ben, Range=f"bytes={size}-")
    assert (outside.status, outside.headers["Content-Range"]) == (416, f"bytes */{size}")
    unchanged = await stage.ask(path, stage.ben, If_None_Match=tag, Range="bytes=0-9")
    assert (unchanged.status, unchanged.data, unchanged.headers["ETag"]) == (304, b"", tag)
    head = await stage.ask(path, stage.ben, "HEAD", Range="bytes=0-9")
    assert (head.status, head.data, head.headers["Content-Length"]) == (200, b"", str(size))


@pytest.mark.slow
async def test_unchanged_content_is_not_sent_again(stage: Stage) -> None:
    for path in ("/api/songs?n=3", at(SONG), "/api/openapi.json"):
        first = await stage.ask(path, stage.ada)
        head = await stage.ask(path, stage.ada, "HEAD")
        assert (head.status, head.data) == (200, b"")
        assert head.headers["ETag"] == first.headers["ETag"]
        assert head.headers["Content-Length"] == str(len(first.data))
        same = await stage.ask(path, stage.ada, If_None_Match=first.headers["ETag"])
        assert (same.status, same.data) == (304, b"")
        assert (await stage.ask(path, stage.ada, If_None_Match='"old"')).data == first.data


async def test_recommendations_start_with_the_best_and_give_reasons(stage: Stage) -> None:
    await catalogue_sharing.join(stage.store, BEN, stage.clock())
    recommended = (await stage.ask(f"/api/recommend?song={SONG}&n=5", stage.ben)).json["songs"]
    assert len(recommended) == 5
    assert recommended[0]["score"] == max(pick["score"] for pick in recommended)
    assert all(pick["near"] and pick["why"] for pick in recommended)
    assert SONG not in {pick["song"]["id"] for pick in recommended}


@pytest.mark.slow
async def test_a_disliked_song_never_appears_until_the_dislike_is_undone(stage: Stage) -> None:
    await catalogue_sharing.join(stage.store, BEN, stage.clock())

    async def named() -> set[str]:
        path = f"/api/recommend?song={SONG}&n=25"
        return {pick["song"]["id"] for pick in (await stage.ask(path, stage.ben)).json["songs"]}

    unwanted = sorted(await named())[0]
    for _ in range(2):
        assert (await stage.ask(f"{at(unwanted)}/dislike", stage.ben, "PUT")).status == 204
        assert unwanted not in await named()
    drawn = [(await stage.ask("/api/random", stage.ben)).json["id"] for _ in range(60)]
    assert unwanted not in drawn
    for _ in range(2):
        assert (await stage.ask(f"{at(unwanted)}/dislike", stage.ben, "DELETE")).status == 204
        assert unwanted in await named()


async def test_one_members_dislike_affects_nobody_else(stage: Stage) -> None:
    await catalogue_sharing.join(stage.store, BEN, stage.clock())
    for number in range(LIKES):
        assert (await stage.ask(f"{at(liked(number).song)}/dislike", stage.ada, "PUT")).status == 204
    recommended = (await stage.ask(f"/api/recommend?song={SONG}&n=5", stage.ben)).json["songs"]
    assert len(recommended) == 5


@pytest.mark.slow
async def test_malformed_requests_get_a_clear_error(stage: Stage) -> None:
    for path in MALFORMED:
        answer = await stage.ask(path, stage.ada)
        assert answer.status == 400
        assert answer.json["detail"].split()[0] == re.findall(r"[?&](\w+)=", path)[-1]


async def test_addresses_of_any_length_get_a_proper_error(stage: Stage) -> None:
    for path, status in ((f"/api/songs?cursor={'A' * 30_000}", 400), (at("x" * 30_000), 404)):
        answer = await stage.ask(path, stage.ada)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


async def test_a_cursor_past_the_last_song_is_the_end(stage: Stage) -> None:
    page = (await stage.ask(f"/api/songs?cursor={cursor.write('~')}", stage.ada)).json
    assert page == {"songs": [], "next": None}


async def test_every_problem_follows_rfc_9457(stage: Stage) -> None:
    asked = [("GET", "/api/songs?n=0"), ("GET", at("no")), ("POST", "/api/songs"), ("GET", "/api/nowhere")]
    for (method, path), status in zip(asked, (400, 404, 405, 404), strict=True):
        answer = await stage.ask(path, stage.ada, method)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert answer.json.keys() == {"type", "title", "status", "detail"}
        assert answer.json["status"] == status
        assert answer.headers["Cache-Control"] == "no-store"
    assert (await stage.ask("/api/songs", stage.ada, "POST")).headers["Allow"] == "GET,HEAD"


@pytest.mark.slow
async def test_every_response_has_security_headers_and_no_other_site_may_read_it(stage: Stage) -> None:
    path = next(song["clip"] for song in await stage.everything(stage.ben) if song["clip"])
    for address in (path, *ADDRESSES, "/api/openapi.json"):
        answer = await stage.ask(address, stage.ada, Origin="https://elsewhere.example")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Vary"] == "Authorization"
        assert "aiohttp" not in answer.headers["Server"]
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    preflight = {"Origin": "https://elsewhere.example", "Access_Control_Request_Method": "GET"}
    assert (await stage.ask("/api/songs", None, "OPTIONS", **preflight)).status == 401


@pytest.mark.slow
async def test_p34_the_log_never_says_who_asked_for_what(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for path in (*ADDRESSES, "/api/songs?cursor=canary", f"/api/recommend?song={SONG}", f"{at(SONG)}/dislike"):
            for method in ("GET", "PUT"):
                await stage.ask(path, stage.ada, method, Range="canary", If_None_Match="canary")
                await stage.ask(path, "ck_canary", method)
    assert "GET /api/songs/{song} 200" in caplog.text
    said = "\n".join(record.getMessage() for record in caplog.records if record.name not in CHATTY)
    for secret in (SONG, "canary", stage.ada, str(ADA), "Song 0"):
        assert secret not in said


async def test_a_store_that_does_not_respond_is_a_retryable_problem(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage.store.writing() as tx:
        await tx.exec_driver_sql("ALTER TABLE entry RENAME TO lost")
    answer = await stage.ask("/api/songs", stage.ada)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert answer.json["detail"].rpartition("#")[2] in caplog.text
    assert "lost" not in answer.json["detail"]
