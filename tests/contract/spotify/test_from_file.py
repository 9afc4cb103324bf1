"""A member with a file links Spotify: earlier playlists go on here, until one at Spotify takes their place."""

import pytest

from bot.adapters.local_playlists import LocalPlaylists, MixedPlaylists
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, revisions, writes
from bot.core.records import Actor, NewWrite, Playlist
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.writes import WriteKind
from bot.errors.sorting import AlreadyInLayer
from bot.flows.library import exports, imports
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.writing import sort
from tests.contract.spotify.stage import MARA, URIS, Stage

PLACED, OWN = URIS[:3], URIS[2:5]


async def put_in(stage: Stage, music: LocalPlaylists | MixedPlaylists, kept: Playlist, *songs: str) -> None:
    async with stage.store.writing() as tx:
        lines = [(kept.playlist, song, "add") for song in songs]
        write = await sort.open_tap(tx, NewWrite(MARA, kept.layer, WriteKind.TAP), lines, stage.clock())
    await sort.apply(stage.store, music, write, stage.clock())


@pytest.fixture
async def kept(stage: Stage) -> Playlist:
    """A playlist from before the link, with a label and songs that the bot placed."""
    await imports.import_file(stage.store, MARA, "songs.csv", b"Track Name,Artist Name\nBoat,Quay\n", stage.clock())
    local = LocalPlaylists(stage.store, MARA, stage.clock)
    made = await flow.make(stage.store, local, MARA, "main", "Run", stage.clock())
    with pytest.raises(AlreadyInLayer):
        await flow.make(stage.store, local, MARA, "main", "run", stage.clock())
    await put_in(stage, local, made, *PLACED)
    said = Answer(URIS[9], Kind.ONLY, (made.playlist,), Source.BUTTON, 7)
    async with stage.store.writing() as tx:
        await answers.add(tx, MARA, made.layer, said)
    return made


async def linked(stage: Stage) -> MixedPlaylists:
    return MixedPlaylists(await stage.link(MARA, "mara"), LocalPlaylists(stage.store, MARA, stage.clock))


async def has_its_labels(stage: Stage, taken: Playlist, kept: Playlist) -> bool:
    async with stage.store.reading() as tx:
        verdicts = await answers.verdicts(tx, MARA, kept.layer)
    return taken.playlist == kept.playlist and {song: said.yes for song, said in verdicts.items()} == {
        URIS[9]: {kept.playlist}
    }


async def test_songs_go_on_into_a_playlist_from_before_the_link(stage: Stage, kept: Playlist) -> None:
    music = await linked(stage)
    await put_in(stage, music, kept, URIS[5])
    assert (await music.contents(kept.ref)).songs == [*PLACED, URIS[5]]
    assert await music.listed([kept.ref]) == {kept.ref}


async def test_a_playlist_from_before_the_link_can_still_be_exported(stage: Stage, kept: Playlist) -> None:
    music = await linked(stage)
    async with stage.store.reading() as tx:
        (boat,) = await songs.liked(tx, MARA)
    await music.add(kept.ref, [boat], None)
    assert b"Boat" in (await exports.exported(stage.store, music, kept)).data


async def test_p04_a_playlist_at_spotify_takes_its_place_with_its_labels_and_all_songs_in_it_are_the_members(
    stage: Stage, kept: Playlist
) -> None:
    music = await linked(stage)
    there = stage.world.create_playlist("mara", "run")
    stage.world.replace("mara", there.id, OWN)
    (offered,) = [each for each in await flow.offered(stage.store, music, MARA) if each.id == there.id]
    actor = Actor(MARA, None, stage.clock())
    taken = await flow.take(stage.store, music, actor, "main", offered)
    assert (taken.ref, taken.name) == (there.id, "run")
    assert await has_its_labels(stage, taken, kept)
    async with stage.store.reading() as tx:
        assert await writes.ours(tx, taken.playlist) == frozenset()
        assert [item.song for item in await playlists.items(tx, taken.playlist)] == OWN
        assert await revisions.of_playlist(tx, taken.playlist) == []
    await put_in(stage, music, taken, URIS[6])
    assert list(there.uris) == [*OWN, URIS[6]]


async def test_a_new_one_at_spotify_takes_its_place_with_its_labels(stage: Stage, kept: Playlist) -> None:
    music = await linked(stage)
    made = await flow.make(stage.store, music, MARA, "main", "Run", stage.clock())
    assert await has_its_labels(stage, made, kept)
    assert not made.is_local
    await put_in(stage, music, made, PLACED[0])
    assert list(stage.world.playlist(made.ref).uris) == [PLACED[0]]
    with pytest.raises(AlreadyInLayer):
        await flow.make(stage.store, music, MARA, "main", "run", stage.clock())
