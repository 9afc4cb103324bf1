"""Asking: how many labels active learning needs, compared with asking about random songs.

A member with five playlists starts without labels. Each question is answered from the playlists. Held-out songs are
never asked about, and at most half of a playlist is held out, so small ones don't run out of songs to ask about.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.active_learning import Guesses, Pool, Projection, belief_in, next_songs, projection_of
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.identities import spelt
from bot.core.sorting.learning.prior import Prior
from bot.core.sorting.learning.schema import schema_of
from training.evaluation.baselines import ours
from training.evaluation.measure import TESTED
from training.evaluation.people import SimulatedMember
from training.problems import NothingToTellApart

PLAYLISTS = 5  # per simulated member
QUESTIONS = 80  # at most
EVERY, UNTIL, THEN = 1, 12, 4  # labels between trainings: EVERY up to UNTIL, then THEN
GOALS = (0.65, 0.75)  # mean accuracy
CHOSEN, RANDOM = "chosen", "random"
RECENT = 3  # songs whose artists aren't asked about again right away


@dataclass(frozen=True)
class Curve:
    """The accuracy of one member's models by number of labels; way: active or random; asked: songs, in order."""

    person: str
    draw: int
    way: str
    accuracy: Mapping[int, float]
    asked: Sequence[str]


@dataclass
class _Quiz:
    """What a member has been asked so far; `scores` are from the last training, for the whole library."""

    member: SimulatedMember
    songs: Sequence[str]
    answers: Mapping[str, int]
    labels: dict[str, int]
    scores: Scores | None
    projection: Projection | None


def checkpoints(questions: int) -> list[int]:
    """Return the numbers of labels at which to train a model."""
    return [at for at in range(1, questions + 1) if at % (EVERY if at <= UNTIL else THEN) == 0]


def ask_member(member: SimulatedMember, prior: Prior | None, way: str, questions: int, seed: int) -> Curve:
    """Ask up to `questions` songs of one member, measuring the models along the way."""
    tested = kept_back(member)
    untold = {song for song, _ in tested}
    answers = {song: at for at, own in enumerate(member.playlists) for song in own if song not in untold}
    quiz = _Quiz(member, list(member.songs), answers, {}, None, None)
    rng = np.random.default_rng([seed, member.draw])
    order = [str(song) for song in rng.permutation(sorted(answers))]
    accuracy: dict[int, float] = {}
    for at in range(1, min(questions, len(answers)) + 1):
        song = order[at - 1] if way == RANDOM else choose(quiz, seed)
        quiz.labels[song] = answers[song]
        if at in checkpoints(questions):
            quiz.scores = _train(quiz, prior)
            accuracy[at] = _accuracy(quiz, tested)
    return Curve(member.person, member.draw, way, accuracy, tuple(quiz.labels))


def kept_back(member: SimulatedMember) -> list[tuple[str, int]]:
    """Return the held-out songs, which are never asked, each with its playlist."""
    return [(song, at) for at, own in enumerate(member.playlists) for song in own[: min(TESTED, len(own) // 2)]]


def choose(quiz: _Quiz, seed: int) -> str:
    """Return the next song to ask about, chosen as in bot.flows.sorting.labelling.label."""
    counts = Counter(quiz.labels.values())
    scores = quiz.scores
    quiz.projection = quiz.projection or projection_of(len(quiz.songs), _space(quiz).__getitem__, seed)
    artists = [spelt(min(quiz.member.songs[song].sets.get("artists", ()), default="")) for song in quiz.songs]
    place = {song: at for at, song in enumerate(quiz.songs)}
    pool = Pool(
        quiz.projection.points(quiz.member.k),
        labelled=np.array([song in quiz.labels for song in quiz.songs]),
        skipped=np.array([song not in quiz.answers for song in quiz.songs]),
        artists=artists,
        recent_artists=[artists[place[song]] for song in list(quiz.labels)[-RECENT:]],
    )
    labels = {at: counts[at] for at in range(quiz.member.k)}
    guesses = Guesses(scores.probabilities, belief=belief_in(scores.classes, labels)) if scores else None
    chosen = next_songs(pool, guesses, 1)
    left = (song for song in quiz.answers if song not in quiz.labels)
    return quiz.songs[int(chosen[0])] if len(chosen) else next(left)


def _space(quiz: _Quiz) -> NDArray[np.float32]:
    """The songs' positions: in the model's space, once there's a model."""
    if quiz.scores is not None:
        return quiz.scores.space
    songs = list(quiz.member.songs.values())
    return schema_of(songs).vectors(songs)


def _train(quiz: _Quiz, prior: Prior | None) -> Scores | None:
    labels = [Label(song, at, True, "csv") for song, at in quiz.labels.items()]
    training = TrainingSet(quiz.member.songs, labels, quiz.member.names, several=False, everything=False)
    if quiz.scores is None:
        quiz.projection = None  # the first model's space is a new one; later models keep it
    try:
        return ours(prior, training, list(quiz.member.songs.values()))
    except NothingToTellApart:
        return None


def _accuracy(quiz: _Quiz, tested: Sequence[tuple[str, int]]) -> float:
    """The share of held-out songs guessed right; without a model, guesses the only playlist seen."""
    truth = np.array([at for _, at in tested])
    if quiz.scores is None:
        return float((truth == next(iter(quiz.labels.values()))).mean())
    place = {song: at for at, song in enumerate(quiz.songs)}
    rows = quiz.scores.probabilities[[place[song] for song, _ in tested]]
    return float((np.array(quiz.scores.classes)[rows.argmax(axis=1)] == truth).mean())


def labels_needed(mean: Mapping[int, float], goal: float) -> float | None:
    """Return how many labels a curve needs to reach the goal, interpolated linearly; None if it never does."""
    points = sorted(mean.items())
    for (before, low), (after, high) in zip([(0, 0.0), *points], points, strict=False):
        if high >= goal:
            return round(before + (after - before) * (goal - low) / (high - low), 1) if low < goal else float(before)
    return None
