"""The stage, with every source switched on or with one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.store import Store
from tests.contract.library.sources.stage import EVERYTHING, Stage, staged


@pytest.fixture
async def stage(tmp_path: Path, store: Store, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Every source on, or those that a test's `switched` mark names."""
    mark = request.node.get_closest_marker("switched")
    async with staged(store, tmp_path, **(mark.kwargs if mark else EVERYTHING)) as made:
        yield made
