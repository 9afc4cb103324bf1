"""Sound: a song's numbers as a musician would say them: tempo, key, loudness, voice. Pure.

They come from our own analysis (`bot.audio.analysis.features`), from a member's table (under Spotify's names) or from a
service; whatever is missing or unsure stays unsaid.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TONICS = 12  # pitch classes, C is 0
FIFTH = 7  # semitones
SURE = 0.5  # probability of a key among all 24, below which we don't name one
QUIET, LOUD = -18.0, -8.0  # LUFS: streaming services play at -14, and 4 LU less, or 6 more, is plain to hear
SPOKEN = 0.66  # speechiness, above which it's "probably made entirely of spoken words" (Spotify's reference)
HALF = 0.5  # of a probability; also of instrumentalness, where Spotify's reference puts the line

Loudness = Literal["quiet", "loud"]
Voice = Literal["sung", "spoken", "instrumental"]


@dataclass(frozen=True, slots=True)
class Sound:
    """tempo: beats a minute; tonic: a pitch class, C is 0; minor: of its key. None: not known."""

    tempo: int | None = None
    tonic: int | None = None
    minor: bool | None = None
    loudness: Loudness | None = None
    voice: Voice | None = None


def heard(numbers: Mapping[str, float]) -> Sound:
    """Return how a song sounds, from its numbers."""
    tonic, mode = _tonic(numbers), numbers.get("mode")
    named = tonic is not None and mode in (0.0, 1.0)
    return Sound(
        tempo=round(numbers["tempo"]) if numbers.get("tempo", 0) > 0 else None,
        tonic=tonic if named else None,
        minor=mode == 0 if named else None,
        loudness=_loudness(numbers.get("loudness")),
        voice=_voice(numbers),
    )


def _tonic(numbers: Mapping[str, float]) -> int | None:
    """Return the tonic: a pitch class, or a place on the circle of fifths."""
    given = numbers.get("key")
    if given is not None:
        return int(given) if given in range(TONICS) else None
    if not {"key_cos", "key_sin"} <= numbers.keys() or numbers.get("key_confidence", 0.0) < SURE:
        return None
    place = math.atan2(numbers["key_sin"], numbers["key_cos"]) / math.tau * TONICS
    return round(place) * FIFTH % TONICS


def _loudness(level: float | None) -> Loudness | None:
    if level is None or QUIET < level < LOUD:
        return None
    return "quiet" if level <= QUIET else "loud"


def _voice(numbers: Mapping[str, float]) -> Voice | None:
    if numbers.get("speechiness", 0.0) > SPOKEN:
        return "spoken"
    if "instrumentalness" in numbers:
        return "instrumental" if numbers["instrumentalness"] >= HALF else "sung"
    if "ab_voice" in numbers:
        return "sung" if numbers["ab_voice"] >= HALF else "instrumental"
    return None
