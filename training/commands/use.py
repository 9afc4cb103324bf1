"""`predict`, `next` and `inspect`: uses for trained models."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import OpenModel, read_model
from bot.core.features import SongFeatures
from bot.core.library import tables
from bot.core.sorting.decide import PlaylistRule, Scores, decide
from bot.core.sorting.learning.active_learning import Guesses, Pool, belief_in, next_songs, points_of
from bot.core.sorting.learning.dataset import TrainingSet
from bot.core.sorting.learning.identities import spelt
from bot.core.sorting.learning.prior import with_prior
from bot.core.sorting.learning.schema import schema_of
from training.commands.models import chosen_prior, models_in, names_of, numbered_as_in, warn_of_other
from training.files import Key, Library, make_ready, read_labels, read_library, read_served, write_rows
from training.model.gate import Served
from training.model.publish import served_from
from training.progress import bar

SEED = 0


def predict_command(options: argparse.Namespace) -> int:
    """Score a library with every model in a folder: one line per song and playlist."""
    library = read_library(options.library, options.sets)
    make_ready(None, options.out)
    models, prior = models_in(options.models), chosen_prior(options.prior, options.models, options.env)
    warn_of_other(prior, models.values())
    songs = list(with_prior(prior, library.songs).values())
    rows = (row for key, model in bar(models.items(), "models") for row in _lines(key, model, library, songs, options))
    write_rows(options.out, ("member", "layer", "track_id", "playlist", "probability", "decision"), rows)
    print(f"{len(songs)} songs by {len(models)} models: {options.out}")
    return 0


def _lines(
    key: Key, model: OpenModel, library: Library, songs: list[Any], options: argparse.Namespace
) -> Iterator[Any]:
    scores, names = model.score(songs), names_of(options.models, model)
    outcomes = _outcomes(scores, model, options.mistakes)
    for song, (track, row) in enumerate(zip(library.songs, scores.probabilities, strict=True)):
        for playlist, probability in zip(scores.classes, row, strict=True):
            if playlist is not None:
                outcome = outcomes.get((song, playlist), "leave")
                yield *key, track, names[str(playlist)], f"{probability:.6f}", outcome


def _outcomes(scores: Scores, model: OpenModel, mistakes: float) -> dict[tuple[int, int], str]:
    rules = [PlaylistRule(kind, mistakes, automatic=True) for kind in scores.classes if kind is not None]
    decisions = decide(scores, rules, model.facts["several"], model.facts["everything"])
    return {(decision.song, playlist): decision.outcome for decision in decisions for playlist in decision.playlists}


def next_command(options: argparse.Namespace) -> int:
    """Print the songs to ask about next, for every member and layer in a labels file."""
    library = read_library(options.library, options.sets)
    training = read_labels(options.labels, library, options.several, options.everything)
    served, prior = read_served(options.models), chosen_prior(options.prior, options.models, options.env)
    models = {key: served_from(Folder(options.models), served.get(key)) for key in training}
    warn_of_other(prior, (served_model.model for served_model in models.values() if served_model))
    names, songs = list(library.songs), list(with_prior(prior, library.songs).values())
    chosen = (
        (key, _next(numbered_as_in(models[key], options.models, told), library, songs, models[key], options.count))
        for key, told in training.items()
    )
    tables.write(
        sys.stdout, ("member", "layer", "track_id"), ((*key, names[at]) for key, rows in chosen for at in rows)
    )
    return 0


def _next(
    training: TrainingSet, library: Library, songs: list[SongFeatures], served: Served | None, count: int
) -> Iterable[int]:
    scores = served.model.score(songs) if served else None
    space = scores.space if scores else schema_of(songs).vectors(songs)
    told = {label.song for label in training.labels}
    counts = Counter(label.playlist for label in training.labels if label.verdict)
    labelled = np.array([song in told for song in library.songs])
    artists = [spelt(library.artist(song)) for song in library.songs]
    points = points_of(space, len(training.playlists), SEED)
    pool = Pool(points, labelled, skipped=np.zeros(len(songs), bool), artists=artists)
    labels = {name: counts[name] for name in training.playlists}
    belief = belief_in(scores.classes if scores else (), labels)
    guesses = Guesses(scores.probabilities, training.several, belief) if scores else None
    return [int(row) for row in next_songs(pool, guesses, count)]


def inspect_command(options: argparse.Namespace) -> int:
    """Check a model's file and print its metadata."""
    model = read_model(Folder(options.model.resolve().parent), options.model.stem)
    facts = {name: value for name, value in model.facts.items() if name != "schema"}
    schema = model.schema
    columns = {
        "numbers": [number.name for number in schema.numbers],
        "words": {words.name: len(words.tokens) for words in schema.words},
        "identities": [identity.name for identity in schema.identities],
        "embeddings": {embedding.name: embedding.size for embedding in schema.embeddings},
    }
    print(json.dumps({"digest": model.digest, **facts, "columns": columns}, indent=1, ensure_ascii=False))
    return 0
