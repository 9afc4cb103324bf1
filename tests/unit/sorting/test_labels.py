"""Answers fold to verdicts, whatever order they arrive in."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.sorting.labels import Answer, Kind, Source, Verdict, event_at, fold

PLAYLISTS = st.integers(1, 4)
ANSWERS = st.builds(
    Answer,
    song=st.sampled_from(["a", "b"]),
    kind=st.sampled_from(Kind),
    playlists=st.lists(PLAYLISTS, min_size=1, max_size=3, unique=True).map(tuple),
    source=st.sampled_from(Source),
    event=st.integers(0, 10**18),
)


def said(kind: Kind, *playlists: int, event: int = 1, source: Source = Source.BUTTON) -> Answer:
    return Answer("a", kind, playlists, source, event)


def test_the_newest_answer_wins() -> None:
    assert fold([said(Kind.ONLY, 1, event=1), said(Kind.ONLY, 2, event=2)])["a"].yes == {2}


def test_also_adds_and_only_replaces() -> None:
    both = [said(Kind.ONLY, 1, event=1), said(Kind.ALSO, 2, event=2)]
    assert fold(both)["a"].yes == {1, 2}
    assert fold([*both, said(Kind.ONLY, 3, event=3)])["a"].yes == {3}


def test_none_of_them_is_overruled_by_a_later_playlist() -> None:
    assert fold([said(Kind.ONLY, 1, event=1), said(Kind.NONE, event=2)])["a"] == Verdict(none=True)
    assert not fold([said(Kind.NONE, event=1), said(Kind.ONLY, 1, event=2)])["a"].none


def test_not_there_lasts_until_the_member_adds_the_song_there() -> None:
    verdict = fold([said(Kind.ONLY, 1, event=1), said(Kind.NOT, 1, event=2, source=Source.RECEIPT)])["a"]
    assert verdict.no == {1}
    assert not verdict.yes
    assert not verdict.settled
    assert not fold([said(Kind.NOT, 1, event=1), said(Kind.ONLY, 1, event=2)])["a"].no


def test_a_skip_changes_nothing_that_is_known() -> None:
    verdict = fold([said(Kind.ONLY, 1, event=1), said(Kind.SKIP, event=2)])["a"]
    assert verdict.yes == {1}
    assert verdict.skipped


@given(st.lists(ANSWERS, unique_by=lambda answer: answer.event), st.randoms())
def test_order_of_arrival_does_not_matter(answers, random) -> None:
    shuffled = list(answers)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(answers)


@given(st.lists(ANSWERS))
def test_a_playlist_is_never_both_yes_and_no(answers) -> None:
    for verdict in fold(answers).values():
        assert not verdict.yes & verdict.no
        assert not (verdict.none and verdict.yes)


def test_moments_sort_with_discords_snowflakes() -> None:
    # From Discord's documentation: 175928847299117063 was created at 2016-04-30 11:18:25.796 UTC.
    assert event_at(1_462_015_105_796) == 175928847299117063 >> 22 << 22
