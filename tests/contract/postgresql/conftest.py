"""A database of its own on the PostgreSQL server, and the ways into it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine

from bot.adapters.store import Store
from tests import postgresql


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
