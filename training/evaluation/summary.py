"""Summary: from members' results to means with 95 % intervals.

Members drawn from one person are alike, so we give two intervals: from resampling members (for these people), and
from resampling people, then their members (for people like them). Percentile bootstrap (Efron and Tibshirani, 1993).
Each figure has its own random stream, so none depends on which others are computed.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.vectors import Doubles
from training.evaluation.baselines import EVERYTHING, FRESH, MISTAKEN, NAMELESS, NAMES_ONLY, NO_AUDIO, PRIOR
from training.evaluation.measure import Measurement
from training.evaluation.studies.asking import GOALS, Curve, labels_needed

RESAMPLES = 1_000
BINS = 10  # of equal size, for calibration
PAIRS = (
    *((name, f"{name}{NAMELESS}") for name in (PRIOR, FRESH)),
    (PRIOR, FRESH),
    (f"{PRIOR}{NAMES_ONLY}", f"{FRESH}{NAMES_ONLY}"),
    (FRESH, f"{FRESH}{NO_AUDIO}"),
    (PRIOR, f"{PRIOR}{NO_AUDIO}"),
    *((name, f"{name}{MISTAKEN}") for name in (PRIOR, FRESH, EVERYTHING)),
)  # pairs to compare

Figure = dict[str, Any]  # mean, members: [low, high], persons: [low, high]


def summarise(rows: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Return a record per contender and n: over all members, by k, and by person."""
    groups: dict[tuple[str, int, int | None, str | None], list[Measurement]] = defaultdict(list)
    for row in rows:
        for k, person in ((None, None), (row.k, None), (None, row.person)):
            groups[row.contender, row.n, k, person].append(row)
    ordered = sorted(groups.items(), key=lambda item: (item[0][2] or 0, item[0][3] or ""))
    return [_record(dict(zip(("contender", "n", "k", "person"), key, strict=True)), group) for key, group in ordered]


def _record(key: dict[str, Any], group: Sequence[Measurement]) -> dict[str, Any]:
    measures = list(dict.fromkeys(name for row in group for name in row.values))
    bins = calibration(group)
    error = sum(bin_["share"] * abs(bin_["confidence"] - bin_["right"]) for bin_ in bins)
    figures = {name: _measure(name, [row for row in group if name in row.values], key) for name in measures}
    more = {"bins": bins} if key["k"] is None and key["person"] is None else {}
    return {**key, "members": len(group), **figures, "calibration_error": round(error, 4), **more}


def _measure(name: str, group: Sequence[Measurement], key: Mapping[str, Any]) -> Figure:
    ratios = np.array([row.values[name] for row in group])
    stream = f"{name} {key['n']} {key['k']} {key['person']}"  # the same resamples for all contenders
    return figure(ratios[:, 0], ratios[:, 1], [row.person for row in group], stream)


def figure(parts: Doubles, wholes: Doubles, persons: Sequence[str], stream: str) -> Figure:
    """Return sum(parts) / sum(wholes) over members, with its intervals; None if the divisor is zero."""
    if not wholes.sum():
        return {"mean": None, "members": None, "persons": None}
    rng = np.random.default_rng(zlib.crc32(stream.encode()))
    both = (_member_weights(len(parts), rng), _person_weights(persons, rng))
    members, people = (_interval(weights @ parts, weights @ wholes) for weights in both)
    return {"mean": round(float(parts.sum() / wholes.sum()), 4), "members": members, "persons": people}


def _interval(parts: Doubles, wholes: Doubles) -> list[float]:
    ratios = parts[wholes > 0] / wholes[wholes > 0]
    return [round(float(bound), 4) for bound in np.percentile(ratios, [2.5, 97.5])]


def _member_weights(members: int, rng: np.random.Generator) -> Doubles:
    """(RESAMPLES, members): how often each member occurs in each resample."""
    return np.asarray(rng.multinomial(members, np.full(members, 1 / members), RESAMPLES), np.float64)


def _person_weights(persons: Sequence[str], rng: np.random.Generator) -> Doubles:
    """Like `_member_weights`, but draws people, then as many of each one's members as they have."""
    held = [np.flatnonzero(np.array(persons) == person) for person in sorted(set(persons))]
    weights = np.zeros((RESAMPLES, len(persons)))
    for row in weights:
        for at in rng.integers(len(held), size=len(held)):
            drawn = held[at][rng.integers(len(held[at]), size=len(held[at]))]
            row += np.bincount(drawn, minlength=len(row))
    return weights


def calibration(group: Sequence[Measurement]) -> list[dict[str, float]]:
    """Return bins of equal size by largest probability: its mean, the share right, the share of the songs."""
    confidence, hit = (np.concatenate([getattr(row, name) for row in group]) for name in ("confidence", "hit"))
    bins = np.array_split(np.argsort(confidence, kind="stable"), BINS)
    return [_bin(confidence[rows], hit[rows], len(rows) / len(hit)) for rows in bins if len(rows)]


def _bin(confidence: NDArray[np.float32], hit: NDArray[np.bool_], share: float) -> dict[str, float]:
    figures = {"confidence": confidence.mean(dtype=np.float64), "right": hit.mean(), "share": share}
    return {name: round(float(value), 4) for name, value in figures.items()}


def gains(rows: Iterable[Measurement]) -> list[dict[str, Any]]:
    """Return how much more accurate the first of each of PAIRS is than the second, on the same members."""
    held: dict[tuple[str, int], dict[tuple[str, int, int], float]] = defaultdict(dict)
    for row in rows:
        held[row.contender, row.n][row.person, row.k, row.draw] = row.values["accuracy"][0]
    ns = sorted({n for _, n in held})
    pairs = [(better, worse, n) for better, worse in PAIRS for n in ns if (better, n) in held and (worse, n) in held]
    return [{"of": a, "over": b, "n": n, **_gain(held[a, n], held[b, n], f"{a} {b} {n}")} for a, b, n in pairs]


def _gain(one: Mapping[Any, float], other: Mapping[Any, float], stream: str) -> Figure:
    both = [member for member in one if member in other]
    parts = np.array([one[member] - other[member] for member in both])
    return figure(parts, np.ones(len(parts)), [member[0] for member in both], stream)


def summarise_asking(curves: Sequence[Curve]) -> dict[str, Any]:
    """Return, by way of asking, the mean accuracy at each number of labels, and the labels that each goal needs."""
    ways = {way: [curve for curve in curves if curve.way == way] for way in dict.fromkeys(c.way for c in curves)}
    return {way: _asked(way, group) for way, group in ways.items()}


def _asked(way: str, group: Sequence[Curve]) -> dict[str, Any]:
    points = sorted(set.intersection(*(set(curve.accuracy) for curve in group)))
    persons = [curve.person for curve in group]
    values = {labels: np.array([curve.accuracy[labels] for curve in group]) for labels in points}
    ones = np.ones(len(group))
    curve = {labels: figure(accuracies, ones, persons, f"{way} {labels}") for labels, accuracies in values.items()}
    mean = {labels: figures["mean"] for labels, figures in curve.items()}
    return {"members": len(group), "accuracy": curve, "labels_needed": {g: labels_needed(mean, g) for g in GOALS}}
