"""The embedding: musicnn's spectrogram, its model file, and the vectors computed with them."""

from pathlib import Path

import numpy as np
import pytest

from bot.audio.analysis.embedding import DIGEST, MODEL, MOST, RATE, SPAN, STRIDE, Embedder, log_mel, patches
from bot.core.vectors import Floats
from bot.errors import ModelCorrupt, ModelMissing
from training.__main__ import main as training
from training.musicnn import build as musicnn
from training.musicnn.package import WHEEL as WHEEL_DIGEST
from training.musicnn.package import read_package
from training.problems import InputProblem, ParityError

EMBEDDING = [0.0522, 0.8258, 0.6979, -0.2805, -0.2934]  # every fiftieth value
TAGS = {"electronic": 0.2567, "experimental": 0.1767, "electro": 0.0709, "electronica": 0.0622}
WHEEL = MODEL.parent / "musicnn-0.1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="module")
def wheel() -> Path:
    if not WHEEL.exists():
        pytest.skip(f"needs {WHEEL.name} in models: pip download -d models --no-deps musicnn==0.1.0")
    return WHEEL


def chirp(seconds: float, rate: int) -> Floats:
    """A tone that rises by 3 kHz each second, again and again, plus a quiet one at 6 kHz."""
    time = np.arange(round(seconds * rate)) / rate
    rising = 0.5 * np.sin(2 * np.pi * (200 * (time % 1) + 1500 * (time % 1) ** 2))
    return (rising + 0.1 * np.sin(2 * np.pi * 6000 * time)).astype(np.float32)


def likeness(one: Floats, other: Floats) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


# ---------------------------------------------------------------- the spectrogram
def test_the_spectrogram_matches_librosas() -> None:
    """Values from librosa 1.0: melspectrogram(sr=16000, n_fft=512, hop_length=256, n_mels=96, pad_mode="constant")."""
    known = {(0, 5): 5.3793, (0, 87): 3.7060, (10, 20): 5.7391, (31, 48): 5.7203, (31, 50): 2.2903}
    known |= {(45, 57): 5.1346, (60, 64): 0.9629, (62, 87): 4.0458, (62, 0): 1.0663}
    picture = log_mel(np.pad(chirp(1, RATE), 256))
    assert picture.shape == (63, 96)
    assert {place: picture[place] for place in known} == pytest.approx(known, abs=2e-3)


def test_a_spectrogram_frame_is_the_power_in_its_bands() -> None:
    """Computed band by band from the definition: triangles between points evenly spaced on Slaney's mel scale."""

    def hertz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    samples = np.random.default_rng(0).normal(0, 0.1, 512).astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    power = np.abs(np.fft.rfft(samples * window)) ** 2
    edges = [hertz(mel) for mel in np.linspace(0, 15 + 27 * np.log(8) / np.log(6.4), 98)]
    bands = [
        sum(
            value * 2 / (high - low) * max(0.0, min((hz - low) / (mid - low), (high - hz) / (high - mid)))
            for hz, value in zip(np.arange(257) * 31.25, power, strict=True)
        )
        for low, mid, high in zip(edges, edges[1:], edges[2:], strict=False)
    ]
    assert log_mel(samples)[0] == pytest.approx(np.log10(1 + 10_000 * np.array(bands)), abs=1e-4)


def test_patches_are_consecutive_or_evenly_spaced_in_a_long_song() -> None:
    whole = list(patches(chirp(30, RATE), RATE))
    assert [len(patches) for patches in whole] == [SPAN] * 10
    assert np.array_equal(whole[1], np.pad(chirp(30, RATE), 256)[STRIDE : STRIDE + SPAN])
    ramp = np.arange(RATE * 300, dtype=np.float32)
    heard = [int(patch[-1]) // STRIDE for patch in patches(ramp, RATE)]
    assert len(heard) == MOST
    assert (heard[0], heard[-1]) == (0, 99)
    assert set(np.diff(heard)) == {2, 3}


# ---------------------------------------------------------------- the vectors
def test_the_model_file_matches_the_published_network(embedder: Embedder) -> None:
    """Values from running the package's layers one by one (`training/musicnn/plain.py`) on two patches of the chirp."""
    heard = embedder.embed(chirp(6, RATE), RATE)
    assert heard.embedding.shape == (200,)
    assert heard.embedding.dtype == np.float32
    assert heard.embedding[[0, 50, 100, 150, 199]] == pytest.approx(EMBEDDING, abs=1e-3)
    assert {name: heard.tags[name] for name in TAGS} == pytest.approx(TAGS, abs=1e-4)


def test_the_mean_is_over_all_patches(embedder: Embedder) -> None:
    noise = np.random.default_rng(1).normal(0, 0.2, SPAN).astype(np.float32)
    both = np.concatenate([chirp(STRIDE / RATE, RATE), noise])
    apart = [embedder.embed(part, RATE).embedding for part in (both[: SPAN - 512], both)]
    assert likeness(*apart) < 0.9


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_the_embedding_is_alike_at_any_sample_rate(embedder: Embedder, rate: int) -> None:
    def tones(rate: int) -> Floats:
        time = np.arange(7 * rate) / rate
        notes = [np.sin(2 * np.pi * hertz * time) * np.exp(-3 * (time % 0.5)) for hertz in (220, 277, 1320)]
        return np.mean(notes, axis=0).astype(np.float32)

    assert likeness(embedder.embed(tones(rate), rate).embedding, embedder.embed(tones(RATE), RATE).embedding) > 0.98


@pytest.mark.parametrize("samples", [0, 1, 4_000, SPAN - 1])
def test_a_sound_shorter_than_a_patch_is_padded_with_silence(embedder: Embedder, samples: int) -> None:
    short = chirp(4, RATE)[:samples]
    with_silence = np.pad(short, (0, RATE * 4 - samples))
    assert np.isfinite(embedder.embed(short, RATE).embedding).all()
    assert likeness(embedder.embed(short, RATE).embedding, embedder.embed(with_silence, RATE).embedding) > 0.9999


# ---------------------------------------------------------------- the file
def test_p28_a_network_with_another_hash_is_never_opened(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        Embedder(tmp_path / "none.onnx")
    content = bytearray(MODEL.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "musicnn.onnx").write_bytes(content)
    with pytest.raises(ModelCorrupt):
        Embedder(tmp_path / "musicnn.onnx")


def test_the_model_card_names_the_file_and_has_the_notice() -> None:
    card = MODEL.with_suffix(".md").read_text()
    assert DIGEST in card
    assert WHEEL_DIGEST in card
    assert f"{MODEL.stat().st_size:,} bytes" in card
    assert "Universitat Pompeu Fabra" in card
    assert "this permission notice appear in all copies" in card


def test_the_model_file_is_reproducible_byte_for_byte(wheel: Path, tmp_path: Path) -> None:
    assert training(["build-musicnn", str(wheel), str(tmp_path / "again.onnx")]) == 0
    assert (tmp_path / "again.onnx").read_bytes() == MODEL.read_bytes()


def test_the_model_file_matches_the_packages_layers(wheel: Path) -> None:
    assert musicnn.compare(MODEL.read_bytes(), wheel) < musicnn.CLOSE
    content = MODEL.read_bytes()
    bias = content.index(read_package(wheel).weights["dense_1/bias"].tobytes())
    with pytest.raises(ParityError):
        musicnn.compare(content[:bias] + np.float32(1).tobytes() + content[bias + 4 :], wheel)


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.whl").write_bytes(b"PK")
    with pytest.raises(InputProblem, match="sha256"):
        musicnn.build(tmp_path / "other.whl")
    with pytest.raises(InputProblem, match="No such file"):
        musicnn.build(tmp_path / "none.whl")
