"""What every test may have: a clock that stands still, a real store, and where the shared data would be."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.store import Store

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store at today's schema, in a file of its own."""
    made = Store(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await made.migrate()
    yield made
    await made.close()


@pytest.fixture
def shared() -> Path:
    """The data that the team shares beside the project; a stranger's clone has none."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder `shared` beside the project")
    return folder
