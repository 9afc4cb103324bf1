"""Models in a folder, as several commands need them: the models, their playlists' names, and the prior beside them."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.adapters.prior import NAME
from bot.adapters.prior import read as read_prior
from bot.adapters.scorer import OpenModel, Scorer
from bot.core.sorting.learning.prior import Prior
from training.files import Key, read_served
from training.problems import InputProblem


def models_in(folder: Path) -> dict[Key, OpenModel]:
    """Return each member and layer's active model in a folder. Raises InputProblem, ModelError."""
    served = read_served(folder)
    if not served:
        raise InputProblem(f"{folder}: no model serves anyone there; `fit` makes one")
    scorer = Scorer(folder)
    return {key: scorer.load(digest) for key, digest in served.items()}


def names_of(folder: Path, model: OpenModel) -> dict[str, str]:
    """Return the names of a model's playlists by id (as text), from its card."""
    card: dict[str, Any] = json.loads((folder / f"{model.digest}.json").read_bytes())
    names: dict[str, str] = card["names"]
    return names


def chosen_prior(chosen: Path | None, folder: Path) -> Prior | None:
    """Return the chosen prior, or else the one in the models' folder, if any. Raises PriorCorrupt, InputProblem."""
    written = read_prior(chosen or folder / NAME)
    if chosen is not None and written is None:
        raise InputProblem(f"{chosen}: no prior there; `pretrain` makes one")
    return written.prior if written else None


def warn_of_other(prior: Prior | None, models: Iterable[OpenModel]) -> None:
    """Warn if a model was trained with a different prior, which weakens its guesses."""
    made_with = {model.facts.get("prior") for model in models} - {None, prior.version if prior else None}
    if made_with:
        here = f"{prior.version} is given" if prior else "none is given (--prior)"
        print(f"training: made with the prior {', '.join(sorted(map(str, made_with)))}; {here}", file=sys.stderr)
