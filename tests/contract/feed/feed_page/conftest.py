"""The stage for each test, on a copy of data prepared once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.feed.api.stage import prepared
from tests.contract.feed.feed_page.keeper import Keeper, keeper
from tests.contract.feed.feed_page.stage import Stage, staged


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(prepared(tmp_path_factory.mktemp("feed")))


@pytest.fixture
async def stage(tmp_path: Path, made: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, made) as stage:
        yield stage


@pytest.fixture
async def ada(stage: Stage) -> Keeper:
    return await keeper(stage)
