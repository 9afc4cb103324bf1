"""Expectations: how often "I expect about k in 10 to be right" came true, for members who were never chosen on.

It held if no more than half a tenth less was right than was said. What's subtracted from the model's own expectation is
chosen on the other people, and reported on each person it wasn't chosen on.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.core.sorting.expectation import TEN, tenths
from training.evaluation.measure import Measurement

MARGINS = tuple(at / 100 for at in range(11))  # to choose from
GOAL = 0.9  # of the members, for whom it should hold
LEEWAY = 0.05  # what rounding to tenths allows
PARTS = (("precision", 0), ("precision", 1), ("expected", 0))  # right, added, expected


def held(row: Measurement, margin: float) -> bool:
    """Whether what would have been said of a member's added songs held; there's at least one."""
    (right, added), (sure, _added) = row.values["precision"], row.values["expected"]
    return tenths(max(0.0, sure / added - margin)) / TEN - LEEWAY <= right / added


def choose(rows: Iterable[Measurement]) -> float:
    """Return the smallest margin with which it held often enough; if none is enough, the one that held most often."""
    known = list(rows)
    often = {margin: sum(held(row, margin) for row in known) / max(1, len(known)) for margin in MARGINS}
    return next((margin for margin in MARGINS if often[margin] >= GOAL), max(MARGINS, key=lambda margin: often[margin]))


def expectations(rows: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Return a record per contender and n, over the members for whom anything was added."""
    told = [row for row in rows if "expected" in row.values and row.values["expected"][1]]
    records: list[dict[str, Any]] = []
    for contender in dict.fromkeys(row.contender for row in told):
        own = [row for row in told if row.contender == contender]
        margins = {person: choose(row for row in own if row.person != person) for person in {row.person for row in own}}
        records += [_record(own, n, margins) for n in sorted({row.n for row in own})]
    return records


def _record(rows: Sequence[Measurement], n: int, margins: dict[str, float]) -> dict[str, Any]:
    group = [row for row in rows if row.n == n]
    right, added, sure = (sum(row.values[name][at] for row in group) for name, at in PARTS)
    figures = {
        "expected": sure / added,
        "right": right / added,
        "held": sum(held(row, 0.0) for row in group) / len(group),
        "held_elsewhere": sum(held(row, margins[row.person]) for row in group) / len(group),
    }
    shown = {name: round(value, 4) for name, value in figures.items()}
    return {
        "contender": group[0].contender,
        "n": n,
        "members": len(group),
        **shown,
        "margins": sorted(set(margins.values())),
    }
