"""The bot, killed anywhere while it reads a file or other playlists, or looks songs up, ends as if it hadn't been."""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.music.library import Library
from sandbox.sources import Artist, Recording
from tests.crash.crash_stack import CrashStack
from tests.crash.driver import Flow
from tests.e2e.chat_stage import answer, as_file, newcomer, styled

pytestmark = pytest.mark.soak
SONGS, HEARD = 450, 3


async def test_a_bot_killed_while_it_reads_a_file_has_read_it_when_it_is_sent_again(
    tmp_path: Path, crash_engine: str, survives
) -> None:
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        await stack.start_bot()
        person, file = newcomer(stack, "ada"), as_file(styled(SONGS, seed=7))
        await stack.keep()

        def is_read() -> bool:
            return stack.rows("select count(*) from liked") == [(SONGS,)]

        await survives(stack, Flow("import", lambda: answer(person.command("library import", file=file)), is_read))


async def test_a_bot_killed_while_it_looks_songs_up_asks_about_the_rest(
    tmp_path: Path, crash_engine: str, survives
) -> None:
    """Features come from MusicBrainz and ReccoBeats once a member has linked."""
    async with CrashStack(
        tmp_path / "stack", engine=crash_engine, MUSICBRAINZ_CONTACT="me@example.org", RECCOBEATS="on"
    ) as stack:
        drawn = styled(HEARD, seed=5)
        tracks = tuple(replace(track, isrc=f"ZZAAA19{number:05d}") for number, track in enumerate(drawn.tracks))
        stack.sources.unlimited()
        stack.sources.recordings += [_recording(track.isrc, track.id, number) for number, track in enumerate(tracks)]
        ada = stack.add_listener("Ada", Library(tracks, drawn.likes, {}, ()))
        await stack.start_bot()
        await stack.keep()

        def is_known() -> bool:
            return stack.rows("select count(*) from lookup where state = 'known'") == [(2 * HEARD,)]

        await survives(stack, Flow("hear", lambda: stack.link(ada), is_known))


async def test_a_bot_killed_while_it_reads_other_playlists_has_read_them_all(
    tmp_path: Path, crash_engine: str, survives
) -> None:
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        ada = stack.add_listener("Ada", styled(12, seed=9))
        songs = [track.uri for track in ada.library.tracks]
        for start in range(0, len(songs), 4):
            made = stack.spotify.create_playlist(ada.account.id, f"Old {start}")
            stack.spotify.add(ada.account.id, made.id, songs[start : start + 4])
        await stack.start_bot()
        await stack.link(ada)
        await stack.keep()

        def are_read() -> bool:
            return stack.rows("select count(*) from other_playlist") == [(3,)]

        allow = Flow("others", lambda: answer(ada.person.command("playlists settings", others=True)), are_read)
        await survives(stack, allow)


def _recording(isrc: str, spotify_id: str, number: int) -> Recording:
    artist = Artist(f"{number:08d}-0000-4000-8000-00000000000a", f"Artist {number}")
    mbid = f"{number:08d}-0000-4000-8000-000000000000"
    return Recording(isrc, mbid, f"Song {number}", (artist,), spotify_id, "1999", numbers={"tempo": 100.0})
