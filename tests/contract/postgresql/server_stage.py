"""What several tests of PostgreSQL do: write something, and break connections."""

from datetime import datetime

from sqlalchemy.engine import Engine

from bot.adapters.store import Store
from bot.adapters.store.account import members

ADA = 1001


async def joins(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)


def kill_all(other: Engine) -> None:
    """End every connection of ours, as a server that starts anew does."""
    ours = "application_name LIKE 'cratekeeper%%' AND datname = current_database()"
    with other.connect() as killer:
        killer.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {ours}")  # noqa: S608
