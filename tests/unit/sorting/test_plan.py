"""The plan changes only what it must (promise P4)."""

from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.sorting.writing.plan import BATCH, Plan, batches, plan, runs
from tests.unit.plans import carry_out

SONGS = st.integers(0, 30).map(lambda number: f"song-{number}")
PLAYLIST = st.lists(SONGS | st.none(), max_size=40)
CASES = 20  # per draw
ADDITIONS = st.lists(st.tuples(SONGS, st.none() | st.integers(0, 50)), max_size=20)


def case(drawn: bytes) -> tuple[list[str | None], list[tuple[str, int | None]], frozenset[str], frozenset[str]]:
    """Decode a case from bytes: cheap enough to draw ten thousand, and it still shrinks well."""
    names = [None if byte > 250 else f"song-{byte % 31}" for byte in drawn]
    parts = [names[start::4] for start in range(4)]
    add = [(song, byte if byte < 40 else None) for song, byte in zip(parts[1], drawn, strict=False) if song]
    return parts[0], add, frozenset(filter(None, parts[2])), frozenset(filter(None, parts[3]))


@pytest.mark.slow
@given(st.binary(min_size=600, max_size=2_000))
@settings(max_examples=10_000 // CASES, deadline=None)
def test_p04_a_sort_never_removes_what_a_person_added(drawn: bytes) -> None:
    for start in range(CASES):  # ten thousand cases in all; draws are slow, so each is split into several
        current, add, remove, ours = case(drawn[start::CASES])
        todo = plan(current, add, remove, ours)
        after = carry_out(todo, current)
        kept = [song for song in current if song not in ours]
        assert set(todo.remove) <= ours & remove
        assert [song for song in after if song in kept] == kept
        assert set(after) - set(current) == set(todo.append) | {song for _, song in todo.insert}


@given(PLAYLIST, ADDITIONS, st.frozensets(SONGS, max_size=20), st.frozensets(SONGS, max_size=20))
@settings(deadline=None)
def test_p01_an_applied_plan_leaves_nothing_to_plan(current, add, remove, ours) -> None:
    add = [(song, at) for song, at in add if song not in remove]
    after = carry_out(plan(current, add, remove, ours), current)
    assert not plan(after, add, remove, ours)
    assert len(after) - len(set(after)) <= len(current) - len(set(current))


def test_p02_songs_already_there_are_not_added_again() -> None:
    assert plan(["a", "b"], [("a", None), ("c", None)], (), frozenset()) == Plan(append=("c",))


def test_a_hole_keeps_its_place() -> None:
    assert carry_out(Plan(insert=((1, "b"),)), ["a", None]) == ["a", "b", None]


@given(st.integers(0, 1_000))
def test_requests_are_the_arithmetic_floor(count) -> None:
    todo = plan([], [(f"song-{number}", None) for number in range(count)], (), frozenset())
    assert todo.requests == ceil(count / BATCH) == len(list(batches(todo.append)))


def test_neighbours_are_put_back_together() -> None:
    assert list(runs([(2, "a"), (3, "b"), (7, "c")])) == [(2, ["a", "b"]), (7, ["c"])]


@given(PLAYLIST.map(lambda songs: list(dict.fromkeys(filter(None, songs)))), st.data())
@settings(deadline=None)
def test_undoing_a_removal_puts_songs_back_in_place(songs, data) -> None:
    removed = data.draw(st.frozensets(st.sampled_from(songs), max_size=10)) if songs else frozenset()
    after = carry_out(plan(songs, (), removed, removed), songs)
    back = plan(after, [(song, songs.index(song)) for song in removed], (), frozenset())
    assert carry_out(back, after) == songs
