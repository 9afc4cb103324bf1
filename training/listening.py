"""Commands that make and measure what the bot hears with: `build-musicnn`."""

import argparse
import hashlib

import numpy as np
import onnxruntime as ort

from training import musicnn, musicnn_plain
from training.checkpoint import Tensors
from training.export import write_whole
from training.problems import NotEqual

CLOSE = 1e-4  # the most that a number of the file's answer may be off; float32 sums in another order are off by 1e-5


def build_musicnn_command(options: argparse.Namespace) -> int:
    """Build musicnn's ONNX file from the package's wheel, compare it with the package's own layers, and write it."""
    content = musicnn.build(options.wheel)
    off = difference(content, musicnn.read_package(options.wheel).weights)
    if off > CLOSE:
        raise NotEqual(f"the file answers {off:.1e} off")
    write_whole(options.out, content)
    digest = hashlib.sha256(content).hexdigest()
    print(f"{options.out}: {len(content):,} bytes, off by {off:.0e} at most, sha256 {digest}")
    return 0


def difference(content: bytes, weights: Tensors, count: int = 3, seed: int = 0) -> float:
    """Return how far the file's answers are off those of the package's layers at most, on patches drawn at random."""
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    patches = np.random.default_rng(seed).gamma(1.0, 1.0, (count, musicnn.FRAMES, musicnn.BANDS)).astype(np.float32)
    found = np.hstack(session.run(("embedding", "tags"), {"mel": patches}))
    wanted = np.stack([np.concatenate(musicnn_plain.answer(weights, patch)) for patch in patches])
    return float(np.abs(found - wanted).max())
