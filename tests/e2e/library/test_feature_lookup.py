"""Through the whole bot: liked, heard of, sorted; with the sources' stand-ins over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from sandbox.discord import Upload
from sandbox.music.library import Library
from sandbox.sources import Artist, Fault, Recording
from sandbox.spotify import Track
from tests.contract.library.sources.stage import sound
from tests.e2e.chat_stage import STYLES, answer, label, styled
from tests.e2e.home import Home, plain


def recording(track: Track, number: int) -> Recording:
    artist = Artist(f"{number:08d}-0000-4000-8000-00000000000a", track.artists[0], {"folk": 2})
    mbid = f"{number:08d}-0000-4000-8000-000000000000"
    return Recording(track.isrc, mbid, track.name, (artist,), track.id, "1999-05-03", numbers={"tempo": 90.0})


@pytest_asyncio.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Home]:
    """A home whose operator switched on two of the sources."""
    async with Home(tmp_path / "home", MUSICBRAINZ_CONTACT="me@example.org", RECCOBEATS="on") as made:
        made.sources.unlimited()  # what is a second here may be less there, on a busy machine
        await made.start_bot()
        yield made
        assert await made.stop_bot() == 0
        made.manners.check(trouble=False)


def known(home: Home, source: str) -> set[str]:
    return {song for (song,) in home.rows("select song from feature where source = ?", source)}


async def test_a_like_has_its_features_soon_and_is_sorted_after(asking: Home) -> None:
    home = asking
    drawn = styled(12, seed=31)
    tracks = tuple(replace(track, isrc=f"ZZAAA19{number:05d}") for number, track in enumerate(drawn.tracks))
    held, first = tracks[0], tracks[1:]
    home.sources.recordings += [recording(track, number) for number, track in enumerate(tracks)]
    home.sources.faults.append(Fault("reccobeats *", "status", status=429, retry_after=1))
    liked = tuple(like for like in drawn.likes if like.uri != held.uri)
    resident = home.move_in("Ada", Library(tracks, liked, {}, ()))
    await home.link(resident)
    await answer(resident.person.command("playlists add", new="Night"))
    everything = {track.uri for track in first}
    await home.until(lambda: known(home, "reccobeats") >= everything)
    home.spotify.like("ada", held.uri)
    await home.until(lambda: held.uri in known(home, "reccobeats") & known(home, "musicbrainz"))
    await home.until(lambda: home.rows("select 1 from liked where song = ? and not fresh", held.uri))
    await home.until(lambda: known(home, "musicbrainz") >= everything)
    status = (await answer(resident.person.command("status"))).text()
    assert "12 from MusicBrainz" in status
    assert "12 from ReccoBeats" in status
    asked = home.sources.asked("musicbrainz *")
    assert len(asked) == len(set(asked)) == 12


async def test_a_file_that_a_member_sends_in_is_heard_and_not_kept(asking: Home) -> None:
    home, library = asking, styled(3, seed=32)
    resident = home.move_in("Ada", library)
    await home.link(resident)
    uri = library.tracks[0].uri
    file = Upload("My song.wav", sound(330))
    said = await answer(resident.person.command("song upload", song=uri, file=file))
    assert "Heard" in said.text()
    assert (uri, resident.person.user.id) in home.rows("select song, owner from feature where source = 'upload'")
    refused = await answer(resident.person.command("song upload", song=uri, file=Upload("song.mp3", b"no sound")))
    assert "no sound" in refused.text() or "next to nothing" in refused.text()
    assert not list((home.data / "scratch").iterdir())


async def test_what_is_heard_of_a_labelled_song_has_the_model_learnt_anew(asking: Home) -> None:
    home, library = asking, plain(30, seed=33)
    await home.know(library)
    resident = home.move_in("Ada", library)
    await home.link(resident)
    for style in STYLES:
        await answer(resident.person.command("playlists add", new=style))
    await label(resident.person, await answer(resident.person.command("label")), library, 6)
    await home.learnt(resident.person)
    ((before,),) = home.rows("select learnt_at from layer")
    labelled = home.labels(resident.person)[0][0]
    await answer(resident.person.command("song upload", song=labelled, file=Upload("song.wav", sound(330))))
    await home.until(lambda: home.rows("select 1 from layer where learnt_at > ?", before))
