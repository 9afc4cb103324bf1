"""Embedding: what a song sounds like, as musicnn hears it: 200 numbers to compare by direction, and 50 tag scores.

musicnn (Pons and Serra 2019) hears patches of three seconds; a song is the mean over its patches. `models/musicnn.md`
says where the file comes from; `training/musicnn/build.py` builds it. Some 2 ms a patch on one core.
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
from numpy.typing import NDArray

from bot.audio.analysis.spectrum import hann, mel_filters, resample
from bot.errors import ModelCorrupt, ModelMissing

MODEL = Path(__file__).parents[3] / "models" / "musicnn.onnx"
DIGEST = "b92686b321c2256ea2e150dca29b7421bc4db31dcae48863fa2332ee8dd3e070"  # sha256 of the file; checked before use
RATE = 16_000  # Hz; this and what follows is what musicnn was trained with
WINDOW, HOP = 512, 256  # samples
BANDS = 96  # mel
FRAMES = 187  # of a patch: three seconds
SPAN, STRIDE = (FRAMES - 1) * HOP + WINDOW, FRAMES * HOP  # samples of a patch, and from one to the next
ANSWERS = ("embedding", "tags")
MOST = 40  # patches of a song, evenly spread: two minutes of it are the song

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedded:
    """embedding: (200,) float32; tags: how much each of 50 tags is heard, 0 to 1, named as Last.fm's listeners did.

    A tag's score says what people call such music; "sad" is no measure of sadness.
    """

    embedding: Floats
    tags: dict[str, float]


class Embedder:
    """The network, opened once; some 20 MB. May be shared among threads."""

    def __init__(self, path: Path = MODEL) -> None:
        """Raises ModelMissing where there is no file, ModelCorrupt where it is not the one that ships."""
        self._session = _open(path)
        self._tags: list[str] = json.loads(self._session.get_modelmeta().custom_metadata_map["tags"])

    def embed(self, mono: Floats, rate: int) -> Embedded:
        """Hear (n,) samples at `rate` Hz: the mean over patches that follow each other without overlap.

        Of more than MOST patches, so many evenly spread are heard. What is shorter than one is followed by silence.
        """
        heard = [self._session.run(ANSWERS, {"mel": log_mel(patch)[None]}) for patch in patches(mono, rate)]
        embedding, tags = (np.concatenate(each).mean(0) for each in zip(*heard, strict=True))
        return Embedded(embedding, dict(zip(self._tags, tags.tolist(), strict=True)))


def patches(mono: Floats, rate: int) -> Iterator[Floats]:
    """Yield the (SPAN,) samples under each patch, at RATE.

    A frame is centred on its time, and the song stands between half windows of silence, as in librosa.
    """
    samples, margin = resample(mono, rate, RATE), WINDOW // 2
    samples = np.pad(samples, (margin, max(margin, SPAN - margin - len(samples))))
    count = 1 + (len(samples) - SPAN) // STRIDE
    for number in np.linspace(0, count - 1, min(count, MOST)).round().astype(int):
        yield samples[number * STRIDE : number * STRIDE + SPAN]


def log_mel(samples: Floats) -> Floats:
    """musicnn's picture of (n,) samples at RATE: (frames, BANDS), log10(1 + 10,000 · power in the mel band)."""
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
        raise ModelCorrupt(f"{path.name} is not the file that ships")
    return ort.InferenceSession(content, _options(), providers=["CPUExecutionProvider"])


def _options() -> ort.SessionOptions:
    """One thread: two songs on two threads are faster than one song on both."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4  # what is wrong is raised, not printed
    return options
