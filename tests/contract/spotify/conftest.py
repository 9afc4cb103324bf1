"""The stage for the bot and the stand-in for Spotify, and the callback with the link flow behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.spotify import SpotifyMusic
from bot.flows.account.link import Consent
from tests.contract.spotify.site import Site, opened
from tests.contract.spotify.stage import MARA, Stage, staged
from tests.contract.spotify.writing.writer import OWN, PlaylistWriter, kept_with


@pytest.fixture
async def stage(tmp_path: Path, engine: str) -> AsyncIterator[Stage]:
    async with staged(tmp_path, engine) as stage:
        yield stage


@pytest.fixture
async def mara(stage: Stage) -> SpotifyMusic:
    """Mara's music, freshly linked; the stand-in's log doesn't include the linking."""
    music = await stage.link(MARA, "mara")
    stage.world.requests.clear()
    return music


@pytest.fixture
async def linking(stage: Stage) -> AsyncIterator[Site]:
    """The pages, with the real flow behind them."""

    class Linking(Site):
        async def arrive(self, state: str, code: str | None, error: str | None) -> Consent:
            self.returns.append((state, code, error))
            return await stage.linking.arrive(state, code)

    site = Linking()
    runner = await opened(site)
    yield site
    await runner.cleanup()


@pytest.fixture
async def writer(stage: Stage) -> PlaylistWriter:
    """A writer for one of Mara's playlists, with three songs in it."""
    music = await stage.link(MARA, "mara")
    kept = await kept_with(stage, music, "Quay", OWN)
    stage.clock.pass_by(minutes=2)
    stage.world.requests.clear()
    return PlaylistWriter(stage, music, kept)
