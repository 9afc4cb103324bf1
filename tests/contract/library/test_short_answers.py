"""Short or odd responses from Spotify: nothing counts as unliked or as new, and the valid rest is kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.spotify import shapes
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.chat.sorting import cards
from bot.core.records import Like, NewWrite
from bot.core.sorting.writing.writes import WriteKind
from bot.errors.spotify import Unreadable
from bot.flows.library import sync as flow
from bot.flows.sorting import playlists
from bot.flows.sorting.writing import manual_edits, sort
from bot.messages import formatting
from sandbox.spotify import Fault
from sandbox.spotify import Like as Saved
from tests.contract.conftest import ACTOR, MEMBER, NOW, Linked, track
from tests.oddities import odd
from tests.unit.spotify.test_odd_answers import LIKES, is_sound

TRACKS, CONTAINS, PLAYLISTS = "GET /v1/me/tracks", "GET /v1/me/library/contains", "GET /v1/playlists/*"
Edit = Callable[[Any], Any]


def without_rows(page: Any) -> Any:
    return page | {"items": []}


def empty(page: Any) -> Any:
    return page | {"items": [], "total": 0}


def of_only(total: int) -> Edit:
    """A list that claims to be shorter than it is: `total` songs."""

    def edit(page: Any) -> Any:
        return page | {"items": page["items"][: max(0, total - page["offset"])], "total": total}

    return edit


async def sync(linked: Linked) -> flow.Synced:
    return await flow.sync(linked.store, await linked.music(), await linked.account(), NOW)


async def liked(linked: Linked) -> set[str]:
    async with linked.store.reading() as tx:
        return set(await songs.liked(tx, MEMBER))


async def fresh(linked: Linked) -> list[str]:
    async with linked.store.reading() as tx:
        return await songs.fresh(tx, MEMBER)


def answer(linked: Linked, match: str, edit: Edit, *, times: int = 1, skip: int = 0) -> None:
    linked.stack.spotify.faults.append(Fault(match, "edit", times=times, skip=skip, edit=edit))


@pytest.mark.parametrize("edit", [empty, of_only(100), of_only(119), without_rows], ids=["0", "100", "119", "no rows"])
async def test_p41_one_short_response_loses_nothing_from_the_library(linked: Linked, edit: Edit) -> None:
    await sync(linked)
    answer(linked, TRACKS, edit, times=3)
    assert (await sync(linked)).gone == 0
    assert len(await liked(linked)) == 120
    linked.stack.spotify.faults.clear()
    assert (await sync(linked)).new == 0
    assert (len(await liked(linked)), await fresh(linked)) == (120, [])


@pytest.mark.parametrize("times", [1, 3])
async def test_p41_a_short_page_in_the_middle_loses_nothing(linked: Linked, times: int) -> None:
    await sync(linked)
    linked.like(500)
    linked.stack.spotify.unlike("ada", track(120).uri)  # one liked, one unliked: all pages are read
    answer(linked, TRACKS, without_rows, skip=1, times=times)
    await sync(linked)
    linked.stack.spotify.faults.clear()
    await sync(linked)
    assert await liked(linked) == {track(number).uri for number in (*range(1, 120), 500)}
    assert await fresh(linked) == [track(500).uri]


async def test_a_short_page_is_requested_again_in_the_same_sync(linked: Linked) -> None:
    answer(linked, TRACKS, without_rows, skip=1)
    look = await sync(linked)
    assert (look.new, look.calls) == (120, 4)


async def test_p41_a_large_loss_is_believed_at_the_second_look_even_after_a_restart(linked: Linked) -> None:
    await sync(linked)
    for number in range(21, 121):
        linked.stack.spotify.unlike("ada", track(number).uri)
    assert (await sync(linked)).gone == 0
    assert len(await liked(linked)) == 120
    assert (await sync(linked)).gone == 100  # the first sync's finding is in the database
    assert len(await liked(linked)) == 20
    linked.calls()
    await sync(linked)
    assert linked.calls() == [TRACKS]


async def test_p41_a_large_loss_spotify_denies_song_by_song_is_no_loss(linked: Linked) -> None:
    await sync(linked)
    answer(linked, TRACKS, empty, times=6)
    for _ in range(2):
        assert (await sync(linked)).gone == 0
    assert len(await liked(linked)) == 120


@pytest.mark.parametrize("said", [[], [None], ["false"], {}, None])
async def test_a_malformed_saved_check_loses_nothing(linked: Linked, said: Any) -> None:
    await sync(linked)
    answer(linked, TRACKS, of_only(119), times=3)
    answer(linked, CONTAINS, lambda _: said)
    with pytest.raises(Exception, match="malformed"):
        await sync(linked)
    assert len(await liked(linked)) == 120


async def test_p41_songs_an_older_version_lost_come_back_without_counting_as_new(linked: Linked) -> None:
    await sync(linked)
    async with linked.store.writing() as tx:
        await songs.unlike(tx, MEMBER, [track(number).uri for number in range(51, 101)])
    await sync(linked)
    assert (len(await liked(linked)), await fresh(linked)) == (120, [])


async def test_an_upgraded_library_is_read_in_full_once(linked: Linked) -> None:
    await sync(linked)
    async with linked.store.writing() as tx:
        await members.change_account(tx, MEMBER, holes=None)
    linked.calls()
    await sync(linked)
    await sync(linked)
    assert linked.calls() == [TRACKS] * 4


async def test_a_missing_total_costs_nothing(linked: Linked) -> None:
    answer(linked, TRACKS, lambda page: page | {"total": None}, times=100)
    assert (await sync(linked)).total == 120
    assert (await sync(linked)).gone == 0
    assert len(await liked(linked)) == 120


@pytest.mark.slow
async def test_p41_a_playlist_with_a_short_response_is_read_again(linked: Linked) -> None:
    world, music = linked.stack.spotify, await linked.music()
    run = world.create_playlist("ada", "Run")
    world.add("ada", run.id, [track(number).uri for number in range(1, 31)])
    kept = await playlists.take(linked.store, music, ACTOR, "main", next(iter(await music.playlists())))
    whole = await music.contents(kept.ref)
    world.add_by_hand("ada", run.id, track(40).uri)

    def short(playlist: Any) -> Any:
        return playlist | {"items": playlist["items"] | {"items": playlist["items"]["items"][:10], "total": 10}}

    def hole(playlist: Any) -> Any:
        return playlist | {"items": playlist["items"] | {"items": []}}

    for edit in (short, hole):
        answer(linked, PLAYLISTS, edit)
        assert len((await music.contents(kept.ref, whole)).items) == 31


@pytest.mark.slow
async def test_p41_a_playlist_somebody_shortened_is_believed(linked: Linked) -> None:
    world, music = linked.stack.spotify, await linked.music()
    run = world.create_playlist("ada", "Run")
    world.add("ada", run.id, [track(number).uri for number in range(1, 31)])
    whole = await music.contents(run.id)
    world.remove("ada", run.id, [track(number).uri for number in range(11, 31)])
    assert len((await music.contents(run.id, whole)).items) == 10


@pytest.mark.slow
async def test_a_song_spotify_takes_down_does_not_count_as_removed_by_the_member(linked: Linked) -> None:
    await sync(linked)
    world, music = linked.stack.spotify, await linked.music()
    run = world.create_playlist("ada", "Run")
    kept = await playlists.take(linked.store, music, ACTOR, "main", next(iter(await music.playlists())))
    lines = [(kept.playlist, track(number).uri, "add") for number in (3, 4)]
    async with linked.store.writing() as tx:
        write = await sort.open_tap(tx, NewWrite(MEMBER, kept.layer, WriteKind.ADD), lines, NOW)
    await sort.apply(linked.store, music, write, NOW)
    await manual_edits.detect(linked.store, music, MEMBER, NOW + timedelta(hours=1))
    world.taken_down.add(track(3).uri)
    world.remove("ada", run.id, [track(4).uri])
    await manual_edits.detect(linked.store, music, MEMBER, NOW + timedelta(hours=2))
    async with linked.store.reading() as tx:
        said = (await tx.exec_driver_sql("SELECT song, kind FROM answer")).all()
    assert [tuple(row) for row in said] == [(track(4).uri, "not")]


async def test_a_name_spotify_omits_once_is_not_forgotten(linked: Linked) -> None:
    def edit(page: Any) -> Any:
        page["items"][0]["track"] |= {"name": None, "artists": [], "album": None}
        return page

    first = track(1).uri
    answer(linked, TRACKS, edit)
    await sync(linked)
    async with linked.store.reading() as tx:
        before = (await songs.some(tx, [first]))[first]
    await sync(linked)
    answer(linked, TRACKS, edit)
    await sync(linked)
    async with linked.store.reading() as tx:
        after = (await songs.some(tx, [first]))[first]
    assert (before.title, after.title, after.artists, after.album) == (
        "Untitled song",
        "Song 1",
        ("Artist 1",),
        "Album",
    )


async def test_p39_a_song_with_an_odd_field_is_kept_and_can_be_shown(linked: Linked) -> None:
    read = [like for path, _, made in odd(LIKES) if path[:2] == ("items", 0) for like in shapes.likes_page(made).likes]
    likes = [Like(replace(like.song, song=f"spotify:track:{at:022d}"), like.added_at) for at, like in enumerate(read)]
    async with linked.store.writing() as tx:
        await songs.like(tx, MEMBER, likes, NOW)
    async with linked.store.reading() as tx:
        kept = await songs.library(tx, MEMBER)
    assert len(kept) == len(likes)
    for song in kept:
        assert is_sound(song)
        assert formatting.song_name(song)
        assert cards.title(song)


async def test_p39_one_odd_row_does_not_drop_the_rest_of_its_page(linked: Linked) -> None:
    def edit(page: Any) -> Any:
        page["items"][0]["track"] |= {"name": None, "artists": [{"name": None}], "album": None}
        page["items"][1] = None
        page["items"][2]["track"]["uri"] = 7
        return page

    answer(linked, TRACKS, edit)
    await sync(linked)
    assert len(await liked(linked)) == 118


def first_page_again(page: Any) -> Any:
    """A list that ignores the offset."""
    items = [{"added_at": None, "track": {"uri": track(number).uri, "name": "x"}} for number in range(1, 51)]
    return page | {"items": items, "total": None}


async def test_an_endless_list_of_likes_is_abandoned_and_loses_nothing(linked: Linked) -> None:
    await sync(linked)
    linked.like(500)
    answer(linked, TRACKS, first_page_again, skip=1, times=1000)
    assert (await sync(linked)).calls <= 20
    assert await liked(linked) == {track(number).uri for number in (*range(1, 121), 500)}


@pytest.mark.slow
async def test_p41_a_song_unliked_while_pages_repeat_is_removed_once_pages_are_right(
    linked: Linked,
) -> None:
    await sync(linked)
    linked.like(500)
    linked.stack.spotify.unlike("ada", track(110).uri)
    answer(linked, TRACKS, lambda page: page | {"items": page["items"][:20]}, times=100)
    for _ in range(3):
        await sync(linked)
    linked.stack.spotify.faults.clear()
    await sync(linked)
    assert track(110).uri not in await liked(linked)


async def test_a_like_that_slips_between_two_pages_is_found_at_the_next_sync(linked: Linked) -> None:
    def unlike_meanwhile(page: Any) -> Any:
        linked.stack.spotify.unlike("ada", track(60).uri)
        return page

    answer(linked, TRACKS, unlike_meanwhile, skip=1)  # the third page's first song is now the second page's last
    await sync(linked)
    await sync(linked)
    assert await liked(linked) == {track(number).uri for number in range(1, 121) if number != 60}


@pytest.mark.parametrize("added_at", [None, "2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "soon"])
async def test_an_odd_date_makes_no_old_like_new_and_no_new_like_old(linked: Linked, added_at: Any) -> None:
    await sync(linked)
    linked.like(500)
    linked.stack.spotify.unlike("ada", track(120).uri)
    answer(linked, TRACKS, lambda page: page | {"items": [item | {"added_at": added_at} for item in page["items"]]})
    await sync(linked)
    assert await fresh(linked) == [track(500).uri]
    await sync(linked)
    assert await fresh(linked) == [track(500).uri]


async def test_a_like_is_new_even_if_our_clock_is_days_ahead_of_spotifys(linked: Linked) -> None:
    ahead = NOW + timedelta(days=40)
    await flow.sync(linked.store, await linked.music(), await linked.account(), ahead)
    linked.stack.spotify.publish([track(500)])
    linked.stack.spotify.accounts["ada"].likes.insert(0, Saved(track(500).uri, NOW))
    await flow.sync(linked.store, await linked.music(), await linked.account(), ahead)
    assert await fresh(linked) == [track(500).uri]


@pytest.mark.slow
async def test_a_playlist_that_claims_more_songs_than_it_shows_is_read(linked: Linked) -> None:
    world, music = linked.stack.spotify, await linked.music()
    run = world.create_playlist("ada", "Run")
    world.add("ada", run.id, [track(number).uri for number in range(1, 31)])
    whole = await music.contents(run.id)

    def more(answered: Any) -> Any:
        return answered | ({"items": answered["items"] | {"total": 9_000}} if "id" in answered else {"total": 9_000})

    answer(linked, PLAYLISTS, more, times=100)
    assert (await music.contents(run.id)).items == whole.items
    world.remove("ada", run.id, [track(30).uri])
    with pytest.raises(Unreadable):
        await music.contents(run.id, whole)


async def test_p39_an_unreadable_playlist_does_not_block_the_others(linked: Linked) -> None:
    await sync(linked)
    world, music = linked.stack.spotify, await linked.music()
    made = [world.create_playlist("ada", name) for name in ("Odd", "Run")]
    for listed in await music.playlists():
        await playlists.take(linked.store, music, ACTOR, "main", listed)
    for playlist in made:
        world.add_by_hand("ada", playlist.id, track(5).uri)
    answer(linked, f"GET /v1/playlists/{made[0].id}", lambda _: {"items": 7}, times=100)
    assert await manual_edits.detect(linked.store, music, MEMBER, NOW) == 1


async def test_an_endless_list_of_playlists_is_abandoned_without_duplicates(linked: Linked) -> None:
    linked.stack.spotify.create_playlist("ada", "Run")

    def again(page: Any) -> Any:
        return page | {"items": page["items"] * 50, "total": 2**31 - 1, "offset": 0} if page["items"] else page

    answer(linked, "GET /v1/me/playlists", again, times=100_000)
    assert [playlist.name for playlist in await (await linked.music()).playlists()] == ["Run"]
