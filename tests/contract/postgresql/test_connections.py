"""Connecting to PostgreSQL: what's refused, what breaks, and what a session asks for."""

import asyncio
import logging
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.engine import Engine

from bot.__main__ import EXIT_SETTINGS, main
from bot.adapters.jobs import Jobs
from bot.adapters.store import Store
from bot.adapters.store.postgresql import session
from bot.adapters.store.sqlite import BUSY_MS
from bot.config import parse
from bot.core.records import Work
from bot.errors import StoreRefused, StoreShut
from bot.flows.attempt import keep_trying
from tests import postgresql
from tests.contract.postgresql.server_stage import joins, kill_all

KILL = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'"
LATIN = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"


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
    url: str, other: Engine, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
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
    assert "dbos" not in {record.name for record in caplog.records}, "it's said once"


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


def test_p34_the_servers_password_is_in_no_repr() -> None:
    settings = parse({"DISCORD_TOKEN": "x", "DATABASE_URL": "postgresql+psycopg://bot:hunter2@db/crate"})
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(Store(settings.database_url))


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
