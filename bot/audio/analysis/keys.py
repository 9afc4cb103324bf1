"""Keys: the key and mode of a song, from which chords follow which.

How often each note sounds doesn't tell a minor key from its relative major, which has the same notes: what does is
which chord is left for which (Noland & Sandler 2006, "Key estimation using a hidden Markov model"). So the evidence is
how often each pair of the 24 major and minor triads is heard one after the other, as seen from each possible tonic,
and a multinomial logit weighs it. `python -m training fit-key` learns WEIGHTS from charts of pop songs, played by sound
fonts; no recording and no song of docs/hearing.md's table is among them.
"""

from functools import cache

import numpy as np
from scipy.ndimage import uniform_filter1d

from bot.audio.analysis.key_weights import BIAS, WEIGHTS
from bot.core.vectors import Doubles

MINOR, MAJOR = 0, 1
THIRDS = {MINOR: 3, MAJOR: 4}  # semitones
FIFTH = 7  # semitones
LAGS = (2, 3, 4)  # frames of 0.37 s: from 0.7 s, when two frames no longer overlap, to 1.5 s
SMOOTH = 3  # frames that a chord is judged by
SHARPNESS = 12.0  # of the choice between chords
NO_CHORD = 0.7  # cosine; a frame that resembles every chord less is probably none of them


def find_key(curve: Doubles) -> tuple[int, int, float]:
    """Return key (semitones above C), mode and confidence of `curve`: chroma over time, (t, 12), silent frames zero.

    Confidence is the probability that both are right: 0 if all is silent, and little if no chord stands out.
    """
    heard = curve[curve.any(1)]
    if not len(heard):
        return 0, MAJOR, 0.0
    scores = np.tensordot(_weights(), changes(heard), 2) + np.repeat((BIAS, 0.0), 12)
    likely = np.exp(scores - scores.max())
    mode, key = divmod(int(np.argmax(scores)), 12)
    return key, mode, float(1 / likely.sum())


def changes(heard: Doubles) -> Doubles:
    """Return how often each chord follows each: shape (24, 24), shares of all pairs of frames, minor triads first.

    Frames without a chord, such as noise, leave less to share.
    """
    steady = uniform_filter1d(heard, SMOOTH, axis=0, mode="nearest")
    steady /= np.linalg.norm(steady, axis=1, keepdims=True)
    chords = np.exp(SHARPNESS * steady @ _triads().T)
    chords /= chords.sum(1, keepdims=True) + np.exp(SHARPNESS * NO_CHORD)
    pairs = [chords[:-lag].T @ chords[lag:] / max(len(chords) - lag, 1) for lag in LAGS]
    return np.asarray(np.mean(pairs, axis=0))


def seen_from(changed: Doubles, tonic: int) -> Doubles:
    """Return `changed` (24, 24) with `tonic` in C's place: what depends on the key alone stays the same."""
    chords = changed.reshape(2, 12, 2, 12)
    return np.roll(chords, (-tonic, -tonic), (1, 3)).reshape(24, 24)


@cache
def _weights() -> Doubles:
    """What each change says for each of the 24 keys, minor ones first: shape (24, 24, 24)."""
    return np.stack(
        [seen_from(np.array(WEIGHTS[mode], float), -tonic) for mode in (MINOR, MAJOR) for tonic in range(12)]
    )


@cache
def _triads() -> Doubles:
    """The chroma of each triad: shape (24, 12), each of length 1."""
    notes = [(root, root + THIRDS[mode], root + FIFTH) for mode in (MINOR, MAJOR) for root in range(12)]
    return np.asarray(np.array([np.bincount(np.mod(triad, 12), minlength=12) for triad in notes]) / np.sqrt(3))
