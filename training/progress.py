"""Progress bars for long work."""

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(items: Iterable[Any], unit: str, total: int | None = None) -> Iterable[Any]:
    """Show a progress bar, but only on a terminal."""
    shown: Iterable[Any] = tqdm(items, unit=f" {unit}", total=total, disable=None)
    return shown
