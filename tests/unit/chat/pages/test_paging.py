"""Leafing through long lists."""

import pytest

from bot.chat import paging


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_every_item_is_on_exactly_one_page(count: int, pages: int) -> None:
    items = list(range(count))
    assert paging.pages(count) == pages
    assert [item for page in range(pages) for item in paging.on(page, items)] == items


@pytest.mark.parametrize("page", [2, 3, 10**17])
def test_instead_of_a_page_that_is_gone_the_last_one_is_shown(page: int) -> None:
    assert paging.on(page, range(15)) == range(10, 15)
    assert [tap.item.custom_id for tap in paging.turning("turn", 7, page, 2)] == ["ck1:turn:7"]


def test_buttons_lead_to_the_pages_beside_and_say_which_they_are() -> None:
    assert [tap.item.label for tap in paging.turning("turn", 7, 1, 3)] == ["Page 1 of 3", "Page 3 of 3"]
    assert [tap.item.label for tap in paging.turning("turn", 7, 0, 3)] == ["Page 2 of 3"]
    assert paging.turn("turn", 7, 0, 10) is None
