"""What members are promised of their models holds with the models in a bucket, and when its server is down."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.artefacts import Folder, clips_of, models_of, move_in
from bot.adapters.backup.create import create
from bot.adapters.backup.restore import restore
from bot.adapters.hearing import Hearing
from bot.adapters.jobs import WAITED_OUT, Jobs
from bot.adapters.prior import NAME, Priors, Taught, to_bytes
from bot.adapters.scorer import Scorer
from bot.adapters.scratch import Scratch
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, models, playlists
from bot.adapters.trainer import Trainer
from bot.config import Settings
from bot.core.features import SongFeatures
from bot.core.records import Like, NewModel, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.learning.prior import Prior
from bot.errors import ModelCorrupt, StorageDown
from bot.flows.account import erase
from bot.flows.account.erase import RETRY, Erasing
from bot.flows.feed.clips import Clips
from bot.flows.sorting import train
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.ports import Artefacts
from tests.contract.library.sources.stage import sound
from tests.contract.storage.conftest import Place
from tests.s3 import Server
from training.model.from_database import _publish
from training.model.publish import Artefact

ADA = 1001
HELD = 8  # songs in each of three playlists


async def settle(store: Store, now: datetime) -> int:
    """Create a member with three playlists that sound different, and an answer about every song. Returns the layer."""
    known = {
        f"{playlist}:{at}": SongFeatures({"tempo": 80.0 + 40 * playlist + at}, {}, {"tempo": "csv"})
        for playlist in range(3)
        for at in range(HELD)
    }
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        kept = [await playlists.add(tx, layer, f"Style {at}", f"ref{at}", "🎵") for at in range(3)]
        await songs.like(tx, ADA, [Like(Song(song, song, ("x",)), now) for song in known], now)
        await songs.save_features(tx, ADA, "csv", known, now)
        for event, song in enumerate(known):
            said = Answer(song, Kind.ONLY, (kept[int(song[0])].playlist,), Source.BUTTON, event)
            await answers.add(tx, ADA, layer.layer, said)
    return layer.layer


def trainer_of(settings: Settings, store: Store) -> Trainer:
    return Trainer(store.url, settings.data_dir, {}, prior=False, storage=settings.storage_environment)


async def trained(settings: Settings, store: Store, layer: int) -> str:
    """Train in a process of its own, as the bot does; return the model's digest."""
    trainer = trainer_of(settings, store)
    try:
        assert (await trainer.fit(ADA, layer)).published
    finally:
        await trainer.close()
    async with store.reading() as tx:
        serving = await models.serving(tx, layer)
    assert serving is not None
    return serving.digest


def bytes_below(*folders: Path) -> set[str]:
    """The names of all files there, but those of the server."""
    return {path.name for folder in folders for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
async def test_p35_a_model_is_found_by_every_process_until_its_member_is_erased(
    store: Store, place: Place, tmp_path: Path, now: datetime
) -> None:
    settings, layer = place.settings, await settle(store, now)
    digest = await trained(settings, store, layer)
    named = {f"{digest}.{end}" for end in ("onnx", "json", "png")}
    assert models_of(settings).names() == named
    elsewhere = place.of(tmp_path / "other") if settings.storage_url else settings
    scorer = Scorer(models_of(elsewhere))
    libraries = ScoredLibraries(store, scorer)
    assert (await libraries.of(ADA, layer)).scores is not None
    jobs = Jobs(f"sqlite:///{tmp_path / 'jobs.db'}")
    await jobs.start(_nothing)
    erasing = Erasing(store, jobs, libraries, models_of(elsewhere), Scratch(tmp_path / "other"))
    assert await erasing.erase(ADA, now)
    assert scorer.resident == 0, "nor is it in memory"
    await erase.sweep_models(store, models_of(settings))  # as at its next start: what its cache still has goes, too
    await jobs.stop(1)
    assert not named & bytes_below(place.folder, settings.data_dir, elsewhere.data_dir)


@pytest.mark.slow
async def test_an_erasure_waits_for_a_server_that_is_down(
    store: Store, bucket: Place, server: Server, tmp_path: Path, now: datetime
) -> None:
    files, _ = models_of(bucket.settings), await settle(store, now)
    files.put(f"{'a' * 64}.onnx", b"of a member")
    jobs = Jobs(f"sqlite:///{tmp_path / 'jobs.db'}")
    await jobs.start(_nothing)
    erasing = Erasing(store, jobs, ScoredLibraries(store, Scorer(files)), files, Scratch(tmp_path / "scratch"))
    server.stop()
    assert not await erasing.erase(ADA, now)
    async with store.reading() as tx:
        assert await members.get(tx, ADA) is None
    server.start()
    assert files.names() == {f"{'a' * 64}.onnx"}
    await erasing.tick(now + RETRY)
    await jobs.stop(1)
    assert files.names() == set()


async def _nothing(_: object) -> None: ...


async def test_what_unlinking_could_not_delete_goes_later(
    store: Store, bucket: Place, server: Server, tmp_path: Path, now: datetime
) -> None:
    files = models_of(bucket.settings)
    files.put(f"{'a' * 64}.onnx", b"of a member")
    jobs = Jobs(f"sqlite:///{tmp_path / 'jobs.db'}")
    erasing = Erasing(store, jobs, ScoredLibraries(store, Scorer(files)), files, Scratch(tmp_path / "scratch"))
    server.stop()
    assert not await erase.clear_away(store, files)
    server.start()
    await erasing.tick(now)
    assert files.names() == set()


@pytest.mark.slow
async def test_a_training_waits_while_the_server_is_down(
    store: Store, bucket: Place, server: Server, now: datetime
) -> None:
    layer = await settle(store, now)
    server.stop()
    trainer = trainer_of(bucket.settings, store)
    with pytest.raises(WAITED_OUT, match="the server doesn't answer properly"):
        await train.train(store, trainer, ADA, layer, now)
    server.start()
    await train.train(store, trainer, ADA, layer, now)
    await trainer.close()
    async with store.reading() as tx:
        assert await models.serving(tx, layer) is not None


@pytest.mark.slow
async def test_p28_models_out_of_reach_are_not_lost_and_damaged_ones_are(
    store: Store, place: Place, server: Server, now: datetime, without_cache: Callable[[Settings], None]
) -> None:
    settings, layer = place.settings, await settle(store, now)
    digest = await trained(settings, store, layer)
    without_cache(settings)
    scorer = Scorer(models_of(settings))
    if settings.storage_url:
        server.stop()
        with pytest.raises(StorageDown):
            await train.lost(store, scorer)
        with pytest.raises(StorageDown):
            await train.missing(store, models_of(settings))
        server.start()
    assert await train.lost(store, scorer) == []
    name = f"{digest}.onnx"
    whole = models_of(settings).load(name, lambda file: file.read())
    for damaged in (whole[:-1], whole.replace(b'"created_at": "2', b'"created_at": "1'), b"another's"):
        assert damaged != whole
        models_of(settings).put(name, damaged)
        without_cache(settings)
        with pytest.raises(ModelCorrupt):
            Scorer(models_of(settings)).load(digest)
        assert [model.digest for model in await train.lost(store, scorer)] == [digest]
        assert (await ScoredLibraries(store, scorer).of(ADA, layer)).scores is None
        assert [model.digest for model in await train.met_unusable(store, scorer)] == [digest]
        assert await train.met_unusable(store, scorer) == [], "it's told once"
    again = await trained(settings, store, layer)
    assert Scorer(models_of(settings)).opens(again)


def made(digest: str) -> Artefact:
    return Artefact(digest, {"overall": {}}, {}, b"onnx", b"png")


@pytest.mark.slow
async def test_a_model_that_is_swept_before_its_row_is_there_is_written_again(
    store: Store, place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, layer, digest = models_of(place.settings), await settle(store, now), "a" * 64

    class Swept(Artefact):
        def save(self, files: Artefacts) -> None:
            super().save(files)
            asyncio.run_coroutine_threadsafe(erase.sweep_models(store, files), loop).result()
            assert files.names() == set()

    loop = asyncio.get_running_loop()
    new = NewModel(ADA, layer, digest, 24, {"overall": {}}, now)
    await _publish(store, files, Swept(digest, {}, {}, b"onnx", b"png"), new)
    assert files.names() == {f"{digest}.onnx", f"{digest}.json", f"{digest}.png"}
    await erase.sweep_models(store, files)
    assert files.load(f"{digest}.onnx", lambda file: file.read()) == b"onnx"


async def test_a_row_is_not_committed_without_its_files(
    store: Store, bucket: Place, server: Server, now: datetime
) -> None:
    files, layer = models_of(bucket.settings), await settle(store, now)
    server.stop()
    with pytest.raises(StorageDown):
        await _publish(store, files, made("a" * 64), NewModel(ADA, layer, "a" * 64, 24, {}, now))
    async with store.reading() as tx:
        assert await models.serving(tx, layer) is None


def prior_of(word: str) -> Prior:
    """A prior that knows one artist, by one word."""
    whole = np.ones((1, 1), np.float16)
    return Prior(np.array([1], np.uint32), whole, (word,), np.array([0], np.uint16), np.array([1], np.uint32))


async def test_the_prior_in_a_bucket_is_read_again_when_it_changes(
    bucket: Place, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.bucket.VERSION_LASTS", 0.0)
    files = models_of(bucket.of(tmp_path / "other"))
    priors = Priors(models_of(bucket.settings))
    assert priors.current() is None
    first, second = prior_of("jazz"), prior_of("techno")
    for prior in (first, second):
        files.put(NAME, to_bytes(Taught(prior, 0)))
        current = priors.current()
        assert current is not None
        assert current.version == prior.version
    server.stop()
    current = priors.current()
    assert current is not None
    assert current.version == second.version


@pytest.mark.sqlite
def test_a_backup_holds_the_buckets_models_and_a_restored_one_puts_them_back(
    bucket: Place, now: datetime, tmp_path: Path
) -> None:
    settings = replace(bucket.settings)
    asyncio.run(_migrated(settings))
    models_of(settings).put(f"{'a' * 64}.onnx", b"model")
    contents = create(settings, tmp_path / "backup.zip", now)
    assert f"models/{'a' * 64}.onnx" in contents.files
    models_of(settings).delete([f"{'a' * 64}.onnx"])
    restore(settings, tmp_path / "backup.zip", str, replace=True)
    move_in(settings, models_of(settings))
    assert models_of(settings).load(f"{'a' * 64}.onnx", lambda file: file.read()) == b"model"
    assert Folder(settings.models_dir).names() == set()


async def _migrated(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with Store(settings.database_url) as store:
        await store.migrate()


@pytest.mark.slow
async def test_a_clip_is_cut_once_for_all_processes_and_again_if_it_is_damaged(
    bucket: Place, tmp_path: Path, without_cache: Callable[[Settings], None]
) -> None:
    hearing, path = Hearing(), tmp_path / "song.wav"
    path.write_bytes(sound(330))
    clip = await Clips(hearing, clips_of(bucket.settings)).cut(path, "a", ADA)
    path.unlink()
    elsewhere = Clips(hearing, clips_of(bucket.of(tmp_path / "other")))
    assert elsewhere.highlight("a") is None
    assert await elsewhere.cut(path, "a", ADA) == clip
    assert elsewhere.highlight("a") is not None
    files = clips_of(bucket.settings)
    files.put("a.clip", files.load("a.clip", lambda file: file.read())[:-1])
    without_cache(bucket.settings)
    path.write_bytes(sound(330))
    again = await Clips(hearing, files).cut(path, "a", ADA)
    assert (len(again.data), again.waveform, again.seconds) == (len(clip.data), clip.waveform, clip.seconds)
    await hearing.close()


@pytest.mark.slow
async def test_a_clip_is_cut_while_the_server_is_down(bucket: Place, server: Server, tmp_path: Path) -> None:
    hearing, path = Hearing(), tmp_path / "song.wav"
    path.write_bytes(sound(330))
    server.stop()
    assert (await Clips(hearing, clips_of(bucket.settings)).cut(path, "a", ADA)).data
    await hearing.close()
