"""Previews and uploads, heard by the process that hears: real sound in, real features out, broken files survived."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters import sources
from bot.adapters.hearing import Hearing
from bot.adapters.store import Store
from bot.errors import BadFile
from bot.flows.upload import upload
from sandbox.sources import World, application
from tests.contract.sources.stage import ADA, Ear, Stage, recording, settings, sound, uri
from tests.contract.spotify.stage import Clock, served


@pytest.fixture
async def stage(tmp_path: Path, store: Store) -> AsyncIterator[Stage]:
    """Deezer on, and ears that are a process of their own."""
    clock, hearing = Clock(), Hearing()
    world = World(now=clock)
    async with (
        served(application(world)) as origin,
        sources.opened(settings(origin, tmp_path, DEEZER_PREVIEWS="on"), store, hearing, clock, clock.sleep) as opened,
    ):
        yield Stage(world, clock, store, tmp_path, opened, Ear())
    await hearing.close()


async def test_a_preview_becomes_features_and_a_broken_one_stops_nothing(stage: Stage) -> None:
    stage.world.recordings += [recording(1), recording(2, preview=b"RIFF and nothing"), recording(3)]
    await stage.like(1, 2, 3)
    await stage.hear()
    assert await stage.states("deezer") == {uri(1): "known", uri(2): "nothing", uri(3): "known"}
    for number in (1, 3):
        found = await stage.features(number)
        assert found.numbers["loudness"] < 0
        assert len(found.embeddings) >= 3
        assert set(found.provenance.values()) == {"deezer"}


async def test_an_upload_is_heard_whatever_its_name_and_a_broken_one_refused_in_words(stage: Stage) -> None:
    await stage.like(1)
    hearing = Hearing()
    await upload(stage.store, hearing, stage.folder, ADA, uri(1), "../../odd name.wav", sound(330), stage.clock())
    assert (await stage.features(1)).numbers["loudness"] < 0
    with pytest.raises(BadFile) as refused:
        await upload(stage.store, hearing, stage.folder, ADA, uri(1), "song.mp3", b"no sound" * 99, stage.clock())
    assert refused.value.for_member()
    await hearing.close()
