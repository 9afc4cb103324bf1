"""Rivals: how others hear a song, called as their documentation does. Used where they are installed; never needed."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

Task = Callable[[], object]
SHAPES = ("centroid", "bandwidth", "rolloff", "contrast")
RATE = 44_100  # Hz, that essentia's algorithms want


def tasks(song: Path) -> dict[str, Task]:
    """What others take for the same, as their documentation shows it."""
    by_name: dict[str, Task] = {}
    if find_spec("librosa"):
        by_name["librosa: load, core features from one STFT"] = lambda: librosa_shared(song)
        by_name["librosa: load, core features"] = lambda: librosa_core(song)
        by_name["librosa: load, core features, HPSS"] = lambda: librosa_harmonic(song)
    if find_spec("essentia"):
        by_name["essentia: load, rhythm (degara), key"] = lambda: essentia_core(song)
    return by_name


def librosa_core(song: Path) -> object:
    """Features of ours that librosa has too, each from the samples, as its documentation calls them."""
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
    """The same, and harmonic and percussive parts."""
    import librosa

    return librosa_core(song), librosa.effects.hpss(librosa.load(song)[0])


def librosa_shared(song: Path) -> object:
    """The same from one STFT, as only somebody who knows librosa's inside calls it; chroma from that, too."""
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
