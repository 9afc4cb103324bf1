"""Playlists that the bot doesn't keep: read only with their member's yes, again only if they changed, never written."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.adapters.spotify import SpotifyMusic
from bot.adapters.store import personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import other_playlists as table
from bot.adapters.store.sorting import answers
from bot.adapters.store.sorting import playlists as table_of_playlists
from bot.core import limits
from bot.core.jobs import JobKind, Next
from bot.core.library.polling import Rhythm
from bot.core.records import Actor
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.learning.columns import artist_key
from bot.core.sorting.learning.dataset import OtherPlaylist
from bot.errors import NotLinked
from bot.errors.spotify import ConsentEnded
from bot.flows.library import other_playlists
from bot.flows.library.new_likes import NewLikes
from bot.flows.library.poll import Polls
from bot.flows.refresh import Refreshing
from bot.flows.sorting import playlists, train
from bot.flows.sorting.labelling.readiness import FIRST_TRAINING
from bot.ports import ListedPlaylist
from sandbox.spotify.faults import Request
from tests.contract.spotify.stage import MARA, URIS, Stage

KEYS = sorted(map(artist_key, ("First", "Second")))


def accounts_of(music: SpotifyMusic) -> Any:
    async def account_music(_: int) -> SpotifyMusic:
        return music

    return SimpleNamespace(account_music=account_music)


async def read(stage: Stage, music: SpotifyMusic) -> list[Next]:
    return [following async for following in other_playlists.read(stage.store, accounts_of(music), MARA)]


async def learned(stage: Stage) -> list[OtherPlaylist]:
    async with stage.store.reading() as tx:
        return await table.read(tx, MARA)


def reads(stage: Stage) -> int:
    """How often a playlist was read since the last call."""
    count = sum("/playlists/" in request.line for request in stage.world.requests)
    stage.world.requests.clear()
    return count


async def named(stage: Stage, music: SpotifyMusic, name: str) -> ListedPlaylist:
    (found,) = [each for each in await playlists.offered(stage.store, music, MARA) if each.name == name]
    return found


@pytest.fixture
async def music(stage: Stage) -> SpotifyMusic:
    """Mara's account: two playlists that the bot keeps, one in a layer without labels; two others, one that a service
    made, and one that's too short."""
    music = await stage.link(MARA, "mara")
    for name, songs in {
        "Kept": URIS[:9],
        "Bare": URIS[:9],
        "Old": URIS[:4],
        "Older": URIS[4:8],
        "Discover Weekly": URIS[:5],
        "Two": URIS[:2],
    }.items():
        made = stage.world.create_playlist("mara", name)
        stage.world.replace("mara", made.id, songs)
    kept = await named(stage, music, "Kept")
    taken = await playlists.take(stage.store, music, Actor(MARA, None, stage.clock()), "main", kept)
    bare = await named(stage, music, "Bare")
    await playlists.take(stage.store, music, Actor(MARA, None, stage.clock()), "unlabelled", bare)
    async with stage.store.writing() as tx:
        for event, song in enumerate(URIS[:FIRST_TRAINING]):
            said = Answer(song, Kind.ONLY, (taken.playlist,), Source.BUTTON, event)
            await answers.add(tx, MARA, taken.layer, said)
    reads(stage)
    return music


async def test_they_are_read_after_a_yes_and_the_layer_is_trained_with_them(stage: Stage, music: SpotifyMusic) -> None:
    assert await read(stage, music) == [] and await learned(stage) == [], "without a yes, nothing is read"
    assert await other_playlists.learned_from(stage.store, MARA) is None
    assert await other_playlists.choose(stage.store, MARA, False, stage.clock()) == [], "there's nothing to forget"
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    assert [following.kind for following in await read(stage, music)] == [JobKind.TRAIN]
    assert sorted(map(list, await learned(stage))) == sorted([URIS[:4], URIS[4:8]])
    assert {tuple(keys) for songs in await learned(stage) for keys in songs.values()} == {tuple(KEYS)}
    async with stage.store.reading() as tx:
        layer, _ = await table_of_playlists.layers(tx, MARA)
        assert (await train.training_set(tx, MARA, layer.layer)).others == await table.read(tx, MARA)
    assert not any(request.line.startswith(("PUT", "POST", "DELETE")) for request in stage.world.requests)


async def test_only_what_changed_is_read_again(stage: Stage, music: SpotifyMusic) -> None:
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    await read(stage, music)
    assert reads(stage) == 2
    assert await read(stage, music) == []
    assert reads(stage) == 0
    stage.world.replace("mara", (await named(stage, music, "Old")).id, URIS[10:14])
    assert [following.kind for following in await read(stage, music)] == [JobKind.TRAIN]
    assert reads(stage) == 1
    assert sorted(map(list, await learned(stage))) == sorted([URIS[4:8], URIS[10:14]])


async def test_p41_one_that_is_gone_is_forgotten_at_the_second_look(stage: Stage, music: SpotifyMusic) -> None:
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    await read(stage, music)
    older = (await named(stage, music, "Older")).id
    for back in (True, False):
        stage.world.unfollow("mara", older)
        assert await read(stage, music) == []
        assert len(await learned(stage)) == 2, "a list may be short once"
        if back:
            stage.world.follow("mara", older)
            await read(stage, music)
    assert [following.kind for following in await read(stage, music)] == [JobKind.TRAIN]
    assert [list(each) for each in await learned(stage)] == [URIS[:4]]


async def test_only_the_first_hundred_are_read(stage: Stage, music: SpotifyMusic) -> None:
    for number in range(limits.OTHER_PLAYLISTS):
        made = stage.world.create_playlist("mara", f"More {number}")
        stage.world.replace("mara", made.id, URIS[:3])
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    await read(stage, music)
    assert len(await learned(stage)) == limits.OTHER_PLAYLISTS


@pytest.mark.parametrize(("total", "count"), [(1_500, 2), (1_501, 1), (None, 1)])
async def test_one_that_holds_everything_is_not_read(
    stage: Stage, music: SpotifyMusic, total: int | None, count: int
) -> None:
    def with_total(listed: Any) -> Any:
        (old,) = (each for each in listed["items"] if each["name"] == "Old")
        for part in ("items", "tracks"):
            if part in old:
                old[part]["total"] = total
        return listed

    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    stage.fault("GET /v1/me/playlists*", "edit", edit=with_total)
    await read(stage, music)
    assert len(await learned(stage)) == count


async def test_reading_ends_before_there_are_too_many_places(
    stage: Stage, music: SpotifyMusic, monkeypatch: pytest.MonkeyPatch
) -> None:
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    monkeypatch.setattr(limits, "OTHER_PLACES", 7)
    await read(stage, music)
    assert len(await learned(stage)) == 1
    monkeypatch.setattr(limits, "OTHER_PLACES", 8)
    await read(stage, music)
    assert len(await learned(stage)) == 2


async def test_one_that_cannot_be_read_and_places_without_a_song_hinder_no_other(
    stage: Stage, music: SpotifyMusic
) -> None:
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    old = await named(stage, music, "Old")
    stage.fault(f"GET /v1/playlists/{old.id}*", "status", status=404, times=None)
    stage.world.taken_down.add(URIS[4])
    await read(stage, music)
    assert [list(each) for each in await learned(stage)] == [URIS[5:8]]


async def test_a_shared_playlist_that_they_host_teaches_nothing(stage: Stage, music: SpotifyMusic) -> None:
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    old = await named(stage, music, "Old")
    async with stage.store.writing() as tx:
        row = {"host": MARA, "server": 1, "name": "Ours", "ref": old.id, "created_at": stage.clock()}
        await tx.execute(schema.shared.insert().values(row))
    await read(stage, music)
    assert [list(each) for each in await learned(stage)] == [URIS[4:8]]


@pytest.mark.parametrize("allowed", [True, False])
async def test_they_are_looked_at_after_a_sync_and_at_every_twelfth_poll(
    stage: Stage, music: SpotifyMusic, allowed: bool
) -> None:
    async def progress(*_: int) -> None: ...

    async def reading(polls: int) -> bool:
        """Whether the next poll, or the first sync, has them read."""
        async with stage.store.writing() as tx:
            await members.change(tx, MARA, polls=polls)
        return JobKind.READ in [following.kind async for following in refreshing.poll(MARA, stage.clock())]

    new_likes: Any = NewLikes(stage.store, accounts_of(music), (), None)  # type: ignore[arg-type]
    polls = Polls(stage.store, Rhythm(timedelta(minutes=15), timedelta(hours=6), 480))
    refreshing = Refreshing(stage.store, stage.vault, new_likes, polls, progress)
    await other_playlists.choose(stage.store, MARA, allowed, stage.clock())
    assert [await reading(polls) for polls in (0, 0, 10, 11)] == [allowed, False, False, allowed]


async def test_a_playlist_that_is_kept_later_teaches_by_its_labels_only(stage: Stage, music: SpotifyMusic) -> None:
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    await read(stage, music)
    old = await named(stage, music, "Old")
    await playlists.take(stage.store, music, Actor(MARA, None, stage.clock()), "main", old)
    assert [list(each) for each in await learned(stage)] == [URIS[4:8]]


async def test_p35_a_no_forgets_them_and_so_does_unlinking(stage: Stage, music: SpotifyMusic) -> None:
    for forgets in ("no", "unlinking"):
        await other_playlists.choose(stage.store, MARA, True, stage.clock())
        await read(stage, music)
        assert await learned(stage)
        if forgets == "no":
            trains = await other_playlists.choose(stage.store, MARA, False, stage.clock())
            assert len(trains) == 1, "the model is learned again without them"
        else:
            async with stage.store.writing() as tx:
                await personal_data.forget_spotify(tx, MARA)
        assert not await learned(stage)
        assert await read(stage, music) == [] and not await learned(stage), "nothing comes back"


async def test_they_are_offered_only_if_there_are_some_and_the_bot_may_not_read_them_yet(
    stage: Stage, music: SpotifyMusic
) -> None:
    listed = await playlists.offered(stage.store, music, MARA)
    assert await other_playlists.are_there_more(stage.store, MARA, listed)
    unread = [each for each in listed if each.name not in ("Old", "Older")]
    assert not await other_playlists.are_there_more(stage.store, MARA, unread), "the rest isn't worth reading"
    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    assert not await other_playlists.are_there_more(stage.store, MARA, listed), "they're read already"


async def test_p35_a_no_while_they_are_read_leaves_nothing(stage: Stage, music: SpotifyMusic) -> None:
    async def says_no(request: Request) -> None:
        if "/playlists/" in request.line:
            await other_playlists.choose(stage.store, MARA, False, stage.clock())

    await other_playlists.choose(stage.store, MARA, True, stage.clock())
    stage.world.before.append(says_no)
    assert await read(stage, music) == [] and await learned(stage) == []


async def test_without_an_account_there_is_nothing_to_allow(stage: Stage) -> None:
    with pytest.raises(NotLinked):
        await other_playlists.choose(stage.store, MARA, True, stage.clock())


async def test_after_the_consent_ended_nothing_is_said_to_be_read(stage: Stage, music: SpotifyMusic) -> None:
    async with stage.store.writing() as tx:
        await members.change_account(tx, MARA, tokens=b"")
    with pytest.raises(ConsentEnded):
        await other_playlists.choose(stage.store, MARA, True, stage.clock())
    assert not await other_playlists.may_be_read(stage.store, MARA)
    await other_playlists.choose(stage.store, MARA, False, stage.clock())
