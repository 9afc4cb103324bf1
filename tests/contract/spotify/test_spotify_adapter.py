"""The Spotify adapter against the stand-in, over HTTP: what it reads and writes, and how it handles odd responses."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.spotify import SpotifyMusic, client
from bot.core.records import Item
from bot.errors.spotify import PlaylistGone, SpotifyDown, SpotifyError
from sandbox.spotify.faults import Request
from tests.contract.spotify.stage import IDA, LIKES, MARA, START, URIS, Stage, answering, elsewhere, served

PATIENCE = 30.0  # seconds
ADD = "POST /v1/playlists/*/items"


async def test_a_library_is_read_with_one_request_per_50_songs(stage: Stage, mara: SpotifyMusic) -> None:
    pages = [await mara.likes(offset) for offset in range(0, len(URIS), 50)]
    assert [like.song.song for page in pages for like in page.likes] == URIS
    assert {page.total for page in pages} == {260}
    assert stage.asked() == [LIKES] * 6


async def test_a_liked_song_has_everything_a_card_shows(mara: SpotifyMusic) -> None:
    like = (await mara.likes(7)).likes[0]
    assert (like.song.title, like.song.artists, like.song.album) == ("Song 7", ("First", "Second"), "Album 7")
    assert (like.song.year, like.song.duration_ms, like.song.isrc) == (2019, 200_007, "ZZAAA1900007")
    assert like.song.url == f"https://open.spotify.com/track/{like.song.song.rsplit(':', 1)[-1]}"
    assert like.song.cover
    assert like.added_at == START - timedelta(days=7)


async def test_an_item_that_is_no_song_keeps_its_place_in_a_playlist(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    kept = [URIS[0], "spotify:episode:512ojhOuo1ktJprKbVcKyQ", URIS[1], "spotify:local:A:B:C:120", URIS[2]]
    for uri in kept:
        stage.world.add_by_hand("mara", run.id, uri)
    stage.world.taken_down.add(URIS[1])
    contents = await mara.contents(run.id)
    assert contents.songs == [URIS[0], None, None, None, URIS[2]]
    assert contents.items[0] == Item(URIS[0], START)


@pytest.mark.parametrize(("places", "requests"), [(0, 1), (100, 1), (101, 2), (150, 2), (260, 5)])
async def test_a_playlist_is_read_with_no_more_than_one_request_per_50_places(
    stage: Stage, mara: SpotifyMusic, places: int, requests: int
) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.add("mara", run.id, URIS[:places])
    contents = await mara.contents(run.id)
    assert contents.songs == URIS[:places]
    assert contents.snapshot == run.snapshot
    assert len(stage.asked()) == requests


async def test_a_playlist_that_shrinks_while_being_read_is_read_again(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.add("mara", run.id, URIS)

    async def shorten(_: Request) -> None:
        if len(run.rows) == len(URIS):
            stage.world.remove("mara", run.id, URIS[100:])

    stage.world.after.append(shorten)
    contents = await mara.contents(run.id)
    assert contents.songs == URIS[:100]
    assert contents.snapshot == run.snapshot


async def test_only_writable_playlists_are_listed(stage: Stage, mara: SpotifyMusic) -> None:
    world = stage.world
    own = [world.create_playlist("mara", f"Own {number}") for number in range(60)]
    followed, joint = world.create_playlist("ida", "Hers"), world.create_playlist("ida", "Ours", collaborative=True)
    world.follow("mara", followed.id)
    world.follow("mara", joint.id)
    world.accounts["mara"].playlists.insert(3, None)
    world.add("mara", own[5].id, URIS[:3])
    listed = {playlist.id: playlist for playlist in await mara.playlists()}
    assert set(listed) == {playlist.id for playlist in own} | {joint.id}
    assert (listed[own[5].id].name, listed[own[5].id].total, listed[own[5].id].snapshot) == (
        "Own 5",
        3,
        own[5].snapshot,
    )
    assert stage.asked() == ["GET /v1/me/playlists"] * 2
    after_a_restart = await stage.music(MARA, stage.again())
    assert {playlist.id for playlist in await after_a_restart.playlists()} == set(listed)


# ---------------------------------------------------------------- writing
async def test_songs_are_added_at_a_position_with_one_request(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    await mara.add(run.id, URIS[:100], None)
    await mara.add(run.id, URIS[100:102], 1)
    assert list(run.uris) == [URIS[0], URIS[100], URIS[101], *URIS[1:100]]
    assert len(stage.asked()) == 2


async def test_a_removal_spares_songs_added_after_the_snapshot(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.add("mara", run.id, [URIS[0], URIS[1], URIS[0]])
    seen = (await mara.contents(run.id)).snapshot
    stage.world.add_by_hand("mara", run.id, URIS[0])
    await mara.remove(run.id, [URIS[0]], seen)
    assert list(run.uris) == [URIS[1], URIS[0]]


async def test_a_new_playlist_is_requested_as_private(stage: Stage, mara: SpotifyMusic) -> None:
    made = await mara.create("Late night")
    assert stage.world.playlists[made.id].name == made.name == "Late night"
    assert not stage.world.playlists[made.id].public
    assert (made.total, made.snapshot) == (0, stage.world.playlists[made.id].snapshot)


@pytest.mark.parametrize("playlist", ["4uLU6hMCjMI75M1A2tKUQC", "../me", "", "a/b?c=d", "spotify:playlist:x"])
async def test_a_missing_playlist_is_gone(stage: Stage, mara: SpotifyMusic, playlist: str) -> None:
    for call in (mara.contents(playlist), mara.add(playlist, URIS[:1], None), mara.remove(playlist, URIS[:1], None)):
        with pytest.raises(PlaylistGone):
            await call
    assert all(line.endswith(("4uLU6hMCjMI75M1A2tKUQC", "4uLU6hMCjMI75M1A2tKUQC/items")) for line in stage.asked())


async def test_someone_elses_playlist_is_gone_too(stage: Stage, mara: SpotifyMusic) -> None:
    hers = stage.world.create_playlist("ida", "Hers")
    for call in (mara.contents(hers.id), mara.add(hers.id, URIS[:1], None)):
        with pytest.raises(PlaylistGone):
            await call


@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 0}, {"status": 500}])
async def test_p02_an_add_that_was_answered_502_is_sent_once(
    stage: Stage, mara: SpotifyMusic, fault: dict[str, int]
) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.fault(ADD, "apply-then", **fault)
    with pytest.raises(SpotifyDown):
        await mara.add(run.id, URIS[:3], None)
    assert (await mara.contents(run.id)).songs == URIS[:3]
    assert len(stage.asked("POST")) == 1


# ---------------------------------------------------------------- answers that Spotify should not give
ENDLESS = "[" * 100_000
MALFORMED = ["", "<html>", "[]", "null", "{}", '{"items": 7, "total": 1}', '{"items": null}', ENDLESS, "9" * 5000]


async def test_a_malformed_response_is_a_typed_error(stage: Stage, mara: SpotifyMusic) -> None:
    for body in MALFORMED:
        async with served(answering(200, body)) as origin:
            music = await stage.music(MARA, elsewhere(stage, origin))
            for call in (music.likes(0), music.playlists(), music.contents("x"), music.create("x")):
                with pytest.raises((SpotifyDown, PlaylistGone)):
                    await call


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500, 503])
async def test_a_malformed_refusal_is_a_typed_error(stage: Stage, mara: SpotifyMusic, status: int) -> None:
    for body in (*MALFORMED, '{"error": null}', '{"error": []}', '{"error": "x"}'):
        app = answering(status, body, **{"Retry-After": "soon"})
        async with served(app) as origin:
            music = await stage.music(MARA, elsewhere(stage, origin))
            with pytest.raises(SpotifyError):
                await music.likes(0)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_p36_no_token_follows_a_redirect(stage: Stage, mara: SpotifyMusic, status: int) -> None:
    stage.world.requests.clear()
    app = answering(status, "", Location=f"{stage.root}/v1/me/tracks")
    async with served(app) as origin:
        music = await stage.music(MARA, elsewhere(stage, origin))
        for call in (music.likes(0), music.add("x", URIS[:1], None)):
            with pytest.raises(SpotifyError):
                await call
    assert stage.asked() == []


@pytest.mark.parametrize("status", [302, 401, 405, 408, 413, 425])
async def test_errors_unrelated_to_the_songs_mark_none_as_dead(stage: Stage, mara: SpotifyMusic, status: int) -> None:
    async with served(answering(status, "")) as origin:
        music = await stage.music(MARA, elsewhere(stage, origin))
        for call in (music.add("x", URIS[:1], None), music.remove("x", URIS[:1], None)):
            with pytest.raises(SpotifyDown):
                await call
            stage.clock.pass_by(minutes=10)


@pytest.mark.parametrize("body", [ENDLESS, "9" * 5000])
async def test_an_unreadable_token_response_is_an_outage(stage: Stage, mara: SpotifyMusic, body: str) -> None:
    stage.clock.pass_by(hours=2)
    async with served(answering(200, body)) as origin:
        with pytest.raises(SpotifyDown):
            await (await stage.music(MARA, elsewhere(stage, stage.root, origin))).likes(0)


async def test_a_malformed_token_response_keeps_the_tokens(stage: Stage, mara: SpotifyMusic) -> None:
    before = await stage.tokens(MARA)
    stage.clock.pass_by(hours=2)
    async with served(answering(200, '{"expires_in": 3600}')) as origin:
        with pytest.raises(SpotifyDown, match="malformed"):
            await (await stage.music(MARA, elsewhere(stage, stage.root, origin))).likes(0)
    assert await stage.tokens(MARA) == before


async def test_p41_two_quick_reads_of_a_stale_cache_are_not_believed(stage: Stage, mara: SpotifyMusic) -> None:
    run = stage.world.create_playlist("mara", "Run")
    stage.world.add("mara", run.id, URIS[:30])
    whole, began = await mara.contents(run.id), stage.clock()
    stage.world.add_by_hand("mara", run.id, URIS[40])

    def stale(playlist: Any) -> Any:
        """A cached response that's two seconds old."""
        rows = playlist["items"]["items"][:10]
        behind = stage.clock() - began < timedelta(seconds=2)
        return playlist | {"items": playlist["items"] | {"items": rows, "total": 10}} if behind else playlist

    stage.fault(f"GET /v1/playlists/{run.id}", "edit", times=None, edit=stale)
    assert len((await mara.contents(run.id, whole)).items) == 31


@pytest.mark.usefixtures("mara")
async def test_slow_responses_do_not_block_other_threads(stage: Stage) -> None:
    await stage.link(IDA, "ida")
    loop, answered, waiting = asyncio.get_running_loop(), threading.Event(), list[bool]()
    loop.set_default_executor(ThreadPoolExecutor(2))

    def slow(_: object) -> bool:
        waiting.append(True)
        return answered.wait(PATIENCE)

    asked = [asyncio.create_task(stage.spotify.call(member, slow)) for member in (MARA, IDA)]
    try:
        async with asyncio.timeout(PATIENCE):
            while len(waiting) < len(asked):  # noqa: ASYNC110 - nothing to wait on
                await asyncio.sleep(0.01)
            assert await asyncio.to_thread(len, waiting) == len(asked)
    finally:
        answered.set()
    assert all(await asyncio.gather(*asked))


async def test_members_who_are_not_being_asked_about_keep_no_connection_open(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes a file descriptor, and a system may give a thousand: a thousand members stopped the bot."""
    monkeypatch.setattr(client, "MOST_LINES", 2)
    users = dict(zip(range(1, 7), ("mara", "ida") * 3, strict=True))
    music = [await stage.link(member, user) for member, user in users.items()]
    for _ in range(2):
        assert [page.total for page in await asyncio.gather(*(each.likes(0) for each in music))] == [260] * 6
    assert (await music[0].likes(0)).total == 260
    assert len(stage.spotify._lines) == 2
