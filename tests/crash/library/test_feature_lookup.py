"""A feature lookup killed anywhere resumes where it was: it repeats no request and loses nothing."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import lookups, songs
from bot.core.records import Like, Song
from sandbox.sources import Artist, Recording, Request, World, application
from tests.contract.spotify.stage import served
from tests.crash.forking import forking
from tests.crash.library.hearer import hear_all
from tests.databases import new_store

MEMBER, COUNT, EVERY = 77, 60, 9  # a kill at every ninth request
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def recording(number: int) -> Recording:
    artist = Artist(f"{number:08d}-0000-4000-8000-00000000000a", f"Artist {number}")
    isrc, mbid = f"ZZAAA19{number:05d}", f"{number:08d}-0000-4000-8000-000000000000"
    return Recording(isrc, mbid, f"Song {number}", (artist,), f"{number:022d}", "1999", numbers={"tempo": 100.0})


async def library(database: Path) -> list[Song]:
    liked = [
        Song(f"spotify:track:{number:022d}", f"Song {number}", ("Ann",), isrc=f"ZZAAA19{number:05d}")
        for number in range(COUNT)
    ]
    async with new_store(database) as store, store.writing() as tx:
        await members.ensure(tx, MEMBER, NOW)
        await songs.like(tx, MEMBER, [Like(song, NOW - timedelta(days=at)) for at, song in enumerate(liked)], NOW)
    return liked


async def test_killed_at_every_ninth_response_it_requests_only_what_is_missing(tmp_path: Path) -> None:
    database, world = tmp_path / "test.db", World(recordings=[recording(number) for number in range(COUNT)])
    world.unlimited()
    liked = await library(database)
    running: list[BaseProcess] = []

    async def kill(_: Request) -> None:
        if len(world.requests) % EVERY == 0:
            os.kill(running[-1].pid or 0, signal.SIGKILL)

    world.after.append(kill)
    exits: list[int | None] = []
    async with served(application(world)) as origin:
        while not exits or exits[-1] != 0:
            assert len(exits) < COUNT, "no progress"
            running.append(forking.Process(target=hear_all, args=(database, origin, MEMBER)))
            running[-1].start()
            await asyncio.to_thread(running[-1].join)
            exits.append(running[-1].exitcode)
    kills = exits.count(-signal.SIGKILL)
    assert exits == [-signal.SIGKILL] * kills + [0]
    assert kills >= 5
    needed = COUNT + 2  # one per song, and two batches of 40 or more songs
    assert needed <= len(world.requests) <= needed + 2 * kills, "at most one request per source is in flight at a kill"
    async with Store(f"sqlite+aiosqlite:///{database}") as store, store.reading() as tx:
        known = await songs.features(tx, MEMBER, liked)
        states = [(row.source, row.state) for row in await tx.execute(lookups.LOOKUP.select())]
    assert len(known) == COUNT
    assert all(features.numbers["tempo"] == 100.0 and features.sets["artists"] for features in known.values())
    assert sorted(states) == [("musicbrainz", "known")] * COUNT + [("reccobeats", "known")] * COUNT
