"""A log line as text and as JSON, and the action that it names: in tasks, in threads, and in background work."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path

import pytest

from bot.background import Background
from bot.telemetry import actions
from bot.telemetry.actions import acting
from bot.telemetry.logs import Json, Text
from sandbox.process import start

log = logging.getLogger("tests.logs")


class Lines(logging.Handler):
    """Keeps what a formatter made of each record."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(params=[Text, Json])
def both(request: pytest.FixtureRequest) -> Iterator[Lines]:
    handler = Lines(request.param())
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler
    log.removeHandler(handler)


def test_a_line_names_its_action_and_only_its_own(both: Lines) -> None:
    with acting("4be1f09a6c"):
        log.info("inside")
    Context().run(log.info, "outside")
    inside, outside = both.lines
    assert "4be1f09a6c" in inside
    assert "4be1f09a6c" not in outside


def test_a_json_line_is_one_object_whatever_it_says() -> None:
    handler = Lines(Json())
    log.addHandler(handler)
    try:
        raise ValueError('two\nlines, "quoted" \u2028 and ü')
    except ValueError:
        log.exception("it %s\n", "failed")
    finally:
        log.removeHandler(handler)
    (line,) = handler.lines
    assert line.isascii()
    assert len(line.splitlines()) == 1
    read = json.loads(line)
    assert read["message"] == "it failed\n"
    assert (read["level"], read["logger"]) == ("ERROR", "tests.logs")
    assert "ValueError: two" in read["error"]
    assert read["time"].endswith("+00:00")


async def test_an_action_reaches_tasks_threads_and_background_work_and_ends_with_its_block() -> None:
    background, seen = Background(), list[str]()

    async def look() -> None:
        seen.append(actions.current())

    with acting():
        action = actions.current()
        task = asyncio.create_task(look())
        background.begin("x", look)
        seen.append(await asyncio.to_thread(actions.current))
    await task
    await background.settled()
    assert actions.current() == ""
    assert seen == [action] * 3
    assert len(action) == 10


def test_two_actions_are_told_apart() -> None:
    with acting():
        first = actions.current()
    with acting():
        assert actions.current() not in ("", first)


async def test_logging_in_json_also_catches_what_python_prints_by_itself(tmp_path: Path) -> None:
    said = """
import sys, warnings
from bot.telemetry.logs import LogFormat, set_up
set_up("INFO", LogFormat.JSON)
warnings.warn("old", DeprecationWarning, stacklevel=1)
warnings.warn("odd", UserWarning, stacklevel=1)
raise RuntimeError("the\\nend")
"""
    process = await start("-c", said, folder=tmp_path, stderr=asyncio.subprocess.PIPE)
    _, printed = await process.communicate()
    lines = [json.loads(line) for line in printed.decode().splitlines()]
    assert [line["level"] for line in lines][-2:] == ["WARNING", "CRITICAL"]
    assert "RuntimeError" in lines[-1]["error"]
    assert process.returncode == 1
