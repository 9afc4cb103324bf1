"""Feature lookup through the whole bot: liked, looked up, sorted; with stand-ins for the sources over HTTP."""

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
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.trained_stage import plain


def recording(track: Track, number: int) -> Recording:
    artist = Artist(f"{number:08d}-0000-4000-8000-00000000000a", track.artists[0], {"folk": 2})
    mbid = f"{number:08d}-0000-4000-8000-000000000000"
    return Recording(track.isrc, mbid, track.name, (artist,), track.id, "1999-05-03", numbers={"tempo": 90.0})


@pytest_asyncio.fixture
async def asking(tmp_path: Path) -> AsyncIterator[CheckedStack]:
    """A stack whose operator has enabled two of the sources."""
    async with CheckedStack(tmp_path / "stack", MUSICBRAINZ_CONTACT="me@example.org", RECCOBEATS="on") as made:
        made.sources.unlimited()  # on a busy machine, the bot's second may be shorter than the stand-in's
        await made.start_bot()
        yield made
        assert await made.stop_bot() == 0
        made.checks.check(trouble=False)


def known(stack: CheckedStack, source: str) -> set[str]:
    return {song for (song,) in stack.rows("select song from feature where source = ?", source)}


async def test_a_like_gets_its_features_and_is_then_sorted(asking: CheckedStack) -> None:
    stack = asking
    drawn = styled(12, seed=31)
    tracks = tuple(replace(track, isrc=f"ZZAAA19{number:05d}") for number, track in enumerate(drawn.tracks))
    held, first = tracks[0], tracks[1:]
    stack.sources.recordings += [recording(track, number) for number, track in enumerate(tracks)]
    stack.sources.faults.append(Fault("reccobeats *", "status", status=429, retry_after=1))
    liked = tuple(like for like in drawn.likes if like.uri != held.uri)
    listener = stack.add_listener("Ada", Library(tracks, liked, {}, ()))
    await stack.link(listener)
    await answer(listener.person.command("playlists add", new="Night"))
    everything = {track.uri for track in first}
    await stack.until(lambda: known(stack, "reccobeats") >= everything)
    stack.spotify.like("ada", held.uri)
    await stack.until(lambda: held.uri in known(stack, "reccobeats") & known(stack, "musicbrainz"))
    await stack.until(lambda: stack.rows("select 1 from liked where song = ? and not fresh", held.uri))
    await stack.until(lambda: known(stack, "musicbrainz") >= everything)
    status = (await answer(listener.person.command("status"))).text()
    assert "12 from MusicBrainz" in status
    assert "12 from ReccoBeats" in status
    asked = stack.sources.asked("musicbrainz *")
    assert len(asked) == len(set(asked)) == 12


async def test_an_uploaded_file_is_analysed_and_not_kept(asking: CheckedStack) -> None:
    stack, library = asking, styled(3, seed=32)
    listener = stack.add_listener("Ada", library)
    await stack.link(listener)
    uri = library.tracks[0].uri
    file = Upload("My song.wav", sound(330))
    said = await answer(listener.person.command("song upload", song=uri, file=file))
    assert "I listened to" in said.text()
    assert (uri, listener.person.user.id) in stack.rows("select song, owner from feature where source = 'upload'")
    refused = await answer(listener.person.command("song upload", song=uri, file=Upload("song.mp3", b"no sound")))
    assert "can't find any sound" in refused.text()
    assert not list((stack.data / "scratch").iterdir())


async def test_new_features_of_a_labelled_song_retrain_the_model(asking: CheckedStack) -> None:
    stack, library = asking, plain(30, seed=33)
    await stack.import_features(library)
    listener = stack.add_listener("Ada", library)
    await stack.link(listener)
    for style in STYLES:
        await answer(listener.person.command("playlists add", new=style))
    await label(listener.person, await answer(listener.person.command("label")), library, 6)
    await stack.learned(listener.person)
    ((before,),) = stack.rows("select learnt_at from layer")
    labelled = stack.labels(listener.person)[0][0]
    await answer(listener.person.command("song upload", song=labelled, file=Upload("song.wav", sound(330))))
    await stack.until(lambda: stack.rows("select 1 from layer where learnt_at > ?", before))
