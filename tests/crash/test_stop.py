"""A bot that's stopped or killed while it works loses no work (P26, P27)."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.config import LONGEST_STOP
from sandbox import sources
from sandbox.music.library import Library
from sandbox.spotify import Fault
from sandbox.stack import BotEnded, Listener, Stack
from tests.databases import migrated_folder
from tests.e2e.chat_stage import PATIENCE, answer, label, styled, with_file

LIKES = "GET /v1/me/tracks"
STOP_SECONDS = 1
STOPS_WITHIN = 20 - LONGEST_STOP + STOP_SECONDS  # seconds: with the longest stop, 20 (promise P27)


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with Stack(tmp_path / "stack", settings={"POLL_SECONDS": "3600", "STOP_SECONDS": f"{STOP_SECONDS}"}) as made:
        migrated_folder(made.data)
        await made.start_bot()
        yield made


async def linked(stack: Stack, listener: Listener) -> None:
    """Link Spotify in the browser; returns once the first sync has started."""
    await stack.link(listener)


async def asked(stack: Stack, listener: Listener, line: str, count: int = 1) -> None:
    """Wait until Spotify has received `count` of these requests for this member."""

    def enough() -> bool:
        return (
            sum(request.line == line and request.user == listener.account.id for request in stack.spotify.requests)
            >= count
        )

    async with asyncio.timeout(PATIENCE):
        while not enough():  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.02)


def rows(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query, values).fetchall()


async def test_p27_told_to_stop_the_bot_stops_in_time_and_leaves_its_work_to_the_next_start(stack: Stack) -> None:
    ada, ben = stack.add_listener("Ada", styled(60, seed=1)), stack.add_listener("Ben", styled(60, seed=2))
    stack.spotify.faults.append(Fault(LIKES, "slow", seconds=4))
    await linked(stack, ada)
    await asked(stack, ada, LIKES)
    stack.spotify.faults.append(Fault(LIKES, "status", times=None, status=429, retry_after=5))
    await linked(stack, ben)
    await asked(stack, ben, LIKES)
    began = time.monotonic()
    assert await stack.stop_bot() == 0
    assert time.monotonic() - began < STOPS_WITHIN
    left = rows(stack.data / "jobs.db", "select workflow_uuid from workflow_status where status != 'SUCCESS'")
    assert {job.split(":")[0] for (job,) in left} == {str(ada.person.user.id), str(ben.person.user.id)}
    assert "Traceback" not in stack.log.read_text()


async def test_p27_a_job_that_would_take_longer_is_cut_short_and_left_to_the_next_start(tmp_path: Path) -> None:
    settings = {"STOP_SECONDS": f"{STOP_SECONDS}", "MUSICBRAINZ_CONTACT": "me@example.org"}
    async with Stack(tmp_path / "stack", settings=settings) as stack:
        migrated_folder(stack.data)
        stack.sources.faults.append(sources.Fault("musicbrainz *", "slow", times=None, seconds=60))
        await stack.start_bot()
        drawn = styled(12, seed=5)
        tracks = tuple(replace(track, isrc=f"ZZAAA19{number:05d}") for number, track in enumerate(drawn.tracks))
        await linked(stack, stack.add_listener("Ada", Library(tracks, drawn.likes, {}, ())))
        async with asyncio.timeout(PATIENCE):
            while not stack.sources.requests:  # noqa: ASYNC110 - nothing to wait on
                await asyncio.sleep(0.02)
        began = time.monotonic()
        assert await stack.stop_bot() == 0
        assert time.monotonic() - began < STOPS_WITHIN
        left = "select distinct status from workflow_status where workflow_uuid like '%:hear:%'"
        assert rows(stack.data / "jobs.db", left) == [("PENDING",)]


async def test_p27_told_to_stop_while_discord_is_silent_the_bot_stops_in_time(tmp_path: Path) -> None:
    reached = asyncio.Event()

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    gateway = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with Stack(tmp_path / "stack", settings={"DISCORD_GATEWAY_URL": gateway}) as stack:
        starting = asyncio.create_task(stack.start_bot())
        await asyncio.wait_for(reached.wait(), PATIENCE)
        began = time.monotonic()
        assert await stack.stop_bot() == 0
        assert time.monotonic() - began < STOPS_WITHIN
        with pytest.raises(BotEnded):
            await starting
    server.close()


@pytest.mark.slow
async def test_p26_work_cut_short_by_a_kill_is_finished_after_the_next_start(stack: Stack) -> None:
    ada = stack.add_listener("Ada", styled(120, seed=3))
    ben = await with_file(stack, "ben", "Late night", "Run", "Kitchen", library=styled(60, seed=4))
    stack.spotify.faults.append(Fault(LIKES, "slow", skip=1, seconds=60))
    await label(ben, await answer(ben.command("label")), styled(60, seed=4), 6)  # enough to start a training
    await linked(stack, ada)
    await asked(stack, ada, LIKES, 2)
    await stack.stop_bot(signal.SIGKILL)
    database = stack.data / "cratekeeper.db"
    assert rows(database, "select count(*) from liked where member = ?", ada.person.user.id) == [(50,)]
    assert rows(database, "select count(*) from model") == [(0,)]

    stack.spotify.faults.clear()
    await stack.start_bot()
    dm = ada.dm
    await stack.discord.wait_for(lambda: any("120 liked songs" in message.text() for message in dm.visible()), PATIENCE)
    assert rows(database, "select count(*) from liked where member = ?", ada.person.user.id) == [(120,)]
    statuses = "select distinct status from workflow_status"
    async with asyncio.timeout(PATIENCE):
        while rows(stack.data / "jobs.db", statuses) != [("SUCCESS",)]:  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.05)
    assert rows(database, "select 1 from notice where kind = 'trained'")
