"""Feature lookup: results are kept, nothing is asked twice, the newest likes come first, and what follows."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.sources.shapes import LONG_AGO
from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.core.features import SongFeatures
from bot.core.sorting.labels import Answer, Kind, Source
from bot.flows.account import erase
from bot.flows.library import feature_lookup
from bot.flows.sorting.train import training_set
from bot.ports import LookupResult, Subject
from tests.contract.library.sources.stage import ADA, BEN, Stage, recording, uri

MUSICBRAINZ = pytest.mark.switched(MUSICBRAINZ_CONTACT="me@example.org")
RECCOBEATS = pytest.mark.switched(RECCOBEATS="on")


@RECCOBEATS
async def test_a_song_is_looked_up_once_whoever_likes_it(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    await stage.like(1)
    await stage.hear()
    await stage.like(1, member=BEN)
    await stage.hear(BEN)
    await stage.hear()
    assert len(stage.world.requests) == 1
    assert (await stage.features(1, BEN)).numbers["tempo"] == 101.0


@RECCOBEATS
async def test_an_unknown_song_is_looked_up_again_after_thirty_days(stage: Stage) -> None:
    await stage.like(1)
    await stage.hear()
    stage.clock.pass_by(days=29)
    await stage.hear()
    assert len(stage.world.requests) == 1
    stage.world.recordings.append(recording(1))
    stage.clock.pass_by(days=1)
    await stage.hear()
    assert (await stage.features(1)).known


@pytest.mark.slow
@RECCOBEATS
async def test_a_failure_is_retried_with_backoff_then_dropped_for_a_month(stage: Stage) -> None:
    stage.fault("reccobeats *", "malformed", times=None)
    await stage.like(1)
    waits = []
    while (heard := await stage.hear()).later is not None:
        waits.append(heard.later - stage.clock())
        stage.clock.now = heard.later
    assert waits == [timedelta(minutes=5 * 2**at) for at in range(5)]
    assert await stage.states("reccobeats") == {uri(1): "nothing"}


@MUSICBRAINZ
async def test_a_new_like_does_not_wait_for_those_before_it(stage: Stage) -> None:
    stage.world.recordings += [recording(number) for number in range(100)]
    await stage.like(*range(99))
    first = await feature_lookup.look_up(stage.store, stage.sources, ADA, stage.clock)
    assert first.more
    assert 8 <= len(stage.world.requests) <= 12
    stage.clock.pass_by(hours=2)
    await stage.like(99, fresh=True)
    assert await feature_lookup.fresh_open(stage.store, stage.sources, ADA, stage.clock())
    second = await feature_lookup.look_up(stage.store, stage.sources, ADA, stage.clock)
    assert (second.more, second.fresh) == (True, False)
    assert (await stage.features(99)).known


@MUSICBRAINZ
async def test_progress_is_reported_per_source(stage: Stage) -> None:
    stage.world.recordings += [recording(number) for number in range(30)]
    await stage.like(*range(30))
    await feature_lookup.look_up(stage.store, stage.sources, ADA, stage.clock)
    (progress,) = await feature_lookup.progress(stage.store, stage.sources, ADA, stage.clock())
    assert (progress.source, progress.done, progress.total) == ("musicbrainz", len(stage.world.requests), 30)
    await stage.hear()
    assert await feature_lookup.progress(stage.store, stage.sources, ADA, stage.clock()) == []
    assert not await feature_lookup.is_open(stage.store, stage.sources, ADA, stage.clock())


@RECCOBEATS
async def test_only_the_affected_members_stamp_changes(stage: Stage) -> None:
    stage.world.recordings += [recording(1), recording(2)]
    await stage.like(1)
    await stage.like(2, member=BEN)
    stage.clock.pass_by(minutes=1)

    async def stamps() -> list[Any]:
        async with stage.store.reading() as tx:
            return [await songs.stamp(tx, member) for member in (ADA, BEN)]

    ada, ben = await stamps()
    await stage.hear()
    assert (await stamps())[0] != ada
    assert (await stamps())[1] == ben
    ada = (await stamps())[0]
    stage.clock.pass_by(minutes=1)
    await stage.hear()
    assert (await stamps())[0] == ada, "nothing new, so the stamp stays the same"


async def label(stage: Stage, *numbers: int) -> int:
    async with stage.store.writing() as tx:
        layer = await playlists.ensure_layer(tx, ADA, "main")
        kept = await playlists.add(tx, layer, "P", "ref", "🎵")
        for number in numbers:
            said = Answer(uri(number), Kind.ONLY, (kept.playlist,), Source.BUTTON, number)
            await answers.add(tx, ADA, layer.layer, said)
    return layer.layer


@RECCOBEATS
async def test_retraining_pays_only_once_labelled_songs_have_better_features(stage: Stage) -> None:
    stage.world.recordings += [recording(number) for number in range(20)]
    await stage.like(*range(10))
    layer = await label(stage, *range(8))
    assert await feature_lookup.stale_layers(stage.store, ADA) == []
    await stage.hear()
    assert await feature_lookup.stale_layers(stage.store, ADA) == [layer]
    stage.clock.pass_by(seconds=1)
    async with stage.store.writing() as tx:
        await playlists.change_layer(tx, layer, learnt_at=stage.clock())
    stage.clock.pass_by(seconds=1)
    await stage.like(*range(10, 20))
    await stage.hear()
    assert (await stage.features(15)).known
    assert await feature_lookup.stale_layers(stage.store, ADA) == [], "none of their labels would teach anything new"


async def test_features_reach_training_including_vectors(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    await stage.like(1)
    layer = await label(stage, 1)
    await stage.hear()
    async with stage.store.reading() as tx:
        features = (await training_set(tx, ADA, layer)).songs[uri(1)]
    assert len(features.embeddings["musicnn"]) > 10
    assert set(features.provenance.values()) == {"musicbrainz", "listenbrainz", "deezer", "reccobeats"}


async def test_p35_lookups_are_deleted_with_the_last_member_who_liked_the_song(stage: Stage, tmp_path: Path) -> None:
    stage.world.recordings += [recording(1), recording(2)]
    await stage.like(1, 2)
    await stage.like(2, member=BEN)
    await stage.hear()
    async with stage.store.writing() as tx:
        await personal_data.erase(tx, ADA)
    await erase.forget_unused(stage.store)
    async with stage.store.reading() as tx:
        for table in (schema.lookup, schema.feature, schema.song):
            assert {row.song for row in await tx.execute(table.select())} == {uri(2)}
    assert uri(1).encode() not in await erase.export(stage.store, BEN)


@dataclass
class Slow:
    """A slow source: the song is erased while it answers."""

    store: Store
    name: str = "reccobeats"
    needs: Any = "title"
    batch: int = 1
    asked: list[str] = field(default_factory=list)

    async def since(self) -> Any:
        return LONG_AGO

    async def look_up(self, subjects: list[Subject]) -> dict[str, LookupResult]:
        self.asked += [subject.song.song for subject in subjects]
        async with self.store.writing() as tx:
            await personal_data.erase(tx, ADA)
        await erase.forget_unused(self.store)
        return {subject.song.song: LookupResult(SongFeatures({"tempo": 1.0})) for subject in subjects}


async def test_p35_a_response_after_an_erasure_is_not_stored(stage: Stage) -> None:
    await stage.like(1)
    await feature_lookup.look_up(stage.store, [Slow(stage.store)], ADA, stage.clock)
    async with stage.store.reading() as tx:
        for table in (schema.lookup, schema.feature):
            assert (await tx.execute(table.select())).all() == []


class Defective(Slow):
    async def look_up(self, subjects: list[Subject]) -> dict[str, LookupResult]:
        raise KeyError("a defect")


@RECCOBEATS
async def test_a_defect_of_a_source_is_raised_and_does_not_stop_the_others(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    await stage.like(1)
    defective = Defective(stage.store, name="musicbrainz")
    with pytest.raises(KeyError, match="a defect"):
        await feature_lookup.look_up(stage.store, [defective, *stage.sources], ADA, stage.clock)
    assert (await stage.features(1)).known
