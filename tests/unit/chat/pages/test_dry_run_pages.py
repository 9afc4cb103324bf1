"""Pages of a dry run: by playlist, the least sure first; each within Discord's limits, whatever the names."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from bot.chat.ids import of
from bot.chat.layout import Page, Tap
from bot.chat.sorting.writing import dry_runs, receipts
from bot.chat.sorting.writing.dry_runs import DryRun
from bot.core.records import Change
from bot.core.sorting.writing.writes import Action
from bot.flows.sorting.dry_run import Reason
from bot.flows.sorting.review import Reviewed, Staying
from bot.flows.sorting.writing.corrections import Correction
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import LANGUAGES, speaking
from bot.messages.sorting import dry_runs as messages
from tests.unit.chat.pages.test_pages import LAYER, LONG, playlist, receipt, song, taps
from tests.unit.chat.shown import check, said

DONE = receipt(0, 0).receipt.write


def planned(added: int, *, asked: int = 0, removed: int = 0, playlists: int = 3, title: str = LONG) -> Reviewed:
    """A dry run that spreads songs over playlists, the last ones the least sure."""
    kept = {number: playlist(number, f"P{number}" if title != LONG else "") for number in range(1, playlists + 1)}
    kinds = [Action.ADD] * added + [Action.ASK] * asked + [Action.REMOVE] * removed
    lines = [
        Change(at, 1, at % playlists + 1, f"s{at}", kind, None, _state(kind), 1 - at / 1000, "sure")
        for at, kind in enumerate(kinds)
    ]
    write = replace(DONE, state="planned", total=added + asked + 15)
    songs = {f"s{at}": song(at, title if title == LONG else f"{title} {at}") for at in range(len(kinds))}
    return Reviewed(Receipt(write, LAYER, kept, lines, songs), {})


def _state(kind: Action) -> str:
    return "asked" if kind == Action.ASK else "wanted"


def stays(count: int, title: str = "Song") -> list[Staying]:
    return [Staying(song(at, title), [*Reason][at % len(Reason)]) for at in range(count)]


def lines(page: Page) -> list[str]:
    return [line for line in said(page).splitlines() if line.startswith("- ")]


def whole(shown: DryRun) -> list[Page]:
    return [dry_runs.page(shown, at) for at in range(len(shown.leaves))]


def correction(others: int, state: str = "planned") -> Correction:
    line = replace(planned(1).receipt.changes[0], playlist=99)
    return Correction(
        line, replace(DONE, state=state), LAYER, song(0), playlist(99), [playlist(at) for at in range(1, others + 1)]
    )


HUGE = planned(300, asked=50, removed=60, playlists=25)
PAGES: dict[str, Callable[[], Page]] = {
    **{
        f"page {at}": partial(lambda n: dry_runs.page(dry_runs.of(HUGE, stays(40, LONG)), n, LONG), at)
        for at in range(60)
    },
    "beyond the last": lambda: dry_runs.page(dry_runs.of(HUGE), 10**17),
    "nothing at all": lambda: dry_runs.page(dry_runs.of(replace(HUGE, receipt=receipt(0, 0).receipt), [])),
    "only what stays": lambda: dry_runs.page(dry_runs.of(planned(0), stays(15))),
    "not there": lambda: dry_runs.not_there(dry_runs.of(HUGE), 3),
    "not there, on what stays": lambda: dry_runs.not_there(dry_runs.of(HUGE), 999),
    **{
        f"{count} others": partial(lambda n: receipts.elsewhere(correction(n), of("page", 1)), count)
        for count in (0, 10, 24)
    },
    "after the write": lambda: receipts.elsewhere(correction(24, "done"), of("turn", 1)),
    "listen": lambda: receipts.listen(1, [song(at) for at in range(13)]),
    "nothing to listen to": lambda: receipts.listen(1, []),
}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_within_discords_limits(name: str, language: str) -> None:
    with speaking(language):
        page = PAGES[name]()
    check(page)
    assert page.content_length() <= 4000
    assert all(isinstance(item, Tap) for item in page.walk_children() if item.is_dispatchable())


def test_a_playlist_has_its_own_pages_of_ten_lines_at_most_the_least_sure_first() -> None:
    pages = whole(dry_runs.of(planned(36, title="Song")))
    assert [len(lines(page)) for page in pages[:6]] == [10, 2] * 3
    numbers = [[int(re.findall(r"Song (\d+)", line)[0]) for line in lines(page)] for page in pages[:6]]
    assert numbers[0] + numbers[1] == list(range(33, -1, -3)), "the last songs are the least sure"
    assert [re.findall(r"### 🟦 \*\*(P\d)\*\*", said(page)) for page in pages[:6]] == [["P1"]] * 2 + [["P2"]] * 2 + [
        ["P3"]
    ] * 2


def test_every_line_is_on_exactly_one_page_and_leafing_reaches_all() -> None:
    shown = dry_runs.of(planned(47, asked=13, removed=5, title="Song"), stays(23))
    pages = whole(shown)
    assert sum(len(lines(page)) for page in pages) == 47 + 13 + 5 + 23
    onward = [tap for page in pages for tap in taps(page) if getattr(tap, "label", "") and tap.label.startswith("Page")]
    assert {tap.custom_id for tap in onward} == {str(of("page", DONE.write, at)) for at in range(len(pages))}


@pytest.mark.parametrize("playlists", [3, 25])
def test_the_select_reaches_each_playlist_the_questions_and_what_stays(playlists: int) -> None:
    shown = dry_runs.of(planned(300, asked=4, playlists=playlists, title="Song"), stays(5))
    menus = [tap for tap in taps(dry_runs.page(shown)) if hasattr(tap, "options")]
    options = [option for menu in menus for option in menu.options]
    assert [option.label for option in options] == [
        *(f"P{at}" for at in range(1, playlists + 1)),
        "What I'd ask",
        "What stays",
    ]
    assert len({menu.custom_id for menu in menus}) == len(menus) == (2 if playlists == 25 else 1)
    heads = [said(dry_runs.page(shown, shown.page_of(option.value))).partition("### ")[2] for option in options]
    assert [head.splitlines()[0] for head in heads] == [
        *(f"🟦 **P{at}**" for at in range(1, playlists + 1)),
        "I'd ask you about 4 songs",
        "5 songs stay where they are",
    ]
    assert shown.page_of("forged") == 0


def test_no_line_is_left_out_however_long_the_names() -> None:
    shown = dry_runs.of(replace(HUGE, receipt=replace(HUGE.receipt, playlists={1: playlist(1), 2: playlist(2)})))
    assert [len(lines(page)) for page in whole(shown)[:2]] == [10, 5]
    assert "more" not in said(whole(shown)[0])


def test_what_was_ruled_out_is_struck_through_and_counts_as_staying() -> None:
    before = planned(3, title="Song")
    changes = [replace(before.receipt.changes[0], state="ruled out"), *before.receipt.changes[1:]]
    after = replace(before, receipt=replace(before.receipt, changes=changes))
    assert after.receipt.left == before.receipt.left + 1
    page = dry_runs.page(dry_runs.of(after))
    assert "**2 of 18 songs would be placed**" in said(page)
    assert [line[:4] for line in lines(page)] == ["- ~~"]
    places = next(tap for tap in taps(page) if hasattr(tap, "options"))
    assert [option.description for option in places.options] == ["0 songs", "1 song", "1 song", "16 songs"]
    menu = next(tap for tap in taps(dry_runs.not_there(dry_runs.of(after), 0)) if hasattr(tap, "options"))
    assert [option.value for option in menu.options] == ["0"], "so that it can be put back"
    assert "1 song still counts" in messages.cancelled(after.receipt)
    assert messages.cancelled(before.receipt) == "Nothing was changed."


def test_a_dry_run_that_would_change_nothing_has_nothing_to_apply() -> None:
    page = dry_runs.page(dry_runs.of(planned(0), stays(15)))
    assert "There's nothing to do" in said(page)
    assert [tap.label for tap in taps(page)] == ["Listen", "Page 2 of 2"]
    empty = planned(0)
    without = replace(empty, receipt=replace(empty.receipt, write=replace(empty.receipt.write, total=0)))
    assert said(dry_runs.page(dry_runs.of(without))).startswith("There's nothing to do"), "and not: 0 of 0 songs"


def test_what_goes_in_after_all_can_only_be_said_before_the_write() -> None:
    labels = [
        [tap.label for tap in taps(receipts.elsewhere(correction(1, state), of("turn", 1)))]
        for state in ("planned", "done")
    ]
    assert [names[1:] for names in labels] == [["None of them", "There after all", "Back"], ["None of them", "Back"]]


@pytest.mark.parametrize("knows", [True, False])
def test_what_is_expected_says_when_it_leaves_out_songs_that_belong_nowhere(knows: bool) -> None:
    shown = dry_runs.page(dry_runs.of(replace(planned(5), knows_none=knows)))
    assert ("if each of them belongs in one of your playlists" in said(shown)) is not knows
