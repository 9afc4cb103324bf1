"""Fixtures for every test: a fixed clock, a real store, and the folder of shared data if there is one.

Three tiers: `make test` runs a test of every promise and whatever else takes a moment (pytest --quick), CI everything
with one point of each kind (pytest), and `make soak` every point, and fuzzes for long (pytest --soak).
"""

import os
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from bot.adapters.store import Store
from bot.environment import passed_on
from sandbox.browser import executable
from tests import postgresql
from tests.databases import ENGINES, new_store

ROOT = Path(__file__).parents[1]
E2E, CONTRACT = ROOT / "tests" / "e2e", ROOT / "tests" / "contract"
SLOW = (E2E, ROOT / "tests" / "crash")  # their tests start processes
PROMISE = re.compile(r"test_p\d\d_")
GROUP = re.compile(r'xdist_group\("([\w-]+)"\)')
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MEMORY, ROOM = Path("/dev/shm"), 2 * 2**30  # noqa: S108 - bytes; a run uses a quarter
OURS = (
    "TEST_POSTGRESQL_URL",
    "PYTEST",
    "HYPOTHESIS",
    "COVERAGE",
    "CI",
    "HOME",
    "USER",
    "TERM",
    "COLUMNS",
)  # prefixes of names


def close_environment() -> None:
    """Remove every environment variable but those the test tools read, so no real bot's settings leak in (P42)."""
    kept = passed_on(os.environ) | {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    os.environ.clear()
    os.environ.update(kept)


def keep_files_in_memory() -> None:
    """Put the tests' files in memory if there's room: it's faster, and no test simulates a power cut."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return
    about = os.statvfs(MEMORY)
    if about.f_bavail * about.f_frsize >= ROOM and not about.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


close_environment()
keep_files_in_memory()
settings.register_profile("test", max_examples=30, derandomize=True, deadline=None)  # the same examples every time
settings.register_profile("soak", max_examples=1_000, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="test every point, and fuzz for long")
    parser.addoption("--quick", action="store_true", help="leave out what takes more than a moment")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("soak" if config.getoption("soak") else "test")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the contract on both engines (promise P24), but for what a file alone can show."""
    if CONTRACT not in metafunc.definition.path.parents or "engine" not in metafunc.fixturenames:
        return
    only = [engine for engine in ENGINES if metafunc.definition.get_closest_marker(engine)]
    metafunc.parametrize("engine", only or ENGINES, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this tier doesn't run, and run the files of a group one after another."""
    groups = list(dict.fromkeys(scope(item.nodeid) for item in items))
    places = {name: place for place, name in enumerate(groups)}
    items.sort(key=lambda item: places[scope(item.nodeid)])
    soak, quick = config.getoption("soak"), config.getoption("quick")
    kept = [item for item in items if soak or not item.get_closest_marker("soak")]
    kept = list(quick_ones(kept)) if quick else kept
    config.hook.pytest_deselected(items=sorted(set(items) - set(kept), key=lambda item: item.nodeid))
    items[:] = kept


def quick_ones(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield what `make test` runs: of tests that start processes, the first of each promise; of tests of the contract,
    one set of parameters; of all others, each that isn't slow.
    """
    seen: set[str] = set()
    for item in items:
        if item.get_closest_marker("slow") or on_postgresql(item):
            continue
        promise = PROMISE.match(item.name)
        if any(item.path.is_relative_to(folder) for folder in SLOW):
            kind = promise[0] if promise else ""
        elif item.path.is_relative_to(CONTRACT):
            kind = item.nodeid.partition("[")[0]
        else:
            kind = item.nodeid
        if kind and kind not in seen:
            seen.add(kind)
            yield item


def on_postgresql(item: pytest.Item) -> bool:
    return (
        isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and (item.callspec.params.get("engine") == "postgresql")
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip browser tests if there's no browser (`make test` says so); in CI, fail them."""
    if item.get_closest_marker("browser"):
        try:
            executable()
        except FileNotFoundError as missing:
            (pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip)(str(missing))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what came of killing the bot, flow by flow (see `tests/crash/driver.py`)."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, ())]
    rows = [value for each in reports for name, value in each.user_properties if name == "crash"]
    if rows:
        terminalreporter.section("the bot killed, and started again")
        terminalreporter.write_line(f"{'flow':36} {'points tried':>12} {'ended wrong':>12}")
    for flow, tried, wrong in rows:
        terminalreporter.write_line(f"{flow:36} {tried:12} {wrong:12}")


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether to test every point, not just one of each kind."""
    return bool(request.config.getoption("soak"))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """Which engine holds the store: "sqlite", or "postgresql" (see `pytest_generate_tests`)."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
async def store(engine: str, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store with the current schema: a file or a database of its own."""
    made = new_store(tmp_path / "test.db", engine)
    yield made
    await made.close()
    if made.on_server:
        postgresql.drop(made.url)


@pytest.fixture
def shared() -> Path:
    """The team's shared data, in a folder next to the project; other clones don't have it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder `shared` next to the project")
    return folder


class Together(LoadScopeScheduling):
    """Runs tests that share a stack on one worker: the files of an xdist_group, or else the tests of one file.

    pytest-xdist 3.8 does this with marks, but can't find them under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def scope(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return group(ROOT / file) or nodeid


@cache
def group(path: Path) -> str:
    """Return the group of a file whose tests share a stack or module fixtures, or "" if they share nothing."""
    code = path.read_text()
    marked = GROUP.search(code)
    if marked:
        return marked[1]
    return path.name if path.is_relative_to(E2E) or 'scope="module"' in code else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    return Together(config, log)
