"""What the store promises, where PostgreSQL keeps it another way than SQLite (see `test_store.py` for that)."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.engine import Engine

from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.postgresql import WRITER
from bot.adapters.store.sorting import answers, playlists
from bot.config import parse
from bot.core.records import Like, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors import NewerSchema, SettingsError, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreShut
from bot.flows.account import erase
from tests import postgresql
from tests.contract.postgresql.server_stage import ADA, joins

HELD = f"SELECT pg_advisory_xact_lock({WRITER})"


async def test_p23_two_processes_that_start_at_once_migrate_once(now: datetime) -> None:
    empty = postgresql.empty_url()
    stores = [Store(empty), Store(empty)]
    await asyncio.gather(*(store.migrate() for store in stores))
    await joins(stores[0], now)
    for store in stores:
        assert not await store.behind()
        await store.close()
    postgresql.drop(empty)


@pytest.mark.slow
async def test_p23_an_older_program_refuses_a_newer_schema(store: Store) -> None:
    async with store.writing() as tx:
        await tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerSchema):
        await store.migrate()


async def test_p13_a_commit_is_on_disk_before_it_is_acknowledged(store: Store) -> None:
    async with store.writing() as tx:
        settings = [(await tx.exec_driver_sql(f"SHOW {name}")).scalar() for name in ("synchronous_commit", "fsync")]
    assert settings == ["on", "on"]


async def test_p21_another_process_that_writes_is_waited_for(store: Store, other: Engine, now: datetime) -> None:
    with other.connect() as holder:
        holder.exec_driver_sql(HELD)
        asyncio.get_running_loop().call_later(0.3, holder.commit)
        await joins(store, now)


@pytest.mark.slow
async def test_p21_another_process_that_writes_for_too_long_is_a_typed_error(
    url: str, other: Engine, now: datetime
) -> None:
    async with Store(url, busy_ms=50) as store:
        with other.connect() as holder:
            holder.exec_driver_sql(HELD)
            with pytest.raises(StoreBusy):
                await joins(store, now)
            holder.rollback()
        await joins(store, now)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("53100", StoreFull), ("40001", StoreBusy), ("57P01", StoreShut), ("XX001", StoreDamaged), ("54000", StoreError)],
)
async def test_p20_what_the_server_says_is_a_typed_error_and_nothing_was_written(
    store: Store, now: datetime, code: str, kind: type[StoreError]
) -> None:
    """The server raises them itself, as it would with a full disk; the next transaction is as good as any."""
    with pytest.raises(kind) as raised:
        async with store.writing() as tx:
            await members.ensure(tx, ADA, now)
            await tx.exec_driver_sql(f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{code}'; END $$")
    assert type(raised.value) is kind
    async with store.reading() as tx:
        assert await members.get(tx, ADA) is None
    await joins(store, now)


async def test_reading_cannot_write(store: Store, now: datetime) -> None:
    with pytest.raises(StoreError):
        async with store.reading() as tx:
            await members.ensure(tx, ADA, now)


@pytest.mark.slow
async def test_p35_erasing_leaves_no_row_and_no_byte_in_a_table(store: Store, other: Engine, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer = await playlists.ensure_layer(tx, ADA, "canary-layer")
        await playlists.add(tx, layer, "canary-playlist", "canary-ref", "🟦")
        await songs.like(tx, ADA, [Like(Song("spotify:track:canary", "canary-title", ("canary-artist",)), now)], now)
        await answers.add(tx, ADA, layer.layer, Answer("spotify:track:canary", Kind.NONE, (), Source.BUTTON, 1))
    with other.connect() as reader:
        assert b"canary" in on_disk(reader)
    async with store.writing() as tx:
        await personal_data.erase(tx, ADA)
    await erase.forget_unused(store)
    with other.connect() as reader:
        assert b"canary" in on_disk(reader), "or this test couldn't fail"
    assert await store.scrub()
    async with store.reading() as tx:
        for table in schema.metadata.sorted_tables:
            assert (await tx.execute(select(table))).all() == []
    with other.connect() as reader:
        assert b"canary" not in on_disk(reader)


def on_disk(connection: Connection) -> bytes:
    """Return the files of this database, as they are once the server has written everything."""
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("CHECKPOINT")
    ask = "SELECT setting || '/base/' || oid FROM pg_settings, pg_database WHERE name = 'data_directory'"
    folder = Path(connection.exec_driver_sql(f"{ask} AND datname = current_database()").scalar_one())
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.slow
async def test_p35_rows_do_not_count_as_removed_while_somebody_may_still_read_them(store: Store, other: Engine) -> None:
    with other.connect().execution_options(isolation_level="REPEATABLE READ") as reader:
        reader.exec_driver_sql("SELECT count(*) FROM song")
        assert not await store.scrub()
        assert not store.is_scrubbed
        reader.rollback()
        assert await store.scrub()
        reader.exec_driver_sql("LOCK TABLE song IN ACCESS SHARE MODE")
        assert not await store.scrub()
    assert await store.scrub()
    assert store.is_scrubbed


def test_backups_of_a_server_are_refused_in_words() -> None:
    settings = parse({"DISCORD_TOKEN": "x", "DATABASE_URL": "postgresql+psycopg://bot@db/crate"})
    with pytest.raises(SettingsError, match="own tools"):
        _ = settings.database_path
    with pytest.raises(SettingsError, match="BACKUP_DIR works for SQLite only"):
        parse({"DISCORD_TOKEN": "x", "DATABASE_URL": settings.database_url, "BACKUP_DIR": "/tmp"})  # noqa: S108


async def test_p24_what_one_process_saw_before_it_wrote_holds_until_it_commits(url: str, now: datetime) -> None:
    """Each looks how many there are and adds one, as flows do to keep within a limit."""
    stores = [Store(url) for _ in range(4)]
    most = 3

    async def add(store: Store, number: int) -> None:
        async with store.writing() as tx:
            if len((await tx.execute(select(schema.member))).all()) < most:
                await asyncio.sleep(0.01)
                await members.ensure(tx, number, now)

    await asyncio.gather(*(add(store, number) for number, store in enumerate(stores * 5)))
    async with stores[0].reading() as tx:
        assert len((await tx.execute(select(schema.member))).all()) == most
    for store in stores:
        await store.close()


async def test_p24_text_with_a_nul_is_kept_without_it(store: Store, now: datetime) -> None:
    song = Song("spotify:track:1", "Two\x00 halves", ("Ann",))
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await songs.like(tx, ADA, [Like(song, now)], now)
    async with store.reading() as tx:
        assert [song.title for song in await songs.library(tx, ADA)] == ["Two halves"]
