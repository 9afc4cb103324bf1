"""The same recording with several ids: on different releases, or when Spotify relinks it."""

from typing import Any

import pytest

from bot.adapters.store.sorting import answers
from bot.core.records import Playlist
from bot.core.sorting.writing.journal import Refused
from bot.flows.library import sync
from bot.flows.sorting import playlists
from bot.flows.sorting.playlists import PlaylistSettings
from bot.flows.sorting.writing import manual_edits
from bot.messages.sorting import playlists as words
from sandbox.spotify import Lag, Track
from tests.contract.spotify.stage import MARA
from tests.contract.spotify.writing.writer import NEW, OWN, PlaylistWriter


def release(number: int, of: str, isrc: str, ms: int = 200_000) -> Track:
    """A release of the recording, with its own id."""
    return Track(f"{number:022d}", of, ("Lena Ohm", "Sum"), f"Release {number}", "2020", ms, isrc)


ALBUM, SINGLE = release(1, "Nachtbus", "QZAAA2500001"), release(2, "Nachtbus (Single)", "QZAAA2500001")


REISSUE, LIVE = release(3, "NACHTBUS", "QZAAA2600001", 201_500), release(4, "Nachtbus", "QZAAA2700001", 320_000)


@pytest.fixture
async def releases(writer: PlaylistWriter) -> PlaylistWriter:
    """Mara likes four releases of a song, one of them live; she has added the album's to her playlist by hand."""
    writer.stage.world.publish([ALBUM, SINGLE, REISSUE, LIVE])
    for track in (ALBUM, SINGLE, REISSUE, LIVE):
        writer.stage.world.like("mara", track.uri)
    account = await writer.stage.account(MARA)
    assert account is not None
    await sync.sync(writer.stage.store, writer.music, account, writer.stage.clock())
    writer.stage.world.add_by_hand("mara", writer.kept.ref, ALBUM.uri)
    return writer


async def test_the_same_recording_is_not_added_again_with_another_id(releases: PlaylistWriter) -> None:
    receipt = await releases.apply(await releases.add(SINGLE.uri, REISSUE.uri, LIVE.uri))
    assert releases.songs() == [*OWN, ALBUM.uri, LIVE.uri]
    assert {(change.song, change.problem) for change in receipt.refused} == {
        (SINGLE.uri, Refused.SAME),
        (REISSUE.uri, Refused.SAME),
    }
    await playlists.settings(releases.stage.store, MARA, releases.kept.playlist, PlaylistSettings(doubles=True))
    await releases.apply(await releases.add(SINGLE.uri))
    assert releases.songs() == [*OWN, ALBUM.uri, LIVE.uri, SINGLE.uri]


@pytest.mark.slow
async def test_of_two_releases_in_one_write_the_first_is_added(releases: PlaylistWriter) -> None:
    other = await releases.another("Pier")
    await releases.apply(await releases.add(REISSUE.uri, ALBUM.uri, LIVE.uri, to=other))
    assert releases.songs(other) == [REISSUE.uri, LIVE.uri]


async def test_a_song_shown_under_another_id_is_not_added_at_every_sort(releases: PlaylistWriter) -> None:
    """Spotify relinks the added song, and doesn't say to which."""
    other = await releases.another("Pier")
    releases.stage.world.after.append(lambda request: relink(releases, other, request))
    for _ in range(3):
        receipt = await releases.apply(await releases.add(SINGLE.uri, to=other))
        releases.stage.clock.pass_by(minutes=2)
    assert releases.songs(other) == [ALBUM.uri]
    assert receipt.write.state == "done"


async def test_if_spotify_does_not_know_one_release_the_other_is_added(
    releases: PlaylistWriter,
) -> None:
    other = await releases.another("Pier")
    del releases.stage.world.tracks[REISSUE.uri]
    receipt = await releases.apply(await releases.add(REISSUE.uri, SINGLE.uri, to=other))
    assert releases.songs(other) == [SINGLE.uri]
    assert [(change.song, change.problem) for change in receipt.refused] == [(REISSUE.uri, Refused.UNKNOWN)]


@pytest.mark.slow
@pytest.mark.parametrize("lag", [0, 12])
async def test_a_song_shown_under_another_id_can_be_removed_and_restored(releases: PlaylistWriter, lag: float) -> None:
    world, other = releases.stage.world, await releases.another("Pier", OWN)
    releases.stage.clock.pass_by(minutes=2)
    world.after.append(lambda request: relink(releases, other, request))
    world.lag = Lag(lag, lag)
    write = await releases.apply(await releases.add(SINGLE.uri, NEW[0], to=other))
    assert releases.songs(other) == [*OWN, ALBUM.uri, NEW[0]]
    releases.stage.clock.pass_by(minutes=2)
    assert await manual_edits.detect(releases.stage.store, releases.music, MARA, releases.stage.clock()) <= 1, (
        "at most the album's"
    )
    async with releases.stage.store.reading() as tx:
        said = (await answers.verdicts(tx, MARA, releases.kept.layer)).keys()
    assert said <= {ALBUM.uri}, "nobody removed the single"

    out = await releases.apply(await releases.open((other, SINGLE.uri, "remove")))
    assert releases.songs(other) == [*OWN, NEW[0]]
    back = await releases.undo(out.write.write)
    assert releases.songs(other) == [*OWN, ALBUM.uri, NEW[0]]
    assert back.refused == []
    await releases.undo(write.write.write)
    assert releases.songs(other) == OWN


async def relink(writer: PlaylistWriter, playlist: Playlist, request) -> None:
    """Have Spotify show the album's song instead of the single, without saying so."""
    rows = writer.stage.world.playlist(playlist.ref).uris
    if request.line.startswith("POST") and SINGLE.uri in rows:
        shown = [ALBUM.uri if uri == SINGLE.uri else uri for uri in rows]
        writer.stage.world.replace("mara", playlist.ref, shown)


@pytest.mark.slow
async def test_p04_the_same_recording_added_by_hand_does_not_count_as_relinked(releases: PlaylistWriter) -> None:
    other = await releases.another("Pier")
    write = await releases.apply(await releases.add(SINGLE.uri, to=other))
    releases.stage.clock.pass_by(minutes=2)
    for uri in (ALBUM.uri, REISSUE.uri):
        releases.stage.world.add_by_hand("mara", other.ref, uri)
    releases.stage.world.remove_by_hand("mara", other.ref, SINGLE.uri)
    await releases.undo(write.write.write)
    assert releases.songs(other) == [ALBUM.uri, REISSUE.uri]


async def test_doubles_and_unplayable_songs_are_shown(releases: PlaylistWriter) -> None:
    for track in (REISSUE, LIVE):
        releases.stage.world.add_by_hand("mara", releases.kept.ref, track.uri)
    await manual_edits.detect(releases.stage.store, releases.music, MARA, releases.stage.clock())
    (odd,) = await playlists.odd(releases.stage.store, MARA)
    assert odd.doubles == [("Nachtbus", [3, 4])]
    assert "has Nachtbus at positions 4 and 5" in words.odd([odd])
    assert words.odd([]) == words.NOTHING_ODD


async def test_places_without_a_song_are_shown_without_shifting_others(releases: PlaylistWriter) -> None:
    """Spotify omits a song that it took down; episodes and local files aren't songs either."""
    stage, kept = releases.stage, releases.kept
    for track in (REISSUE, LIVE):
        stage.world.add_by_hand("mara", kept.ref, track.uri)

    def emptied(answer: Any) -> Any:
        items = answer["items"]["items"]
        items[0], items[1]["item"], items[2]["item"] = None, None, {"uri": "spotify:local:::x:61", "is_local": True}
        items[3]["track"] = items[3].pop("item")
        return answer

    stage.fault(f"GET /v1/playlists/{kept.ref}", "edit", times=None, edit=emptied)
    await manual_edits.detect(stage.store, releases.music, MARA, stage.clock())
    (odd,) = await playlists.odd(stage.store, MARA)
    assert (odd.doubles, odd.empty, odd.unplayable) == ([("Nachtbus", [3, 4])], [0, 1, 2], [])
    assert "has no songs at positions 1, 2 and 3" in words.odd([odd])
