"""The feed's stage, as a fixture."""

from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.flows.feed.feed import Feed
from bot.flows.feed.previews import SongPreviews
from tests.contract.feed.catalogue_stage import ADA, BEN, staged
from tests.contract.feed.feed_stage import OTHERS, OWN, Scene


@pytest.fixture
async def scene(store: Store, tmp_path: Path, now: datetime) -> Scene:
    stage = staged(store, tmp_path, now)
    times, jobs = [now], list[tuple[str, int, int]]()

    async def enqueue(kind: str, member: int, argument: int = 0) -> None:
        jobs.append((kind, member, argument))

    previews = SongPreviews(store, None, None, lambda: times[0])
    feed = Feed(store, stage.catalogue, stage.recommender, enqueue, lambda: times[0], previews.sound)
    await stage.like(ADA, OWN)
    await stage.like(BEN, OTHERS)
    await stage.hear(range(200, 203))
    async with store.writing() as tx:
        await members.change(tx, ADA, source="file")
    await stage.catalogue.points.refresh()
    return Scene(stage, feed, times, jobs)
