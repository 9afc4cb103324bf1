"""`fit`: trains one layer from the bot's database, or every member and layer of a labels file."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.adapters.artefacts import Folder
from bot.confine import limit_memory
from bot.core.features import RefusedProvenance
from bot.core.sorting.learning.dataset import TrainingSet
from bot.core.sorting.learning.gate import Reason
from bot.core.sorting.learning.prior import Prior, with_prior
from bot.errors import CratekeeperError, StorageDown
from training.commands.models import chosen_prior, numbered_as_in
from training.files import Key, read_labels, read_library, read_served, serve
from training.model.from_database import train_member
from training.model.publish import TrainingOutcome, served_from, train
from training.problems import KEPT, PUBLISHED, InputProblem, NothingToTellApart
from training.progress import bar

GENTLY = 10  # steps of niceness; what members click goes first


def fit_command(options: argparse.Namespace) -> int:
    """Train layers from the bot's database, or every member and layer of a labels file."""
    if options.memory:
        limit_memory(options.memory)
    if options.listen:
        return fit_named(sys.stdin, options.env)
    if options.labels is None:
        return fit_layer(int(options.member), int(options.layer), options.json, options.env)
    library = read_library(options.library, options.sets)
    training = read_labels(options.labels, library, options.several, options.everything)
    if options.member not in {None, *(member for member, _layer in training)}:
        raise InputProblem(f"{options.labels}: no labels of the member {options.member}")
    prior = chosen_prior(options.prior, options.out, options.env)
    chosen = {key: _augmented(prior, told) for key, told in training.items() if options.member in (None, key[0])}
    served = read_served(options.out)
    codes = [_fit_files(options, key, training_set, served) for key, training_set in bar(chosen.items(), "layers")]
    return max(codes, default=PUBLISHED)


def fit_named(lines: Iterable[str], env: Mapping[str, str]) -> int:
    """Train the layers that the lines name ("MEMBER LAYER"), one after another; print a line of JSON for each.

    What goes wrong with one is its line's "problem", or "storage" if only that was down; the next may do better.
    """
    os.nice(GENTLY)
    for line in lines:
        member, layer = map(int, line.split())
        try:
            _fit_layer(member, layer, True, env)
        except StorageDown as problem:
            print(json.dumps({"storage": str(problem)}))
        except (CratekeeperError, RefusedProvenance) as problem:
            print(json.dumps({"problem": f"training: {problem}"}))
        sys.stdout.flush()
    return PUBLISHED


def fit_layer(member: int, layer: int, as_json: bool, env: Mapping[str, str]) -> int:
    """Train one layer of one member, reading and writing the database that `env` names.

    Runs at low priority: the bot is on the same machine, and its heartbeat comes first.
    """
    os.nice(GENTLY)
    return _fit_layer(member, layer, as_json, env)


def _fit_layer(member: int, layer: int, as_json: bool, env: Mapping[str, str]) -> int:
    try:
        outcome = train_member(member, layer, datetime.now(UTC), env)
    except NothingToTellApart as problem:
        _say(as_json, published=False, labels=problem.labels, reason=Reason.NOTHING_TO_TELL_APART)
        return problem.code
    return _told(outcome, as_json)


def _fit_files(options: argparse.Namespace, key: Key, training: TrainingSet, served: Mapping[Key, str]) -> int:
    try:
        serving = served_from(Folder(options.out), served.get(key))
        outcome = train(numbered_as_in(serving, options.out, training), serving, datetime.now(UTC))
    except NothingToTellApart as problem:
        _say(options.json, *key, published=False, labels=problem.labels, reason=Reason.NOTHING_TO_TELL_APART)
        return problem.code
    if outcome.artefact is not None:
        outcome.artefact.save(Folder(options.out))
        serve(options.out, key, outcome.artefact.digest)
    return _told(outcome, options.json, *key)


def _augmented(prior: Prior | None, training: TrainingSet) -> TrainingSet:
    return replace(training, songs=with_prior(prior, training.songs))


def _told(outcome: TrainingOutcome, as_json: bool, *who: str) -> int:
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
    right = f", right on {tried['accuracy']:.0%} of {tried['tested']} left out" if tried.get("tested") else ""
    head = "/".join(who) + ": " if who else ""
    print(f"{head}{'published' if published else 'kept the previous one'}, {labels} labels{right}: {reason}")
