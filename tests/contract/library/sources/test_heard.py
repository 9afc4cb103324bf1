"""Previews and uploads in the audio process: real sound in, real features out, and broken files survived."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC

from bot.adapters import sources
from bot.adapters.hearing import Hearing
from bot.adapters.scratch import Scratch
from bot.adapters.store import Store
from bot.adapters.store.library import recordings
from bot.errors.audio import NotAudio
from bot.errors.library import FolderEmptied, NotAFolder
from bot.flows.library.operator.file_match import correct
from bot.flows.library.operator.music_folder import import_folder
from bot.flows.library.uploads import Uploads
from bot.messages.errors import describe
from sandbox.sources import World, application
from tests.contract.library.sources.stage import ADA, Ear, Stage, recording, settings, sound, uri
from tests.contract.spotify.stage import Clock, served


@pytest.fixture
async def stage(tmp_path: Path, store: Store) -> AsyncIterator[Stage]:
    """Deezer switched on, with analysis in a separate process."""
    clock, hearing, scratch = Clock(), Hearing(), Scratch(tmp_path)
    world = World(now=clock)
    async with (
        served(application(world)) as origin,
        sources.opened(
            settings(origin, tmp_path, DEEZER_PREVIEWS="on"), store, hearing, scratch, clock, clock.sleep
        ) as opened,
    ):
        yield Stage(world, clock, store, tmp_path, opened, Ear())
    await hearing.close()


@pytest.mark.slow
async def test_a_preview_becomes_features_and_a_broken_one_blocks_nothing(stage: Stage) -> None:
    stage.world.recordings += [recording(1), recording(2, preview=b"RIFF and nothing"), recording(3)]
    await stage.like(1, 2, 3)
    await stage.hear()
    assert await stage.states("deezer") == {uri(1): "known", uri(2): "nothing", uri(3): "known"}
    for number in (1, 3):
        features = await stage.features(number)
        assert features.numbers["loudness"] < 0
        assert set(features.embeddings) == {"musicnn"}
        assert "duration" not in features.numbers, "a preview says nothing about its song's length"
        assert set(features.provenance.values()) == {"deezer"}


@pytest.mark.slow
async def test_an_upload_is_analysed_and_a_broken_one_refused_clearly(stage: Stage) -> None:
    await stage.like(1)
    hearing, scratch = Hearing(), Scratch(stage.folder)
    await Uploads(stage.store, hearing, scratch).upload(ADA, uri(1), sound(330), stage.clock())
    assert (await stage.features(1)).numbers["loudness"] < 0
    with pytest.raises(NotAudio) as refused:
        await Uploads(stage.store, hearing, scratch).upload(ADA, uri(1), b"no sound" * 99, stage.clock())
    assert describe(refused.value)
    await hearing.close()


@pytest.mark.slow
async def test_an_analysed_music_folder_is_matched_to_likes_by_tags(stage: Stage, tmp_path: Path) -> None:
    folder, hearing = tmp_path / "music", Hearing()
    folder.mkdir()
    for name, title in (("a.flac", "Song 1 - 2011 Remaster"), ("b.flac", "Song 2 (Live)"), ("c.flac", "Else")):
        tone = np.sin(np.arange(200 * 8_000) / 8_000 * 2 * np.pi * 330) / 4
        await asyncio.to_thread(soundfile.write, folder / name, tone, 8_000)
        file = FLAC(folder / name)
        file.update(title=title, artist="Ann")
        file.save()
    await stage.like(1, 2)
    done = [
        (progress.how, progress.error) async for progress in import_folder(stage.store, [hearing], folder, stage.clock)
    ]
    assert done == [("heard", None)] * 3
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert await stage.states("audio") == {uri(1): "known", uri(2): "nothing"}
    features = await stage.features(1)
    assert set(features.provenance.values()) == {"audio"}
    assert features.numbers["loudness"] < 0
    assert set(features.embeddings) == {"musicnn"}
    assert features.numbers["duration"] == pytest.approx(200, abs=1)

    await correct(stage.store, uri(2), [str(folder / "c.flac")], stage.clock())
    folder = folder.rename(tmp_path / "elsewhere")
    with pytest.raises(NotAFolder):
        await anext(import_folder(stage.store, [hearing], tmp_path / "music", stage.clock))
    (tmp_path / "music").mkdir()
    with pytest.raises(FolderEmptied):
        await anext(import_folder(stage.store, [hearing], tmp_path / "music", stage.clock))
    done = [
        (progress.how, progress.error)
        async for progress in import_folder(stage.store, [hearing], tmp_path, stage.clock)
    ]
    await hearing.close()
    assert done == [("moved", None)] * 3
    async with stage.store.reading() as tx:
        assert await recordings.corrections(tx, [uri(2)]) == {uri(2): str(folder / "c.flac")}
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert await stage.states("audio") == {uri(1): "known", uri(2): "known"}
