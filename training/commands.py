"""Commands of `python -m training`. Each prints what it did and returns an exit code; `problems` lists the codes."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bot.adapters.prior import NAME
from bot.adapters.prior import read as read_prior
from bot.adapters.scorer import Model, Scorer, read_model
from bot.core.ask import next_songs
from bot.core.dataset import TrainingSet
from bot.core.decide import PlaylistRule, Scores, decide
from bot.core.features import SongFeatures
from bot.core.prior import Prior, tell
from bot.core.schema import schema_of
from training.curves import draw_all
from training.evaluate import Material, Protocol, evaluate
from training.files import Key, Library, read_labels, read_library, read_served, write_rows, write_served
from training.gate import Served
from training.likes import read_all_likes
from training.member import train_member
from training.people import read_people
from training.problems import KEPT, PUBLISHED, InputProblem, TooFewLabels
from training.publish import Outcome, served_from, train
from training.report import report

SEED = 0
GENTLY = 5  # steps of niceness


def fit_command(options: argparse.Namespace) -> int:
    """Train one layer from the bot's database, or every member and layer of a labels file."""
    if options.labels is None:
        return fit_layer(int(options.member), int(options.layer), options.json)
    library = read_library(options.library, options.sets)
    training = read_labels(options.labels, library, options.several, options.everything)
    prior = _prior(options.prior, options.out)
    chosen = {key: _told_by(prior, each) for key, each in training.items() if options.member in (None, key[0])}
    served = read_served(options.out)
    codes = [_fit_files(options, key, each, served) for key, each in bar(chosen.items(), "layers")]
    return max(codes, default=PUBLISHED)


def fit_layer(member: int, layer: int, as_json: bool) -> int:
    """Train one layer of one member from and into the database that the environment names.

    The bot runs on the same machine, so its heartbeat goes first.
    """
    os.nice(GENTLY)
    try:
        outcome = train_member(member, layer, datetime.now(UTC))
    except TooFewLabels as problem:
        _say(as_json, published=False, labels=problem.labels, reason=str(problem))
        return problem.code
    return _told(outcome, as_json)


def _fit_files(options: argparse.Namespace, key: Key, training: TrainingSet, served: dict[Key, str]) -> int:
    try:
        outcome = train(training, served_from(options.out, served.get(key)), datetime.now(UTC))
    except TooFewLabels as problem:
        _say(options.json, *key, published=False, labels=problem.labels, reason=str(problem))
        return problem.code
    if outcome.artefact is not None:
        outcome.artefact.save(options.out)
        served[key] = outcome.artefact.digest
        write_served(options.out, served)
    return _told(outcome, options.json, *key)


def _told_by(prior: Prior | None, training: TrainingSet) -> TrainingSet:
    return replace(training, songs=tell(prior, training.songs))


def _prior(chosen: Path | None, folder: Path) -> Prior | None:
    """Return the prior chosen, else that of the folder of models, if any. Raises PriorCorrupt, InputProblem."""
    found = read_prior(chosen or folder / NAME)
    if chosen is not None and found is None:
        raise InputProblem(f"{chosen}: no prior there; `pretrain` makes one")
    return found.prior if found else None


def _warn_of_other(prior: Prior | None, models: Iterable[Model]) -> None:
    """Say when a model was made with a prior that is not the one at hand: it then guesses with less."""
    made_with = {model.facts.get("prior") for model in models} - {None, prior.version if prior else None}
    if made_with:
        here = f"{prior.version} is given" if prior else "none is given (--prior)"
        print(f"training: made with the prior {', '.join(sorted(map(str, made_with)))}; {here}", file=sys.stderr)


def _told(outcome: Outcome, as_json: bool, *who: str) -> int:
    digest = outcome.artefact.digest if outcome.artefact else None
    overall = outcome.artefact.card["overall"] if outcome.artefact else {}
    more = {"digest": digest, "overall": overall} if digest else {}
    _say(as_json, *who, published=digest is not None, labels=outcome.labels, reason=outcome.reason, **more)
    return PUBLISHED if digest else KEPT


def _say(as_json: bool, *who: str, published: bool, labels: int, reason: str, **more: Any) -> None:
    if as_json:
        print(json.dumps({"who": who, "published": published, "labels": labels, "reason": reason, **more}))
        return
    tried = more.get("overall", {})
    right = f", right on {tried['accuracy']:.0%} of {tried['tested']} left out" if tried else ""
    head = "/".join(who) + ": " if who else ""
    print(f"{head}{'published' if published else 'kept the previous one'}, {labels} labels{right}: {reason}")


def predict_command(options: argparse.Namespace) -> int:
    """Score a library with every model of a folder: a line a song and playlist."""
    library = read_library(options.library, options.sets)
    models, prior = _models(options.models), _prior(options.prior, options.models)
    _warn_of_other(prior, models.values())
    songs = list(tell(prior, library.songs).values())
    rows = (row for key, model in bar(models.items(), "models") for row in _lines(key, model, library, songs, options))
    write_rows(options.out, ("member", "layer", "track_id", "playlist", "probability", "decision"), rows)
    print(f"{len(songs)} songs by {len(models)} models: {options.out}")
    return 0


def _lines(key: Key, model: Model, library: Library, songs: list[Any], options: argparse.Namespace) -> Iterator[Any]:
    scores, names = model.score(songs), _names(options.models, model)
    fates = _fates(scores, model, options.mistakes)
    for song, (track, row) in enumerate(zip(library.songs, scores.probabilities, strict=True)):
        for playlist, probability in zip(scores.classes, row, strict=True):
            if playlist is not None:
                fate = fates.get((song, playlist), "leave")
                yield *key, track, names[str(playlist)], f"{probability:.6f}", fate


def _fates(scores: Scores, model: Model, mistakes: float) -> dict[tuple[int, int], str]:
    rules = [PlaylistRule(each, mistakes, automatic=True) for each in scores.classes if each is not None]
    decisions = decide(scores, rules, model.facts["several"], model.facts["everything"])
    return {(each.song, playlist): each.outcome for each in decisions for playlist in each.playlists}


def next_command(options: argparse.Namespace) -> int:
    """Print the songs that are best asked about next, for every member and layer of a labels file."""
    library = read_library(options.library, options.sets)
    training = read_labels(options.labels, library, options.several, options.everything)
    served, prior = read_served(options.models), _prior(options.prior, options.models)
    found = {key: served_from(options.models, served.get(key)) for key in training}
    _warn_of_other(prior, (each.model for each in found.values() if each))
    names, songs = list(library.songs), list(tell(prior, library.songs).values())
    print("member,layer,track_id")
    for key, each in training.items():
        chosen = _next(each, library, songs, found[key], options.count)
        print("\n".join(f"{key[0]},{key[1]},{names[row]}" for row in chosen))
    return 0


def _next(
    training: TrainingSet, library: Library, songs: list[SongFeatures], served: Served | None, count: int
) -> Iterable[int]:
    scores = served.model.score(songs) if served else None
    space = scores.space if scores else schema_of(songs).vectors(songs)
    told = {label.song for label in training.labels}
    labelled = np.array([song in told for song in library.songs])
    artists = [library.artist(song) for song in library.songs]
    probabilities = scores.probabilities if scores else None
    skipped = np.zeros(len(songs), bool)
    k = len(training.playlists)
    chosen = next_songs(space, probabilities, labelled, skipped, artists, count, k, SEED, several=training.several)
    return [int(row) for row in chosen]


def inspect_command(options: argparse.Namespace) -> int:
    """Print what a model's file says of itself, after checking it."""
    model = read_model(options.model.resolve().parent, options.model.stem)
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


def evaluate_command(options: argparse.Namespace) -> int:
    """Play members of real libraries, and say how right the models of few labels are."""
    ks, ns = tuple(sorted(set(options.ks))), tuple(sorted(set(options.ns)))
    protocol = Protocol(ks, ns, options.draws, options.asking_draws, seed=options.seed)
    everybody = read_people([*options.data, *options.corpus])
    people, corpora = everybody[: len(options.data)], everybody[len(options.data) :]
    material = Material(people, corpora, read_all_likes(options.likes))
    make_ready(options.report, options.json)
    found = {"command": options.command, **evaluate(material, protocol, options.jobs)}
    print(report(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    if options.report:
        (options.report / "measured.md").write_text(f"{report(found)}\n", encoding="utf-8")
        draw_all(found, options.report)
    return 0


def make_ready(folder: Path | None, file: Path | None) -> None:
    """Find out that nothing can be written there before the work, not after it. Raises InputProblem."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.open("a").close()
    except OSError as problem:
        raise InputProblem(f"{problem.filename}: cannot be written to ({problem.strerror})") from problem


def _models(folder: Path) -> dict[Key, Model]:
    served = read_served(folder)
    if not served:
        raise InputProblem(f"{folder}: no model serves anyone there; `fit` makes one")
    scorer = Scorer(folder)
    return {key: scorer.load(digest) for key, digest in served.items()}


def _names(folder: Path, model: Model) -> dict[str, str]:
    card: dict[str, Any] = json.loads((folder / f"{model.digest}.json").read_bytes())
    names: dict[str, str] = card["names"]
    return names


def bar(items: Iterable[Any], unit: str, total: int | None = None) -> Iterable[Any]:
    """Show progress on a terminal, and nowhere else."""
    bar: Iterable[Any] = tqdm(items, unit=f" {unit}", total=total, disable=None)
    return bar
