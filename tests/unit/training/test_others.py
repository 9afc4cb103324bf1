"""Other playlists: songs that were put together once are alike, and a model learns it."""

from dataclasses import replace

import numpy as np
import pytest

from bot.adapters.scorer import open_model
from bot.core.sorting.learning.columns import keys_of
from bot.core.sorting.learning.dataset import OtherPlaylist, TrainingSet
from tests.unit import tastes
from training.model.export import to_file
from training.model.fit import fit
from training.model.others import placements

STYLES, EACH = 4, 60
SONGS = tastes.library(STYLES, EACH, seed=5)


def put_together(songs: list[str]) -> OtherPlaylist:
    return {song: keys_of("artists", SONGS[song]) for song in songs}


OLD = [
    put_together([f"{style}:{at:05}" for at in range(start, EACH, 2)]) for style in range(STYLES) for start in (0, 1)
]


def right(training: TrainingSet) -> float:
    model = open_model("", to_file(fit(training), {}))
    scores = model.score(list(SONGS.values()))
    guesses = [scores.classes[at] for at in scores.probabilities.argmax(axis=1)]
    return float(np.mean([guess == tastes.style_of(song) for guess, song in zip(guesses, SONGS, strict=True)]))


def test_songs_of_one_playlist_are_nearer_to_each_other_than_to_others() -> None:
    rows = placements(replace(tastes.labelled(SONGS, [1] * STYLES), others=OLD), ["0:00000", "0:00002", "1:00000"])
    together, apart = rows[0] @ rows[1], rows[0] @ rows[2]
    assert together > apart + 0.1


def test_songs_are_near_by_themselves_and_by_their_artists() -> None:
    unnamed = [dict.fromkeys(other, ()) for other in OLD]
    renamed = [{f"other release of {song}": keys for song, keys in other.items()} for other in OLD]
    for others in (unnamed, renamed):
        training = replace(tastes.labelled(SONGS, [1] * STYLES), others=others)
        rows = placements(training, ["0:00000", "0:00002", "1:00000"])
        assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.05


def test_a_playlist_says_the_more_the_fewer_songs_it_has() -> None:
    few, many = [f"0:{at:05}" for at in range(4)], [f"0:{at:05}" for at in (0, *range(4, EACH))]
    others = [dict.fromkeys(songs, ()) for songs in (few, many, list(SONGS)[EACH:])]
    rows = placements(replace(tastes.labelled(SONGS, [1] * STYLES), others=others), ["0:00000", few[1], many[1]])
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_a_model_learns_from_them() -> None:
    training = tastes.labelled(SONGS, [1] * STYLES)
    assert right(replace(training, others=OLD)) > right(training) + 0.03


@pytest.mark.parametrize("others", [[], [{}], [put_together(list(SONGS))], OLD[:1], [OLD[0], OLD[0], OLD[0]]])
def test_playlists_that_say_nothing_do_no_harm(others: list[OtherPlaylist]) -> None:
    training = tastes.labelled(SONGS, [2] * STYLES)
    rows = placements(replace(training, others=others), list(SONGS))
    assert np.isfinite(rows).all()
    assert right(replace(training, others=others)) > right(training) - 0.1
