"""A member's edits by hand become labels; the bot's own writes don't."""

from dataclasses import replace

from bot.core.sorting.labels import Kind, Verdict, fold
from bot.core.sorting.manual_edits import Seen, blanked, edit_answers, standing_answers

LIKED = frozenset("abcdef")


def seen(before: str, now: str, ours: str) -> Seen:
    return Seen(frozenset(before), frozenset(now), frozenset(ours))


def test_removing_a_song_we_added_means_it_does_not_belong() -> None:
    (answer,) = edit_answers({1: seen("ab", "b", "a")}, {}, LIKED, several=False, event=10)
    assert (answer.song, answer.kind, answer.playlists) == ("a", Kind.NOT, (1,))


def test_a_song_removed_from_two_playlists_at_once_belongs_in_neither() -> None:
    """One event stores one answer per song (`answers.add_all`)."""
    (answer,) = edit_answers({1: seen("a", "", "a"), 2: seen("a", "", "a")}, {}, LIKED, several=True, event=10)
    assert fold([answer])["a"].no == {1, 2}


def test_removing_a_song_the_member_added_keeps_a_sort_from_putting_it_back() -> None:
    (answer,) = edit_answers({1: seen("abz", "b", "")}, {}, LIKED, several=False, event=10)
    assert (answer.song, answer.kind, answer.playlists) == ("a", Kind.NOT, (1,))


def test_removing_a_song_the_member_added_says_nothing_where_no_sort_would_put_it_back() -> None:
    """What's said elsewhere about the song, or by the same recording, is all there is to say."""
    placed = {"a": Verdict(yes=frozenset({2})), "b": Verdict(none=True)}
    assert edit_answers({1: seen("ab", "", "")}, placed, LIKED, several=False, event=10) == []
    moved = edit_answers({1: seen("a", "", ""), 2: seen("", "a", "")}, {}, LIKED, several=False, event=10)
    assert [answer.kind for answer in moved] == [Kind.ONLY]
    swapped = replace(seen("a", "x", ""), replaced=frozenset("a"))
    assert edit_answers({1: swapped}, {}, LIKED, several=False, event=10) == []


def test_removing_a_song_that_the_members_answers_place_there_overrules_them() -> None:
    said = {song: Verdict(yes=frozenset({playlist})) for song, playlist in (("a", 1), ("b", 2))}
    (answer,) = edit_answers({1: seen("ab", "", "")}, said, LIKED, several=True, event=10)
    assert (answer.song, answer.kind, answer.playlists) == ("a", Kind.NOT, (1,))


def test_a_song_added_by_hand_belongs_if_it_is_liked() -> None:
    learned = edit_answers({1: seen("", "az", "")}, {}, LIKED, several=False, event=10)
    assert [(answer.song, answer.kind) for answer in learned] == [("a", Kind.ONLY)]


def test_our_own_additions_create_no_label() -> None:
    assert edit_answers({1: seen("", "a", "a")}, {}, LIKED, several=False, event=10) == []


def test_a_move_is_a_no_and_a_yes() -> None:
    moved = {1: seen("a", "", "a"), 2: seen("", "a", "")}
    verdict = fold(edit_answers(moved, {}, LIKED, several=False, event=10))["a"]
    assert (verdict.yes, verdict.no) == ({2}, {1})


def test_playlists_as_labels_name_every_playlist_of_a_song() -> None:
    learned = standing_answers({1: ["a", "z"], 2: ["a", "b"]}, LIKED, several=False, event=1)
    assert {answer.song: answer.playlists for answer in learned} == {"a": (1, 2), "b": (2,)}
    (one_of_them,) = standing_answers({1: ["a"]}, LIKED, several=True, event=1)
    assert not fold([one_of_them])["a"].excludes(2, several=True), "the bot may have put it there"


def test_an_emptied_place_does_not_count_as_a_removal() -> None:
    assert blanked(["a", "b", "c"], ["a", None, "c"]) == {"b"}
    assert blanked(["a", "b", "c"], ["a", "c"]) == set()
    assert blanked(["a", "b", None], ["b", None, None]) == set()
