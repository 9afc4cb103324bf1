"""Lists of songs that become playlists. On a real database."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.adapters.local_playlists import LocalPlaylists
from bot.core.records import Playlist
from bot.errors.feed import NotInCatalogue, NotOnSpotify
from bot.errors.sorting import AlreadyInLayer
from bot.flows.feed import song_lists
from bot.flows.feed.catalogue_index import key
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.writing import sort, undo
from tests.contract.feed.catalogue_stage import ADA, local
from tests.contract.feed.feed_stage import Scene, kept, uri


async def made(scene: Scene, numbers: Sequence[int], name: str = "Found") -> Playlist:
    entries = await song_lists.of_keys(scene.stage.catalogue, ADA, [key(uri(number)) for number in numbers])
    music = LocalPlaylists(scene.store, ADA, lambda: scene.now[0])
    return await song_lists.make(scene.store, scene.feed, music, ADA, name, entries, scene.now[0])


async def test_a_list_becomes_a_playlist_whose_songs_are_liked_and_that_undo_empties(scene: Scene) -> None:
    await kept(scene)
    entries = await song_lists.of_keys(scene.stage.catalogue, ADA, [key(uri(100)), key(uri(101))])
    assert await song_lists.count_new(scene.store, ADA, entries) == 2
    playlist = await made(scene, [100, 101])
    await scene.work()
    assert await scene.standing(playlist) == [uri(100), uri(101)]
    assert await scene.likes() >= {uri(100), uri(101)}
    assert await song_lists.count_new(scene.store, ADA, entries) == 0
    scene.now[0] += timedelta(minutes=2)
    back = await undo.write(scene.store, ADA, None, scene.now[0])
    await sort.apply(scene.store, LocalPlaylists(scene.store, ADA, lambda: scene.now[0]), back, scene.now[0])
    assert await scene.standing(playlist) == []


async def test_a_list_stays_out_of_sorting(scene: Scene) -> None:
    playlist = await made(scene, [100])
    assert not playlist.automatic
    layers = [layer.name for layer in await flow.layers(scene.store, ADA)]
    assert layers == [flow.DEFAULT_LAYER, song_lists.LAYER], "sorting goes by the first"


async def test_a_list_whose_playlist_was_made_and_not_filled_fills_it(scene: Scene) -> None:
    music = LocalPlaylists(scene.store, ADA, lambda: scene.now[0])
    made_before = await flow.make(scene.store, music, ADA, song_lists.LAYER, "Found", scene.now[0])  # and then a crash
    playlist = await made(scene, [100, 101])
    assert playlist.playlist == made_before.playlist
    assert not playlist.automatic
    await scene.work()
    assert await scene.standing(playlist) == [uri(100), uri(101)]


async def test_a_list_that_is_refused_likes_nothing(scene: Scene) -> None:
    playlist = await kept(scene)
    with pytest.raises(NotOnSpotify):
        await scene.feed.fill(playlist, [uri(100), local(200)])
    await scene.work()
    assert uri(100) not in await scene.likes()


async def test_a_list_with_a_name_that_is_taken_likes_nothing(scene: Scene) -> None:
    await made(scene, [100])
    with pytest.raises(AlreadyInLayer):
        await made(scene, [101])
    await scene.work()
    assert uri(101) not in await scene.likes()


async def test_a_song_that_left_the_catalogue_leaves_the_list(scene: Scene) -> None:
    keys = [key(uri(100)), key(uri(999)), key(local(200))]
    (entry,) = await song_lists.of_keys(scene.stage.catalogue, ADA, keys)
    assert entry.song.song == uri(100)
    with pytest.raises(NotInCatalogue):
        await song_lists.of_keys(scene.stage.catalogue, ADA, keys[1:2])


async def test_a_list_of_files_alone_is_no_playlist(scene: Scene) -> None:
    with pytest.raises(NotOnSpotify):
        await song_lists.of_keys(scene.stage.catalogue, ADA, [key(local(200))])
