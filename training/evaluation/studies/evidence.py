"""Evidence: what a label is worth by where it came from, each source with its own noise and its own choice of songs.

A member with five playlists taps n random songs of each. Then come labels of one more source, at each of some weights.
The weight is chosen on one half of the people, by the likelihood of songs that were never labelled, and reported on the
other half.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.core.sorting.decide import PlaylistRule, Scores, decide
from bot.core.sorting.learning.active_learning import Guesses, Pool, belief_in, next_songs, points_of
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.identities import spelt
from bot.core.sorting.learning.prior import Prior
from training.evaluation.baselines import ours
from training.evaluation.measure import MISTAKES, Ratio, judge
from training.evaluation.people import SimulatedMember
from training.evaluation.studies.asking import kept_back
from training.evaluation.summary import figure
from training.model.cross_validation import likelihood
from training.problems import NothingToTellApart

EVIDENCE_NS = (2, 5)  # taps for each playlist before the other source says anything
WEIGHTS = (0.0, 0.25, 0.5, 0.7, 1.0, 1.5)
SLIP = 0.02  # of taps and hand edits: a slip of the finger; nobody has measured how often
TWICE = 0.17  # of people's songs, how many are in two of their playlists: either label is wrong about half of them
UNNOTICED = 0.5  # of the wrong songs that the bot put in, how many nobody takes out
TRIED = "tried"  # the source of the labels that are weighed
MEASURES = ("accuracy", "likelihood", "added", "precision")

Told = Sequence[tuple[str, int]]  # songs, each with the playlist that the label names


@dataclass(frozen=True)
class Known:
    """What there is to choose from. scores: of `songs`, by the model of the taps. left: what may still be labelled."""

    member: SimulatedMember
    songs: Sequence[str]
    scores: Scores
    taps: Sequence[Label]
    left: Mapping[str, int]
    rng: np.random.Generator

    @property
    def guesses(self) -> dict[str, int]:
        """The likeliest playlist of each song that may still be labelled."""
        best = self.scores.probabilities.argmax(axis=1)
        return {
            song: self.scores.classes[at] or 0 for song, at in zip(self.songs, best, strict=True) if song in self.left
        }

    def some(self, songs: Sequence[str], times: int = 1) -> list[str]:
        """Return as many of the songs as there were taps, or that many times as many."""
        return [songs[at] for at in self.rng.permutation(len(songs))[: times * len(self.taps)]]


@dataclass(frozen=True)
class Source:
    """Where labels come from. wrong: the share that names another playlist than the right one."""

    name: str
    wrong: float
    choose: Callable[[Known], Told]


def asked(known: Known) -> Told:
    """The songs that the bot asks about."""
    member, told = known.member, {label.song for label in known.taps}
    artists = [spelt(min(member.songs[song].sets.get("artists", ()), default="")) for song in known.songs]
    pool = Pool(
        points_of(known.scores.space, member.k, seed=0),
        labelled=np.array([song in told for song in known.songs]),
        skipped=np.array([song not in known.left for song in known.songs]),
        artists=artists,
    )
    belief = belief_in(known.scores.classes, dict.fromkeys(range(member.k), len(told) // member.k))
    rows = next_songs(pool, Guesses(known.scores.probabilities, belief=belief), len(told))
    return [(known.songs[row], known.left[known.songs[row]]) for row in rows]


def moved(known: Known) -> Told:
    """Songs from where the model would have them to where they belong."""
    wrong = [song for song, guess in known.guesses.items() if guess != known.left[song]]
    return [(song, known.left[song]) for song in known.some(wrong)]


def corrected(known: Known) -> Told:
    """Wrong songs on a receipt: the model was sure of them."""
    wrong = [song for song, guess in _put_in(known).items() if guess != known.left[song]]
    return [(song, known.left[song]) for song in known.some(wrong)]


def added(known: Known) -> Told:
    """Songs that the member puts into playlists by hand: any that the model leaves out."""
    put = _put_in(known)
    return [(song, known.left[song]) for song in known.some([song for song in known.left if song not in put])]


def left_standing(known: Known) -> Told:
    """Songs that the model put in and that nobody took out, as if that said that they belong there."""
    put = _put_in(known)
    unseen = known.rng.random(len(put)) < UNNOTICED
    kept = [
        song for (song, guess), stays in zip(put.items(), unseen, strict=True) if stays or guess == known.left[song]
    ]
    return [(song, put[song]) for song in known.some(kept)]


def stood(known: Known) -> Told:
    """Four times as many songs as taps, of those that stood in the playlists before the bot came."""
    return [(song, known.left[song]) for song in known.some(list(known.left), 4)]


def _put_in(known: Known) -> dict[str, int]:
    """The songs that the first model would put in, with their playlists."""
    rules = [PlaylistRule(at, MISTAKES, True) for at in range(known.member.k)]
    decisions = decide(known.scores, rules, several=False, everything=False)
    put = {known.songs[decision.song]: decision.playlists[0] for decision in decisions if decision.outcome == "add"}
    return {song: at for song, at in put.items() if song in known.left}


SOURCES = (
    Source("taps", SLIP, asked),
    Source("reactions", 2 * SLIP, asked),
    Source("songs added by hand", SLIP, added),
    Source("playlists that stood", TWICE / 2, stood),
    Source("corrected receipts", SLIP, corrected),
    Source("songs moved by hand", SLIP, moved),
    Source("placed songs that stood", 0.0, left_standing),
)


@dataclass(frozen=True)
class Weighed:
    """One member's measures with labels of one source at one weight. labels: how many that source gave."""

    person: str
    draw: int
    n: int
    source: str
    weight: float
    labels: int
    values: Mapping[str, Ratio]


@dataclass(frozen=True)
class Evidence:
    """One member's measurements of all sources and weights."""

    rows: Sequence[Weighed]


def compare_evidence(member: SimulatedMember, prior: Prior | None, ns: Sequence[int], seed: int) -> Evidence:
    """Return one member's measurements; the tested songs are never labelled."""
    return Evidence([row for n in ns for row in _weighed(member, prior, n, seed)])


def _weighed(member: SimulatedMember, prior: Prior | None, n: int, seed: int) -> Iterator[Weighed]:
    def generator(name: str) -> np.random.Generator:
        return np.random.default_rng([seed, member.draw, n, zlib.crc32(name.encode())])

    tested = dict(kept_back(member))
    free = [[(song, at) for song in own if song not in tested] for at, own in enumerate(member.playlists)]
    taps = _labels([told for own in free for told in own[:n]], SLIP, member, generator("csv"), "csv")
    left = dict(told for own in free for told in own[n:])
    with suppress(NothingToTellApart):
        first = _scores(member, prior, taps, 1.0)
        for source in SOURCES:
            rng = generator(source.name)
            known = Known(member, list(member.songs), first, taps, left, rng)
            more = _labels(source.choose(known), source.wrong, member, rng, TRIED)
            for weight in WEIGHTS:
                scores = _scores(member, prior, [*taps, *more], weight) if weight and more else first
                values = _values(scores, known.songs, tested)
                yield Weighed(member.person, member.draw, n, source.name, weight, len(more), values)


def _labels(told: Told, wrong: float, member: SimulatedMember, rng: np.random.Generator, source: str) -> list[Label]:
    """Return the labels, each of them wrong with that probability, and then about another playlist at random."""
    slips = np.where(rng.random(len(told)) < wrong, rng.integers(1, member.k, len(told)), 0)
    return [
        Label(song, (at + int(slip)) % member.k, True, source) for (song, at), slip in zip(told, slips, strict=True)
    ]


def _scores(member: SimulatedMember, prior: Prior | None, labels: Sequence[Label], weight: float) -> Scores:
    """Return the scores of the whole library by the model of those labels."""
    training = TrainingSet(member.songs, labels, member.names, False, False, {TRIED: weight})
    return ours(prior, training, list(member.songs.values()))


def _values(scores: Scores, songs: Sequence[str], tested: Mapping[str, int]) -> dict[str, Ratio]:
    """Return one model's measures on the tested songs, and the mean log-probability of where they belong."""
    place = {song: at for at, song in enumerate(songs)}
    rows, truth = [place[song] for song in tested], np.array(list(tested.values()))
    own = Scores(scores.classes, scores.probabilities[rows], scores.space[rows], scores.known[rows])
    values, _sureness, _hit = judge(own, truth, max(tested.values()) + 1)
    right = np.equal.outer(truth, np.array(scores.classes)).astype(float)
    return {**values, "likelihood": (float(likelihood(own.probabilities.astype(np.float64), right, True).mean()), 1)}


def weigh(rows: Sequence[Weighed]) -> list[dict[str, Any]]:
    """Return a record per source and n: each weight's gains over no label and over weight 1, and the nested choice."""
    groups: dict[tuple[str, int], list[Weighed]] = defaultdict(list)
    for row in rows:
        groups[row.source, row.n].append(row)
    return [_record(source, n, group) for (source, n), group in groups.items()]


def _record(source: str, n: int, group: Sequence[Weighed]) -> dict[str, Any]:
    at = {weight: [row for row in group if row.weight == weight] for weight in WEIGHTS}
    halves = _halves(group)
    chosen = [_likeliest([row for row in group if row.person in half]) for half in halves]
    nested = [
        row for half, weight in zip(halves, reversed(chosen), strict=True) for row in at[weight] if row.person in half
    ]
    return {
        "source": source,
        "n": n,
        "members": len(at[1.0]),
        "labels": round(float(np.mean([row.labels for row in at[1.0]])), 1),
        "weights": {weight: _figures(rows, at[1.0]) for weight, rows in at.items()},
        "chosen": chosen,
        "nested": _figures(nested, at[1.0]),
    }


def _halves(group: Sequence[Weighed]) -> list[set[str]]:
    people = sorted({row.person for row in group})
    return [set(people[::2]), set(people[1::2])]


def _likeliest(group: Sequence[Weighed]) -> float:
    """Return the weight under which songs that were never labelled are likeliest."""
    return max(WEIGHTS, key=lambda weight: sum(row.values["likelihood"][0] for row in group if row.weight == weight))


def _figures(rows: Sequence[Weighed], usual: Sequence[Weighed]) -> dict[str, Any]:
    """Return accuracy, what goes in and how much of it is right; won: points of accuracy over the usual weight."""
    person = [row.person for row in usual]
    held = {(row.person, row.draw): row for row in rows}
    same = [held[row.person, row.draw] for row in usual]
    ratios = {name: np.array([row.values[name] for row in same]) for name in MEASURES}
    figures = {name: figure(ratio[:, 0], ratio[:, 1], person, name) for name, ratio in ratios.items()}
    for name in ("accuracy", "likelihood"):
        won = ratios[name][:, 0] - np.array([row.values[name][0] for row in usual])
        figures[f"{name} won"] = figure(won, np.ones(len(won)), person, name)
    return figures
