"""What the store promises, where PostgreSQL keeps it another way than SQLite (see `test_store.py` for that)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, make_url, select
from sqlalchemy.engine import Engine

from bot import app
from bot.__main__ import EXIT_SETTINGS, main
from bot.adapters import home, parts
from bot.adapters.jobs import Jobs
from bot.adapters.store import Store, member_locks, personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.lease import WHOLE, Lease
from bot.adapters.store.library import songs
from bot.adapters.store.member_locks import MemberLocks
from bot.adapters.store.postgresql import WRITER, session
from bot.adapters.store.sorting import answers, playlists
from bot.adapters.store.sqlite import BUSY_MS
from bot.chat.gateway.identifying import Turns
from bot.config import parse
from bot.core.records import Like, Song, Work
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors import (
    AlreadyRuns,
    NewerSchema,
    SettingsError,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreShut,
)
from bot.flows.account import erase
from bot.flows.attempt import keep_trying
from tests import postgresql

ADA = 1001
KILL = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'"
LATIN = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
HELD = f"SELECT pg_advisory_xact_lock({WRITER})"


@pytest.fixture
def url() -> Iterator[str]:
    made = postgresql.new_url()
    yield made
    postgresql.drop(made)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    made = Store(url)
    yield made
    await made.close()


@pytest.fixture
def other(url: str) -> Iterator[Engine]:
    """Another process's engine."""
    engine = create_engine(url)
    yield engine
    engine.dispose()


async def joins(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)


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


async def test_p20_a_server_that_is_gone_is_a_typed_error() -> None:
    async with Store("postgresql+psycopg://nobody@127.0.0.1:1/none") as store:
        with pytest.raises(StoreShut, match=r"Connection refused.*DATABASE_URL") as raised:
            await store.check()
    assert not isinstance(raised.value, StoreRefused), "it may come back"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": "nobody"}, 'role "nobody" does not exist'),
        ({"database": "none"}, 'database "none" does not exist'),
        ({"query": {"host": "127.0.0.1", "port": "99999"}}, "invalid port"),
        ({"username": "guest"}, "permission denied for schema public"),
        ({"database": "latin"}, "encoding is LATIN1"),
    ],
)
def test_a_database_that_refuses_the_bot_is_a_wrong_setting_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], said: str
) -> None:
    empty = make_url(postgresql.empty_url())
    with create_engine(empty, isolation_level="AUTOCOMMIT").connect() as admin:
        for each in ("DROP DATABASE IF EXISTS latin", "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN", LATIN):
            admin.exec_driver_sql(each)
        url = empty.set(**change).render_as_string(hide_password=False)
        code = main(["match", "song", "--auto"], {"DATA_DIR": str(tmp_path), "DATABASE_URL": url})
        admin.exec_driver_sql("DROP DATABASE latin")
        admin.exec_driver_sql("DROP ROLE guest")
    postgresql.drop(empty.render_as_string(hide_password=False))
    (line,) = capsys.readouterr().err.splitlines()
    assert (code, said in line) == (EXIT_SETTINGS, True), line


async def test_a_user_who_may_not_make_the_queues_schema_is_told_in_one_line(
    url: str, other: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    with other.execution_options(isolation_level="AUTOCOMMIT").connect() as admin:
        for each in ("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN"):
            admin.exec_driver_sql(each)
        jobs = Jobs(make_url(url).set(username="guest").render_as_string(hide_password=False))
        with pytest.raises(StoreRefused, match="permission denied for database"):
            await jobs.start(lambda _: asyncio.sleep(0))
        await jobs.stop(0)
        admin.exec_driver_sql("DROP ROLE guest")
    assert not capfd.readouterr().err


async def test_p20_a_connection_that_broke_is_replaced(store: Store, other: Engine, now: datetime) -> None:
    await joins(store, now)
    kill_all(other)
    await joins(store, now)


async def test_an_outage_is_logged_once_and_so_is_its_end_however_much_is_tried(
    url: str, store: Store, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    name = make_url(url).database

    async def ticks() -> None:
        for step in ("polls", "news", "polls"):
            await keep_trying(store, Work(step, 0), partial(joins, store, now), now)

    with create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT").connect() as admin:
        await ticks()
        for each in (f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", KILL.format(name)):
            admin.exec_driver_sql(each)
        await ticks()
        admin.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await ticks()
    first, last = (record.getMessage() for record in caplog.records)
    assert "does not answer: PostgreSQL" in first
    assert last == "the database answers again"


def kill_all(other: Engine) -> None:
    """End every connection of ours, as a server that starts anew does."""
    ours = "application_name LIKE 'cratekeeper%%' AND datname = current_database()"
    with other.connect() as killer:
        killer.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {ours}")  # noqa: S608


@pytest.mark.slow
async def test_a_shard_whose_connection_broke_while_it_waited_for_its_turn_still_gets_it(
    url: str, store: Store, other: Engine
) -> None:
    waiting = Store(url)
    async with store.lock("identify"):
        turn = asyncio.create_task(Turns(waiting).take())
        await wait_for_lock(other)
        kill_all(other)
    async with asyncio.timeout(30):
        await turn
    await waiting.close()


async def wait_for_lock(other: Engine) -> None:
    """Wait until a connection of ours waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
    with other.execution_options(isolation_level="AUTOCOMMIT").connect() as looking:  # each look sees what's new
        while not looking.exec_driver_sql(waiting).scalar_one():  # noqa: ASYNC110 - nothing else says so
            await asyncio.sleep(0.05)


async def test_p35_a_deletion_waits_for_a_job_whose_lock_broke_with_its_connection(url: str, other: Engine) -> None:
    working, deleting = MemberLocks(url), MemberLocks(url)

    async def delete() -> None:
        async with deleting.alone(ADA):
            pass

    async with working.shared(ADA):
        kill_all(other)
        with pytest.raises(StoreError):
            await working.renew()
        await working.renew()
        deletion = asyncio.create_task(delete())
        done, _ = await asyncio.wait({deletion}, timeout=0.5)
        assert not done
    await deletion
    working.close()
    deleting.close()


async def test_p35_a_deletion_gives_up_for_now_if_a_job_elsewhere_does_not_end(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_locks, "PATIENCE_MS", 100)
    working, deleting = MemberLocks(url), MemberLocks(url)
    async with working.shared(ADA):
        with pytest.raises(StoreBusy):
            async with asyncio.timeout(10), deleting.alone(ADA):
                pass
    async with deleting.alone(ADA):
        pass
    working.close()
    deleting.close()


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


def test_p34_the_servers_password_is_in_no_repr() -> None:
    settings = parse({"DISCORD_TOKEN": "x", "DATABASE_URL": "postgresql+psycopg://bot:hunter2@db/crate"})
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(Store(settings.database_url))


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


async def test_options_in_the_url_count_beside_the_bots_own() -> None:
    empty = postgresql.empty_url()
    with create_engine(empty).begin() as admin:
        admin.exec_driver_sql("CREATE SCHEMA crate")
    url = make_url(empty).update_query_dict({"options": "-csearch_path=crate"}).render_as_string(False)
    async with Store(url) as store:
        await store.migrate()
        async with store.reading() as tx:
            where = "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname IN ('crate', 'public')"
            assert (await tx.exec_driver_sql(where)).scalars().all() == ["crate"]
            assert (await tx.exec_driver_sql("SHOW lock_timeout")).scalar() == f"{BUSY_MS}ms"
    postgresql.drop(empty)


def test_p26_the_server_soon_drops_a_machine_that_went_silent(url: str) -> None:
    """Its locks would otherwise stay for two hours. What a session asked for is kept even where it's no TCP."""
    asked = "SELECT name, CAST(reset_val AS int) FROM pg_settings WHERE name LIKE 'tcp%%'"
    with create_engine(url, connect_args=session(url, 0)).connect() as connection:
        settings = dict(connection.exec_driver_sql(asked).all())
    probes = settings["tcp_keepalives_count"] * settings["tcp_keepalives_interval"]
    assert 0 < settings["tcp_keepalives_idle"] + probes <= 30
    assert 0 < settings["tcp_user_timeout"] <= 30_000


def test_a_name_is_held_by_one_process_until_it_ends_or_another_was_faster(url: str, other: Engine) -> None:
    with Lease(url, "bot") as lease, Lease(url, "worker 1"):
        with pytest.raises(AlreadyRuns), Lease(url, "bot"):
            pass
        kill_all(other)
        lease.renew()
        with pytest.raises(AlreadyRuns), Lease(url, "bot"):
            pass
        kill_all(other)
        with Lease(url, "bot"), pytest.raises(AlreadyRuns):
            lease.renew()
    with Lease(url, "bot"):
        pass


def test_parts_share_a_bot_and_a_whole_one_runs_alone(url: str) -> None:
    with Lease(url, WHOLE, shared=True), Lease(url, WHOLE, shared=True), pytest.raises(AlreadyRuns), Lease(url, WHOLE):
        pass
    with Lease(url, WHOLE), pytest.raises(AlreadyRuns), Lease(url, WHOLE, shared=True):
        pass


@pytest.mark.parametrize(
    ("running", "starting", "clash"),
    [
        ("0-3/8", "3-7/8", True),
        ("0-7/8", "0-15/16", True),
        ("", "0-0/2", True),
        ("1-1/2", "", True),
        ("0-3/8", "4-7/8", False),
    ],
)
async def test_a_gateway_with_the_shards_of_another_does_not_start(
    url: str, tmp_path: Path, running: str, starting: str, clash: bool
) -> None:
    settings = parse({"DISCORD_TOKEN": "x", "DATABASE_URL": url, "DATA_DIR": str(tmp_path)})
    home.prepare(settings)
    async with AsyncExitStack() as closing:
        await app._opened(closing, settings, parts.gateway(running))
        with pytest.raises(AlreadyRuns, match="Another gateway") if clash else nullcontext():
            await app._opened(closing, settings, parts.gateway(starting))


async def test_p23_no_schema_changes_under_a_part_that_runs_on_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = postgresql.empty_url()
    settings = parse({"DISCORD_TOKEN": "x", "DATABASE_URL": empty, "DATA_DIR": str(tmp_path)})
    store, store_elsewhere = Store(empty), Store(empty)
    monkeypatch.setattr(app, "UPGRADE", 0.1)
    with Lease(empty, WHOLE, shared=True):
        with pytest.raises(AlreadyRuns, match="older Cratekeeper runs on this database"):
            await home.migrate(store, settings)
        async with AsyncExitStack() as closing:
            with pytest.raises(AlreadyRuns, match="older"):
                await app._opened(closing, settings, parts.worker("1", ""))
    assert await store.behind()
    await asyncio.gather(*(home.migrate(each, settings, patience=60) for each in (store, store_elsewhere)))
    assert not await store.behind()
    for each in (store, store_elsewhere):
        await each.close()
    postgresql.drop(empty)


def test_a_name_is_waited_for_as_long_as_its_new_holder_is_patient(url: str) -> None:
    """Whoever takes over what a dead process had begun holds its name for a moment."""
    with ThreadPoolExecutor(1) as aside, Lease(url, "worker-1") as held:
        waiting = aside.submit(Lease(url, "worker-1", patience=30).__enter__)
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        held.__exit__(None, None, None)
        waiting.result(30).__exit__(None, None, None)
