"""A shared playlist's write, killed anywhere, ends as if it hadn't been: one playlist, each song once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.adapters.store import Store
from bot.adapters.vault import Vault
from bot.core.records import Actor
from bot.flows.account.link import Linking
from bot.flows.social.shared import hosting
from sandbox.music.library import Library
from sandbox.spotify import Track
from sandbox.stack import CLIENT_ID, Stack
from tests.contract.social.shared_stage import opened_with
from tests.crash.forking import forking
from tests.crash.points import killed_at, of_requests
from tests.crash.social.sharer import carry_out
from tests.crash.sorting.sorter import spotify_at
from tests.databases import new_store

HOST = 78
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URIS = [f"spotify:track:{number:022d}" for number in range(120)]


@dataclass(frozen=True)
class Scene:
    """A host with Spotify and a stored shared playlist of 120 songs; nothing sent yet."""

    stack: Stack
    database: Path
    key: str
    number: int

    def written(self) -> list[list[str]]:
        """The songs in each playlist of that name."""
        ids = [playlist for playlist in self.stack.spotify.accounts["ada"].playlists if playlist is not None]
        return [list(playlist.uris) for playlist in map(self.stack.spotify.playlist, ids) if playlist.name == "Ours"]

    def reset(self) -> None:
        self.stack.spotify.accounts["ada"].playlists.clear()
        for path in self.database.parent.glob("work.db*"):
            path.unlink()
        shutil.copy(self.database.with_name("start.db"), self.database)
        self.stack.spotify.requests.clear()

    def begin(self) -> BaseProcess:
        arguments = (self.database, self.stack.origin, self.key, HOST, self.number)
        process = forking.Process(target=carry_out, args=arguments)
        process.start()
        return process

    async def run(self) -> int | None:
        process = self.begin()
        await asyncio.to_thread(process.join)
        return process.exitcode


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Stack(tmp_path / "stack") as stack:
        ids = [uri.rpartition(":")[2] for uri in URIS]
        tracks = tuple(Track(uri, uri, ("Artist",), "Album", "2020", 200_000) for uri in ids)
        stack.add_listener("Ada", Library(tracks, (), {}, ()))
        key, database = Fernet.generate_key().decode(), tmp_path / "start.db"
        number = await _prepare(stack, database, key)
        made = Scene(stack, tmp_path / "work.db", key, number)
        made.reset()
        yield made


async def _prepare(stack: Stack, database: Path, key: str) -> int:
    """Link the account and store the songs."""
    async with new_store(database) as store:
        spotify, vault = spotify_at(stack.origin, store, key), Vault([key])
        linking = Linking(store, vault, spotify, lambda: NOW)
        url, _ = await linking.begin(HOST, "ada", CLIENT_ID, f"{stack.public_url}/callback")
        consent = await linking.arrive_pasted(HOST, await stack.consent(url, stack.spotify.accounts["ada"]))
        await linking.finish(HOST, consent.code)
        number = await opened_with(store, Actor(HOST, 1, NOW), "Ours", [(uri, HOST) for uri in URIS])
        await spotify.close()
    return number


async def test_p01_killed_at_any_request_a_shared_playlist_ends_as_if_it_had_not_been(scene: Scene, soak: bool) -> None:
    assert await scene.run() == 0
    assert scene.written() == [URIS]
    lines = [request.line for request in scene.stack.spotify.requests]
    assert sum(not line.startswith("GET") for line in lines) == 3, "one call creates it, and two fill it"
    for number, applied in of_requests(lines, every=soak):
        scene.reset()
        victim = [scene.begin()]
        with killed_at(scene.stack.spotify, number, applied, victim):
            await asyncio.to_thread(victim[0].join)
        assert victim[0].exitcode == -9
        assert await scene.run() == 0
        assert scene.written() == [URIS], f"killed at request {number}, applied: {applied}"


async def test_p01_killed_at_any_request_an_undo_takes_back_everything_written(scene: Scene, soak: bool) -> None:
    assert await scene.run() == 0
    own = "spotify:track:own0000000000000000000"
    scene.stack.spotify.publish([Track(own.rpartition(":")[2], "Own", ("Artist",), "Album", "2020", 200_000)])
    (playlist,) = [ref for ref in scene.stack.spotify.accounts["ada"].playlists if ref is not None]
    async with Store(f"sqlite+aiosqlite:///{scene.database}") as store:
        await hosting.end_and_remove(store, HOST, scene.number, NOW)
    shutil.copy(scene.database, scene.database.with_name("start.db"))

    def begun() -> BaseProcess:
        scene.reset()
        scene.stack.spotify.accounts["ada"].playlists.append(playlist)
        scene.stack.spotify.replace("ada", playlist, [URIS[0], own, *URIS[1:]])
        return scene.begin()

    await asyncio.to_thread(begun().join)
    lines = [request.line for request in scene.stack.spotify.requests]
    assert len(lines) > 5
    for number, applied in of_requests(lines, every=soak):
        victim = [begun()]
        with killed_at(scene.stack.spotify, number, applied, victim):
            await asyncio.to_thread(victim[0].join)
        assert victim[0].exitcode == -9
        assert await scene.run() == 0
        assert scene.written() == [[own]], f"killed at request {number}, applied: {applied}"
