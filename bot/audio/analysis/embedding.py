"""Embedding: a song's sound according to musicnn: 200 numbers, compared by cosine, and 50 tag scores.

musicnn (Pons and Serra 2019) takes patches of three seconds; a song's embedding is the mean over its patches.
`models/musicnn.md` says where the file comes from; `training/musicnn/build.py` builds it. Some 2 ms per patch on one
core.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view

from bot.audio.analysis.spectrum import hann, mel_filters, resample
from bot.core.vectors import Floats
from bot.errors import ModelCorrupt, ModelMissing

MODEL = Path(__file__).parents[3] / "models" / "musicnn.onnx"
DIGEST = "b92686b321c2256ea2e150dca29b7421bc4db31dcae48863fa2332ee8dd3e070"  # sha256 of the file; checked before use
RATE = 16_000  # Hz; this and the constants below match musicnn's training
WINDOW, HOP = 512, 256  # samples
BANDS = 96  # mel
FRAMES = 187  # per patch: three seconds
SPAN, STRIDE = (FRAMES - 1) * HOP + WINDOW, FRAMES * HOP  # samples per patch, and between patch starts
ANSWERS = ("embedding", "tags")
MOST = 40  # patches per song, evenly spaced: two minutes represent the whole


@dataclass(frozen=True, slots=True)
class Embedded:
    """embedding: (200,) float32; tags: scores from 0 to 1 for 50 tags, named as Last.fm's listeners named them.

    A tag's score says what people call such music; "sad" doesn't measure sadness.
    """

    embedding: Floats
    tags: dict[str, float]


class Embedder:
    """The network, opened once; takes some 20 MB. Threads may share it."""

    def __init__(self, path: Path = MODEL) -> None:
        """Raises ModelMissing without the file, ModelCorrupt if it isn't the one we ship."""
        self._session = _open(path)
        self._tags: list[str] = json.loads(self._session.get_modelmeta().custom_metadata_map["tags"])

    def embed(self, mono: Floats, rate: int) -> Embedded:
        """Embed (n,) samples at `rate` Hz: the mean over consecutive patches without overlap.

        Longer songs use MOST evenly spaced patches. Sounds shorter than a patch are padded with silence.
        """
        heard = [self._session.run(ANSWERS, {"mel": log_mel(patch)[None]}) for patch in patches(mono, rate)]
        embedding, tags = (np.concatenate(series).mean(0) for series in zip(*heard, strict=True))
        return Embedded(embedding, dict(zip(self._tags, tags.tolist(), strict=True)))


def patches(mono: Floats, rate: int) -> Iterator[Floats]:
    """Yield the (SPAN,) samples of each patch, at RATE.

    Frames are centred on their times, and the song is padded with half a window of silence at both ends, as in librosa.
    """
    samples, margin = resample(mono, rate, RATE), WINDOW // 2
    samples = np.pad(samples, (margin, max(margin, SPAN - margin - len(samples))))
    count = 1 + (len(samples) - SPAN) // STRIDE
    for number in np.linspace(0, count - 1, min(count, MOST)).round().astype(int):
        yield samples[number * STRIDE : number * STRIDE + SPAN]


def log_mel(samples: Floats) -> Floats:
    """musicnn's input for (n,) samples at RATE: (frames, BANDS), log10(1 + 10,000 · power in the mel band)."""
    spectrum = scipy.fft.rfft(sliding_window_view(samples, WINDOW)[::HOP] * HANN, axis=1, overwrite_x=True)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(np.log10(10_000 * (power @ MEL) + 1), np.float32)


HANN = hann(WINDOW)
MEL = mel_filters(BANDS, RATE, WINDOW)


def _open(path: Path) -> ort.InferenceSession:
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise ModelMissing(f"no model {path.name}") from problem
    if hashlib.sha256(content).hexdigest() != DIGEST:
        raise ModelCorrupt(f"{path.name} isn't the file we ship")
    return ort.InferenceSession(content, _options(), providers=["CPUExecutionProvider"])


def _options() -> ort.SessionOptions:
    """Use one thread: two songs on two threads are faster than one song on both."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4  # errors are raised, not printed
    return options
