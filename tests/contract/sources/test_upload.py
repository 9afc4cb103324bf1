"""A member sends in a file of a song: what is heard in it is theirs alone, and the file is gone."""

import json

import pytest

from bot.adapters.store import songs
from bot.core.features import SongFeatures
from bot.errors import BadChoice, BadFile
from bot.flows import erase
from bot.flows.upload import upload
from tests.contract.sources.stage import ADA, BEN, Stage, song, sound, uri

pytestmark = pytest.mark.switched()


async def send(stage: Stage, data: bytes, number: int = 1, member: int = ADA) -> None:
    await upload(stage.store, stage.ear, stage.folder, member, uri(number), "My Song.WAV", data, stage.clock())


async def test_what_is_heard_counts_for_its_member_alone_and_before_anything_else(stage: Stage) -> None:
    await stage.like(1)
    await stage.like(1, member=BEN)
    async with stage.store.writing() as tx:
        await songs.save_features(
            tx, ADA, "csv", {uri(1): SongFeatures({"brightness": 1.0, "energy": 0.5})}, stage.clock()
        )
    await send(stage, sound(440))
    found = await stage.features(1)
    assert found.numbers["brightness"] > 100
    assert found.numbers["energy"] == 0.5
    assert found.provenance["brightness"] == found.provenance["musicnn"] == "upload"
    assert len(found.embeddings["musicnn"]) > 10
    assert not (await stage.features(1, BEN)).known
    assert not list(stage.folder.glob(".upload-*"))


async def test_what_cannot_be_heard_leaves_nothing_behind(stage: Stage) -> None:
    await stage.like(1)
    with pytest.raises(BadFile):
        await send(stage, b"not a sound")
    assert not (await stage.features(1)).known
    assert not list(stage.folder.glob(".upload-*"))


@pytest.mark.parametrize("number", [2, 3])
async def test_only_songs_of_ones_own_library_are_taken(stage: Stage, number: int) -> None:
    await stage.like(1)
    await stage.like(2, member=BEN)
    with pytest.raises(BadChoice):
        await send(stage, sound(440), number)
    assert stage.ear.files == []


async def test_p35_what_was_heard_is_in_the_export_and_goes_with_its_member(stage: Stage) -> None:
    await stage.like(1)
    await send(stage, sound(440))
    (row,) = json.loads(await erase.export(stage.store, ADA))["feature"]
    assert (row["song"], row["source"]) == (song(1).song, "upload")
    assert isinstance(row["vectors"]["musicnn"][0], float)
