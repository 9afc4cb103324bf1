"""History: the difference between two looks at a playlist, and the way back. Pure."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.records import Item
from bot.core.sorting.history import By, attributed, difference, earlier
from bot.core.sorting.writing.writes import Action

SONGS = st.one_of(st.none(), st.sampled_from([f"s{number}" for number in range(12)]))
PLACES = st.lists(SONGS.map(lambda song: Item(song, None, naming=song)), max_size=30)


@given(before=PLACES, after=PLACES)
def test_every_state_can_be_had_back_whatever_changed(before: list[Item], after: list[Item]) -> None:
    """Songs that are in it twice, moved ones and empty places as well."""
    assert earlier(after, difference(before, after)) == before


def items(songs: str) -> list[Item]:
    return [Item(None if song == "-" else song, None) for song in songs]


def edits(before: str, after: str) -> list[tuple[Action, int, str | None]]:
    return [(edit.action, edit.position, edit.song) for edit in difference(items(before), items(after))]


def test_a_difference_is_the_smallest() -> None:
    assert edits("abcd", "abcd") == []
    assert edits("abcd", "acdb") == [(Action.REMOVE, 1, "b"), (Action.ADD, 3, "b")], "only b was moved"
    assert edits("abc", "xabc") == [(Action.ADD, 0, "x")]
    assert edits("abab", "ab") == [(Action.REMOVE, 2, "a"), (Action.REMOVE, 3, "b")]


def test_each_edit_says_who_made_it() -> None:
    found = difference(items("abcd"), items("abx-"))
    told = attributed(found, lines={("x", "add"): 7}, lately={"c"}, blank={"d"})
    assert {edit.song: (edit.by, edit.change) for edit in told} == {
        "c": (By.US, None),
        "d": (By.SPOTIFY, None),
        "x": (By.US, 7),
        None: (By.SPOTIFY, None),
    }
