"""Pages of a playlist's history are within Discord's limits, whatever the names and numbers."""

import pytest

from bot.chat.sorting.writing import history as pages
from bot.core.records import Item, Revision
from bot.core.sorting.history import By, Edit
from bot.core.sorting.writing.writes import Action
from bot.flows.sorting.history import History, State
from bot.messages import LANGUAGES, speaking
from tests.unit.chat.pages.test_pages import NOW, playlist, receipt, song
from tests.unit.chat.shown import check

EVERYTHING = {(action, by): 10_000 for action in (Action.ADD, Action.REMOVE) for by in By}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", [0, 7, 19])
def test_a_history_is_within_discords_limits(language: str, page: int) -> None:
    revisions = [(Revision(number, 7, 1, NOW, 60_000), EVERYTHING) for number in range(200)]
    with speaking(language):
        check(pages._history(History(playlist(1), revisions), page, "x" * 300))
        check(pages._history(History(playlist(1), []), page))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [0, 1, 10_000])
def test_an_earlier_state_is_within_discords_limits(language: str, count: int) -> None:
    edits = [Edit(action, at, f"s{at}", by=by) for action, by in EVERYTHING for at in range(9)]
    items, named = [Item(f"s{at}", None) for at in range(count)], {f"s{at}": song(at) for at in range(max(count, 9))}
    with speaking(language):
        check(pages._state(State(playlist(1), Revision(1, 7, 1, NOW, 54), edits, items, named), page=0))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_planned_restore_is_within_discords_limits(language: str) -> None:
    with speaking(language):
        check(pages._plan(receipt(300, 0, "restore", "planned").receipt, 3))
