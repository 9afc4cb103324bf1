"""A sort killed anywhere ends as if it hadn't been (promises P1, P2), with real processes and HTTP."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, writes
from bot.adapters.vault import Vault
from bot.core.records import Actor, Like, NewWrite, Song
from bot.core.sorting.writing.writes import LineState, WriteKind
from bot.flows.account.link import Linking
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.writing import manual_edits, sort, undo
from sandbox.music.library import Library
from sandbox.spotify import Fault, Track
from sandbox.stack import CLIENT_ID, Stack
from tests.crash.forking import forking
from tests.crash.points import killed_at, of_requests
from tests.crash.sorting.sorter import carry_out, spotify_at
from tests.databases import new_store

MEMBER = 77
COUNT = 500
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URIS = [f"spotify:track:{number:022d}" for number in range(COUNT)]
OWN = [f"spotify:track:own{number:019d}" for number in range(7)]


@dataclass(frozen=True)
class Scene:
    """A member with a playlist of seven songs and a confirmed write of 500 more; nothing sent yet."""

    stack: Stack
    database: Path
    key: str
    playlist: str
    write: int

    def content(self) -> list[str]:
        return list(self.stack.spotify.playlist(self.playlist).uris)

    def reset(self) -> None:
        """Restore the playlist and the journal to before the sort."""
        self.stack.spotify.replace("ada", self.playlist, OWN)
        for path in self.database.parent.glob("work.db*"):
            path.unlink()
        shutil.copy(self.database.with_name("start.db"), self.database)
        self.stack.spotify.requests.clear()

    def begin(self) -> BaseProcess:
        arguments = (self.database, self.stack.origin, self.key, MEMBER, self.write)
        process = forking.Process(target=carry_out, args=arguments)
        process.start()
        return process

    async def state(self) -> str:
        """The write's state in the journal."""
        async with Store(f"sqlite+aiosqlite:///{self.database}") as store, store.reading() as tx:
            write = await writes.get(tx, self.write)
        assert write is not None
        return write.state

    async def written(self) -> list[str]:
        """The songs that the journal says we wrote, in order."""
        async with Store(f"sqlite+aiosqlite:///{self.database}") as store, store.reading() as tx:
            lines = await writes.changes(tx, self.write)
        return [line.song for line in lines if line.state == LineState.WRITTEN]

    async def run(self) -> int | None:
        process = self.begin()
        await asyncio.to_thread(process.join)
        return process.exitcode


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Stack(tmp_path / "stack") as stack:
        ids = [uri.rpartition(":")[2] for uri in [*URIS, *OWN]]
        tracks = tuple(Track(uri, uri, ("Artist",), "Album", "2020", 200_000) for uri in ids)
        stack.add_listener("Ada", Library(tracks, (), {}, ()))
        own = stack.spotify.create_playlist("ada", "Big")
        stack.spotify.replace("ada", own.id, OWN)
        key = Fernet.generate_key().decode()
        database = tmp_path / "start.db"
        write = await _prepare(stack, database, key, own.id)
        made = Scene(stack, tmp_path / "work.db", key, own.id, write)
        made.reset()
        yield made


async def _prepare(stack: Stack, database: Path, key: str, playlist: str) -> int:
    """Link the account, keep the playlist, and confirm a write of all songs to it."""
    store = new_store(database)
    spotify, vault = spotify_at(stack.origin, store, key), Vault([key])
    redirect = f"{stack.public_url}/callback"
    linking = Linking(store, vault, spotify, lambda: NOW)
    url, _ = await linking.begin(MEMBER, "ada", CLIENT_ID, redirect)
    consent = await linking.arrive_pasted(MEMBER, await stack.consent(url, stack.spotify.accounts["ada"]))
    await linking.finish(MEMBER, consent.code)
    async with store.reading() as tx:
        account = await members.account(tx, MEMBER)
    assert account is not None
    music = spotify.music(account)
    (offer,) = [offer for offer in await flow.offered(store, music, MEMBER) if offer.id == playlist]
    kept = await flow.take(store, music, Actor(MEMBER, None, NOW), "main", offer)
    async with store.writing() as tx:
        await songs.like(tx, MEMBER, [Like(Song(uri, uri, ("Artist",)), NOW) for uri in URIS], NOW)
        write = await sort.open_tap(
            tx, NewWrite(MEMBER, kept.layer, WriteKind.TAP), [(kept.playlist, uri, "add") for uri in URIS], NOW
        )
    await spotify.close()
    await store.close()
    return write


async def test_adding_500_songs_costs_5_calls_and_the_reads(scene: Scene) -> None:
    assert await scene.run() == 0
    assert scene.content() == OWN + URIS
    lines = [request.line for request in scene.stack.spotify.requests]
    assert sum(line.startswith("POST") for line in lines) == ceil(COUNT / 100)
    assert sum(line.startswith("GET") for line in lines) <= ceil(len(OWN) / 50) + ceil((COUNT + len(OWN)) / 50)


async def test_p01_killed_at_any_request_a_sort_ends_as_if_it_had_not_been(scene: Scene, soak: bool) -> None:
    assert await scene.run() == 0
    for number, applied in of_requests([request.line for request in scene.stack.spotify.requests], every=soak):
        scene.reset()
        victim = [scene.begin()]
        with killed_at(scene.stack.spotify, number, applied, victim):
            await asyncio.to_thread(victim[0].join)
        assert victim[0].exitcode == -9
        assert await scene.state() == "applying", "not done before the songs were read back"
        assert await scene.written() == [], "nor is any song"
        assert await scene.run() == 0
        assert await scene.state() == "done"
        assert scene.content() == OWN + URIS, f"killed at request {number}, applied: {applied}"
        assert await scene.written() == URIS, "so all of them can be undone"


@pytest.mark.parametrize("status", [502, 0])
async def test_p02_an_add_that_was_applied_and_answered_with_an_error_is_not_sent_twice(
    scene: Scene, status: int
) -> None:
    fault = Fault("POST /v1/playlists/*/items", "apply-then", times=1, skip=2, status=status)
    scene.stack.spotify.faults.append(fault)
    assert await scene.run() == 0
    assert scene.content() == OWN + URIS
    posts = [request for request in scene.stack.spotify.requests if request.method == "POST"]
    assert sum(len(request.body["uris"]) for request in posts) == COUNT


@pytest.mark.slow
async def test_p03_songs_that_somebody_adds_during_a_sort_stay(scene: Scene) -> None:
    visitor = "spotify:track:visitor000000000000000"
    scene.stack.spotify.publish([Track(visitor.rpartition(":")[2], "Visitor", ("Artist",), "Album", "2020", 200_000)])

    async def meddle(request: object) -> None:
        if len(scene.stack.spotify.requests) == 3:
            scene.stack.spotify.add_by_hand("ada", scene.playlist, visitor, 0)

    scene.stack.spotify.after.append(meddle)
    assert await scene.run() == 0
    assert scene.content()[0] == visitor
    assert [uri for uri in scene.content() if uri != visitor] == OWN + URIS


async def test_undo_takes_back_exactly_what_was_written(scene: Scene) -> None:
    assert await scene.run() == 0
    async with Store(f"sqlite+aiosqlite:///{scene.database}") as store:
        back = await undo.write(store, MEMBER, scene.write, NOW)
    scene.stack.spotify.add_by_hand("ada", scene.playlist, OWN[0], 3)
    process = forking.Process(target=carry_out, args=(scene.database, scene.stack.origin, scene.key, MEMBER, back))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode == 0
    assert scene.content() == [*OWN[:3], OWN[0], *OWN[3:]]


async def test_a_song_removed_by_hand_since_is_a_label_and_is_not_put_back(scene: Scene) -> None:
    assert await scene.run() == 0
    scene.stack.spotify.remove_by_hand("ada", scene.playlist, URIS[0])
    store = Store(f"sqlite+aiosqlite:///{scene.database}")
    spotify = spotify_at(scene.stack.origin, store, scene.key)
    async with store.reading() as tx:
        account = await members.account(tx, MEMBER)
        (layer,) = await playlists.layers(tx, MEMBER)
    assert account is not None
    assert await manual_edits.detect(store, spotify.music(account), MEMBER, NOW) == 1
    async with store.reading() as tx:
        verdicts = await answers.verdicts(tx, MEMBER, layer.layer)
        ours = await writes.ours(tx, (await playlists.in_layer(tx, layer.layer))[0].playlist)
    assert list(verdicts) == [URIS[0]]
    assert verdicts[URIS[0]].no
    assert URIS[1] in ours
    await spotify.close()
    await store.close()
