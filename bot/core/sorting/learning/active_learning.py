"""Active learning: choose the songs whose labels teach the model most.

A question's value is what its answer tells about the rest of the library, times the doubt about the song itself. At
first there's no doubt to measure, so questions cover the library; later ones settle doubts near many unsettled songs,
without any switch between the two. What an answer tells is the reduction in mean variance over the library of a
Bayesian linear model on the songs' points, which is known before the answer (Cohn, Ghahramani and Jordan 1996, "Active
learning with statistical models"; Seo et al. 2000). Pure and deterministic for a seed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.core.vectors import Floats, Mask

CLEAR = 0.8  # margin between the two best guesses from which asking wastes a tap
NEVER_CLEAR = 2.0  # a margin that no song reaches
ENOUGH = 10  # labels that every playlist needs before songs can be clear
SCARCE = 2  # labels below which a playlist is looked for; from two on that costs more than it gains
NOISE = 1.0  # variance of one answer, in variances of a typical song
DIMENSIONS = 32  # of the reduced space; more find no better songs
REGIONS = 20  # regions per playlist; songs are drawn towards the centres of theirs
MOST_REGIONS = 200
PULL = 2.0  # towards the centre, in multiples of its length
BIAS = 0.8  # the constant column, against a typical song's length of 1
SOFTNESS = 8.0  # of a region's border: e-folds for a difference of 1 in squared distance
SAMPLE = 1_000  # songs that directions and centres are estimated from: more give much the same, slower
ROUNDS = 6  # of k-means and of subspace iteration; both change little afterwards

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pool:
    """The n songs of a library, any of which may be asked about.

    points: (n, k), from a `Projection`. labelled, skipped: (n,), not asked about again. artists: one name per song.
    recent_artists: asked about only if nobody else's songs are left.
    """

    points: Floats
    labelled: Mask
    skipped: Mask
    artists: Sequence[str]
    recent_artists: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Belief:
    """How far to trust a model. clear: the margin from which a song isn't asked about.

    scarcest: the column of a playlist with almost no labels, whose likeliest songs come first.
    """

    clear: float = CLEAR
    scarcest: int | None = None


def belief_in(classes: Sequence[int | None], labels: Mapping[int, int]) -> Belief:
    """Return how far to trust a model of these classes. labels: the number of labels of each kept playlist.

    Nothing is clear until every playlist has ENOUGH labels; one with fewer than SCARCE is looked for.
    """
    if not labels:
        return Belief(NEVER_CLEAR)
    fewest = min(labels, key=lambda playlist: labels[playlist])
    looked_for = labels[fewest] < SCARCE and fewest in classes
    return Belief(CLEAR if labels[fewest] >= ENOUGH else NEVER_CLEAR, classes.index(fewest) if looked_for else None)


@dataclass(frozen=True, slots=True)
class Guesses:
    """What a model says of the songs. probabilities: (n, c); several: whether a song may be in several playlists."""

    probabilities: Floats
    several: bool = False
    belief: Belief = Belief()

    def in_doubt(self) -> tuple[Mask, Floats]:
        """Return (n,) which songs aren't clear, and (n,) how much each is in doubt."""
        lead, scarcest = margins(self.probabilities, self.several), self.belief.scarcest
        return lead < self.belief.clear, 1 - lead if scarcest is None else self.probabilities[:, scarcest]


def next_songs(pool: Pool, guesses: Guesses | None, count: int) -> Rows:
    """Return up to `count` rows of songs to ask about at once, best first; none if the rest is clear.

    guesses: None before there's a model. No artist appears twice unless nothing else is left to ask.
    """
    n = len(pool.points)
    if not n:
        return np.array([], np.int64)
    unclear, doubt = guesses.in_doubt() if guesses is not None else (np.ones(n, bool), np.ones(n, np.float32))
    return _choose(pool, ~(pool.labelled | pool.skipped) & unclear, doubt, count)


def margins(probabilities: Floats, several: bool) -> Floats:
    """Return (n,) how clear each song is, 0 to 1: the lead of the best guess over the next, or over "not in it"."""
    if several or probabilities.shape[1] < 2:
        odds: Floats = np.abs(2 * probabilities - 1).min(axis=1)
        return odds
    best: Floats = np.partition(probabilities, -2, axis=1)
    return best[:, -1] - best[:, -2]


def _choose(pool: Pool, wanted: Mask, doubt: Floats, count: int) -> Rows:
    """Pick songs greedily: the most valuable, then the most valuable once that one is answered, and so on."""
    points, chosen, taken = pool.points, pool.labelled.copy(), set(pool.recent_artists)
    second_moments = points.T @ points / np.float32(len(points))
    order: list[int] = []
    while len(order) < count and wanted.any():
        worth = doubt * _information(points, _covariance(points[chosen]), second_moments)
        fresh = wanted & np.fromiter((artist not in taken for artist in pool.artists), bool, len(points))
        best = int(np.where(fresh if fresh.any() else wanted, worth, -1).argmax())
        order.append(best)
        chosen[best], wanted[best] = True, False
        taken.add(pool.artists[best])
    return np.array(order, np.int64)


def _covariance(answered: Floats) -> Floats:
    """Return (k, k): the posterior covariance of a linear model's weights, of prior variance 1, after these answers."""
    told = answered.T @ answered / np.float32(NOISE)
    return np.linalg.inv(np.eye(len(told), dtype=np.float32) + told).astype(np.float32)


def _information(points: Floats, covariance: Floats, second_moments: Floats) -> Floats:
    """Return (n,) by how much an answer about each song would lower the mean variance over the library."""
    lowered = ((points @ (covariance @ second_moments @ covariance)) * points).sum(axis=1)
    information: Floats = lowered / (np.float32(NOISE) + ((points @ covariance) * points).sum(axis=1))
    return np.maximum(information, 0)


@dataclass(frozen=True, slots=True)
class Projection:
    """The n songs of a library along the directions in which they differ most: all that choosing needs of them.

    rows: (n, k), centred. sample: rows that centres are estimated from, with what `rng` draws next. memo: the points
    that were worked out already.
    """

    rows: Floats
    sample: Rows
    rng: np.random.Generator
    memo: dict[int, Floats] = field(default_factory=dict)

    def points(self, k_playlists: int) -> Floats:
        """Return (n, k): the songs, each drawn towards the centres of its regions; mean square 1.

        Similar songs move together, so an answer tells more about its region and less about that one song. The last
        column is constant: without it, knowing one end of the library would mean knowing the opposite end.
        """
        regions = min(MOST_REGIONS, REGIONS * max(1, k_playlists))
        if regions not in self.memo:
            self.memo[regions] = self._pulled(regions) if len(self.rows) else self.rows
        return self.memo[regions]

    def _pulled(self, regions: int) -> Floats:
        centres = _centres(self.rows[self.sample], regions, deepcopy(self.rng))
        drawn = self.rows + np.float32(PULL) * _memberships(self.rows, centres) @ centres
        drawn -= drawn.mean(axis=0)
        size = max(1e-6, float(np.sqrt((drawn**2).sum(axis=1).mean())))
        return np.hstack([drawn / size, np.full((len(drawn), 1), BIAS)]).astype(np.float32)


class Projector:
    """A projection being made of a library of so many songs, a part at a time, so that nobody keeps all their vectors.

    sample: the rows whose vectors are needed first.
    """

    def __init__(self, songs: int, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        drawn = self._rng.choice(songs, min(SAMPLE, songs), replace=False) if songs else np.array([], np.int64)
        self.sample: Rows = np.sort(drawn)
        self._rows = [np.zeros((0, DIMENSIONS), np.float32)]

    def fit(self, vectors: Floats) -> None:
        """Find the directions in which songs differ. vectors: (n, d), those of the sample; near means similar."""
        self._directions = _directions(vectors - vectors.mean(axis=0), self._rng)
        self._rows = []

    def add(self, vectors: Floats) -> None:
        """Project the vectors of the next rows, beginning with the first."""
        self._rows.append(vectors @ self._directions)

    def projection(self) -> Projection:
        """Return the projection of the songs so far."""
        rows = np.concatenate(self._rows)
        return Projection(rows - rows.mean(axis=0) if len(rows) else rows, self.sample, self._rng)


def projection_of(songs: int, vectors_of: Callable[[Rows], Floats], seed: int) -> Projection:
    """Return the projection of that many songs. vectors_of: the vectors (n, d) of n rows, asked for a few at a time."""
    projector, rows = Projector(songs, seed), np.arange(songs)
    if songs:
        projector.fit(vectors_of(projector.sample))
    for at in range(0, songs, SAMPLE):
        projector.add(vectors_of(rows[at : at + SAMPLE]))
    return projector.projection()


def points_of(space: Floats, k_playlists: int, seed: int) -> Floats:
    """Return the points of songs whose vectors, (n, d), are all known."""
    return projection_of(len(space), space.__getitem__, seed).points(k_playlists)


def _directions(sample: Floats, rng: np.random.Generator) -> Floats:
    """Return (d, k): orthonormal directions in which songs differ most, by subspace iteration (Halko et al. 2011)."""
    width = sample.shape[1]
    directions: Floats = rng.normal(size=(width, min(DIMENSIONS, width))).astype(np.float32)
    for _ in range(ROUNDS):
        directions = np.linalg.qr(sample.T @ (sample @ directions))[0]
    return directions


def _memberships(rows: Floats, centres: Floats) -> Floats:
    """Return (n, r): the share of each song in each region, rows summing to 1."""
    shares = _distances(rows, centres)
    shares -= shares.min(axis=1, keepdims=True)
    shares *= np.float32(-SOFTNESS)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _centres(sample: Floats, regions: int, rng: np.random.Generator) -> Floats:
    """Return (r, k): the centres of at most `regions` regions, by k-means."""
    centres = _seeds(sample, min(regions, len(sample)), rng)
    for _ in range(ROUNDS):
        at_home = np.eye(len(centres), dtype=np.float32)[_distances(sample, centres).argmin(axis=1)]
        sizes = at_home.sum(axis=0)[:, None]
        centres = np.where(sizes > 0, at_home.T @ sample / np.maximum(sizes, 1), centres)
    return centres


def _seeds(sample: Floats, regions: int, rng: np.random.Generator) -> Floats:
    """Choose starting points far from one another, in proportion to squared distance (k-means++)."""
    chosen = [int(rng.integers(len(sample)))]
    nearest = _distances(sample, sample[chosen])[:, 0]
    while len(chosen) < regions and nearest.sum() > 0:
        chosen.append(int(rng.choice(len(sample), p=nearest / nearest.sum())))
        nearest = np.minimum(nearest, _distances(sample, sample[chosen[-1:]])[:, 0])
    return sample[chosen]


def _distances(rows: Floats, points: Floats) -> Floats:
    """Return (n, r) squared distances, at least 0."""
    squares: Floats = rows @ (-2 * points.T)
    squares += (rows**2).sum(axis=1)[:, None]
    squares += (points**2).sum(axis=1)
    return np.maximum(squares, 0, out=squares)
