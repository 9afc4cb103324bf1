"""Teacher and student: what unlabelled songs and names add; and any labels give valid probabilities."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.scorer import open_model
from bot.core.features import SongFeatures
from bot.core.sorting.decide import PlaylistRule, Scores, decide
from bot.core.sorting.learning.dataset import CORRECTION, Label, TrainingSet
from tests.unit.tastes import labelled, library, style_of
from training.dataset import examples_of
from training.model.cross_validation import usual_temperature
from training.model.export import to_file
from training.model.fit import fit
from training.model.heads import near_weight
from training.model.hints import hints_of
from training.model.teacher import SongRows, view_of
from training.problems import NothingToTellApart

SONGS = library(styles=4, per_style=40)


def scores_of(training: TrainingSet) -> Scores:
    return open_model("", to_file(fit(training), {})).score(list(training.songs.values()))


def right(scores: Scores, songs: dict[str, SongFeatures]) -> float:
    guesses = np.array(scores.classes)[scores.probabilities.argmax(axis=1)]
    return float((guesses == np.array([style_of(song) for song in songs])).mean())


# ------------------------------------------------------------------ hints
TAGGED = {f"jazz {at}": SongFeatures({"year": 1984.5}, {"genres": frozenset({"vocal jazz"})}) for at in range(4)} | {
    f"other {at}": SongFeatures({"year": 2011.5}, {"genres": frozenset({"pop"})}) for at in range(6)
}


@pytest.mark.parametrize(
    ("name", "songs"),
    [
        ("Late night jazz", [f"jazz {at}" for at in range(4)]),
        ("80s_drive", [f"jazz {at}" for at in range(4)]),
        ("the 1980s", [f"jazz {at}" for at in range(4)]),
        ("Pop", []),  # a word shared by more than half of the library is no hint
        ("Sunday", []),
        ("🌙", []),
    ],
)
def test_a_playlists_name_is_a_hint_for_songs_with_its_words_or_decade(name: str, songs: list[str]) -> None:
    assert [list(spoken) for _, spoken in hints_of({7: name}, TAGGED)] == ([songs] if songs else [])


def test_a_telling_name_helps_while_labels_are_few() -> None:
    plain = labelled(SONGS, [1, 1, 1, 1])
    named = TrainingSet(
        plain.songs, plain.labels, {n: f"My style {n - 1} tunes {n - 1}" for n in range(1, 5)}, False, False
    )
    assert right(scores_of(named), SONGS) >= right(scores_of(plain), SONGS) - 0.02


# ------------------------------------------------------------------ labels
def test_with_more_labels_neighbours_count_less_and_labels_more() -> None:
    few, many = (examples_of(labelled(SONGS, [n] * 4)) for n in (1, 20))
    assert near_weight(few, np.arange(len(few.songs))) > near_weight(many, np.arange(len(many.songs)))
    assert usual_temperature(few) > usual_temperature(many)


def test_a_correction_weighs_less_than_a_button() -> None:
    labels = [Label("0:00000", 1, True, CORRECTION), Label("1:00000", 2, True, "button")]
    examples = examples_of(TrainingSet(SONGS, labels, {1: "A", 2: "B"}, False, False))
    assert examples.weight[0] < examples.weight[1]


some_labels = st.lists(
    st.builds(
        Label,
        st.sampled_from(sorted(SONGS)[::7]),
        st.sampled_from([1, 2, 3, None]),
        st.booleans(),
        st.sampled_from(["button", "reaction", "receipt", "hand", "csv", CORRECTION]),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(labels=some_labels, several=st.booleans(), everything=st.booleans())
def test_any_labels_give_probabilities_or_are_reported_as_too_few(
    labels: list[Label], several: bool, everything: bool
) -> None:
    labels = [label for label in labels if label.verdict or label.playlist is not None]
    training = TrainingSet(SONGS, labels, {1: "A", 2: "B", 3: "C"}, several, everything)
    try:
        scores = scores_of(training)
    except NothingToTellApart:
        return
    assert np.isfinite(scores.probabilities).all()
    assert (scores.probabilities >= 0).all()
    assert (scores.probabilities <= 1).all()
    if fit(training).examples.exclusive:
        assert np.allclose(scores.probabilities.sum(axis=1), 1, atol=1e-5)


def test_twenty_five_playlists_can_be_learned() -> None:
    many = library(styles=25, per_style=12)
    assert right(scores_of(labelled(many, [4] * 25)), many) > 0.5


def test_a_small_playlist_next_to_a_large_one_does_not_break_the_promise() -> None:
    both = library(styles=2, per_style=120)
    uneven = {song: features for song, features in both.items() if style_of(song) == 1 or song < "1:00015"}
    scores = scores_of(labelled(uneven, [80, 3]))
    rules = [PlaylistRule(1, 2, True), PlaylistRule(2, 2, True)]
    added = [
        decision for decision in decide(scores, rules, several=False, everything=False) if decision.outcome == "add"
    ]
    truth = [style_of(song) for song in uneven]
    assert sum(decision.playlists == (truth[decision.song],) for decision in added) >= 0.85 * len(added) > 0


def test_identical_songs_give_even_guesses() -> None:
    alike = {song: SongFeatures({"energy": 0.5}) for song in SONGS}
    scores = scores_of(labelled(alike, [2, 2, 2, 2]))
    assert np.ptp(scores.probabilities, axis=0).max() < 1e-5


def test_an_artists_average_sound_counts_songs_under_every_way_to_write_the_name() -> None:
    def seen(names: Sequence[str], numbers: Sequence[float]) -> SongRows:
        songs = [SongFeatures({}, {"artists": frozenset({name})}) for name in names]
        column = np.array(numbers, np.float32)[:, None]
        return SongRows(songs, column, np.eye(len(songs), 3, dtype=np.float32), np.zeros((len(songs), 0), np.float32))

    library = seen(["The Band", "Band feat. Ann", "Bea"], [1, 3, 8])
    view = view_of(seen(["band"], [9]), library)
    assert view.own[0, -1] == pytest.approx(view.library_own[0, -1])
    assert view.library_own[0, -1] == pytest.approx(view.library_own[1, -1])
