"""A member uploads a song's file: its features are theirs alone, and the file isn't kept."""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bot.adapters.scratch import Scratch
from bot.adapters.store import personal_data, schema
from bot.adapters.store.library import songs
from bot.core.features import SongFeatures
from bot.errors import BadChoice, StillHearing, StoreFull
from bot.errors.audio import AudioError
from bot.errors.library import StillHearingTheirs
from bot.flows.account import erase
from bot.flows.library.uploads import Uploads
from sandbox.process import environment
from tests.contract.library.sources.stage import ADA, BEN, Stage, song, sound, uri
from tests.full_disk import full_disk

pytestmark = pytest.mark.switched()


async def send(stage: Stage, data: bytes, number: int = 1, member: int = ADA) -> None:
    await Uploads(stage.store, stage.ear, Scratch(stage.folder)).upload(member, uri(number), data, stage.clock())


async def test_uploaded_features_count_only_for_their_member_and_come_first(stage: Stage) -> None:
    await stage.like(1)
    await stage.like(1, member=BEN)
    async with stage.store.writing() as tx:
        await songs.save_features(
            tx, ADA, "csv", {uri(1): SongFeatures({"brightness": 1.0, "energy": 0.5})}, stage.clock()
        )
    await send(stage, sound(440))
    features = await stage.features(1)
    assert features.numbers["brightness"] > 100
    assert features.numbers["energy"] == 0.5
    assert features.provenance["brightness"] == features.provenance["musicnn"] == "upload"
    assert len(features.embeddings["musicnn"]) > 10
    assert not (await stage.features(1, BEN)).known
    assert not list((stage.folder / "scratch").iterdir())


async def test_an_undecodable_upload_leaves_nothing_behind(stage: Stage) -> None:
    await stage.like(1)
    with pytest.raises(AudioError):
        await send(stage, b"not a sound")
    assert not (await stage.features(1)).known
    assert not list((stage.folder / "scratch").iterdir())


@pytest.mark.parametrize("data", [sound(440), b"short"])
def test_p20_an_upload_that_finds_no_room_is_a_typed_error(tmp_path: Path, data: bytes) -> None:
    scratch = Scratch(tmp_path)
    with full_disk(), pytest.raises(StoreFull):
        scratch.holding(data)
    with scratch.holding(data) as file:
        assert file.read() == data


@pytest.mark.parametrize("number", [2, 3])
async def test_uploads_are_accepted_only_for_songs_in_the_members_library(stage: Stage, number: int) -> None:
    await stage.like(1)
    await stage.like(2, member=BEN)
    with pytest.raises(BadChoice):
        await send(stage, sound(440), number)
    assert stage.ear.files == []


@pytest.mark.parametrize("data", [sound(440), b"not a sound"])
async def test_a_members_file_is_analysed_apart_from_others(stage: Stage, data: bytes) -> None:
    await stage.like(1)
    with suppress(AudioError):
        await send(stage, data)
    assert stage.ear.apart == stage.ear.files


async def test_p35_uploaded_features_are_exported_and_deleted_with_their_member(stage: Stage) -> None:
    await stage.like(1)
    await send(stage, sound(440))
    (row,) = json.loads(await erase.export(stage.store, ADA))["feature"]
    assert (row["song"], row["source"]) == (song(1).song, "upload")
    assert isinstance(row["vectors"]["musicnn"][0], float)
    async with stage.store.writing() as tx:
        await personal_data.erase(tx, ADA)
        assert (await tx.execute(schema.feature.select())).all() == []


async def test_a_member_has_one_upload_at_a_time_and_the_queue_is_bounded(stage: Stage) -> None:
    for member in (ADA, BEN):
        await stage.like(1, member=member)
    uploads, sent = Uploads(stage.store, stage.ear, Scratch(stage.folder), most=1), asyncio.Event()

    async def fetch() -> bytes:
        await sent.wait()
        return sound(440)

    first = asyncio.create_task(uploads.hear(ADA, uri(1), fetch, stage.clock()))
    await asyncio.sleep(0)
    with pytest.raises(StillHearingTheirs):
        await uploads.hear(ADA, uri(1), fetch, stage.clock())
    with pytest.raises(StillHearing) as refused:
        await uploads.hear(BEN, uri(1), fetch, stage.clock())
    assert type(refused.value) is StillHearing
    sent.set()
    assert (await first).song == uri(1)
    with pytest.raises(BadChoice):
        await uploads.hear(BEN, uri(9), fetch, stage.clock())
    assert (await uploads.hear(BEN, uri(1), fetch, stage.clock())).song == uri(1), "a failed upload frees its place"


def test_p35_files_of_killed_processes_and_of_older_versions_are_deleted(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, signal; from bot.adapters.scratch import Scratch\n"
        "held = Scratch(pathlib.Path()).holding(b'canary'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(tmp_path), check=False)
    assert (tmp_path / "scratch").is_dir()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    (tmp_path / ".upload-abc").mkdir()
    for left in (tmp_path / ".upload-abc" / "song.mp3", tmp_path / "scratch" / "unfinished"):
        left.write_bytes(b"canary")
    Scratch(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
