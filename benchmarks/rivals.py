"""Rivals: the same features from other libraries, called as their documentation shows. Optional: used if installed."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

Task = Callable[[], object]
RATE = 44_100  # Hz, as essentia's algorithms expect


def tasks(song: Path) -> dict[str, Task]:
    """Return a task for each way to compute comparable features with an installed library."""
    by_name: dict[str, Task] = {}
    if find_spec("librosa"):
        by_name["librosa: load, core features from one STFT"] = lambda: librosa_shared(song)
        by_name["librosa: load, core features"] = lambda: librosa_core(song)
        by_name["librosa: load, core features, HPSS"] = lambda: librosa_harmonic(song)
    if find_spec("essentia"):
        by_name["essentia: load, rhythm (degara), key"] = lambda: essentia_core(song)
    return by_name


def librosa_core(song: Path) -> object:
    """Compute the features librosa shares with us, each from the samples, as its documentation shows."""
    import librosa

    samples, rate = librosa.load(song)
    feature = librosa.feature
    shapes = (
        feature.spectral_centroid,
        feature.spectral_bandwidth,
        feature.spectral_rolloff,
        feature.spectral_contrast,
    )
    return [
        librosa.beat.beat_track(y=samples, sr=rate),
        librosa.onset.onset_strength(y=samples, sr=rate),
        feature.mfcc(y=samples, sr=rate),
        feature.chroma_cqt(y=samples, sr=rate),
        feature.tonnetz(y=samples, sr=rate),
        *(shape(y=samples, sr=rate) for shape in shapes),
        feature.spectral_flatness(y=samples),
        feature.zero_crossing_rate(samples),
        feature.rms(y=samples),
    ]


def librosa_harmonic(song: Path) -> object:
    """Compute those features, and separate harmonic and percussive parts."""
    import librosa

    return librosa_core(song), librosa.effects.hpss(librosa.load(song)[0])


def librosa_shared(song: Path) -> object:
    """Compute those features from one shared STFT, chroma included: a call for experts in librosa."""
    import librosa

    samples, rate = librosa.load(song)
    magnitude, feature = np.abs(librosa.stft(samples)), librosa.feature
    mel = librosa.power_to_db(feature.melspectrogram(S=magnitude**2, sr=rate))
    onsets = librosa.onset.onset_strength(S=mel, sr=rate)
    chroma = feature.chroma_stft(S=magnitude**2, sr=rate)
    shapes = (
        feature.spectral_centroid,
        feature.spectral_bandwidth,
        feature.spectral_rolloff,
        feature.spectral_contrast,
    )
    return [
        librosa.beat.beat_track(onset_envelope=onsets, sr=rate),
        feature.mfcc(S=mel),
        feature.tonnetz(chroma=chroma),
        *(shape(S=magnitude, sr=rate) for shape in shapes),
        feature.spectral_flatness(S=magnitude),
        feature.zero_crossing_rate(samples),
        feature.rms(S=magnitude),
    ]


def essentia_core(song: Path) -> object:
    import essentia.standard as es

    samples = es.MonoLoader(filename=str(song), sampleRate=RATE)()
    return es.RhythmExtractor2013(method="degara")(samples), es.KeyExtractor()(samples)
