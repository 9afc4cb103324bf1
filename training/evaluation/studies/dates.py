"""Dates: whether knowing when songs were liked helps a member's model.

Moods come in phases, so last winter's likes may well belong together; but a model that learns phases can be useless
for the next one. So it's tested the way it's used: trained on older labels, tested on newer ones (chronological
validation).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bot.core.features import LIKED, SongFeatures
from training.dataset import Examples
from training.model.cross_validation import likelihood, usual_temperature
from training.model.heads import Logits, fit_head, probabilities
from training.model.teacher import View

LEAST = 30  # dated labels; with fewer, the result would be down to chance
NEWEST = 1 / 3  # share of them to test on
GAIN = 0.1  # nats per song that dates must gain: most members tested gained less than they risked


def without_dates(songs: Mapping[str, SongFeatures]) -> dict[str, SongFeatures]:
    """Return the songs without their dates."""
    return {song: undated(features) if LIKED in features.numbers else features for song, features in songs.items()}


def undated(song: SongFeatures) -> SongFeatures:
    """Return the song without the date it was liked."""
    numbers = {name: value for name, value in song.numbers.items() if name != LIKED}
    return replace(song, numbers=numbers, provenance={n: s for n, s in song.provenance.items() if n != LIKED})


def dates_may_help(songs: Mapping[str, SongFeatures], examples: Examples) -> bool:
    """Whether there are enough labelled songs with dates, and the dates differ."""
    dates = {songs[song].numbers[LIKED] for song in examples.songs if LIKED in songs[song].numbers}
    return len(dates) >= LEAST


def dates_help(plain: Logits, dated: Logits) -> bool:
    """Whether dates help predict the newest labels by more than chance explains."""
    gains = (dated - plain)[np.isfinite(dated - plain)]
    if len(gains) < 2:
        return False
    return bool(gains.mean() > max(GAIN, gains.std(ddof=1) / np.sqrt(len(gains))))


def newest_likelihoods(view: View, examples: Examples, songs: Mapping[str, SongFeatures]) -> Logits:
    """Return the log-likelihood of each of the newest labels under a model of the older ones."""
    dates = [songs[song].numbers.get(LIKED, -np.inf) for song in examples.songs]
    order = np.argsort(dates, kind="stable")
    older, newest = np.split(order, [len(order) - int(NEWEST * np.isfinite(dates).sum())])
    newest = newest[examples.settled[newest]]
    logits = fit_head(view, examples, older).logits(view.space[newest])
    guesses = probabilities(logits, examples.exclusive, usual_temperature(examples))
    return likelihood(guesses, examples.truth[newest], examples.exclusive)
