"""What every test may have: a clock that stands still, a real store, and where the shared data would be.

Two tiers: `make test` runs one of each kind of point, `make soak` (pytest --soak) every point and the long fuzzing.
"""

import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from bot.adapters.store import Store
from bot.environment import passed_on
from sandbox.browser import executable
from tests.databases import new_store

ROOT = Path(__file__).parents[1]
SLOW = ROOT / "tests" / "e2e"
GROUP = re.compile(r'xdist_group\("([\w-]+)"\)')
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MEMORY, ROOM = Path("/dev/shm"), 2 * 2**30  # noqa: S108 - bytes; a run takes a quarter
OURS = ("PYTEST", "HYPOTHESIS", "COVERAGE", "CI", "HOME", "USER", "TERM", "COLUMNS")  # beginnings of names


def close_environment() -> None:
    """Keep of the environment what the tests' own tools read: no setting of a real bot (promise P42)."""
    kept = passed_on(os.environ) | {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    os.environ.clear()
    os.environ.update(kept)


def keep_files_in_memory() -> None:
    """Put the tests' files where nothing waits for a disk, if there's room: no test cuts the power."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return
    about = os.statvfs(MEMORY)
    if about.f_bavail * about.f_frsize >= ROOM and not about.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


close_environment()
keep_files_in_memory()
settings.register_profile("test", max_examples=30, derandomize=True, deadline=None)  # the same ones every time
settings.register_profile("soak", max_examples=1_000, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="test every point, and fuzz for long")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("soak" if config.getoption("soak") else "test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only a soak runs, and put the files of a group in a row."""
    groups = list(dict.fromkeys(scope(item.nodeid) for item in items))
    places = {name: place for place, name in enumerate(groups)}
    items.sort(key=lambda item: places[scope(item.nodeid)])
    if not config.getoption("soak"):
        left_out = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without a browser the tests in one are skipped; `make test` says so. In CI they fail."""
    if item.get_closest_marker("browser"):
        try:
            executable()
        except FileNotFoundError as missing:
            (pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip)(str(missing))


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether every point is to be tested, not only one of each kind."""
    return bool(request.config.getoption("soak"))


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
    """Keeps together what shares a stack: files of one xdist_group, and otherwise the tests of one file.

    pytest-xdist 3.8 has this for marks, but no longer finds its marks with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def scope(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return group(ROOT / file) or nodeid


@cache
def group(path: Path) -> str:
    """Return what the tests of a file share: a stack, fixtures of the file, or "" if it's nothing."""
    code = path.read_text()
    marked = GROUP.search(code)
    if marked:
        return marked[1]
    return path.name if path.is_relative_to(SLOW) or 'scope="module"' in code else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    return Together(config, log)
