"""Rivals: what librosa, essentia and pyloudnorm hear in the same recordings, if they're installed. Optional."""

from importlib.util import find_spec

import numpy as np

from bot.core.vectors import Floats
from training.hearing.truth import MODES, Key, pitch_class

RATE = 22_050  # Hz; librosa's default
ESSENTIA_RATE = 44_100  # Hz; essentia's default
PROFILES = ("edma", "bgate")  # of essentia's key extractor: its two best on popular music (Faraldo et al. 2016)
COEFFICIENTS = 20  # MFCC, as librosa counts them
# Krumhansl & Kessler 1982, the profiles that librosa scripts usually use.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def has(name: str) -> bool:
    """Whether that library is installed."""
    return find_spec(name) is not None


def librosa_samples(mono: Floats, rate: int) -> Floats:
    """`mono` (n,) at RATE, as librosa.load would give it."""
    import librosa

    return np.asarray(librosa.resample(mono, orig_sr=rate, target_sr=RATE), np.float32)


def librosa_tempo(mono: Floats) -> float:
    """Beats a minute of `mono` (n,) at RATE, by librosa's beat tracker (Ellis 2007)."""
    import librosa

    tempo, _ = librosa.beat.beat_track(y=mono, sr=RATE)
    return float(np.atleast_1d(tempo)[0])


def librosa_key(mono: Floats) -> Key:
    """The key whose Krumhansl profile matches the mean constant-Q chroma best."""
    import librosa

    chroma = librosa.feature.chroma_cqt(y=mono, sr=RATE).mean(1)
    keys = np.array([np.roll(profile, tonic) for profile in (MINOR, MAJOR) for tonic in range(12)])
    mode, tonic = divmod(int(np.argmax([np.corrcoef(key, chroma)[0, 1] for key in keys])), 12)
    return Key(tonic, mode)


def essentia_samples(mono: Floats, rate: int) -> Floats:
    """`mono` (n,) at ESSENTIA_RATE."""
    import soxr

    return np.asarray(soxr.resample(mono, rate, ESSENTIA_RATE), np.float32)


def essentia_tempo(mono: Floats) -> float:
    """Beats a minute of `mono` (n,) at ESSENTIA_RATE, by essentia's RhythmExtractor2013 (multifeature)."""
    from essentia import standard

    return float(standard.RhythmExtractor2013(method="multifeature")(mono)[0])


def essentia_key(mono: Floats, profile: str) -> Key:
    """The key of `mono` (n,) at ESSENTIA_RATE, by essentia's KeyExtractor with one of PROFILES."""
    from essentia import standard

    tonic, mode, _ = standard.KeyExtractor(profileType=profile)(mono)
    return Key(pitch_class(tonic), MODES[mode])


def librosa_timbre(mono: Floats) -> Floats:
    """Mean and standard deviation of each MFCC: shape (2 * COEFFICIENTS,)."""
    import librosa

    mfcc = librosa.feature.mfcc(y=mono, sr=RATE, n_mfcc=COEFFICIENTS)
    return np.asarray(np.concatenate([mfcc.mean(1), mfcc.std(1)]), np.float32)


def pyloudnorm_loudness(samples: Floats, rate: int) -> float:
    """Integrated loudness of `samples` (channels, n) in LUFS (ITU-R BS.1770-4)."""
    import pyloudnorm

    return float(pyloudnorm.Meter(rate).integrated_loudness(samples.T.astype(np.float64)))
