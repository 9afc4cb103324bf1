"""Models in a folder, as several commands need them: the models, their playlists' names, and the prior beside them."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

from bot import config
from bot.adapters.artefacts import Folder
from bot.adapters.prior import NAME, SHIPPED, standing
from bot.adapters.prior import read as read_prior
from bot.adapters.scorer import OpenModel, Scorer
from bot.core.sorting.learning.dataset import TrainingSet
from bot.core.sorting.learning.prior import Prior
from training.files import Key, read_served
from training.model.gate import Served
from training.problems import InputProblem


def models_in(folder: Path) -> dict[Key, OpenModel]:
    """Return each member and layer's active model in a folder. Raises InputProblem, ModelError."""
    served = read_served(folder)
    if not served:
        raise InputProblem(f"{folder}: no model serves anyone there; `fit` makes one")
    scorer = Scorer(Folder(folder))
    return {key: scorer.load(digest) for key, digest in served.items()}


def names_of(folder: Path, model: OpenModel) -> dict[str, str]:
    """Return the names of a model's playlists by id (as text), from its card. Raises InputProblem."""
    card = folder / f"{model.digest}.json"
    try:
        names = json.loads(card.read_bytes())["names"]
        return {str(kind): str(names[str(kind)]) for kind in model.classes if kind is not None}
    except (ValueError, KeyError, TypeError) as problem:
        raise InputProblem(f"{card}: cannot be read ({problem!r})") from problem


def numbered_as_in(served: Served | None, folder: Path, training: TrainingSet) -> TrainingSet:
    """Return a training set whose playlists have the numbers that they have in the served model; new ones follow.

    Otherwise a new playlist would shift the numbers of those after it, and they'd be taken for one another.
    """
    known = names_of(folder, served.model) if served else {}
    ids = {name: int(number) for number, name in known.items()}
    following = count(max(ids.values(), default=0) + 1)
    ids |= {name: next(following) for name in training.playlists.values() if name not in ids}
    new = {old: ids[name] for old, name in training.playlists.items()}
    labels = [replace(label, playlist=label.playlist and new[label.playlist]) for label in training.labels]
    return replace(training, labels=labels, playlists={new[old]: name for old, name in training.playlists.items()})


def chosen_prior(chosen: Path | None, folder: Path, env: Mapping[str, str]) -> Prior | None:
    """Return the chosen prior, or else, like the bot, the one in the models' folder on the one that ships.

    Raises PriorCorrupt, InputProblem.
    """
    if chosen is None:
        return standing(_prior_in(folder / NAME), _prior_in(SHIPPED) if config.prior_that_ships(env) else None)
    if (prior := _prior_in(chosen)) is None:
        raise InputProblem(f"{chosen}: no prior there; `pretrain` makes one")
    return prior


def _prior_in(path: Path) -> Prior | None:
    written = read_prior(path)
    return written.prior if written else None


def warn_of_other(prior: Prior | None, models: Iterable[OpenModel]) -> None:
    """Warn if a model was trained with a different prior, which weakens its guesses."""
    given = prior.versions if prior else ()
    made_with = {version for model in models for version in (model.facts.get("prior") or "").split("+")}
    if missing := sorted(made_with - {"", *given}):
        here = f"{' and '.join(given)} is given" if given else "none is given (--prior)"
        print(f"training: made with the prior {', '.join(missing)}; {here}", file=sys.stderr)
