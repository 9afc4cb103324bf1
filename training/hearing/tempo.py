"""Tempo, learned: how to weigh the evidence for a tempo, from grooves whose tempo is known.

A conditional logit (McFadden 1974): maximises the probability of the true tempo among all candidates. An L2 penalty
on standardised weights keeps them small, since recordings are less regular than grooves. The command prints them for
`bot.audio.analysis.tempo.WEIGHTS`; the figures in docs/hearing.md come from recordings that weren't used here.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bot.audio.analysis.rhythm import mel_flux, onset_rate
from bot.audio.analysis.tempo import BANDS, BEATS, CANDIDATES, TOLERANCE, autocorrelation, envelopes, evidence
from bot.audio.analysis.timbre import survey
from bot.core.vectors import Doubles
from training.hearing.grooves import Groove

PENALTY = 400.0  # on squared weights, per unit of log-likelihood of all grooves
STEPS = 500  # of the optimiser, at most; some 100 are enough


def learn(grooves: Iterable[Groove], penalty: float = PENALTY) -> Doubles:
    """Return the weights of the evidence for a tempo: shape (len(bot.audio.analysis.tempo.WEIGHTS),).

    penalty: less suits fewer grooves.
    """
    heard, truths = zip(*((_evidence(groove), groove.tempo) for groove in grooves), strict=True)
    material = np.stack(heard)
    spread = material.std((0, 1))
    right = np.abs(np.log(CANDIDATES / np.array(truths)[:, None])) <= TOLERANCE
    solution = minimize(
        _loss,
        np.zeros(len(spread)),
        (material / spread, right, penalty),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": STEPS},
    )
    return np.asarray(solution.x / spread)


def _evidence(groove: Groove) -> Doubles:
    flux = mel_flux(survey(groove.samples).levels)
    return evidence(autocorrelation(envelopes(flux)), onset_rate(flux.mean(1)))


def _loss(weights: Doubles, material: Doubles, right: NDArray[np.bool_], penalty: float) -> tuple[float, Doubles]:
    """The negative log-likelihood of the true tempi, and its gradient; material: (grooves, candidates, weights)."""
    scores = material @ weights
    likely = np.exp(scores - scores.max(1, keepdims=True))
    true = likely * right
    loss = np.log(likely.sum(1) / true.sum(1)).sum() + penalty / 2 * weights @ weights
    pull = likely / likely.sum(1, keepdims=True) - true / true.sum(1, keepdims=True)
    return float(loss), np.asarray(np.tensordot(pull, material, 2) + penalty * weights)


def as_table(weights: Doubles) -> str:
    """The weights as rows of Python: one band per row, at all BEATS, then those of the tempo itself."""
    count = len(BANDS) * len(BEATS)
    rows = [*weights[:count].reshape(len(BANDS), len(BEATS)), weights[count:]]
    return "\n".join(", ".join(f"{weight:.3f}" for weight in row) + "," for row in rows)
