"""Accuracy: tempo, key and loudness against the known answers, compared with any rivals installed.

Clips of one song are alike, so intervals resample songs. A source is a group of recordings made the same way; figures
are also given by source, because what was tuned on one may not hold for the next.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.audio.analysis import features
from bot.audio.analysis.embedding import Embedder
from bot.audio.files.decode import read
from bot.audio.files.sound import Sound
from bot.audio.process import EMBEDDING
from bot.core.features import SongFeatures, features_heard
from bot.errors.audio import AudioError
from training.evaluation.summary import figure
from training.hearing import rivals
from training.hearing.few import few_labels
from training.hearing.probe import probe
from training.hearing.truth import Key, Recording, acc1, acc2, key_score
from training.problems import InputProblem

OURS, LIBROSA, PYLOUDNORM = "Cratekeeper", "librosa", "pyloudnorm"
MFCC = "librosa's MFCC statistics"
THIRDS = 3  # of the recordings, by confidence

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeardAnswer:
    """One answer about a recording, with a confidence if given."""

    tempo: float
    key: Key
    tempo_confidence: float | None = None
    key_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class HeardRecording:
    """Answers by who gave them, and loudness in LUFS likewise; by name, vectors for the probe and what a model sees."""

    recording: Recording
    answers: dict[str, HeardAnswer]
    loudness: dict[str, float] = field(default_factory=dict)
    vectors: dict[str, Vector] = field(default_factory=dict)
    seen: dict[str, SongFeatures] = field(default_factory=dict)


def hear(recording: Recording, embedder: Embedder) -> HeardRecording:
    """Analyse one recording on the path that serves. Raises InputProblem if it can't be decoded."""
    try:
        sound = read(recording.path)
    except AudioError as problem:
        raise InputProblem(f"{recording.path}: {problem}") from problem
    detail = features.hear(sound)
    beat, notes = detail.rhythm, detail.tonality
    answers = {OURS: HeardAnswer(beat.tempo, Key(notes.key, notes.mode), beat.confidence, notes.confidence)}
    loudness = {OURS: detail.analysis.numbers["loudness"]}
    own = np.concatenate([[*detail.analysis.numbers.values()], *detail.analysis.vectors.values()])
    embedding = embedder.embed(sound.mono, sound.rate).embedding
    vectors = {"features": own, "features and embedding": np.concatenate([own, embedding])}
    _ask_rivals(sound, answers, loudness, vectors)
    return HeardRecording(recording, answers, loudness, vectors, _seen(detail.analysis, embedding, vectors))


def _seen(analysis: features.Analysis, embedding: Vector, vectors: Mapping[str, Vector]) -> dict[str, SongFeatures]:
    """Return what a model would see of a recording, and alternatives to that."""
    every = {**analysis.vectors, EMBEDDING: embedding}
    seen = {
        "what a model sees": features_heard(analysis.numbers, every),
        "all vectors as well": SongFeatures(analysis.numbers, embeddings=every),
    }
    if MFCC in vectors:
        seen[MFCC] = SongFeatures({f"mfcc_{at}": float(value) for at, value in enumerate(vectors[MFCC])})
    return seen


def _ask_rivals(
    sound: Sound, answers: dict[str, HeardAnswer], loudness: dict[str, float], vectors: dict[str, Vector]
) -> None:
    """Add the answers of the rivals installed."""
    if rivals.has("librosa"):
        mono = rivals.librosa_samples(sound.mono, sound.rate)
        answers[LIBROSA] = HeardAnswer(rivals.librosa_tempo(mono), rivals.librosa_key(mono))
        vectors[MFCC] = rivals.librosa_timbre(mono)
    if rivals.has("essentia"):
        whole = rivals.essentia_samples(sound.mono, sound.rate)
        tempo = rivals.essentia_tempo(whole)
        for profile in rivals.PROFILES:
            answers[f"essentia, {profile}"] = HeardAnswer(tempo, rivals.essentia_key(whole, profile))
    if rivals.has(PYLOUDNORM):
        loudness[PYLOUDNORM] = rivals.pyloudnorm_loudness(sound.samples, sound.rate)


def evaluate(heard: Sequence[HeardRecording], seed: int) -> dict[str, Any]:
    """Return all figures."""
    return {
        "recordings": dict(Counter(hearing.recording.source for hearing in heard)),
        "figures": [_figures(who, name, group) for name, group in _slices(heard) for who in heard[0].answers],
        "confidence": {"tempo": _by_confidence(heard, _tempo_trust), "key": _by_confidence(heard, _key_trust)},
        "loudness": _loudness_apart(heard),
        "probe": _probe(heard, seed),
        "few": _few(heard, seed),
        "clips": [_row(hearing) for hearing in heard],
    }


def _slices(heard: Sequence[HeardRecording]) -> Iterable[tuple[str, list[HeardRecording]]]:
    """All recordings, then those of each kind and of each source."""
    yield "all", list(heard)
    for kind in dict.fromkeys(hearing.recording.kind for hearing in heard):
        yield kind, [hearing for hearing in heard if hearing.recording.kind == kind]
    for source in dict.fromkeys(hearing.recording.source for hearing in heard):
        yield f"  {source}", [hearing for hearing in heard if hearing.recording.source == source]


def _figures(who: str, name: str, group: Sequence[HeardRecording]) -> dict[str, Any]:
    scores = {
        "acc1": [(hearing, _tempo_score(hearing, who, acc1)) for hearing in group if hearing.recording.tempo],
        "acc2": [(hearing, _tempo_score(hearing, who, acc2)) for hearing in group if hearing.recording.tempo],
        "key": [(hearing, _key_score(hearing, who)) for hearing in group if hearing.recording.key],
    }
    return {"of": who, "slice": name, **{score: _figure(score, pairs) for score, pairs in scores.items() if pairs}}


def _figure(stream: str, scores: Sequence[tuple[HeardRecording, float]]) -> dict[str, Any]:
    values = np.array([score for _, score in scores])
    return {
        "n": len(values),
        **figure(values, np.ones(len(values)), [hearing.recording.song for hearing, _ in scores], stream),
    }


def _tempo_score(hearing: HeardRecording, who: str, right: Callable[[float, float], bool]) -> float:
    return float(right(hearing.answers[who].tempo, hearing.recording.tempo or 0))


def _key_score(hearing: HeardRecording, who: str) -> float:
    return key_score(hearing.answers[who].key, hearing.recording.key) if hearing.recording.key else 0.0


def _tempo_trust(hearing: HeardRecording) -> tuple[float, float, float] | None:
    trust = hearing.answers[OURS].tempo_confidence
    if hearing.recording.tempo is None or trust is None:
        return None
    return trust, _tempo_score(hearing, OURS, acc1), _tempo_score(hearing, OURS, acc2)


def _key_trust(hearing: HeardRecording) -> tuple[float, float, float] | None:
    answer = hearing.answers[OURS]
    if hearing.recording.key is None or answer.key_confidence is None:
        return None
    return answer.key_confidence, float(answer.key == hearing.recording.key), _key_score(hearing, OURS)


def _by_confidence(
    heard: Sequence[HeardRecording], of: Callable[[HeardRecording], tuple[float, float, float] | None]
) -> list[dict[str, float]]:
    """Thirds of the recordings, least confident first: mean confidence, share right, mean score, and count.

    A calibrated confidence equals the share that's right. Score forgives octaves (Acc2), or follows MIREX.
    """
    trusted = sorted(trust for trust in map(of, heard) if trust is not None)
    thirds = [part for part in np.array_split(np.array(trusted), THIRDS) if part.size]
    names = ("confidence", "right", "score")
    return [
        {**{name: round(float(mean), 4) for name, mean in zip(names, part.mean(0), strict=True)}, "n": len(part)}
        for part in thirds
    ]


def _loudness_apart(heard: Sequence[HeardRecording]) -> dict[str, Any]:
    apart = [
        abs(hearing.loudness[OURS] - hearing.loudness[PYLOUDNORM])
        for hearing in heard
        if PYLOUDNORM in hearing.loudness
    ]
    return {"n": len(apart), "median": float(np.median(apart)), "worst": max(apart)} if apart else {}


def _probe(heard: Sequence[HeardRecording], seed: int) -> dict[str, Any]:
    sets = {name: np.stack([hearing.vectors[name] for hearing in heard]) for name in heard[0].vectors}
    styles = [hearing.recording.style for hearing in heard]
    return probe(sets, styles, [hearing.recording.song for hearing in heard], seed)


def _few(heard: Sequence[HeardRecording], seed: int) -> dict[str, Any]:
    names = [hearing.recording.path.name for hearing in heard]
    sets = {name: dict(zip(names, (hearing.seen[name] for hearing in heard), strict=True)) for name in heard[0].seen}
    kinds = {hearing.recording.path.name: hearing.recording.style for hearing in heard}
    return few_labels(sets, kinds, {hearing.recording.path.name: hearing.recording.song for hearing in heard}, seed)


def _row(hearing: HeardRecording) -> dict[str, Any]:
    truth = hearing.recording
    return {
        "file": truth.path.name,
        "source": truth.source,
        "tempo": truth.tempo,
        "key": None if truth.key is None else [truth.key.tonic, truth.key.mode],
        "heard": {
            who: {"tempo": round(answer.tempo, 2), "key": [answer.key.tonic, answer.key.mode]}
            | {"tempo_confidence": answer.tempo_confidence, "key_confidence": answer.key_confidence}
            for who, answer in hearing.answers.items()
        },
        "loudness": hearing.loudness,
    }
