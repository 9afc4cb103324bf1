"""A job that kills its process is given up, one member's never overlap (P26); jobs survive a full disk or a lock."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.jobs import STARTS, Jobs, stuck_in
from bot.core.jobs import Job, JobKind
from sandbox.process import start
from tests import postgresql
from tests.crash import poison
from tests.crash.crowd import AT_ONCE
from tests.crash.forking import in_process
from tests.crash.hindered import DELAY

MEMBER = 77


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a queue is kept, on either engine."""
    made = postgresql.new_url() if request.param == "postgresql" else f"sqlite:///{tmp_path / 'jobs.db'}"
    yield made
    if request.param == "postgresql":
        postgresql.drop(made)


async def test_p26_a_poisoned_job_stops_after_five_starts(tmp_path: Path, url: str) -> None:
    begun = tmp_path / "begun"
    assert await in_process(poison.run, url, begun, MEMBER) == -9
    assert stuck_in(url) == []
    for _ in range(STARTS + 1):
        if await in_process(poison.run, url, begun, None) != -9:
            break
    (stuck,) = stuck_in(url)
    assert re.fullmatch(rf"{MEMBER}:train:0 \[[0-9a-f]{{10}}\]", stuck), "it names the action to look for in the log"
    assert len(begun.read_text()) == STARTS
    assert await Jobs(url).given_up(MEMBER) == [Job(JobKind.TRAIN, MEMBER)]


async def printed_by(module: str, folder: Path, url: str, *arguments: str) -> dict[str, Any]:
    """What a module of tests prints as JSON when it's run on a queue."""
    streams = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    process = await start("-m", module, url, *arguments, folder=folder, **streams)
    printed, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    outcome: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return outcome


async def test_p26_one_members_jobs_never_overlap_however_many_wait(tmp_path: Path, url: str, soak: bool) -> None:
    ran = await printed_by("tests.crash.crowd", tmp_path, url, str(1_000 if soak else 42))
    assert ran == {"once": True, "most": AT_ONCE, "most of one": 1, "left": []}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hindered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of the jobs in a process whose disk is full and whose database is locked."""
    folder = tmp_path_factory.mktemp("hindered")
    return await printed_by("tests.crash.hindered", folder, f"sqlite:///{folder / 'jobs.db'}")


@pytest.mark.slow
async def test_p20_jobs_that_met_a_full_disk_finish_without_a_restart_once_there_is_room(
    hindered: dict[str, Any],
) -> None:
    assert hindered["full"][0] == "StoreFull"
    assert hindered["stuck"] == ["PENDING"]
    assert hindered["done"].count("sync") == 2
    assert hindered["done"].count("save") == 4


async def test_p21_enqueueing_works_or_raises_a_typed_error_while_another_holds_the_database(
    hindered: dict[str, Any],
) -> None:
    error, seconds = hindered["held"]
    assert error == "StoreBusy"
    assert seconds < 3
    assert hindered["free"][0] == ""
    assert hindered["done"].count("train") == 1


async def test_a_postponed_job_waits_no_longer_when_the_clock_is_set_back(hindered: dict[str, Any]) -> None:
    assert hindered["after"] <= DELAY
