"""Decide: add songs that are likely enough, ask if one tap settles it, and leave the rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.sorting.decide import Decision, PlaylistRule, Scores, certainty, decide, thresholds_of


def scores(*rows: list[float], classes: tuple[int | None, ...] = (1, 2, None), known: bool = True) -> Scores:
    n = len(rows)
    return Scores(classes, np.array(rows, np.float32), np.zeros((n, 1), np.float32), np.full(n, known))


RULES = [PlaylistRule(1, 2, True), PlaylistRule(2, 2, True)]


def outcomes(decisions: list[Decision]) -> list[str]:
    return [decision.outcome for decision in decisions]


def test_songs_likely_enough_for_the_tolerated_mistakes_are_added() -> None:
    rows = scores([0.86, 0.08, 0.06], [0.91, 0.05, 0.04])
    assert outcomes(decide(rows, RULES, False, False)) == ["ask", "add"]
    assert outcomes(decide(rows, [PlaylistRule(1, 3, True)], False, False)) == ["add", "add"]


def test_mistakes_are_averaged_over_all_added_songs() -> None:
    rows = scores([0.99, 0.005, 0.005], [0.98, 0.01, 0.01], [0.75, 0.2, 0.05], [0.62, 0.3, 0.08])
    assert outcomes(decide(rows, RULES, False, False)) == ["add", "add", "add", "ask"]
    assert thresholds_of(rows, RULES, False)[1] == pytest.approx(0.75)


def test_equally_likely_songs_go_in_together_or_not_at_all() -> None:
    sure, alike = [0.99, 0.005, 0.005], [0.62, 0.19, 0.19]
    assert outcomes(decide(scores(*[sure] * 10, *[alike] * 3), RULES, False, False)) == ["add"] * 13
    assert outcomes(decide(scores(*[sure] * 10, *[alike] * 200), RULES, False, False)) == ["add"] * 10 + ["ask"] * 200


def test_songs_of_a_playlist_that_asks_first_do_not_make_up_for_mistakes_in_another() -> None:
    sure, likely = [0.99, 0.005, 0.005], [0.15, 0.7, 0.15]
    rules = [PlaylistRule(1, 2, False), PlaylistRule(2, 2, True)]
    assert outcomes(decide(scores(*[sure] * 50, *[likely] * 10), RULES, False, False)) == ["add"] * 60
    assert "add" not in outcomes(decide(scores(*[sure] * 50, *[likely] * 10), rules, False, False))


def test_an_unlikely_song_is_never_added() -> None:
    rows = scores(*[[0.999, 0.001, 0.0]] * 20, [0.55, 0.4, 0.05])
    assert outcomes(decide(rows, RULES, False, False))[-1] == "ask"


def test_a_new_like_is_held_to_the_whole_librarys_threshold() -> None:
    thresholds = thresholds_of(scores([0.99, 0.005, 0.005], [0.85, 0.1, 0.05]), RULES, False)
    new = scores([0.86, 0.1, 0.04])
    assert outcomes(decide(new, RULES, False, False, thresholds)) == ["add"]
    assert outcomes(decide(new, RULES, False, False)) == ["ask"]


def test_a_playlist_that_asks_first_is_asked_about() -> None:
    (decision,) = decide(scores([0.99, 0.005, 0.005]), [PlaylistRule(1, 2, False)], False, False)
    assert (decision.outcome, decision.playlists, decision.certainty) == ("ask", (1,), "sure")


def test_a_song_is_asked_about_only_if_one_tap_probably_settles_it() -> None:
    odds_on, between_two, unclear, none = [0.6, 0.1, 0.3], [0.48, 0.46, 0.06], [0.4, 0.3, 0.3], [0.1, 0.1, 0.8]
    decisions = decide(scores(odds_on, between_two, unclear, none), RULES, False, False)
    assert outcomes(decisions) == ["ask", "ask", "leave", "leave"]
    assert decisions[1].playlists == (1, 2)


def test_if_every_song_has_a_place_none_is_left() -> None:
    decisions = decide(scores([0.4, 0.3, 0.3], [0.1, 0.1, 0.8]), RULES, False, True)
    assert outcomes(decisions) == ["ask", "ask"]


def test_a_song_without_features_is_never_added() -> None:
    blind = scores([0.99, 0.005, 0.005], known=False)
    assert outcomes(decide(blind, RULES, False, False)) == ["leave"]
    assert outcomes(decide(blind, RULES, False, True)) == ["ask"]


def test_a_song_can_join_several_playlists_and_be_asked_about_another() -> None:
    rules = [PlaylistRule(1, 2, True), PlaylistRule(2, 2, True), PlaylistRule(3, 2, False)]
    rows = scores([0.95, 0.93, 0.97], [0.1, 0.6, 0.2], [0.1, 0.2, 0.3], classes=(1, 2, 3))
    decisions = decide(rows, rules, True, False)
    assert [(decision.song, decision.outcome, decision.playlists) for decision in decisions[:3]] == [
        (0, "add", (1, 2)),
        (0, "ask", (3,)),
        (1, "ask", (2,)),
    ]
    assert decisions[0].probability == pytest.approx(0.93)
    assert decisions[3].outcome == "leave"


def test_removed_and_unlearned_playlists_are_ignored() -> None:
    decisions = decide(scores([0.95, 0.03, 0.02]), [PlaylistRule(2, 2, True), PlaylistRule(7, 2, True)], False, False)
    assert (decisions[0].outcome, decisions[0].playlists) == ("leave", (2,))
    assert outcomes(decide(scores([0.95, 0.03, 0.02]), [], False, True)) == ["ask"]


def test_tolerating_no_mistakes_still_adds_certain_songs() -> None:
    strict = [PlaylistRule(1, 0, True)]
    assert outcomes(decide(scores([0.96, 0.03, 0.01], [0.98, 0.01, 0.01]), strict, False, False)) == ["ask", "add"]


def test_certainty_is_put_in_words() -> None:
    assert [certainty(p) for p in (0.95, 0.7, 0.3)] == ["sure", "likely", "unsure"]


rows = st.lists(
    st.lists(st.floats(0.001, 1), min_size=3, max_size=3).map(lambda row: [p / sum(row) for p in row]), max_size=6
)


@given(rows=rows, mistakes=st.integers(0, 10), more=st.integers(0, 10), everything=st.booleans())
def test_tolerating_more_mistakes_never_adds_less(
    rows: list[list[float]], mistakes: int, more: int, everything: bool
) -> None:
    if not rows:
        return
    strict = decide(
        scores(*rows), [PlaylistRule(1, mistakes, True), PlaylistRule(2, mistakes, True)], False, everything
    )
    easy = [PlaylistRule(1, mistakes + more, True), PlaylistRule(2, mistakes + more, True)]
    for before, after in zip(strict, decide(scores(*rows), easy, False, everything), strict=True):
        assert after.outcome == "add" or before.outcome != "add"
    assert not everything or "leave" not in outcomes(strict)


@given(rows=rows, several=st.booleans())
def test_added_songs_keep_within_the_tolerated_mistakes(rows: list[list[float]], several: bool) -> None:
    if rows:
        added = [decision for decision in decide(scores(*rows), RULES, several, False) if decision.outcome == "add"]
        assert all(decision.probability >= 0.6 for decision in added)
        assert several or not added or np.mean([decision.probability for decision in added]) >= 0.9 - 1e-6
