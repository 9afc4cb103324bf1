"""musicnn as an ONNX file, from the weights in its own package: without TensorFlow and without dead filters.

musicnn (Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR 2019
late-breaking) takes three seconds as (187 frames, 96 mel bands). Five convolutions scan them, and each keeps its
maximum over frequency ("front"); three more with residuals follow over time ("mid"); means and maxima over time lead
to 200 numbers (the embedding) and 50 tags. The weights are those of `MSD_musicnn`, Million Song Dataset.

The ONNX file gives the same answers in a quarter of the time, thanks to three identities:

- Most filters in the front died in training: 497 of 561 have no weight left. Such a filter's output is constant.
  Together, these constants become one channel of ones for the mid's first convolution, which keeps the effect of its
  padding exact, and part of the dense layer's bias.
- A batch norm after ReLU is y = s ReLU(x) + o. Its maximum over frequency is s ReLU(max x) + o, and if s < 0 it's
  s ReLU(-max(-x)) + o: so the maximum comes first, and everything after it has 1/59 of the work.
- The three convolutions over time only become one, with the shorter filters zero-padded.

Channels are padded to multiples of 16: only then does onnxruntime keep its blocked layout from the convolution to the
maximum. The first padding channel is the channel of ones.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from bot.core.vectors import Doubles
from training.musicnn.checkpoint import Tensors
from training.musicnn.graph import Graph
from training.musicnn.package import read_package
from training.musicnn.plain import answer
from training.problems import ParityError

FRAMES, BANDS = 187, 96  # per patch
EPSILON = 1e-3  # of `tf.layers.batch_normalization`
BLOCK = 16  # channels; onnxruntime's blocks have 8 or 16, depending on the processor's registers
CLOSE, TRIED = 1e-4, 3  # maximum difference, and patches compared; 1e-5 is usual
DEAD = 1e-6  # largest weight of a filter that counts as constant; living ones are above 1e-4


@dataclass(frozen=True, slots=True)
class ConvolutionLayer:
    """A convolution, ReLU and batch norm: y = scale · ReLU(kernel * x + bias) + offset.

    kernel: (filters, inputs, frames, bands); the rest: (filters,).
    """

    kernel: Doubles
    bias: Doubles
    scale: Doubles
    offset: Doubles

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Which filters use their input at all: shape (filters,)."""
        return np.asarray(np.abs(self.kernel).max(axis=(1, 2, 3)) > DEAD)

    @property
    def constants(self) -> Doubles:
        """Each filter's output for zero input: shape (filters,)."""
        return np.asarray(self.scale * np.maximum(self.bias, 0) + self.offset)

    def only(self, kept: NDArray[np.bool_]) -> "ConvolutionLayer":
        return ConvolutionLayer(self.kernel[kept], self.bias[kept], self.scale[kept], self.offset[kept])

    def padded(self, filters: int) -> "ConvolutionLayer":
        """Pad with filters that always output 1, up to `filters`."""
        more = (0, filters - len(self.bias))
        kernel = np.pad(self.kernel, (more, (0, 0), (0, 0), (0, 0)))
        offset = np.pad(self.offset, more, constant_values=1)
        return ConvolutionLayer(kernel, np.pad(self.bias, more), np.pad(self.scale, more), offset)


@dataclass(frozen=True, slots=True)
class Channels:
    """The front as built, relative to the package's 561 channels.

    where: (561,), each channel's position, -1 for a dead one; constants: (561,), the dead ones' outputs, 0 for the
    others; count: number of channels, padding included; ones: position of a channel that outputs 1.
    """

    where: NDArray[np.intp]
    constants: Doubles
    count: int
    ones: int

    @property
    def alive(self) -> NDArray[np.bool_]:
        return np.asarray(self.where >= 0)

    def spread(self, values: Doubles) -> Doubles:
        """Map (561, …) values of the package's channels to (count, …) of the built ones."""
        made = np.zeros((self.count, *values.shape[1:]))
        made[self.where[self.alive]] = values[self.alive]
        return made

    def constant(self, values: Doubles) -> Doubles:
        """Return the dead channels' sum, weighted by (561, …) values: shape (…)."""
        return np.asarray(np.tensordot(self.constants, values, 1))


def build(wheel: Path) -> bytes:
    """Return the ONNX file: mel (n, 187, 96) float32 → embedding (n, 200), tags (n, 50). Byte for byte reproducible.

    Its metadata has the tags' names and the licence notice. Raises InputProblem for anything but the wheel.
    """
    package = read_package(wheel)
    graph = Graph()
    front, channels = _front(graph, package.weights)
    mid = _mid(graph, package.weights, front, channels)
    _back(graph, package.weights, mid, channels)
    takes, gives = {"mel": (FRAMES, BANDS)}, {"embedding": (200,), "tags": (50,)}
    return graph.file(takes, gives, {"tags": json.dumps(package.tags), "licence": package.licence})


def compare(content: bytes, wheel: Path) -> float:
    """Return the largest difference between an ONNX file and the package's own layers, on random patches.

    Raises ParityError if it's more than the order of summation explains.
    """
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    patches = np.random.default_rng(0).gamma(1.0, 1.0, (TRIED, FRAMES, BANDS)).astype(np.float32)
    answers = np.hstack(session.run(("embedding", "tags"), {"mel": patches}))
    weights = read_package(wheel).weights
    off = float(np.abs(answers - [np.concatenate(answer(weights, patch)) for patch in patches]).max())
    if off > CLOSE:
        raise ParityError(f"the file's answers differ from the package's by {off:.1e}")
    return off


# ---------------------------------------------------------------- the package's names
def layer(weights: Tensors, number: int) -> ConvolutionLayer:
    """The convolution `number`, counted as in the package: 0 and 1 timbral, 2 to 4 temporal, 5 to 7 mid."""
    name = f"conv2d{_suffix(number)}"
    kernel = weights[f"{name}/kernel"].astype(np.float64)
    kernel = kernel.transpose(3, 1, 0, 2) if number >= 5 else kernel.transpose(3, 2, 0, 1)
    return ConvolutionLayer(kernel, weights[f"{name}/bias"].astype(np.float64), *norm(weights, number + 1))


def norm(weights: Tensors, number: int) -> tuple[Doubles, Doubles]:
    """Scale and offset of the batch norm `number`: y = scale · x + offset."""
    names = (f"batch_normalization{_suffix(number)}/{part}" for part in ("gamma", "beta", "moving_mean"))
    gamma, beta, mean = (weights[name].astype(np.float64) for name in names)
    scale = gamma / np.sqrt(weights[f"batch_normalization{_suffix(number)}/moving_variance"] + EPSILON)
    return scale, beta - mean * scale


def _suffix(number: int) -> str:
    return f"_{number}" if number else ""


# ---------------------------------------------------------------- the three parts
def _front(graph: Graph, weights: Tensors) -> tuple[str, Channels]:
    """Add the five convolutions over the patch. Returns their output's name (n, channels, frames), and its channels."""
    image = graph.node("Unsqueeze", "mel", graph.integers(1))
    image = graph.affine(image, *norm(weights, 0))
    layers = [layer(weights, number) for number in range(5)]
    living = [layer.only(layer.alive) for layer in layers]
    blocks = [*living[:2], _joined(living[2:])]
    widths = [-(-len(block.bias) // BLOCK) * BLOCK for block in blocks]
    answers = [_strongest(graph, image, block.padded(width)) for block, width in zip(blocks, widths, strict=True)]
    return graph.node("Concat", *answers, axis=1), _channels(layers, blocks, widths)


def _channels(layers: list[ConvolutionLayer], blocks: list[ConvolutionLayer], widths: list[int]) -> Channels:
    starts = np.cumsum([0, *widths[:-1]])
    places = np.concatenate([start + np.arange(len(block.bias)) for start, block in zip(starts, blocks, strict=True)])
    alive = np.concatenate([layer.alive for layer in layers])
    where = np.full(len(alive), -1)
    where[alive] = places
    constants = np.where(alive, 0, np.concatenate([layer.constants for layer in layers]))
    return Channels(where, constants, sum(widths), int(np.setdiff1d(np.arange(sum(widths)), places)[0]))


def _joined(layers: list[ConvolutionLayer]) -> ConvolutionLayer:
    """Merge filters over time of several lengths into one convolution: "same" padding aligns their centres."""
    longest = max(layer.kernel.shape[2] for layer in layers)
    margins = [(longest - layer.kernel.shape[2]) // 2 for layer in layers]
    kernels = [
        np.pad(layer.kernel, ((0, 0), (0, 0), (margin, margin), (0, 0)))
        for layer, margin in zip(layers, margins, strict=True)
    ]
    parts = ((layer.bias, layer.scale, layer.offset) for layer in layers)
    return ConvolutionLayer(np.concatenate(kernels), *(np.concatenate(part) for part in zip(*parts, strict=True)))


def _strongest(graph: Graph, image: str, layer: ConvolutionLayer) -> str:
    """Add a layer's maximum over frequency: (n, filters, frames)."""
    sign = np.where(layer.scale < 0, -1.0, 1.0)
    frames, bands = layer.kernel.shape[2:]
    signed = layer.kernel * sign[:, None, None, None]
    before = (frames - 1) // 2
    pads = [before, 0, frames - 1 - before, 0]
    answer = graph.convolution(image, signed, layer.bias * sign, pads=pads)
    answer = graph.node("MaxPool", answer, kernel_shape=[1, BANDS - bands + 1])
    answer = graph.node("Squeeze", answer, graph.integers(3))
    answer = graph.node("Relu", graph.node("Mul", answer, graph.constant(sign[:, None])))
    return graph.affine(answer, layer.scale[:, None], layer.offset[:, None])


def _mid(graph: Graph, weights: Tensors, front: str, channels: Channels) -> str:
    """Add three convolutions over time, with residuals. Returns front and mid concatenated: (n, channels, frames)."""
    kernel = layer(weights, 5).kernel[..., 0].swapaxes(0, 1)
    condensed = channels.spread(kernel)
    condensed[channels.ones] = channels.constant(kernel)
    first = _over_time(graph, weights, 5, front, condensed.swapaxes(0, 1))
    second = graph.node("Add", _over_time(graph, weights, 6, first), first)
    third = graph.node("Add", _over_time(graph, weights, 7, second), second)
    return graph.node("Concat", front, first, second, third, axis=1)


def _over_time(graph: Graph, weights: Tensors, number: int, taken: str, kernel: Doubles | None = None) -> str:
    convolution = layer(weights, number)
    answer = graph.convolution(
        taken, convolution.kernel[..., 0] if kernel is None else kernel, convolution.bias, pads=[3, 3]
    )
    return graph.affine(graph.node("Relu", answer), convolution.scale[:, None], convolution.offset[:, None])


def _back(graph: Graph, weights: Tensors, mid: str, channels: Channels) -> None:
    """Add maxima and means over time, then two dense layers."""
    pools = [graph.node(kind, mid, axes=[2], keepdims=0) for kind in ("ReduceMax", "ReduceMean")]
    dense = [graph.constant(values) for values in _dense(weights, channels)]
    hidden = graph.node("Relu", graph.node("Gemm", graph.node("Concat", *pools, axis=1), *dense))
    graph.affine(hidden, *norm(weights, 10), name="embedding")
    last = [graph.constant(weights[f"dense_1/{part}"]) for part in ("kernel", "bias")]
    graph.node("Sigmoid", graph.node("Gemm", "embedding", *last), name="tags")


def _dense(weights: Tensors, channels: Channels) -> tuple[Doubles, Doubles]:
    """Kernel and bias of the first dense layer, with the batch norm before it.

    In the package each channel's maximum and mean are adjacent; here all maxima come first, then all means.
    """
    scale, offset = norm(weights, 9)
    kernel = weights["dense/kernel"].astype(np.float64)
    pairs = (scale[:, None] * kernel).reshape(-1, 2, kernel.shape[1])
    front, mid = np.split(pairs, [len(channels.where)])
    bias = weights["dense/bias"] + (offset[:, None] * kernel).sum(0) + channels.constant(front).sum(0)
    made = np.concatenate([channels.spread(front), mid])
    return made.swapaxes(0, 1).reshape(-1, kernel.shape[1]), bias
