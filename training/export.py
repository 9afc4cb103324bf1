"""Export: a trained pipeline as one ONNX file, refused unless it answers as scikit-learn does.

The graph takes `vectors` (n, d) and answers `probabilities` (n, c) and `space` (n, k). Whatever serving needs to know
is in the file's metadata; its name is the sha256 of its bytes.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from bot.core.features import SongFeatures
from training.fit import Fitted
from training.problems import NotEqual

KEY, FORMAT = "cratekeeper", 1  # of the metadata; bot.adapters.scorer reads it
OPSET = 18
TOLERANCE = 1e-5  # difference of a probability that float32 explains
ROWS = 2_000  # songs compared at a time

Floats = NDArray[np.float32]


def to_file(fitted: Fitted, facts: Mapping[str, Any]) -> bytes:
    """Return the ONNX file of a model; `facts` go into its metadata beside the schema and the classes."""
    takes = [("vectors", FloatTensorType([None, fitted.schema.width]))]
    options = {id(fitted.pipeline): {"zipmap": False}}
    graph = to_onnx(fitted.pipeline, initial_types=takes, options=options, target_opset=OPSET, name="cratekeeper")
    _answer_with_space(graph)
    own = {"format": FORMAT, "schema": fitted.schema.to_json(), "classes": list(fitted.examples.classes)}
    onnx.helper.set_model_props(graph, {KEY: json.dumps({**facts, **own}, sort_keys=True)})
    onnx.checker.check_model(graph)
    return bytes(graph.SerializeToString())


def _answer_with_space(model: onnx.ModelProto) -> None:
    """Let the graph answer with where a song lies, the normaliser's output, instead of the name of its class."""
    graph = model.graph
    normalised = next(
        node.output[0] for node in graph.node if node.op_type == "Normalizer"
    )  # later ones are the head's
    found = next(output for output in graph.output if output.name == "probabilities")
    space = onnx.helper.make_tensor_value_info("space", onnx.TensorProto.FLOAT, [None, None])
    graph.node.append(onnx.helper.make_node("Identity", [normalised], ["space"]))
    del graph.output[:]
    graph.output.extend([found, space])


def check_parity(fitted: Fitted, file: bytes, songs: Sequence[SongFeatures]) -> float:
    """Return the largest difference from scikit-learn. Raises NotEqual above TOLERANCE or for another ranking."""
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    return max((_difference(fitted, session, vectors) for vectors in _vectors(fitted, songs)), default=0.0)


def _vectors(fitted: Fitted, songs: Sequence[SongFeatures]) -> Iterator[Floats]:
    for at in range(0, len(songs), ROWS):
        yield fitted.schema.vectors(songs[at : at + ROWS])


def _difference(fitted: Fitted, session: ort.InferenceSession, vectors: Floats) -> float:
    found, space = session.run(["probabilities", "space"], {"vectors": vectors})
    wanted = fitted.pipeline.predict_proba(vectors)
    off = max(float(np.abs(found - wanted).max()), float(np.abs(space - fitted.pipeline[:-1].transform(vectors)).max()))
    if not off <= TOLERANCE or not same_order(wanted, found):
        raise NotEqual(f"the exported model answers up to {off:.1e} off what was trained")
    return off


def same_order(wanted: NDArray[np.float64], found: Floats) -> bool:
    """Whether the classes of every row rank alike; classes nearer than twice TOLERANCE may change places."""
    order = np.argsort(-wanted, axis=1, kind="stable")
    gaps = -np.diff(np.take_along_axis(wanted, order, axis=1), axis=1)
    falls = -np.diff(np.take_along_axis(found, order, axis=1), axis=1)
    return bool((falls[gaps > 2 * TOLERANCE] > 0).all())


def digest_of(file: bytes) -> str:
    """Return the name of a model: the sha256 of its bytes."""
    return hashlib.sha256(file).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either there whole or not at all, whenever the power goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
