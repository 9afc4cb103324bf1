"""The library: what reading it costs, and that nothing is lost."""

from collections import Counter
from datetime import datetime, timedelta
from math import ceil

import pytest
import sqlalchemy as sa

from bot.adapters.store import Store, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists, writes
from bot.core.library.polling import Rhythm
from bot.core.library.tables import BadRow, Foreign, Problem
from bot.core.markup import escape
from bot.core.records import Item, NewWrite
from bot.core.sorting.writing.writes import WriteKind, WriteState
from bot.errors import BadFile, NotLinked
from bot.errors.library import FileTooLarge, ForeignFile, NoSongColumns, NoSongsInFile
from bot.flows.library import exports, imports, sync
from bot.flows.library.poll import Polls
from bot.flows.sorting import playlists as flow
from bot.messages.errors import describe
from bot.messages.library import bad_row
from tests.contract.conftest import ACTOR, MEMBER, NOW, Linked, track

FILE = "file.csv"
STATEMENTS = 13  # for each page of likes, six of them for its request


async def synced(linked: Linked) -> sync.Synced:
    return await sync.sync(linked.store, await linked.music(), await linked.account(), NOW)


async def liked(linked: Linked) -> set[str]:
    async with linked.store.reading() as tx:
        return set(await songs.liked(tx, MEMBER))


async def test_a_first_sync_of_n_songs_is_n_over_50_calls(linked: Linked) -> None:
    look = await synced(linked)
    assert (look.total, look.new, look.gone) == (120, 120, 0)
    assert linked.calls() == ["GET /v1/me/tracks"] * ceil(120 / 50)
    assert len(await liked(linked)) == 120


async def test_a_page_of_likes_takes_few_statements(linked: Linked) -> None:
    """Those that count the request and find its token among them."""
    music, account, said = await linked.music(), await linked.account(), list[str]()
    engine = linked.store._engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    look = await sync.sync(linked.store, music, account, NOW)
    statements = [statement for statement in said if not statement.startswith(("BEGIN", "SELECT pg_advisory"))]
    assert len(statements) <= STATEMENTS * look.calls + 3, Counter(statement[:80] for statement in statements)


async def test_p35_a_look_at_a_member_who_is_erased_meanwhile_brings_nothing_of_them_back(linked: Linked) -> None:
    music, account = await linked.music(), await linked.account()
    async with linked.store.writing() as tx:
        await personal_data.erase(tx, MEMBER)
    polls = Polls(linked.store, Rhythm(timedelta(minutes=15), timedelta(hours=6), 480))
    with pytest.raises(NotLinked):
        await polls.poll(music, music, account, NOW)
    async with linked.store.reading() as tx:
        assert await members.get(tx, MEMBER) is None


async def test_nothing_new_is_one_call(linked: Linked) -> None:
    await synced(linked)
    linked.calls()
    assert (await synced(linked)).new == 0
    assert linked.calls() == ["GET /v1/me/tracks"]


async def test_new_likes_are_fresh_and_the_first_ones_are_not(linked: Linked) -> None:
    await synced(linked)
    linked.like(500, 501)
    linked.calls()
    assert (await synced(linked)).new == 2
    assert linked.calls() == ["GET /v1/me/tracks"] * 2  # the page with the new ones, and one with no more
    async with linked.store.reading() as tx:
        assert set(await songs.fresh(tx, MEMBER)) == {track(500).uri, track(501).uri}


async def test_an_unliked_song_leaves_the_library(linked: Linked) -> None:
    await synced(linked)
    linked.stack.spotify.unlike("ada", track(60).uri)
    look = await synced(linked)
    assert (look.new, look.gone) == (0, 1)
    assert track(60).uri not in await liked(linked)


async def test_one_unlike_and_one_like_are_both_noticed(linked: Linked) -> None:
    await synced(linked)
    linked.stack.spotify.unlike("ada", track(60).uri)
    linked.like(500)
    look = await synced(linked)
    assert (look.new, look.gone) == (1, 1)


async def test_null_tracks_do_not_make_every_poll_a_full_one(linked: Linked) -> None:
    linked.stack.spotify.taken_down.add(track(3).uri)
    await synced(linked)
    linked.calls()
    await synced(linked)
    assert linked.calls() == ["GET /v1/me/tracks"]


EXPORTIFY = """\
Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Added At,Genres,Danceability,Energy,Tempo
spotify:track:0000000000000000000001,"One, Two",Album,"Ann;Ben",2001-02-03,200000,2026-01-02,"folk,indie",0.5,0.25,120.5
,No Id,Album,Cat,1999,180000,,,0.1,0.2,90
spotify:track:0000000000000000000003,,Album,Dan,2000,180000,,,0.1,0.2,90
spotify:track:0000000000000000000004,No Artist,Album,,2000,180000,,,0.1,0.2,90
"""


async def test_a_file_becomes_the_library_and_bad_rows_are_reported(store, now) -> None:
    imported = await imports.import_file(store, MEMBER, "liked.csv", EXPORTIFY.encode(), now)
    assert (imported.songs, imported.total, imported.bad_rows) == (2, 2, 2)
    assert imported.bad == [BadRow(4, Problem.NO_TITLE), BadRow(5, Problem.NO_ARTIST, "No Artist")]
    assert bad_row(imported.bad[1]) == "line 5: there's no artist for “No Artist”"
    async with store.reading() as tx:
        kept = {song.title: song for song in await songs.library(tx, MEMBER)}
        features = await songs.features(tx, MEMBER, list(kept.values()))
    assert kept["One, Two"].artists == ("Ann", "Ben")
    assert kept["No Id"].song.startswith("file:")
    known = features["spotify:track:0000000000000000000001"]
    assert known.numbers["tempo"] == 120.5
    assert known.sets["genres"] == {"folk", "indie"}
    assert known.provenance["tempo"] == "csv"


async def test_importing_again_adds_and_changes_nothing_else(store, now) -> None:
    async def kept() -> list[object]:
        async with store.reading() as tx:
            library = await songs.library(tx, MEMBER)
            return [library, await songs.liked(tx, MEMBER), await songs.features(tx, MEMBER, library)]

    await imports.import_file(store, MEMBER, "liked.csv", EXPORTIFY.encode(), now)
    before = await kept()
    again = await imports.import_file(store, MEMBER, "liked.csv", EXPORTIFY.encode(), now + timedelta(days=1))
    assert again.total == 2
    assert await kept() == before


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0", ForeignFile(FILE, Foreign.BINARY)),
        (b"", NoSongColumns(FILE, "")),
        (b"a,b,c\n1,2,3\n", NoSongColumns(FILE, "a, b, c")),
        (b"Track Name,Artist Name(s)\n", NoSongsInFile(FILE)),
        (b"Track Name,Artist Name(s)\n,\n,\n", NoSongsInFile(FILE)),
        (b"x" * 20_000_001, FileTooLarge(FILE, 20)),
    ],
)
async def test_a_wrong_file_gets_a_clear_error_and_changes_nothing(store, now, data: bytes, error: BadFile) -> None:
    with pytest.raises(type(error)) as refused:
        await imports.import_file(store, MEMBER, FILE, data, now)
    assert vars(refused.value) == vars(error)
    assert describe(refused.value).startswith(escape(FILE))
    async with store.reading() as tx:
        assert await songs.count(tx, MEMBER) == 0


@pytest.mark.slow
async def test_a_real_library_is_read_whole(store, now, shared) -> None:
    import csv
    import gzip

    data = gzip.decompress((shared / "data/libraries/library-d.csv.gz").read_bytes())
    imported = await imports.import_file(store, MEMBER, "library-d.csv", data, now)
    rows = list(csv.DictReader(data.decode().splitlines()))
    assert imported.total == len({row["track_id"] for row in rows if row["name"] and row["artists"]})
    assert imported.with_features == imported.songs


async def test_an_export_knows_why_songs_may_be_missing(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, 1001, now)
        layer = await playlists.ensure_layer(tx, 1001, "main")
        kept = await playlists.add(tx, layer, "Run", "shelf:run", "🟦")
    assert await exports.missing_in_export(store, 1001) == "empty"
    async with store.writing() as tx:
        await playlists.save_content(tx, kept, [Item("x", None)], None)
    assert await exports.missing_in_export(store, 1001) is None
    async with store.writing() as tx:
        write = await writes.begin(tx, NewWrite(1001, layer.layer, WriteKind.SORT, 1), now)
        await writes.set_state(tx, write, WriteState.APPLYING)
    assert await exports.missing_in_export(store, 1001) == "writing"


async def test_an_export_counts_the_songs_it_leaves_out(linked: Linked) -> None:
    await synced(linked)
    world, music = linked.stack.spotify, await linked.music()
    run = world.create_playlist("ada", "Run")
    world.publish([track(900)])
    for uri in (track(1).uri, track(900).uri, "spotify:episode:0000000000000000000900", track(2).uri):
        world.add_by_hand("ada", run.id, uri)
    (listed,) = await music.playlists()
    kept = await flow.take(linked.store, music, ACTOR, "main", listed)
    exported = await exports.exported(linked.store, music, kept)
    assert exported.unnamed == 1
    assert [track(number).uri in exported.data.decode() for number in (1, 2, 900)] == [True, True, False]
