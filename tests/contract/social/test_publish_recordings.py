"""Writing shared playlists: the same recording with different ids."""

from datetime import timedelta

from bot.adapters.store.library import songs
from bot.core.records import Actor, Song
from bot.core.social.shared_playlists import SongState
from bot.flows.social.shared import playlists as shared_playlists
from bot.flows.social.shared import publish
from sandbox.spotify import Track
from tests.contract.conftest import MEMBER, Linked
from tests.contract.social.shared_stage import (
    BOB,
    CYD,
    SERVER,
    URIS,
    at_spotify,
    drop,
    opened_with,
    shared_out,
    song,
    states,
)


def release(number: int) -> Track:
    return Track(f"{number:022d}", "Nachtbus", ("Lena Ohm",), f"Release {number}", "2020", 200_000, "QZAAA2500001")


def as_song(track: Track) -> Song:
    return Song(track.uri, track.name, track.artists, duration_ms=track.duration_ms, isrc=track.isrc)


ALBUM, SINGLE = release(901), release(902)


async def brought(linked: Linked, *tracks: Track) -> int:
    """Create a playlist with stored releases, known to Spotify and to the bot."""
    linked.stack.spotify.publish([ALBUM, SINGLE])
    async with linked.store.writing() as tx:
        await songs.save(tx, map(as_song, tracks), linked.now)
    given = [(track.uri, BOB) for track in tracks]
    return await opened_with(linked.store, Actor(MEMBER, SERVER, linked.now), "Ours", [(URIS[0], BOB), *given])


async def test_a_recording_is_added_once_and_its_other_release_replaces_a_removed_one(
    linked: Linked,
) -> None:
    number, later = await brought(linked, SINGLE, ALBUM), linked.now + timedelta(minutes=1)
    assert await shared_out(linked, number, linked.now) == ["shared"]
    assert at_spotify(linked) == [[URIS[0], SINGLE.uri]]
    assert (await states(linked.store, number))[ALBUM.uri] == SongState.SAME
    assert await publish.unwritten(linked.store) == []
    await drop(linked.store, number, SINGLE.uri, later, BOB)
    await shared_out(linked, number, later)
    assert at_spotify(linked) == [[URIS[0], ALBUM.uri]]


async def test_p04_a_release_the_host_added_and_removed_does_not_return_as_another(
    linked: Linked,
) -> None:
    number, later = await brought(linked), linked.now + timedelta(minutes=1)
    await shared_out(linked, number, linked.now)
    ref = next(playlist.id for playlist in linked.stack.spotify.playlists.values() if playlist.name == "Ours")
    linked.stack.spotify.add_by_hand("ada", ref, ALBUM.uri)
    async with linked.store.writing() as tx:
        await songs.save(tx, [as_song(SINGLE)], later)
    await shared_playlists.add(linked.store, Actor(CYD, SERVER, later), number, as_song(SINGLE))
    await shared_out(linked, number, later)
    assert at_spotify(linked) == [[URIS[0], ALBUM.uri]]
    linked.stack.spotify.remove_by_hand("ada", ref, ALBUM.uri)
    await shared_playlists.add(linked.store, Actor(CYD, SERVER, later), number, song(URIS[5]))
    await shared_out(linked, number, later + timedelta(minutes=2))
    assert at_spotify(linked) == [[URIS[0], URIS[5]]]


async def test_a_song_spotify_shows_under_another_id_is_removed_with_it(linked: Linked) -> None:
    number, later = await brought(linked, SINGLE), linked.now + timedelta(minutes=1)

    async def relink(request) -> None:
        for playlist in linked.stack.spotify.playlists.values():
            if request.line.startswith("POST") and SINGLE.uri in playlist.uris:
                shown = [ALBUM.uri if uri == SINGLE.uri else uri for uri in playlist.uris]
                linked.stack.spotify.replace("ada", playlist.id, shown)

    linked.stack.spotify.after.append(relink)
    await shared_out(linked, number, linked.now)
    assert at_spotify(linked) == [[URIS[0], ALBUM.uri]]
    await shared_out(linked, number, later)
    assert (await states(linked.store, number))[SINGLE.uri] == SongState.WRITTEN
    await drop(linked.store, number, SINGLE.uri, later, BOB)
    await shared_out(linked, number, later)
    assert at_spotify(linked) == [[URIS[0]]]
