"""The stage, set for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.store import Store
from tests.contract.api.stage import Stage, staged


@pytest.fixture
async def stage(tmp_path: Path, store: Store) -> AsyncIterator[Stage]:
    async with staged(tmp_path, store) as made:
        yield made
