"""Export: a trained pipeline as one ONNX file, refused unless it answers and decides as scikit-learn does.

The graph takes `vectors` (n, d) and returns `probabilities` (n, c) and `space` (n, k). The file's metadata has
everything else that serving needs; its name is the sha256 of its bytes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import Pipeline

from bot.core.features import SongFeatures
from bot.core.sorting.decide import PlaylistRule, Scores, decide
from bot.core.vectors import Doubles
from training.model.fit import Fitted
from training.problems import ParityError

KEY, FORMAT = "cratekeeper", 1  # in the metadata; bot.adapters.scorer reads it
OPSET = 18
TOLERANCE = 1e-6  # difference in probability that float32 explains
MISTAKES = (0, 2, 10)  # acceptable in 20: the fewest, the usual and the most that a member can choose
EPSILON = 1e-12  # length below which a row counts as zero
ROWS = 2_000  # songs compared at once

SINGLE = onnx.TensorProto.FLOAT


def to_file(fitted: Fitted, facts: Mapping[str, Any]) -> bytes:
    """Return the ONNX file of a model; `facts` go into its metadata, along with the schema and the classes."""
    model = _convert(fitted)
    own = {"format": FORMAT, "schema": fitted.schema.to_json(), "classes": list(fitted.examples.classes)}
    onnx.helper.set_model_props(model, {KEY: json.dumps({**facts, **own}, sort_keys=True)})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _convert(fitted: Fitted) -> onnx.ModelProto:
    """Convert the pipeline up to the space; Fourier features, trees and head follow, for any number of classes."""
    takes = [("vectors", FloatTensorType([None, fitted.schema.width]))]
    model: onnx.ModelProto = to_onnx(fitted.space, initial_types=takes, target_opset=OPSET, name=KEY)
    unit = next(node for node in model.graph.node if model.graph.output[0].name in node.output)
    _bound(model.graph, unit)
    space = unit.output[0]
    inputs = [space, *([_fourier(model.graph, fitted.fourier)] if fitted.fourier else [])]
    inputs += [_trees(model, space, fitted.trees)] if fitted.trees else []
    inputs += [_hints(model.graph, fitted)] if fitted.schema.hints else []
    _head(model.graph, inputs, fitted)
    del model.graph.output[:]
    answers = [onnx.helper.make_tensor_value_info(name, SINGLE, [None, None]) for name in ("probabilities", "space")]
    model.graph.output.extend(answers)
    return model


def _bound(graph: onnx.GraphProto, unit: onnx.NodeProto) -> None:
    """Keep a zero row at zero, as scikit-learn does, instead of dividing it by its length."""
    _constants(graph, faint=np.array(EPSILON))
    bound = onnx.helper.make_node("Max", [unit.input[1], "faint"], ["length"])
    unit.input[1] = "length"
    graph.node.insert(list(graph.node).index(unit), bound)


def _fourier(graph: onnx.GraphProto, fourier: Pipeline) -> str:
    """Append the random Fourier features and return their name.

    They're cosines of the numbers in random directions, which skl2onnx can't convert. The scaling of the numbers is
    folded into the directions.
    """
    scaler, sampler = fourier.named_steps["deviations"], fourier.named_steps["fourier"]
    directions = sampler.random_weights_ / scaler.scale_[:, None]
    _constants(
        graph,
        columns=np.arange(len(directions)),
        directions=directions,
        offsets=sampler.random_offset_ - scaler.mean_ @ directions,
        height=np.array(np.sqrt(2 / sampler.n_components)),
    )
    node = onnx.helper.make_node
    graph.node.extend(
        [
            node("Gather", ["vectors", "columns"], ["numbers"], axis=1),
            node("Cast", ["numbers"], ["exact_numbers"], to=onnx.TensorProto.DOUBLE),
            node("MatMul", ["exact_numbers", "directions"], ["turned"]),
            node("Add", ["turned", "offsets"], ["moved"]),
            node("Cos", ["moved"], ["cosines"]),
            node("Mul", ["cosines", "height"], ["fourier"]),
        ]
    )
    return "fourier"


def _trees(model: onnx.ModelProto, space: str, steps: Pipeline) -> str:
    """Append the trees and what they see, `numbers` from `_fourier` too; return the name of their scores, (n, c)."""
    graph, node, trees = model.graph, onnx.helper.make_node, steps.named_steps["trees"]
    parts = dict(steps.named_steps["parts"].transformer_list)
    main = parts["directions"].named_steps["main"]
    _constants(
        graph,
        main=main.components_.T,
        middle=main.mean_ @ main.components_.T,
        sides=np.vstack([_to_class_scores(columns, trees.classes) for columns, _ in trees.ensembles]),
    )
    graph.node.extend(
        [
            node("MatMul", [space, "main"], ["along"]),
            node("Sub", ["along", "middle"], ["exact_directions"]),
            node("Cast", ["exact_directions"], ["single_directions"], to=SINGLE),
            node("Concat", ["numbers", "single_directions"], ["tree_inputs"], axis=1),
        ]
    )
    answers = [f"answer_{at}" for at in range(len(trees.ensembles))]
    for name, (_, ensemble) in zip(answers, trees.ensembles, strict=True):
        _ensemble(model, ensemble, name)
    graph.node.extend(
        [
            node("Concat", answers, ["answers"], axis=1),
            node("Cast", ["answers"], ["exact_answers"], to=onnx.TensorProto.DOUBLE),
            node("MatMul", ["exact_answers", "sides"], ["trees"]),
        ]
    )
    return "trees"


def _ensemble(model: onnx.ModelProto, ensemble: GradientBoostingClassifier, answer: str) -> None:
    """Append an ensemble as skl2onnx converts it; `answer` names its scores: (n, c), or minus and plus of one."""
    takes = [("tree_inputs", FloatTensorType([None, ensemble.n_features_in_]))]
    converted = to_onnx(
        ensemble, initial_types=takes, options={"raw_scores": True, "zipmap": False}, target_opset=OPSET
    )
    known = {entry.domain for entry in model.opset_import}
    model.opset_import.extend(entry for entry in converted.opset_import if entry.domain not in known)
    (grown,) = (node for node in converted.graph.node if node.op_type.startswith("TreeEnsemble"))
    grown.name, grown.output[:] = answer, [f"{answer}_label", answer]
    model.graph.node.append(grown)


def _to_class_scores(columns: NDArray[np.int64], classes: int) -> Doubles:
    """Return (a, c): how an ensemble's answers count for each class, as in `training.model.trees.class_scores`."""
    sides = np.zeros((max(2, len(columns)), classes))
    if len(columns) == 1:
        sides[1, columns] = 1
    else:
        sides[np.arange(len(columns)), columns] = 0.5 if len(columns) == 2 else 1
    return sides


def _hints(graph: onnx.GraphProto, fitted: Fitted) -> str:
    """Append the columns of the hints as they are; return their name."""
    _constants(graph, hinted=np.arange(fitted.schema.hints_at, fitted.schema.width))
    node = onnx.helper.make_node
    graph.node.extend(
        [
            node("Gather", ["vectors", "hinted"], ["told"], axis=1),
            node("Cast", ["told"], ["hints"], to=onnx.TensorProto.DOUBLE),
        ]
    )
    return "hints"


def _constants(graph: onnx.GraphProto, **arrays: NDArray[Any]) -> None:
    graph.initializer.extend(onnx.numpy_helper.from_array(values, name) for name, values in arrays.items())


def _head(graph: onnx.GraphProto, inputs: Sequence[str], fitted: Fitted) -> None:
    """Append what turns the inputs, the space first, into probabilities, in float64 until the output."""
    coefficients, intercepts = _weights(fitted)
    likely = "Softmax" if fitted.examples.exclusive else "Sigmoid"
    _constants(graph, coefficients=coefficients, intercepts=intercepts)
    node = onnx.helper.make_node
    graph.node.extend(
        [
            node("Concat", inputs, ["inputs"], axis=1),
            node("MatMul", ["inputs", "coefficients"], ["products"]),
            node("Add", ["products", "intercepts"], ["logits"]),
            node(likely, ["logits"], ["likely"]),
            node("Cast", ["likely"], ["probabilities"], to=SINGLE),
            node("Cast", [inputs[0]], ["space"], to=SINGLE),
        ]
    )


def _weights(fitted: Fitted) -> tuple[Doubles, Doubles]:
    """Return the head's coefficients (k, c) and intercepts (c,); for two classes, scikit-learn stores only one."""
    head = fitted.head
    parts = [head] if fitted.examples.exclusive else head.estimators_
    coefficients, intercepts = (
        np.concatenate(rows) for rows in zip(*((p.coef_, p.intercept_) for p in parts), strict=True)
    )
    if fitted.examples.exclusive and len(intercepts) == 1:
        coefficients, intercepts = np.vstack([0 * coefficients, coefficients]), np.append(0, intercepts)
    return np.ascontiguousarray(coefficients.T, np.float64), intercepts.astype(np.float64)


def check_parity(fitted: Fitted, file: bytes, songs: Sequence[SongFeatures]) -> float:
    """Return the largest difference from scikit-learn. Raises ParityError above TOLERANCE, or if a decision differs."""
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    parts = [_answers(fitted, session, songs[at : at + ROWS]) for at in range(0, len(songs), ROWS)]
    if not parts:
        return 0.0
    answers, wanted, off = zip(*parts, strict=True)
    known = np.array([song.known for song in songs])
    ours, theirs = (_scores(fitted, np.concatenate(rows), known) for rows in (answers, wanted))
    if changed := changed_decisions(ours, theirs, several=not fitted.examples.exclusive):
        raise ParityError(f"the exported model decides differently on {changed} songs")
    return float(max(off))


def _answers(
    fitted: Fitted, session: ort.InferenceSession, songs: Sequence[SongFeatures]
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Return both models' probabilities (n, c), and the largest difference between them or their spaces."""
    vectors = fitted.schema.vectors(songs)
    answers, space = session.run(["probabilities", "space"], {"vectors": vectors})
    wanted = fitted.pipeline.predict_proba(vectors)
    off = max(float(np.abs(answers - wanted).max()), float(np.abs(space - fitted.space.transform(vectors)).max()))
    if not off <= TOLERANCE:
        raise ParityError(f"the exported model's answers differ by up to {off:.1e} from the trained one's")
    return answers, wanted.astype(np.float32), off


def _scores(fitted: Fitted, probabilities: NDArray[np.float32], known: NDArray[np.bool_]) -> Scores:
    """Without the space, which decisions don't use."""
    return Scores(fitted.examples.classes, probabilities, np.empty((len(known), 0), np.float32), known)


def changed_decisions(ours: Scores, theirs: Scores, several: bool) -> int:
    """Return how many songs of a library two models' scores decide differently, for any of MISTAKES."""
    changed: set[int] = set()
    for mistakes in MISTAKES:
        decided, wanted = (_decided(scores, mistakes, several) for scores in (ours, theirs))
        changed |= {song for song, *_ in decided ^ wanted}
    return len(changed)


def _decided(scores: Scores, mistakes: int, several: bool) -> set[tuple[int, str, frozenset[int]]]:
    """Return each decision's song, outcome and playlists; the order of two equal guesses doesn't matter."""
    rules = [PlaylistRule(name, mistakes, automatic=True) for name in scores.classes if name is not None]
    decisions = decide(scores, rules, several, everything=False)
    return {(decision.song, decision.outcome, frozenset(decision.playlists)) for decision in decisions}


def digest_of(file: bytes) -> str:
    """Return a model's name: the sha256 of its bytes."""
    return hashlib.sha256(file).hexdigest()
