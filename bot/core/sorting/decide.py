"""Decide: what happens to a song, given how likely each playlist is and how many mistakes its member bears.

A misplaced song costs more than a question, a question more than a song left alone. "Two mistakes in 20" is said of
all that goes in, not of each: so the surest songs are *added* for as long as nine in ten of them are expected to be
right, and none that is not itself likely. The member is *asked* where one tap probably places a song:
the best guess is likelier right than wrong, or lies between two playlists; anything else is *left*. Where everything
is to be placed nothing is left. Pure.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Outcome = Literal["add", "ask", "leave"]
Certainty = Literal["sure", "likely", "unsure"]

OUT_OF = 20  # songs; members think in "mistakes in 20"
LEAST_MISTAKES = 0.5  # "none in 20" means less than half a mistake expected: no model is ever certain
ODDS_ON = 0.5  # likelier right than wrong: a question is worth its tap
SURE, LIKELY = 0.9, 0.6  # where the words begin; what is not even likely never goes in unasked
NEVER = 2.0  # a bar that no probability reaches


@dataclass(frozen=True, slots=True)
class Scores:
    """What a model says of n songs. `classes` are playlist ids, None for "none of them".

    probabilities: float32 (n, c), calibrated; rows sum to one unless a song may be in several playlists.
    space: float32 (n, k), rows of length 1: near means alike. known: bool (n,), whether there was anything to go by.
    """

    classes: tuple[int | None, ...]
    probabilities: NDArray[np.float32]
    space: NDArray[np.float32]
    known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PlaylistRule:
    """A playlist's settings: bearable mistakes in 20, and whether songs go in without asking."""

    id: int
    mistakes: float
    automatic: bool

    @property
    def share_right(self) -> float:
        """The share of what goes in that is to be right."""
        return 1 - max(self.mistakes, LEAST_MISTAKES) / OUT_OF


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
        """The probability in the member's words."""
        return certainty(self.probability)


def certainty(probability: float) -> Certainty:
    """Say a probability in a word."""
    if probability >= SURE:
        return "sure"
    return "likely" if probability >= LIKELY else "unsure"


Bars = Mapping[int, float]  # playlist → the probability from which a song goes in


def bars_of(scores: Scores, playlists: Sequence[PlaylistRule], several: bool) -> Bars:
    """Return the bar of each playlist: as low as its bearable mistakes allow over all of `scores`' songs.

    A bar is set so that the mean probability of what reaches it is `share_right`: with calibrated probabilities that
    is the precision to be expected (Lewis 1995). Playlists that bear the same share one, for some are harder to tell.
    """
    best = scores.probabilities.max(axis=1, initial=0.0)
    guesses: dict[float, list[NDArray[np.float32]]] = defaultdict(list)
    for rule in playlists:
        if rule.id in scores.classes:
            own = scores.probabilities[:, scores.classes.index(rule.id)]
            guesses[rule.share_right].append(own[scores.known & (several | (own == best))])
    bars = {share_right: _bar(np.concatenate(found), share_right) for share_right, found in guesses.items()}
    return {rule.id: bars[rule.share_right] for rule in playlists if rule.id in scores.classes}


def _bar(probabilities: NDArray[np.float32], share_right: float) -> float:
    falling = -np.sort(-probabilities.astype(np.float64))
    expected = np.cumsum(falling) / np.arange(1, len(falling) + 1)
    enough = np.flatnonzero((expected >= share_right) & (falling >= min(LIKELY, share_right)))
    return float(falling[enough[-1]]) if len(enough) else NEVER


def decide(
    scores: Scores, playlists: Sequence[PlaylistRule], several: bool, everything: bool, bars: Bars | None = None
) -> list[Decision]:
    """Return one decision a song, in the order of the songs.

    bars: of `bars_of`, over more songs than are decided about; left out, over just these. Classes without a rule
    (playlists let go of) and rules without a class (not learnt yet) take no part. Where songs may be in several
    playlists, one that goes somewhere and is also likely in a playlist that asks first yields two.
    """
    bars = bars_of(scores, playlists, several) if bars is None else bars
    rules = {rule.id: rule for rule in playlists}
    columns = [(at, rules[name]) for at, name in enumerate(scores.classes) if name in rules]
    place = _several if several else _single
    decisions: list[Decision] = []
    for song, row in enumerate(scores.probabilities):
        guesses = sorted(((float(row[at]), rule) for at, rule in columns), key=lambda guess: (-guess[0], guess[1].id))
        decisions += place(song, guesses if scores.known[song] else [], everything, bars)
    return decisions


Guesses = Sequence[tuple[float, PlaylistRule]]  # likeliest first


def _single(song: int, guesses: Guesses, everything: bool, bars: Bars) -> list[Decision]:
    if guesses and guesses[0][0] >= bars.get(guesses[0][1].id, NEVER):
        best = guesses[:1]
        return [_decision(song, "add" if best[0][1].automatic else "ask", best)]
    worth_asking = everything or _one_tap_settles(guesses)
    return [_decision(song, "ask" if worth_asking else "leave", guesses[:2])]


def _one_tap_settles(guesses: Guesses) -> bool:
    """Whether the best guess is odds-on, or the two best together are as good as certain."""
    if not guesses:
        return False
    best, rule = guesses[0]
    return best >= ODDS_ON or sum(probability for probability, _ in guesses[:2]) >= rule.share_right


def _several(song: int, guesses: Guesses, everything: bool, bars: Bars) -> list[Decision]:
    likely = [(p, rule) for p, rule in guesses if p >= bars.get(rule.id, NEVER)]
    added = [(p, rule) for p, rule in likely if rule.automatic]
    if added:
        first_asked = [(p, rule) for p, rule in likely if not rule.automatic]
        return [_decision(song, "add", added)] + ([_decision(song, "ask", first_asked)] if first_asked else [])
    plausible = [(p, rule) for p, rule in guesses if p >= min(ODDS_ON, bars.get(rule.id, NEVER))]
    return [_decision(song, "ask" if plausible or everything else "leave", plausible or guesses[:2])]


def _decision(song: int, outcome: Outcome, guesses: Guesses) -> Decision:
    if outcome == "add":
        return Decision(song, outcome, tuple(rule.id for _, rule in guesses), min(p for p, _ in guesses))
    return Decision(song, outcome, tuple(rule.id for _, rule in guesses), guesses[0][0] if guesses else 0.0)


def expected_right(decisions: Sequence[Decision]) -> float:
    """Return the share of the added songs that should be right: what a dry run may promise; 0 when none is added."""
    added = [decision.probability for decision in decisions if decision.outcome == "add"]
    return float(np.mean(added)) if added else 0.0
