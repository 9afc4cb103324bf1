"""Baselines: our model as served, with and without each part that helps, and other methods.

Each takes a training set and the songs to score, and answers like a model, so all are measured the same way.
"""

import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from bot.adapters.scorer import open_model
from bot.core.features import TITLE, SongFeatures
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.dataset import Label, TrainingSet
from bot.core.sorting.learning.prior import Prior
from bot.core.sorting.learning.schema import EXPORTIFY, Schema, schema_of
from training.model.export import to_file
from training.model.fit import fit
from training.model.gate import judge

Contender = Callable[[TrainingSet, Sequence[SongFeatures]], Scores]

PRIOR, FRESH = "prior", "fresh"  # our own model, with and without a prior
NO_AUDIO = ", no audio"
NAMELESS = ", playlists without names"
NAMES_ONLY = ", names only"
MISTAKEN = ", one label in ten wrong"
OTHERS = ", other playlists too"
PARTIAL = (NO_AUDIO, NAMELESS, NAMES_ONLY, MISTAKEN, OTHERS)  # ends of contenders told less than there is, or more
NEAREST, NET, EVERYTHING = "5-NN on audio", "small net on audio", "regression on everything"
WRONG = 0.1  # of the labels, each in another playlist at random
NEIGHBOURS = 5
NEURONS = (32,)
STEPS = 500  # of training, at most
AUDIO = Schema("audio", tuple(number for number in EXPORTIFY if number.name not in ("year", "duration")), (), (), ())
NAMES = frozenset({"artists", "album", TITLE})
AUDIO_NAMES = frozenset(number.name for number in AUDIO.numbers)
NONE = -1  # "none of them", where classes are numbers


def contenders(prior: Prior | None) -> dict[str, Contender]:
    """Return all contenders by name; those with a prior only if there is one."""
    all_in: dict[str, Contender] = {PRIOR: partial(ours, prior), FRESH: partial(ours, None)} if prior else {}
    all_in = all_in or {FRESH: partial(ours, None)}
    own: dict[str, Contender] = {name: partial(_kept_only, one) for name, one in all_in.items()}
    deaf: dict[str, Contender] = {f"{name}{NO_AUDIO}": partial(_without_audio, one) for name, one in own.items()}
    deaf |= {f"{name}{NAMES_ONLY}": partial(with_names_only, one) for name, one in own.items()}
    best = next(iter(own))
    deaf[f"{best}{NAMELESS}"] = partial(_nameless, own[best])
    more: dict[str, Contender] = {f"{best}{OTHERS}": all_in[best]}
    more[f"{best}{NAMES_ONLY}{OTHERS}"] = partial(with_names_only, all_in[best])
    plain = {EVERYTHING: everything, NET: net, NEAREST: nearest}
    worse = {
        f"{name}{MISTAKEN}": partial(misled, one) for name, one in {best: own[best], EVERYTHING: everything}.items()
    }
    return {**own, **more, **deaf, **plain, **worse}


@dataclass(frozen=True, slots=True)
class Judged(Scores):
    """Our model's scores, and whether the gate would refuse it as a first model."""

    refused: bool


def ours(prior: Prior | None, training: TrainingSet, songs: Sequence[SongFeatures]) -> Judged:
    """The model that would serve: fit, ONNX file, onnxruntime. Raises NothingToTellApart."""
    fitted = fit(training, prior)
    scores = open_model("", to_file(fitted, {})).score(songs if prior is None else prior.augmented(songs))
    refused = not judge(fitted.validation, None, training.songs).publish
    return Judged(scores.classes, scores.probabilities, scores.space, scores.known, refused)


def _kept_only(contender: Contender, training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    """As told by a member who lets the bot read no playlist but those that it keeps: the default."""
    return contender(replace(training, others=()), songs)


def _nameless(contender: Contender, training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    return contender(replace(training, playlists=dict.fromkeys(training.playlists, "")), songs)


def misled(contender: Contender, training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    """As told by a member who is wrong about one song in ten."""
    wrong = [_slipped(label, sorted(training.playlists)) for label in training.labels]
    return contender(replace(training, labels=wrong), songs)


def _slipped(label: Label, playlists: Sequence[int]) -> Label:
    """Return the label, or for one song in ten, one about another playlist: the same songs and playlists each time."""
    rng = np.random.default_rng(zlib.crc32(label.song.encode()))
    others = [playlist for playlist in playlists if playlist != label.playlist]
    return replace(label, playlist=int(rng.choice(others))) if rng.random() < WRONG and others else label


def _without_audio(contender: Contender, training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    silent = {name: _silent(song) for name, song in training.songs.items()}
    return contender(replace(training, songs=silent), [_silent(song) for song in songs])


def with_names_only(contender: Contender, training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    """As a library from names alone, on a fresh install that asks no source: no audio, genres, year or duration."""
    bare = {name: _bare(song) for name, song in training.songs.items()}
    return contender(replace(training, songs=bare), [_bare(song) for song in songs])


def _bare(song: SongFeatures) -> SongFeatures:
    sets = {name: held for name, held in song.sets.items() if name in NAMES}
    return SongFeatures({}, sets, {name: source for name, source in song.provenance.items() if name in NAMES})


def _silent(song: SongFeatures) -> SongFeatures:
    numbers = {name: value for name, value in song.numbers.items() if name not in AUDIO_NAMES}
    sources = {name: source for name, source in song.provenance.items() if name not in AUDIO_NAMES}
    return SongFeatures(numbers, song.sets, sources)


def nearest(training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    """The five nearest songs by audio; fewer if a playlist has fewer labels."""
    fewest = min(Counter(label.playlist for label in training.labels).values())
    return _answer(KNeighborsClassifier(min(NEIGHBOURS, fewest)), AUDIO, training, songs)


def net(training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    """A neural net with one small hidden layer, on audio."""
    return _answer(MLPClassifier(NEURONS, max_iter=STEPS, random_state=0), AUDIO, training, songs)


def everything(training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    """A plain logistic regression on all features, unprocessed."""
    known = [song for _, song in sorted(training.songs.items()) if song.known]
    return _answer(LogisticRegression(max_iter=STEPS), schema_of(known), training, songs)


def _answer(classifier: Any, schema: Schema, training: TrainingSet, songs: Sequence[SongFeatures]) -> Scores:
    told = schema.vectors([training.songs[label.song] for label in training.labels])
    names = [NONE if label.playlist is None else label.playlist for label in training.labels]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes")
        classifier.fit(told, names)
    guesses = classifier.predict_proba(schema.vectors(songs)).astype(np.float32)
    classes = tuple(None if name == NONE else int(name) for name in classifier.classes_)
    return Scores(classes, guesses, np.zeros((len(songs), 1), np.float32), np.ones(len(songs), np.bool_))
