"""Scorer: models, verified and run by onnxruntime.

A model file is named by its sha256 and verified before any of it is parsed: otherwise, four in ten single bit flips
would load and answer wrongly. Sessions use one thread and no arena. However many members are served, their models take
limited memory: the recently used stay open, any other is a millisecond away in a folder. Synchronous: callers on an
event loop use a thread.
"""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from bot.core.features import SongFeatures
from bot.core.sorting.decide import Scores
from bot.core.sorting.learning.schema import Schema
from bot.errors import ModelCorrupt, ModelError, ModelMissing
from bot.ports import Artefacts
from bot.telemetry.metrics import MODEL_BYTES, MODEL_LOADS, Cache

ANSWERS = ("probabilities", "space")
KEY = "cratekeeper"  # metadata key in the file
FORMAT = 1
MOST_BYTES = 16 * 2**20  # a member's model takes about 100 KB; anything larger isn't ours
RESIDENT = 4  # bytes of memory per byte of file: graph, weights, schema (benchmarks.memory)
AT_LEAST = 64 * 2**10  # bytes of the smallest
MOST_RESIDENT = 32 * 2**20  # bytes of all open models: about fifty; with 10,000 members, 3 KB each
ROWS = 1_024  # songs per run: bounds memory, costs no time
DIGEST = re.compile(r"[0-9a-f]{64}")
ORT_ERRORS = tuple(
    getattr(ort.capi.onnxruntime_pybind11_state, name)
    for name in ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
)  # onnxruntime's errors, which share no base class


@dataclass(frozen=True, slots=True)
class OpenModel:
    """One member's model of one layer. `facts` is the metadata in its file, besides the schema."""

    digest: str
    schema: Schema
    classes: tuple[int | None, ...]
    facts: Mapping[str, Any]
    session: ort.InferenceSession
    resident: int  # estimated bytes of memory

    def score(self, songs: Sequence[SongFeatures]) -> Scores:
        """Return the model's scores of each song; songs without features are marked."""
        parts = [self.run(self.schema.vectors(songs[at : at + ROWS])) for at in range(0, max(1, len(songs)), ROWS)]
        probabilities, space = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        known = np.fromiter((song.known for song in songs), np.bool_, len(songs))
        return Scores(self.classes, probabilities, space, known)

    def run(self, vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (n, c) probabilities and (n, k) the songs' points; vectors: (n, d), from the model's own schema."""
        probabilities, space = self.session.run(ANSWERS, {"vectors": vectors})
        return probabilities, space


class Scorer:
    """Models that were published; keeps the recently used, up to `most` bytes of memory. Thread-safe."""

    def __init__(self, files: Artefacts, most: int = MOST_RESIDENT) -> None:
        self._files, self._most, self._resident = files, most, 0
        self._models: OrderedDict[str, OpenModel] = OrderedDict()
        self._lock = Lock()
        self._unusable: set[str] = set()  # digests of those that were asked for and couldn't be used

    @property
    def resident(self) -> int:
        """Estimated bytes of memory of the open models."""
        return self._resident

    def load(self, digest: str) -> OpenModel:
        """Return the model with that digest. Raises ModelMissing, ModelCorrupt if the file doesn't match, StorageDown.

        Others needn't wait while one is read: it may come from a server.
        """
        with self._lock:
            known = self._models.get(digest)
            MODEL_LOADS.labels(Cache.HIT if known else Cache.MISS).inc()
        try:
            model = known or read_model(self._files, digest)
        except ModelError:
            self._unusable.add(digest)
            raise
        with self._lock:
            return self._admit(model)

    def take_unusable(self) -> set[str]:
        """Return the digests that couldn't be loaded since the last time."""
        taken, self._unusable = self._unusable, set()
        return taken

    def opens(self, digest: str) -> bool:
        """Whether the file with that digest exists and works; keeps nothing of it. Raises StorageDown."""
        try:
            read_model(self._files, digest)
        except ModelError:
            return False
        return True

    def forget(self, digest: str) -> None:
        """Drop a model from memory, as erasing a member must."""
        with self._lock:
            if model := self._models.pop(digest, None):
                self._resident -= model.resident
                MODEL_BYTES.set(self._resident)

    def _admit(self, model: OpenModel) -> OpenModel:
        """Keep a model as the newest, and drop the least recently used until there's room; one always stays."""
        if model.digest not in self._models:
            self._models[model.digest] = model
            self._resident += model.resident
        self._models.move_to_end(model.digest)
        while self._resident > self._most and len(self._models) > 1:
            self._resident -= self._models.popitem(last=False)[1].resident
        MODEL_BYTES.set(self._resident)
        return model


def read_model(files: Artefacts, digest: str) -> OpenModel:
    """Read, verify and open `<digest>.onnx`. Raises ModelMissing, ModelCorrupt, StorageDown."""
    if not DIGEST.fullmatch(digest):
        raise ModelMissing(f"{digest[:12]!r} does not name a model")
    try:
        return files.load(f"{digest}.onnx", partial(_verified, digest), MOST_BYTES)
    except OSError as problem:
        raise ModelMissing(f"no model {digest[:12]} in {files}") from problem
    except ValueError as problem:
        raise ModelCorrupt(f"{digest[:12]}: {problem}") from problem


def _verified(digest: str, file: BinaryIO) -> OpenModel:
    content = file.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelCorrupt(f"{digest[:12]} does not hold what its name says")
    return open_model(digest, content)


def open_model(digest: str, content: bytes) -> OpenModel:
    """Open the bytes of a model file. Raises ModelCorrupt if they aren't one of our models."""
    try:
        return _open(digest, content)
    except (ValueError, KeyError, TypeError, RuntimeError, *ORT_ERRORS) as problem:
        raise ModelCorrupt(f"{digest[:12]} is no model of ours: {problem}") from problem


def _open(digest: str, content: bytes) -> OpenModel:
    session = ort.InferenceSession(content, _options(), providers=["CPUExecutionProvider"])
    session._model_bytes = None  # the wrapper would keep the whole file, for providers that we don't use
    facts = json.loads(session.get_modelmeta().custom_metadata_map[KEY])
    if facts["format"] != FORMAT:
        raise ValueError(f"format {facts['format']}")
    schema, classes = Schema.from_json(facts.pop("schema")), tuple(facts["classes"])
    _same_shape(session, schema.width, len(classes))
    return OpenModel(digest, schema, classes, facts, session, max(AT_LEAST, RESIDENT * len(content)))


def _same_shape(session: ort.InferenceSession, width: int, classes: int) -> None:
    """Raise ValueError unless the graph takes the schema's vectors and answers for its classes."""
    takes = [(tensor.name, tensor.shape[1]) for tensor in session.get_inputs()]
    if takes != [("vectors", width)]:
        raise ValueError(f"the graph takes {takes}, the schema makes {width} columns")
    probabilities, _ = session.run(ANSWERS, {"vectors": np.zeros((1, width), np.float32)})
    if probabilities.shape != (1, classes) or probabilities.dtype != np.float32:
        raise ValueError(f"the graph answers {probabilities.shape}, not for {classes} classes")


def _options() -> ort.SessionOptions:
    """Return options for one thread and no arena: a session takes 40 KB instead of 170 KB and a thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 4  # errors are raised, not printed
    options.add_session_config_entry("session.disable_prepacking", "1")
    return options
