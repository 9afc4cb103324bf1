"""What every test may have: a clock that stands still, a real store, and where the shared data would be."""

import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from bot.adapters.store import Store
from bot.environment import passed_on
from tests.databases import new_store

ROOT = Path(__file__).parents[1]
GROUP = re.compile(r'xdist_group\("([\w-]+)"\)')
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OURS = ("PYTEST", "HYPOTHESIS", "COVERAGE", "CI", "HOME", "USER", "TERM", "COLUMNS")  # beginnings of names


def close_environment() -> None:
    """Keep of the environment what the tests' own tools read: no setting of a real bot (promise P42)."""
    kept = passed_on(os.environ) | {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    os.environ.clear()
    os.environ.update(kept)


close_environment()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store at today's schema, in a file of its own."""
    made = new_store(tmp_path / "test.db")
    yield made
    await made.close()


@pytest.fixture
def shared() -> Path:
    """The data that the team shares beside the project; a stranger's clone has none."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder `shared` beside the project")
    return folder


class Together(LoadScopeScheduling):
    """Keeps together what shares a house: files of one xdist_group, and otherwise the tests of one file.

    pytest-xdist 3.8 has this for marks, but no longer finds its marks with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return group(ROOT / file) if file.startswith(("tests/e2e", "tests/crash")) else nodeid


@cache
def group(path: Path) -> str:
    marked = GROUP.search(path.read_text())
    return marked[1] if marked else path.name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    return Together(config, log)
