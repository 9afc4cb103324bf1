"""Key, learned: how to weigh what chord changes say about the key, from recordings whose key is known.

A multinomial logit over 24 keys. Every recording counts as if played in all twelve keys, since the evidence is seen
from each tonic. Recordings in minor and major weigh as much as in MINOR_SHARE, however many there are, and an L2
penalty on standardised weights keeps them small. That also makes them too unsure, so all are multiplied by a boldness,
which changes the confidence and no key. What it prints goes into `bot.audio.analysis.key_weights`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bot.audio.analysis.keys import changes, seen_from
from bot.audio.analysis.spectrum import RATE, mixed
from bot.audio.analysis.tonality import tonality
from bot.audio.files.decode import read
from bot.core.vectors import Doubles
from training.evaluation.report import number, titled
from training.hearing.truth import Key, Recording, key_score

MINOR_SHARE = 0.4  # of songs: between the charts' .2 and the .4 to .5 of other collections
PENALTIES = (100.0, 300.0, 1000.0)  # tried, on squared weights, per unit of log-likelihood of all recordings
BOLDNESSES = (1.0, 1.2, 1.4)  # tried after that
STEPS = 300  # of the optimiser, at most
RARE = 1e-4  # added to a change's spread, so that one that hardly happens gets no weight

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was heard: seen (n, 12 tonics, 576) and, for each of n, the true key as 12 * mode + tonic, and the song."""

    seen: Doubles
    keys: Integers
    songs: tuple[str, ...]

    def part(self, chosen: NDArray[np.bool_]) -> "Evidence":
        """The recordings `chosen`, (n,)."""
        return Evidence(
            self.seen[chosen], self.keys[chosen], tuple(np.array(self.songs, dtype=object)[chosen].tolist())
        )


@dataclass(frozen=True, slots=True)
class Weights:
    """weights: (2 modes, 576); bias: for minor, against major."""

    weights: Doubles
    bias: float

    def scores(self, seen: Doubles) -> Doubles:
        """The log-likelihood of each key, up to a constant: (n, 24)."""
        found = np.moveaxis(seen @ self.weights.T, 2, 1) + np.array([[self.bias], [0.0]])
        return np.asarray(found.reshape(len(seen), 24))


def gather(recordings: Iterable[Recording]) -> Evidence:
    """Hear the recordings whose key is known."""
    known = [(recording, recording.key) for recording in recordings if recording.key is not None]
    seen = [heard_changes(recording) for recording, _ in known]
    keys = np.array([12 * key.mode + key.tonic for _, key in known])
    return Evidence(np.stack(seen), keys, tuple(recording.song for recording, _ in known))


def heard_changes(recording: Recording) -> Doubles:
    """The chord changes of a recording, seen from each tonic: (12, 576)."""
    curve = tonality(mixed(read(recording.path), RATE)).curve.astype(float)
    changed = changes(curve[curve.any(1)])
    return np.stack([seen_from(changed, tonic).ravel() for tonic in range(12)])


def learn(evidence: Evidence, penalty: float, boldness: float = 1.0) -> Weights:
    """Return the weights that make the true keys likeliest under a penalty, times `boldness`."""
    mean, spread = evidence.seen.mean((0, 1)), evidence.seen.std((0, 1)) + RARE
    minor = evidence.keys < 12
    share = np.where(minor, MINOR_SHARE / max(minor.sum(), 1), (1 - MINOR_SHARE) / max((~minor).sum(), 1))
    material = ((evidence.seen - mean) / spread).astype(np.float32)
    solution = minimize(
        _loss,
        np.zeros(2 * len(mean) + 1),
        (material, evidence.keys, share * len(minor), penalty),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": STEPS},
    )
    weights = solution.x[:-1].reshape(2, -1) / spread
    offsets = -weights @ mean
    return Weights(boldness * weights, boldness * float(solution.x[-1] + offsets[0] - offsets[1]))


def _loss(flat: Doubles, material: Doubles, keys: Integers, share: Doubles, penalty: float) -> tuple[float, Doubles]:
    """The negative log-likelihood of the true keys, and its gradient; the last of `flat` is the bias for minor."""
    count, weights, rows = len(keys), flat[:-1].reshape(2, -1), np.arange(len(keys))
    scores = Weights(weights.astype(np.float32), 0.0).scores(material).astype(float)
    scores[:, :12] += flat[-1]
    highest = scores.max(1, keepdims=True)
    total = np.log(np.exp(scores - highest).sum(1)) + highest[:, 0]
    loss = share @ (total - scores[rows, keys]) + penalty / 2 * (weights**2).sum()
    pull = np.exp(scores - total[:, None])
    pull[rows, keys] -= 1
    pull *= share[:, None]
    by_mode = pull.reshape(count, 2, 12).swapaxes(0, 1).reshape(2, -1).astype(np.float32)
    slope = by_mode @ material.reshape(count * 12, -1) + penalty * weights
    return float(loss), np.append(slope.ravel(), pull[:, :12].sum())


# ---------------------------------------------------------------- choosing honestly
def mirex(weights: Weights, evidence: Evidence) -> Doubles:
    """The MIREX score of each recording."""
    found = weights.scores(evidence.seen).argmax(1)
    return np.array([key_score(_key(here), _key(true)) for here, true in zip(found, evidence.keys, strict=True)])


def likelihood(weights: Weights, evidence: Evidence) -> float:
    """The mean log-likelihood of the true keys."""
    scores = weights.scores(evidence.seen)
    total = np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1)) + scores.max(1)
    return float((scores[np.arange(len(scores)), evidence.keys] - total).mean())


def choose(evidence: Evidence, folds: int = 3) -> tuple[float, float]:
    """Return the penalty, then the boldness, under which the keys of songs left out are likeliest."""
    side = sides(evidence, folds)
    parts = [(evidence.part(side != fold), evidence.part(side == fold)) for fold in range(folds)]

    def left_out(penalty: float, boldness: float = 1.0) -> float:
        return sum(likelihood(learn(there, penalty, boldness), here) for there, here in parts)

    penalty = max(PENALTIES, key=left_out)
    return penalty, max(BOLDNESSES, key=partial(left_out, penalty))


def in_halves(evidence: Evidence) -> Doubles:
    """Return MIREX scores of songs left out: each half is heard with what the other half chose and taught."""
    side, scores = sides(evidence, 2), np.zeros(len(evidence.keys))
    for half in (0, 1):
        there = evidence.part(side != half)
        scores[side == half] = mirex(learn(there, *choose(there)), evidence.part(side == half))
    return scores


def sides(evidence: Evidence, count: int) -> Integers:
    """On which of `count` sides each recording lies: all of one song on the same, and songs at random."""
    songs = sorted(set(evidence.songs))
    at = dict(zip(songs, np.random.default_rng(0).permutation(len(songs)) % count, strict=True))
    return np.array([at[song] for song in evidence.songs])


def _key(index: int) -> Key:
    return Key(int(index) % 12, int(index) // 12)


def report(evidence: Evidence, sources: Sequence[str]) -> str:
    """Return MIREX scores of recordings left out, by source: in halves of songs, and with whole sources left out."""
    halves, rows = in_halves(evidence), []
    for source in dict.fromkeys(sources):
        here = np.array(sources) == source
        minor = here & (evidence.keys < 12)
        other = "–"
        if not here.all():
            there = evidence.part(~here)
            other = number(mirex(learn(there, *choose(there)), evidence.part(here)).mean())
        scores = [number(halves[part].mean()) for part in (here, minor, here & ~minor) if part.any()]
        rows.append([source, str(here.sum()), *scores, other])
    columns = ["recordings", "number", "in halves", "of these minor", "major", "learned from the other sources"]
    return titled("Key, MIREX weighted, of recordings left out", columns, rows)


def as_table(weights: Weights) -> str:
    """The weights as Python for `bot.audio.analysis.key_weights`: a row for the chord that's left, a column for the
    next, minor triads first."""
    tables = [
        "\n".join("    " + ", ".join(map(str, row)) + "," for row in mode.reshape(24, 24).tolist())
        for mode in np.rint(weights.weights).astype(int)
    ]
    return f"BIAS = {weights.bias:.2f}\nWEIGHTS = (\n  (\n" + "\n  ), (\n".join(tables) + "\n  ),\n)  # fmt: skip"
