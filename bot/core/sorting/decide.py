"""Decide: what happens to a song, given each playlist's probability and how many wrong songs its member accepts.

A misplaced song costs more than a question, a question more than a song left alone. "2 wrong songs in 20" applies to
everything that's added, not to each song: the surest songs are *added* while enough of them are expected to be right,
but none that isn't likely by itself. The member is *asked* where one tap will probably place a song: the best guess is
more likely right than wrong, or it's one of two playlists. Anything else is *left*, unless the layer places
everything. Pure.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Outcome = Literal["add", "ask", "leave"]
Certainty = Literal["sure", "likely", "unsure"]

OUT_OF = 20  # songs; members think in "mistakes in 20"
LEAST_MISTAKES = 0.5  # "none in 20" means less than half a mistake expected: no model is ever certain
ODDS_ON = 0.5  # more likely right than wrong: worth a tap
SURE, LIKELY = 0.9, 0.6  # where the words begin; less than likely is never added unasked
NEVER = 2.0  # a threshold that no probability reaches


@dataclass(frozen=True, slots=True)
class Scores:
    """A model's scores of n songs. `classes` are playlist ids, None for "none of them".

    probabilities: float32 (n, c), calibrated; rows sum to one unless a song may be in several playlists.
    space: float32 (n, k), rows of length 1: near means similar. known: bool (n,), whether the song has any features.
    """

    classes: tuple[int | None, ...]
    probabilities: NDArray[np.float32]
    space: NDArray[np.float32]
    known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PlaylistRule:
    """A playlist's settings: accepted wrong songs in 20, and whether songs are added without asking."""

    id: int
    mistakes: float
    automatic: bool

    @property
    def target_precision(self) -> float:
        """The share of added songs that should be right, 0 to 1."""
        return 1 - max(self.mistakes, LEAST_MISTAKES) / OUT_OF

    @property
    def settings(self) -> tuple[float, bool]:
        """The target precision, and whether songs are added without asking."""
        return self.target_precision, self.automatic


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one song. `playlists`: where it goes, or the guesses to ask about, likeliest first.

    `probability` is that of the least likely playlist added, or of the best guess.
    """

    song: int
    outcome: Outcome
    playlists: tuple[int, ...]
    probability: float

    @property
    def certainty(self) -> Certainty:
        """The probability as the word that members read."""
        return certainty(self.probability)


def certainty(probability: float) -> Certainty:
    """Say a probability in a word."""
    if probability >= SURE:
        return "sure"
    return "likely" if probability >= LIKELY else "unsure"


Thresholds = Mapping[int, float]  # playlist → the probability from which a song goes in
Standing = Sequence[Collection[int]]  # for each song, the playlists that hold it already


def thresholds_of(
    scores: Scores, playlists: Sequence[PlaylistRule], several: bool, standing: Standing | None = None
) -> Thresholds:
    """Return each playlist's threshold: as low as its accepted mistakes allow over all of `scores`' songs.

    The songs that reach a threshold have a mean probability of `target_precision`: with calibrated probabilities that's
    the expected precision (Lewis 1995). Playlists with the same settings share a threshold, because some are harder to
    tell apart; songs that are asked about first make up for no mistakes among those that aren't, nor do songs in a
    playlist that holds them already.
    """
    best = scores.probabilities.max(axis=1, initial=0.0)
    guesses: dict[tuple[float, bool], list[NDArray[np.float32]]] = defaultdict(list)
    for rule in playlists:
        if rule.id in scores.classes:
            own = scores.probabilities[:, scores.classes.index(rule.id)]
            open_ = scores.known & (several | (own == best))
            if standing is not None:
                open_ &= np.array([rule.id not in held for held in standing], bool)
            guesses[rule.settings].append(own[open_])
    thresholds = {settings: _threshold(np.concatenate(group), settings[0]) for settings, group in guesses.items()}
    return {rule.id: thresholds[rule.settings] for rule in playlists if rule.id in scores.classes}


def _threshold(probabilities: NDArray[np.float32], target_precision: float) -> float:
    falling = -np.sort(-probabilities.astype(np.float64))
    expected = np.cumsum(falling) / np.arange(1, len(falling) + 1)
    last = np.diff(falling, append=-1) < 0  # of those with its probability: they go in together or not at all
    enough = np.flatnonzero(last & (expected >= target_precision) & (falling >= min(LIKELY, target_precision)))
    return float(falling[enough[-1]]) if len(enough) else NEVER


def decide(
    scores: Scores,
    playlists: Sequence[PlaylistRule],
    several: bool,
    everything: bool,
    thresholds: Thresholds | None = None,
    standing: Standing | None = None,
) -> list[Decision]:
    """Return the decisions about each song, in the order of the songs.

    thresholds: from `thresholds_of` over more songs than these; by default over just these. Classes without a rule
    (playlists let go) and rules without a class (not learned yet) are ignored. Where songs may be in several playlists,
    a song that's added somewhere and is also likely in a playlist that asks first yields two decisions. A playlist that
    holds the song is no place for it, and a song in any playlist has its place if `everything` is to have one.
    """
    thresholds = thresholds_of(scores, playlists, several, standing) if thresholds is None else thresholds
    rules = {rule.id: rule for rule in playlists}
    columns = [(at, rules[name]) for at, name in enumerate(scores.classes) if name in rules]
    place = _several if several else _single
    decisions: list[Decision] = []
    for song, (row, held) in enumerate(zip(scores.probabilities, standing or [()] * len(scores.known), strict=True)):
        open_ = [(float(row[at]), rule) for at, rule in columns if rule.id not in held]
        guesses = sorted(open_, key=lambda guess: (-guess[0], guess[1].id)) if scores.known[song] else []
        decisions += place(song, guesses, everything and not held, thresholds)
    return decisions


Guesses = Sequence[tuple[float, PlaylistRule]]  # likeliest first


def _single(song: int, guesses: Guesses, everything: bool, thresholds: Thresholds) -> list[Decision]:
    if guesses and guesses[0][0] >= thresholds.get(guesses[0][1].id, NEVER):
        best = guesses[:1]
        return [_decision(song, "add" if best[0][1].automatic else "ask", best)]
    worth_asking = everything or _one_tap_settles(guesses)
    return [_decision(song, "ask" if worth_asking else "leave", guesses[:2])]


def _one_tap_settles(guesses: Guesses) -> bool:
    """Whether the best guess is likelier than not, or the two best together are nearly certain."""
    if not guesses:
        return False
    best, rule = guesses[0]
    return best >= ODDS_ON or sum(probability for probability, _ in guesses[:2]) >= rule.target_precision


def _several(song: int, guesses: Guesses, everything: bool, thresholds: Thresholds) -> list[Decision]:
    likely = [(p, rule) for p, rule in guesses if p >= thresholds.get(rule.id, NEVER)]
    added = [(p, rule) for p, rule in likely if rule.automatic]
    if added:
        first_asked = [(p, rule) for p, rule in likely if not rule.automatic]
        return [_decision(song, "add", added)] + ([_decision(song, "ask", first_asked)] if first_asked else [])
    plausible = [(p, rule) for p, rule in guesses if p >= min(ODDS_ON, thresholds.get(rule.id, NEVER))]
    return [_decision(song, "ask" if plausible or everything else "leave", plausible or guesses[:2])]


def _decision(song: int, outcome: Outcome, guesses: Guesses) -> Decision:
    if outcome == "add":
        return Decision(song, outcome, tuple(rule.id for _, rule in guesses), min(p for p, _ in guesses))
    return Decision(song, outcome, tuple(rule.id for _, rule in guesses), guesses[0][0] if guesses else 0.0)
