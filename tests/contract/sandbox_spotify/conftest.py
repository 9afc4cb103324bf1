"""A world with two people, only one of whom has a seat in the app."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from sandbox.spotify import App, Like, Playlist, World
from tests.contract.sandbox_spotify.client import BACK, START, TRACKS, URIS, Client, Clock, serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    world = World(seed=1, now=clock)
    world.publish(TRACKS)
    world.open_account("mara", "Mara", [Like(uri, START - timedelta(days=n)) for n, uri in enumerate(URIS[:120])])
    world.open_account("ole", "Ole")
    world.register(App("app", frozenset({BACK}), users={"mara"}))
    return world


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    async with serving(world) as client:
        yield client


@pytest.fixture
async def mara(client: Client) -> Client:
    await client.link("mara")
    return client


@pytest.fixture
def run(world: World) -> Playlist:
    return world.create_playlist("mara", "Run")
