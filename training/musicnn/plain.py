"""musicnn as its package defines it (`musicnn/models.py`), in plain numpy: slow, but a reference for the ONNX file."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bot.core.vectors import Floats
from training.musicnn.checkpoint import Tensors


def answer(weights: Tensors, mel: Floats) -> tuple[Floats, Floats]:
    """Return the embedding (200,) and the tags (50,) of one patch (frames, 96)."""
    image = _norm(weights, 0, mel[..., None])[..., 0]
    front = np.concatenate(list(_front(weights, image)), axis=1)
    first = _over_time(weights, 5, front)
    second = _over_time(weights, 6, first) + first
    third = _over_time(weights, 7, second) + second
    everything = np.concatenate([front, first, second, third], axis=1)
    pooled = np.stack([everything.max(0), everything.mean(0)], axis=1).ravel()
    hidden = _norm(weights, 9, pooled) @ weights["dense/kernel"] + weights["dense/bias"]
    embedding = _norm(weights, 10, np.maximum(hidden, 0))
    logits = embedding @ weights["dense_1/kernel"] + weights["dense_1/bias"]
    return embedding, 1 / (1 + np.exp(-logits))


def _front(weights: Tensors, image: Floats) -> Iterator[Floats]:
    """Five convolutions over (frames, bands), each at its maximum over frequency: (frames, filters)."""
    for number in range(5):
        kernel = _kernel(weights, number)[:, :, 0]
        before = (len(kernel) - 1) // 2
        padded = np.pad(image, ((before, len(kernel) - 1 - before), (0, 0)))
        windows = sliding_window_view(padded, kernel.shape[:2]).reshape(*_places(padded, kernel), -1)
        yield _activated(weights, number, windows @ kernel.reshape(-1, kernel.shape[2])).max(1)


def _places(padded: Floats, kernel: Floats) -> tuple[int, int]:
    return padded.shape[0] - kernel.shape[0] + 1, padded.shape[1] - kernel.shape[1] + 1


def _over_time(weights: Tensors, number: int, taken: Floats) -> Floats:
    """A convolution of (frames, channels) over seven frames."""
    kernel = _kernel(weights, number)[:, :, 0]
    windows = sliding_window_view(np.pad(taken, ((3, 3), (0, 0))), len(kernel), axis=0).swapaxes(1, 2)
    return _activated(weights, number, np.tensordot(windows, kernel, 2))


def _activated(weights: Tensors, number: int, sums: Floats) -> Floats:
    return _norm(weights, number + 1, np.maximum(sums + weights[f"conv2d{_suffix(number)}/bias"], 0))


def _norm(weights: Tensors, number: int, values: Floats) -> Floats:
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    gamma, beta, mean, variance = (weights[f"batch_normalization{_suffix(number)}/{name}"] for name in names)
    return np.asarray(gamma * (values - mean) / np.sqrt(variance + np.float32(1e-3)) + beta)


def _kernel(weights: Tensors, number: int) -> Floats:
    return np.asarray(weights[f"conv2d{_suffix(number)}/kernel"])


def _suffix(number: int) -> str:
    return f"_{number}" if number else ""
