"""Lists too long for one message: what's on a page, and the buttons to the pages beside it.

Pages count from 0. Their number comes from a button, which may be older than the list: instead of a page that's gone,
the last one is shown.
"""

from collections.abc import Sequence
from typing import TypeVar

from bot.chat import ids, layout
from bot.chat.layout import Tap
from bot.messages import _

T = TypeVar("T")
PER_PAGE = 10  # lines


def pages(count: int, per_page: int = PER_PAGE) -> int:
    """Return how many pages `count` items take; an empty list has one."""
    return max(1, -(-count // per_page))


def start(page: int, count: int, per_page: int = PER_PAGE) -> int:
    """Return the index of the first item of a page, of the last page if there's no such page."""
    return min(page, pages(count, per_page) - 1) * per_page


def on(page: int, items: Sequence[T], per_page: int = PER_PAGE) -> Sequence[T]:
    """Return the items of a page."""
    first = start(page, len(items), per_page)
    return items[first : first + per_page]


def turn(what: str, key: int, page: int, count: int, per_page: int = PER_PAGE) -> layout.Row | None:
    """Return a row with the buttons to leaf through `count` items, None if they fit on one page."""
    taps = turning(what, key, page, pages(count, per_page))
    return layout.row(*taps) if taps else None


def turning(what: str, key: int, page: int, total: int) -> list[Tap]:
    """Return the buttons to the page before and the page after, of `total` pages."""
    here = min(page, total - 1)
    return [
        layout.button(_("Page {page} of {pages}", page=to + 1, pages=total), ids.of(what, key, to), emoji=emoji)
        for to, emoji in ((here - 1, "◀️"), (here + 1, "▶️"))
        if 0 <= to < total
    ]
