"""Publish: from a training set to files ready to serve, or the reason why not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.adapters.scorer import Scorer
from bot.core.sorting.learning.dataset import TrainingSet
from bot.core.sorting.learning.gate import Reason
from bot.core.sorting.learning.prior import versions_in
from bot.errors import ModelError
from bot.ports import Artefacts
from training.model.card.figures import NONE, class_name, figures
from training.model.card.picture import draw
from training.model.export import check_parity, digest_of, to_file
from training.model.fit import Fitted, fit
from training.model.gate import GateVerdict, Served, held_out_likelihoods, judge

Card = dict[str, Any]


@dataclass(frozen=True)
class Artefact:
    """A model ready to be published: its ONNX file, its card, its picture."""

    digest: str
    card: Card
    held_out: Mapping[str, tuple[str, float]]
    onnx: bytes
    png: bytes

    def save(self, files: Artefacts) -> None:
        """Write `<digest>.onnx`, `.json` and `.png`; the model last, so it never exists without its card."""
        for name, content in self._contents().items():
            files.put(name, content)

    def make_sure(self, files: Artefacts) -> None:
        """Write again what a sweep has deleted since `save`."""
        for name, content in self._contents().items():
            if not files.has(name):
                files.put(name, content)

    def _contents(self) -> dict[str, bytes]:
        card = json.dumps({**self.card, "held_out": self.held_out}, indent=1, sort_keys=True, ensure_ascii=False)
        return {
            f"{self.digest}.png": self.png,
            f"{self.digest}.json": card.encode(),
            f"{self.digest}.onnx": self.onnx,
        }


@dataclass(frozen=True)
class TrainingOutcome:
    """Training's result: an artefact ready to serve, or none and the reason. labels: songs learned from."""

    artefact: Artefact | None
    labels: int
    reason: Reason


def train(training: TrainingSet, served: Served | None, now: datetime) -> TrainingOutcome:
    """Train, cross-validate, compare and export. Raises NothingToTellApart, ParityError, RefusedProvenance."""
    fitted = fit(training)
    labels = len(fitted.examples.songs)
    verdict = judge(fitted.validation, served, training.songs)
    artefact = build(fitted, training, verdict, now) if verdict.publish else None
    return TrainingOutcome(artefact, labels, verdict.reason)


def build(fitted: Fitted, training: TrainingSet, verdict: GateVerdict, now: datetime) -> Artefact:
    """Export a trained model and check the file against scikit-learn on the whole library. Raises ParityError."""
    scores = figures(fitted.validation)
    facts = _facts(fitted, training, scores, now)
    onnx = to_file(fitted, facts)
    off = check_parity(fitted, onnx, list(training.songs.values()))
    names = {class_name(kind): training.playlists[kind] for kind in fitted.examples.classes if kind is not None}
    picture = draw(scores, names)
    more = {"reason": verdict.reason, "alt": picture.alt, "names": names, "parity": off}
    digest = digest_of(onnx)
    return Artefact(
        digest, {**facts, **more, "digest": digest}, held_out_likelihoods(fitted.validation), onnx, picture.png
    )


def _facts(fitted: Fitted, training: TrainingSet, scores: Mapping[str, Any], now: datetime) -> Card:
    """The file's metadata. `scores` are by playlist id; "none of them" is separate."""
    by_class = scores["classes"]
    overall = {name: scores[name] for name in ("tested", "accuracy", "baseline", "likelihood", "baseline_likelihood")}
    return {
        "created_at": now.isoformat(),
        "features": {"name": fitted.schema.name, "version": fitted.schema.version, "columns": fitted.schema.width},
        "labels": len(fitted.examples.songs),
        "several": training.several,
        "everything": training.everything,
        "exclusive": fitted.examples.exclusive,
        "temperature": fitted.validation.temperature,
        "overall": overall,
        "scores": {name: entry for name, entry in by_class.items() if name != NONE},
        "none": by_class.get(NONE),
        "provenance": fitted.sources,
        "prior": "+".join(versions_in(fitted.sources)) or None,
    }


def served_from(files: Artefacts, digest: str | None) -> Served | None:
    """Return the active model; None if there is none, or its file can't be used (promise P28)."""
    if digest is None:
        return None
    try:
        model = Scorer(files).load(digest)
        card: Card = files.load(f"{digest}.json", json.load)
        held_out = {song: (str(truth), float(told)) for song, (truth, told) in card["held_out"].items()}
    except (ModelError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Served(model, held_out)
