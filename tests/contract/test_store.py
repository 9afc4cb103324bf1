"""The store: transactions, locks, erasing."""

import asyncio
import sqlite3
import traceback
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import QueuePool, create_engine, delete, event, insert, select
from sqlalchemy.exc import IntegrityError

from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import interactions, members
from bot.adapters.store.library import songs
from bot.adapters.store.problems import typed_errors
from bot.adapters.store.sorting import answers, playlists
from bot.core.features import SongFeatures
from bot.core.records import Like, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors import StoreBusy, StoreDamaged, StoreFull
from bot.flows.account import erase
from tests.databases import new_store

ADA, BEN = 1001, 1002


async def test_p24_likes_without_a_date_are_the_oldest_on_both_engines(store: Store, now: datetime) -> None:
    dates = {"dated": now, "undated": None, "newest": now + timedelta(days=1)}
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        likes = [Like(Song(song, song, ()), date) for song, date in dates.items()]
        await songs.like(tx, ADA, likes, now, fresh=True)
        assert [song.song for song in await songs.library(tx, ADA)] == ["newest", "dated", "undated"]
        assert await songs.fresh(tx, ADA) == ["undated", "dated", "newest"]
        await songs.keep_newest(tx, ADA, 2)
        assert await songs.liked(tx, ADA) == {"newest": dates["newest"], "dated": now}


@pytest.mark.parametrize("ahead", [False, True])
async def test_p22_two_coroutines_never_share_a_transaction(store: Store, now: datetime, ahead: bool) -> None:
    """One writer rolls back while another commits; the first one's row must not be committed too."""
    wrote = asyncio.Event()

    async def doomed() -> None:
        async with store.writing() as tx:
            await members.ensure(tx, ADA, now)
            wrote.set()
            await asyncio.sleep(0.05)
            raise RuntimeError("rolled back")

    async def good() -> None:
        await wrote.wait()
        async with store.writing_first() if ahead else store.writing() as tx:
            await members.ensure(tx, BEN, now)

    results = await asyncio.gather(doomed(), good(), return_exceptions=True)
    assert isinstance(results[0], RuntimeError)
    async with store.reading() as tx:
        assert await members.get(tx, ADA) is None
        assert await members.get(tx, BEN) is not None


async def test_p22_a_reader_sees_one_state_throughout(store: Store, now: datetime) -> None:
    async with store.reading() as reader:
        assert await members.get(reader, ADA) is None
        async with store.writing() as tx:
            await members.ensure(tx, ADA, now)
        assert await members.get(reader, ADA) is None


@pytest.mark.sqlite
async def test_p13_a_commit_is_on_disk_before_it_is_acknowledged(store: Store) -> None:
    async with store.writing() as tx:
        settings = [(await tx.exec_driver_sql(f"PRAGMA {name}")).scalar() for name in ("synchronous", "journal_mode")]
    assert settings == [2, "wal"], "2 is FULL: survives a power cut too, which no test can simulate"


async def test_p34_an_error_of_the_database_shows_no_values_of_a_row(store: Store, now: datetime) -> None:
    row = {"member": ADA, "name": "canary", "several": False, "everything": False}
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await tx.execute(insert(schema.layer).values(row))
    for broken in (row, row | {"member": BEN}, row | {"name": "canary 2", "several": None}):
        with pytest.raises(IntegrityError) as failed:
            async with store.writing() as tx:
                await tx.execute(insert(schema.layer).values(broken))
        assert "canary" not in "".join(traceback.format_exception(failed.value))


@pytest.mark.slow
async def test_p21_a_cancelled_writer_holds_no_lock(tmp_path, engine: str, now: datetime) -> None:
    """Wherever it's cancelled, and even while somebody holds its error."""
    store = new_store(tmp_path / "bot.db", engine, busy_ms=1_000)

    async def write() -> None:
        async with store.writing() as tx:
            for member in range(1_000):
                await members.ensure(tx, member, now)

    ended = []
    for steps in range(150):
        task = asyncio.create_task(write())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        ended += await asyncio.gather(task, return_exceptions=True)
        async with store.writing() as tx:
            await members.ensure(tx, -1, now)
    assert {type(outcome) for outcome in ended} == {asyncio.CancelledError}
    await store.close()


@pytest.mark.sqlite
async def test_p21_a_database_held_by_another_process_is_waited_for(store: Store, now: datetime) -> None:
    holder = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.3, holder.execute, "COMMIT")
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
    holder.close()


async def test_p21_a_database_held_for_too_long_is_a_typed_error(tmp_path, now: datetime) -> None:
    store = new_store(tmp_path / "held.db", busy_ms=50)
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        async with store.writing() as tx:
            await members.ensure(tx, ADA, now)
    holder.execute("ROLLBACK")
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
    holder.close()
    await store.close()


@pytest.mark.sqlite
async def test_p20_a_full_disk_is_a_typed_error_until_there_is_room(store: Store, now: datetime) -> None:
    async def limit(pages: int) -> None:
        async with store._engine.connect() as connection:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute(f"PRAGMA max_page_count = {pages}")

    big = [Like(Song(f"spotify:track:{number}", "x" * 500, ("artist",)), now) for number in range(2_000)]
    await limit(1)
    with pytest.raises(StoreFull):
        async with store.writing() as tx:
            await members.ensure(tx, ADA, now)
            await songs.like(tx, ADA, big, now)
    async with store.reading() as tx:
        assert await songs.count(tx, ADA) == 0
    await limit(1_000_000)
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await songs.like(tx, ADA, big, now)
    with sqlite3.connect(store.path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.sqlite
async def test_a_store_that_met_damage_says_so_from_then_on(store: Store) -> None:
    async with store.writing() as tx:
        await tx.exec_driver_sql("CREATE TABLE harmed (a)")
        await tx.exec_driver_sql("INSERT INTO harmed VALUES (randomblob(9000))")
        page = (await tx.exec_driver_sql("SELECT rootpage FROM sqlite_schema WHERE name = 'harmed'")).scalar_one()
    await store.checkpoint()
    await store.close()  # what its connections have in memory is as it was
    with store.path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 2048)
    await store.check()
    with pytest.raises(StoreDamaged):
        async with store.reading() as tx:
            await tx.exec_driver_sql("SELECT * FROM harmed")
    with pytest.raises(StoreDamaged):
        await store.check()


async def test_a_store_that_somebody_writes_can_be_looked_at(store: Store) -> None:
    async with store.writing():
        await store.check()


async def test_p14_interactions_are_taken_once_a_thousand_in_one_statement(store: Store, now: datetime) -> None:
    said = list[str]()
    event.listen(store._engine.sync_engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    for numbers, new in ((range(1000), range(1000)), (range(500, 1500), range(1000, 1500))):
        async with store.writing() as tx:
            assert await interactions.take(tx, numbers, now) == set(new)
    assert len([each for each in said if "interaction" in each]) == 2


async def test_answers_from_one_event_are_stored_once(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        said = Answer("song", Kind.ONLY, (1,), Source.BUTTON, 42)
        assert await answers.add(tx, ADA, layer.layer, said)
        assert not await answers.add(tx, ADA, layer.layer, said)
        assert len(await answers.standing(tx, ADA, layer.layer)) == 1


async def test_a_members_own_features_win_over_the_operators(store: Store, now: datetime) -> None:
    song = Song("spotify:track:1", "Song", ("Artist",), isrc="GBABC0100001")
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await songs.save_features(
            tx,
            schema.OPERATOR,
            "operator:dump",
            {"isrc:GBABC0100001": SongFeatures({"tempo": 100.0, "energy": 0.5}, {}, {})},
            now,
        )
        await songs.save_features(tx, ADA, "csv", {song.song: SongFeatures({"tempo": 120.0}, {}, {})}, now)
        mine = (await songs.features(tx, ADA, [song]))[song.song]
        theirs = (await songs.features(tx, BEN, [song]))[song.song]
    assert dict(mine.numbers) == {"tempo": 120.0, "energy": 0.5}
    assert dict(mine.provenance) == {"tempo": "csv", "energy": "operator:dump"}
    assert dict(theirs.numbers) == {"tempo": 100.0, "energy": 0.5}


def test_p35_every_table_names_its_member_or_holds_no_personal_data() -> None:
    ownerless = {
        table for table in schema.metadata.sorted_tables if table not in [owned for owned, _ in personal_data.OWNED]
    }
    done_by = {column.table for column in personal_data.DONE_BY}
    files = {schema.song, schema.match, schema.recording, schema.entry, schema.space}
    pace = {schema.cooldown, schema.spent, schema.turn, schema.app, schema.interaction}
    servers = {schema.place, schema.counted, schema.barred, schema.takedown}
    assert ownerless - done_by == {*files, *pace, *servers}


@pytest.mark.sqlite
async def test_p35_erasing_leaves_no_row_and_no_byte(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer = await playlists.ensure_layer(tx, ADA, "canary-layer")
        await playlists.add(tx, layer, "canary-playlist", "canary-ref", "🟦")
        await songs.like(tx, ADA, [Like(Song("spotify:track:canary", "canary-title", ("canary-artist",)), now)], now)
        await answers.add(tx, ADA, layer.layer, Answer("spotify:track:canary", Kind.NONE, (), Source.BUTTON, 1))
    async with store.writing() as tx:
        await personal_data.erase(tx, ADA)
    await erase.forget_unused(store)
    await store.scrub()
    async with store.reading() as tx:
        for table in schema.metadata.sorted_tables:
            assert (await tx.execute(select(table))).all() == []
    await store.close()
    written = b"".join(path.read_bytes() for path in store.path.parent.glob("test.db*"))
    assert b"canary" not in written


@pytest.mark.sqlite
@pytest.mark.parametrize("cleaning", [Store.scrub, Store.checkpoint])
async def test_p35_deleted_bytes_are_gone_however_they_were_deleted(
    store: Store, now: datetime, cleaning: Callable[[Store], Awaitable[bool]]
) -> None:
    """An older version, or a tool without secure_delete, left some; rewriting the file removes those, too."""
    layers = range(200)
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        for number in layers:
            await playlists.ensure_layer(tx, ADA, f"canary-{number}" + "x" * 100)
    await store.checkpoint()  # from the log into the file
    if cleaning is Store.checkpoint:
        async with store.writing() as tx:
            await tx.execute(delete(schema.layer))
    else:
        with closing(sqlite3.connect(store.path)) as careless, careless:
            careless.execute("PRAGMA secure_delete = OFF")
            careless.execute("DELETE FROM layer")
    assert await cleaning(store)
    await store.close()
    assert not [path.name for path in store.path.parent.glob("test.db*") if b"canary" in path.read_bytes()]


@pytest.mark.slow
@pytest.mark.sqlite
async def test_p35_the_file_does_not_count_as_rewritten_while_somebody_reads_or_locks_it(store: Store) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM song").fetchone()
        assert not await store.scrub()
        other.execute("ROLLBACK")
        assert await store.scrub()
        other.execute("BEGIN IMMEDIATE")
        assert not await store.scrub()
    assert not store.is_scrubbed
    assert await store.scrub()
    assert store.is_scrubbed


class Watched(Store):
    """A store that records when its file is rewritten and when somebody writes."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.seen = list[str]()

    async def _rewrite(self) -> bool:
        done = await super()._rewrite()
        self.seen.append("rewritten")
        return done


@pytest.mark.slow
async def test_others_can_write_most_of_the_time_however_often_the_file_is_rewritten(
    store: Store, now: datetime
) -> None:
    watched = Watched(store.url)

    async def others() -> None:
        while True:
            async with watched.writing() as tx:
                await members.ensure(tx, BEN, now)
            watched.seen.append("write")

    writing = asyncio.create_task(others())
    await asyncio.gather(*(watched.scrub() for _ in range(4)))
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await watched.close()
    between = "".join("|" if event == "rewritten" else "." for event in watched.seen).split("|")[1:-1]
    assert len(between) == 3
    assert min(map(len, between)) >= 3  # strict alternation would give one


async def test_foreign_keys_are_enforced(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with store.writing() as tx:
            await tx.execute(insert(schema.layer).values(member=ADA, name="x", several=False, everything=False))


def test_p21_a_connection_that_does_not_become_free_is_a_typed_error() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(StoreBusy), typed_errors(), engine.connect():
        pass
