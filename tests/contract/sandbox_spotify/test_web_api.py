"""The Web API in development mode: who may call it, reading, writing, and changes by hand."""

from base64 import b64encode
from typing import Any

import pytest

from sandbox.spotify import Change, Playlist, World
from sandbox.spotify.errors import SEATLESS
from tests.contract.sandbox_spotify.client import SCOPES, TRACKS, URIS, Client, Clock


async def test_calls_need_a_token(client: Client) -> None:
    assert await client.call("GET /me") == (401, {"error": {"status": 401, "message": "No token provided"}})
    client.access = "made-up"
    assert await client.call("GET /me") == (401, {"error": {"status": 401, "message": "The access token expired"}})


async def test_p11_a_member_without_a_seat_gets_a_plain_text_error(client: Client) -> None:
    await client.link("ole")
    assert await client.call("GET /me") == (403, SEATLESS[0])


async def test_calls_need_their_scope(client: Client, run: Playlist) -> None:
    await client.link("mara", scopes="user-library-read playlist-modify-private")
    assert (await client.call("GET /me/tracks"))[0] == 200
    for line in ("GET /me/playlists", f"GET /playlists/{run.id}/items", f"PUT /playlists/{run.id}/images"):
        assert (await client.call(line))[1]["error"]["message"] == "Insufficient client scope"
    add = f"POST /playlists/{run.id}/items"
    assert (await client.call(add, {"uris": URIS[:1]}))[0] == 403
    run.public = False
    assert (await client.call(add, {"uris": URIS[:1]}))[0] == 201


async def test_foreign_playlists_hide_their_contents(mara: Client, world: World) -> None:
    theirs = world.create_playlist("ole", "Ole's")
    status, outside = await mara.call(f"GET /playlists/{theirs.id}")
    assert status == 200
    assert "items" not in outside
    assert (await mara.call(f"GET /playlists/{theirs.id}/items"))[0] == 403
    assert (await mara.call(f"POST /playlists/{theirs.id}/items", {"uris": URIS[:1]}))[0] == 403
    theirs.collaborative = True
    world.follow("mara", theirs.id)
    assert (await mara.call(f"POST /playlists/{theirs.id}/items", {"uris": URIS[:1]}))[0] == 201


# ---------------------------------------------------------------- reading
async def test_liked_songs_come_newest_first_in_pages(mara: Client, world: World) -> None:
    seen, offset = [], 0
    while True:
        _, page = await mara.call("GET /me/tracks", limit=50, offset=offset)
        seen += [row["track"]["uri"] for row in page["items"]]
        offset += 50
        if page["next"] is None:
            break
        assert f"offset={offset}" in page["next"]
    assert seen == URIS[:120]
    assert page["total"] == 120
    assert len([request for request in world.requests if request.path == "/v1/me/tracks"]) == 3  # ceil(120 / 50)


@pytest.mark.parametrize("query", [{"limit": 51}, {"limit": 0}, {"offset": -1}, {"limit": "many"}])
async def test_pages_beyond_the_caps_are_refused(mara: Client, query: dict[str, Any]) -> None:
    assert (await mara.call("GET /me/tracks", **query))[0] == 400


async def test_the_profile_lacks_removed_fields(mara: Client) -> None:
    _, me = await mara.call("GET /me")
    assert me["id"] == "mara"
    assert me["account_id"]
    assert not {"product", "email", "country"} & me.keys()


async def test_own_followed_and_null_playlists_are_listed(mara: Client, world: World, run: Playlist) -> None:
    world.follow("mara", world.create_playlist("ole", "Ole's").id)
    world.accounts["mara"].playlists.append(None)
    _, page = await mara.call("GET /me/playlists", limit=50)
    assert [item and item["name"] for item in page["items"]] == ["Ole's", "Run", None]
    assert page["items"][1]["items"]["total"] == 0
    assert page["items"][1]["snapshot_id"] == run.snapshot


async def test_rows_may_be_null_episodes_or_local_files(mara: Client, world: World, run: Playlist) -> None:
    uris = [URIS[0], "spotify:episode:512ojhOuo1ktJprKbVcKyQ", "spotify:local:Some+One:An+Album:A+Title:222", URIS[1]]
    for uri in uris:
        world.add_by_hand("mara", run.id, uri)
    world.taken_down.add(URIS[1])
    _, page = await mara.call(f"GET /playlists/{run.id}/items")
    kinds = [row["item"] and (row["item"]["type"], row["is_local"]) for row in page["items"]]
    assert kinds == [("track", False), ("episode", False), ("track", True), None]
    assert page["items"][2]["item"]["duration_ms"] == 222_000


async def test_search_finds_ten_at_most(mara: Client) -> None:
    _, results = await mara.call("GET /search", q=f"isrc:{TRACKS[7].isrc}", type="track")
    assert [item["uri"] for item in results["tracks"]["items"]] == [URIS[7]]
    _, results = await mara.call("GET /search", q='song artist:"artist 3"', type="track", limit=10)
    assert len(results["tracks"]["items"]) == 10
    assert (await mara.call("GET /search", q="song", type="track", limit=11))[0] == 400


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /audio-features/x", 403),
        ("GET /tracks?ids=x", 403),
        ("PUT /me/tracks", 403),
        ("DELETE /playlists/x/followers", 403),
        ("GET /playlists/x/tracks", 403),
        ("POST /users/mara/playlists", 403),
        ("GET /recommendations", 404),
        ("GET /artists/x/related-artists", 404),
        ("GET /nonsense", 404),
    ],
)
async def test_removed_calls_are_refused(mara: Client, line: str, status: int) -> None:
    assert (await mara.call(line))[0] == status


# ---------------------------------------------------------------- writing
async def test_library_calls_take_forty_uris_in_the_query_and_no_body(mara: Client, world: World) -> None:
    new = ",".join(URIS[200:202])
    assert await mara.call("GET /me/library/contains", uris=f"{new},{URIS[0]}") == (200, [False, False, True])
    assert (await mara.call("PUT /me/library", uris=new))[0] == 200
    assert await mara.call("GET /me/library/contains", uris=new) == (200, [True, True])
    assert (await mara.call("DELETE /me/library", uris=new))[0] == 200
    assert len(world.accounts["mara"].likes) == 120
    assert (await mara.call("PUT /me/library", {"uris": URIS[:1]}, uris=new))[0] == 400
    assert (await mara.call("PUT /me/library", uris=",".join(URIS[:41])))[0] == 400
    assert (await mara.call("PUT /me/library", uris="nonsense"))[0] == 400


async def test_a_playlist_is_created_followed_and_deleted(mara: Client, world: World) -> None:
    status, made = await mara.call("POST /me/playlists", {"name": "Late night", "public": False})
    assert status == 201
    assert (made["name"], made["public"], made["owner"]["id"]) == ("Late night", False, "mara")
    assert await mara.call("GET /me/library/contains", uris=made["uri"]) == (200, [True])
    assert (await mara.call("DELETE /me/library", uris=made["uri"]))[0] == 200
    assert world.accounts["mara"].playlists == []
    assert (await mara.call("POST /me/playlists", {}))[0] == 400


async def test_a_playlist_requested_as_private_may_be_made_public(mara: Client, world: World) -> None:
    world.keeps_private = False
    _, made = await mara.call("POST /me/playlists", {"name": "Late night", "public": False})
    assert made["public"] is True


async def test_adding_is_not_idempotent_and_accepts_a_hundred(mara: Client, run: Playlist) -> None:
    add = f"POST /playlists/{run.id}/items"
    first = run.snapshot
    for _ in range(2):
        status, answer = await mara.call(add, {"uris": URIS[:100]})
        assert status == 201
    assert run.uris == (*URIS[:100], *URIS[:100])
    assert answer["snapshot_id"] == run.snapshot != first
    assert (await mara.call(add, {"uris": URIS[:101]}))[0] == 400
    assert (await mara.call(add, {"uris": ["spotify:track:" + "0" * 22]}))[0] == 400
    assert (await mara.call(add, URIS[:1]))[0] == 400  # a bare array, as one client library sends it


async def test_a_song_is_added_at_the_given_position_if_there_is_one(mara: Client, run: Playlist) -> None:
    await mara.call(f"POST /playlists/{run.id}/items", {"uris": URIS[:3]})
    await mara.call(f"POST /playlists/{run.id}/items", {"uris": [URIS[9]], "position": 1})
    assert run.uris == (URIS[0], URIS[9], URIS[1], URIS[2])
    assert (await mara.call(f"POST /playlists/{run.id}/items", {"uris": [URIS[9]], "position": 9}))[0] == 400


async def test_removing_takes_every_occurrence(mara: Client, run: Playlist) -> None:
    await mara.call(f"POST /playlists/{run.id}/items", {"uris": [URIS[0], URIS[1], URIS[0]]})
    remove = f"DELETE /playlists/{run.id}/items"
    assert (await mara.call(remove, {"tracks": [{"uri": URIS[0]}]}))[0] == 400
    status, answer = await mara.call(remove, {"items": [{"uri": URIS[0]}]})
    assert (status, answer["snapshot_id"]) == (200, run.snapshot)
    assert run.uris == (URIS[1],)


async def test_a_removal_by_an_older_snapshot_spares_newer_rows(mara: Client, world: World, run: Playlist) -> None:
    await mara.call(f"POST /playlists/{run.id}/items", {"uris": [URIS[0], URIS[1]]})
    seen = run.snapshot
    world.add_by_hand("mara", run.id, URIS[0])
    body = {"items": [{"uri": URIS[0]}], "snapshot_id": seen}
    assert (await mara.call(f"DELETE /playlists/{run.id}/items", body))[0] == 200
    assert run.uris == (URIS[1], URIS[0])
    body["snapshot_id"] = "never-was"
    assert (await mara.call(f"DELETE /playlists/{run.id}/items", body))[0] == 400


async def test_rows_are_reordered_as_of_the_snapshot_and_replaced(mara: Client, world: World, run: Playlist) -> None:
    update = f"PUT /playlists/{run.id}/items"
    await mara.call(update, {"uris": URIS[:5]})
    assert run.uris == tuple(URIS[:5])
    seen = run.snapshot
    world.add_by_hand("mara", run.id, URIS[9], position=0)
    body = {"range_start": 0, "range_length": 2, "insert_before": 4, "snapshot_id": seen}
    assert (await mara.call(update, body))[0] == 200
    assert [URIS.index(uri) for uri in run.uris] == [9, 2, 3, 0, 1, 4]
    await mara.call(update, {"range_start": 5, "insert_before": 0})
    assert [URIS.index(uri) for uri in run.uris] == [4, 9, 2, 3, 0, 1]
    assert (await mara.call(update, {"range_start": 6, "insert_before": 0}))[0] == 400


async def test_a_cover_is_a_jpeg_of_at_most_256_kb(client: Client, run: Playlist) -> None:
    await client.link("mara", f"{SCOPES} ugc-image-upload")
    jpeg = b"\xff\xd8\xff\xe0 a picture"
    for text, status in ((b64encode(jpeg), 202), (b"no picture", 400), (b"A" * 262_145, 413)):
        headers = {"Authorization": f"Bearer {client.access}", "Content-Type": "image/jpeg"}
        address = f"{client.root}/v1/playlists/{run.id}/images"
        async with client.session.put(address, data=text, headers=headers) as answer:
            assert answer.status == status
    _, shown = await client.call(f"GET /playlists/{run.id}")
    async with client.session.get(shown["images"][0]["url"]) as answer:
        assert await answer.read() == jpeg


async def test_track_covers_are_pictures(mara: Client) -> None:
    _, page = await mara.call("GET /me/tracks", limit=12)
    covers = [row["track"]["album"]["images"][0]["url"] for row in page["items"]]
    pictures = []
    for url in covers:
        async with mara.session.get(url) as answer:
            assert answer.content_type == "image/png"
            pictures.append(await answer.read())
    assert pictures[0].startswith(b"\x89PNG")
    assert len(set(pictures)) == 12  # Album 0 by Artist 0 is not Album 0 by Artist 4


async def test_playing_needs_premium_and_a_device(client: Client, world: World) -> None:
    await client.link("mara", f"{SCOPES} user-modify-playback-state")
    mara = world.accounts["mara"]
    assert (await client.call("PUT /me/player/play", {"uris": URIS[:2]}))[0] == 204
    assert (await client.call("POST /me/player/queue", uri=URIS[3]))[0] == 204
    assert (mara.playing, mara.queue) == (tuple(URIS[:2]), [URIS[3]])
    mara.device = False
    status, answer = await client.call("PUT /me/player/play", {"uris": URIS[:2]})
    assert (status, answer["error"]["reason"]) == (404, "NO_ACTIVE_DEVICE")
    mara.premium = False
    assert (await client.call("POST /me/player/queue", uri=URIS[3]))[0] == 403


# ---------------------------------------------------------------- by hand
async def test_changes_by_hand_are_announced_and_visible(mara: Client, world: World, run: Playlist) -> None:
    told: list[Change] = []
    stop = world.subscribe(told.append)
    late = world.create_playlist("mara", "Late night")
    world.like("mara", URIS[200])
    world.add_by_hand("mara", run.id, URIS[200])
    world.move_by_hand("mara", URIS[200], run.id, late.id)
    await mara.call(f"POST /playlists/{run.id}/items", {"uris": URIS[:1]})
    world.unlike("mara", URIS[200])
    stop()
    world.remove_by_hand("mara", run.id, URIS[0])
    kinds = ["created", "liked", "added", "removed", "added", "added", "unliked"]
    assert [change.kind for change in told] == kinds
    assert [change.by for change in told] == ["hand"] * 5 + ["app", "hand"]
    assert late.uris == (URIS[200],)
    _, page = await mara.call("GET /me/tracks", limit=1)
    assert page["items"][0]["track"]["uri"] == URIS[0]


async def test_the_same_seed_makes_the_same_ids(world: World, clock: Clock) -> None:
    other = World(seed=1, now=clock)
    other.open_account("mara", "Mara")
    other.publish(TRACKS)
    for seeded in (world, other):
        seeded.add_by_hand("mara", seeded.create_playlist("mara", "Run").id, URIS[0])
    assert list(world.playlists) == list(other.playlists)
    assert [playlist.snapshot for playlist in world.playlists.values()] == [
        playlist.snapshot for playlist in other.playlists.values()
    ]
