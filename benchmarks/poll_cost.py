"""The processor time of a poll that finds nothing new. `python -m benchmarks.poll_cost`.

Through the stand-ins and the bot's own process: the queue, Spotify's answers over HTTP, the database. What the bot uses
without any polls is subtracted. Linux only.
"""

import asyncio
import os
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Row, show
from sandbox.music.library import Library
from sandbox.spotify import Like, Track
from sandbox.spotify.model import spotify_id
from sandbox.stack import Stack

MEMBERS, SONGS = 5, 300  # an app has five seats
SECONDS = 30
REST = {"POLL_SECONDS": "1", "POLL_LONGEST": "86400"}  # a member who likes a song a day is polled every hour
EAGER = {"POLL_SECONDS": "1", "POLL_LONGEST": "1"}


def main() -> None:
    show([asyncio.run(measured())])


async def measured() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), settings=dict(REST))
        async with stack:
            await stack.start_bot()
            for number in range(MEMBERS):
                await stack.link(stack.add_listener(f"Member {number}", library(number)))
            idle, none = await used(stack)
            await stack.stop_bot()
            stack.settings |= EAGER
            query(stack, "update member set next_poll_at = 0")
            await stack.start_bot()
            await asyncio.sleep(5)
            busy, polls = await used(stack)
    each = 1000 * (busy - idle) / (polls - none)
    return {"members": MEMBERS, "polls": polls, "idle, % of a core": 100 * idle / SECONDS, "of a poll, ms": each}


def library(number: int) -> Library:
    """Return songs that somebody liked a day apart."""
    ids = [spotify_id(f"member {number}", at) for at in range(SONGS)]
    tracks = tuple(Track(song, f"Song {at}", ("Somebody",), "Album", "2019", 200_000) for at, song in enumerate(ids))
    now = datetime.now(UTC)
    return Library(tracks, tuple(Like(track.uri, now - timedelta(days=at)) for at, track in enumerate(tracks)), {}, ())


async def used(stack: Stack) -> tuple[float, int]:
    """Return the processor time that the bot uses in SECONDS, and the polls that it makes."""
    time, polls = processor_time(stack), made(stack)
    await asyncio.sleep(SECONDS)
    return processor_time(stack) - time, made(stack) - polls


def processor_time(stack: Stack) -> float:
    assert stack.bot is not None  # noqa: S101
    values = Path(f"/proc/{stack.bot.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def made(stack: Stack) -> int:
    return query(stack, "select sum(polls) from member")


def query(stack: Stack, statement: str) -> int:
    with closing(sqlite3.connect(stack.data / "cratekeeper.db")) as database, database:
        row = database.execute(statement).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
