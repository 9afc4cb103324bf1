"""Features: the named, versioned set of audio features, and the one function that computes them all.

A feature's name never changes its meaning: computing one differently takes a new VERSION, and files are analysed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.audio.analysis.loudness import Loudness, loudness
from bot.audio.analysis.rhythm import Rhythm, rhythm
from bot.audio.analysis.spectrum import RATE, mixed
from bot.audio.analysis.timbre import survey, timbre
from bot.audio.analysis.tonality import Tonality, tonality
from bot.audio.files.sound import Sound
from bot.core.vectors import Floats
from bot.errors.audio import TruncatedAudio

VERSION = "hearing-3"
FIFTH = 7  # semitones


@dataclass(frozen=True, slots=True)
class Feature:
    """What a feature name stands for: its unit, and the source of its formula."""

    name: str
    unit: str
    source: str


FEATURES = (
    Feature("duration", "s", "samples by their rate"),
    Feature("tempo", "beats a minute", "rhythm.py"),
    Feature("tempo_confidence", "0 to 1", "rhythm.py"),
    Feature("tempo_folded", "beats a minute, in one octave", "rhythm.py"),
    Feature("onset_rate", "a second", "rhythm.py"),
    Feature("pulse", "0 to 1", "rhythm.py: autocorrelation of onset strength at the bar"),
    Feature("key_cos", "-1 to 1", "tonic on the circle of fifths, C at 1: neighbours on it are related"),
    Feature("key_sin", "-1 to 1", "the same, G above and F below"),
    Feature("mode", "1 major, 0 minor", "keys.py: which chords follow which"),
    Feature("key_confidence", "0 to 1", "keys.py: the probability that key and mode are right"),
    Feature("tuning", "semitones above A = 440 Hz", "tonality.py"),
    Feature("loudness", "LUFS", "ITU-R BS.1770-4, integrated"),
    Feature("loudness_range", "LU", "EBU Tech 3342"),
    Feature("level", "dB, full scale 0", "mean square of the samples"),
    Feature("level_spread", "dB", "standard deviation of the frames' levels"),
    Feature("crest", "dB", "highest sample over the root mean square"),
    Feature("fade_in", "dB", "level of the first tenth over the whole"),
    Feature("fade_out", "dB", "level of the last tenth over the whole"),
    Feature("brightness", "Hz", "spectral centroid, mean of frames (Peeters 2004, A large set of audio features)"),
    Feature("brightness_spread", "Hz", "its standard deviation"),
    Feature("bandwidth", "Hz", "spectral spread around the centroid (Peeters 2004)"),
    Feature("roll_off", "Hz", "85 % of the magnitude lie below (Tzanetakis & Cook 2002)"),
    Feature("flatness", "0 to 1", "spectral flatness (MPEG-7, AudioSpectrumFlatness, over the whole band)"),
    Feature("zero_crossings", "a second", "changes of sign"),
    Feature("harmonic_share", "0 to 1", "Fitzgerald 2010, with means for medians, on mel bands"),
    Feature("low_share", "0 to 1", "mel power below 200 Hz"),
    Feature("high_share", "0 to 1", "mel power above 4 kHz"),
)
VECTORS = (
    Feature("mfcc_mean", "20, dB", "Davis & Mermelstein 1980, of 128 Slaney mel bands, orthonormal DCT-II"),
    Feature("mfcc_std", "20, dB", "their standard deviations over frames"),
    Feature("contrast", "7, dB", "spectral contrast (Jiang et al. 2002) of octaves from 200 Hz"),
    Feature("chroma", "12, shares", "tonality.py: spectral peaks (Gómez 2006)"),
    Feature("tonal_centroid", "6", "Harte et al. 2006"),
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The features of a sound: numbers by the names in FEATURES, vectors by those in VECTORS, in the set VERSION."""

    numbers: Mapping[str, float]
    vectors: Mapping[str, Floats]
    version: str = VERSION


@dataclass(frozen=True, slots=True)
class Detail:
    """An analysis with the curves it was computed from."""

    analysis: Analysis
    rhythm: Rhythm
    tonality: Tonality


def analyse(sound: Sound) -> Analysis:
    """Analyse a sound. The same samples give the same values, whatever the number of threads."""
    return hear(sound).analysis


def hear(sound: Sound) -> Detail:
    """Analyse a sound and keep the curves. Raises TruncatedAudio if the samples' power overflows float32."""
    samples = mixed(sound, RATE)
    seen = survey(samples)
    levels = seen.levels
    heard, notes, colour = rhythm(levels), tonality(samples), timbre(samples, seen, levels)
    numbers = {
        "duration": sound.seconds,
        **_rhythm_numbers(heard),
        **_tonal_numbers(notes),
        **_loudness_numbers(loudness(sound)),
        **colour.numbers,
    }
    vectors = {
        "mfcc_mean": colour.mfcc_mean,
        "mfcc_std": colour.mfcc_std,
        "contrast": colour.contrast,
        "chroma": notes.chroma,
        "tonal_centroid": notes.centroid,
    }
    ordered = {feature.name: numbers[feature.name] for feature in FEATURES}
    if not np.isfinite([*ordered.values(), *(vector.sum() for vector in vectors.values())]).all():
        raise TruncatedAudio("its samples are far above full scale")
    return Detail(Analysis(ordered, vectors), heard, notes)


def _rhythm_numbers(heard: Rhythm) -> dict[str, float]:
    return {
        "tempo": heard.tempo,
        "tempo_confidence": heard.confidence,
        "tempo_folded": heard.folded,
        "onset_rate": heard.onset_rate,
        "pulse": heard.pulse,
    }


def _tonal_numbers(notes: Tonality) -> dict[str, float]:
    angle = 2 * np.pi * (notes.key * FIFTH % 12) / 12
    return {
        "key_cos": float(np.cos(angle)),
        "key_sin": float(np.sin(angle)),
        "mode": float(notes.mode),
        "key_confidence": notes.confidence,
        "tuning": notes.tuning,
    }


def _loudness_numbers(loud: Loudness) -> dict[str, float]:
    return {"loudness": loud.integrated, "loudness_range": loud.range}
