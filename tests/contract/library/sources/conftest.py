"""The stage, with all sources switched on or just some."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.store import Store
from tests.contract.library.sources.stage import EVERYTHING, Stage, staged


@pytest.fixture
async def stage(tmp_path: Path, store: Store, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """All sources on, or only those that the test's `switched` mark names."""
    mark = request.node.get_closest_marker("switched")
    async with staged(store, tmp_path, **(mark.kwargs if mark else EVERYTHING)) as made:
        yield made
