"""Codes: what songs are called elsewhere, each in one spelling: Spotify's URIs, recordings' ISRCs. Pure."""

import hashlib
import re
from collections.abc import Sequence

TRACK = re.compile(
    r"(?:spotify:track:|(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?track/"
    r"|https?://api\.spotify\.com/v1/tracks/)?(?P<id>[0-9A-Za-z]{22})(?:[/?#].*)?"
)
OURS = re.compile(r"file:[0-9a-f]{24}")  # of a song that is known from files alone
ELSE = re.compile(
    r"spotify:(?!track:)\w+:|(?:https?://)?(?:open|play)\.spotify\.com/(?!(?:intl-[a-z-]+/)?(?:embed/)?track/)"
)
ISRC = re.compile(r"(?<![A-Z0-9])([A-Z]{2})[-\s]*([A-Z0-9]{3})[-\s]*(\d{2})[-\s]*(\d{5})(?![A-Z0-9])")
ODD_ISRC = re.compile(r"(?!UNKNOWN|MISSING|UNDEFINED)[A-Z0-9]{5,15}")  # of another shape, as some catalogues have them


def track_uri(text: str) -> str | None:
    """Return Spotify's URI of a song, from its URI, its link or its bare id; None for anything else."""
    found = TRACK.fullmatch(text.strip())
    return f"spotify:track:{found['id']}" if found else None


def song_uri(text: str) -> str | None:
    """Return the same, or the URI that we gave a song (`name_uri`), as it stands in our own files."""
    return track_uri(text) or (text if OURS.fullmatch(text) else None)


def no_song(text: str) -> bool:
    """Whether it is something of Spotify's that is no song: an episode, a file on somebody's disk, an album."""
    return ELSE.match(text.strip()) is not None


def isrc(text: str | None) -> str | None:
    """Return the code as QZAAA2500001, however it is written; of several the first; None where there is none."""
    if not text:
        return None
    plain = text.upper()
    if found := ISRC.search(plain):
        return "".join(found.groups())
    bare = re.sub(r"[-\s]", "", plain)
    return bare if ODD_ISRC.fullmatch(bare) else None


def name_uri(title: str, artists: Sequence[str]) -> str:
    """Return the URI of a song that is known by title and artists alone."""
    words = "\n".join((title, *artists)).casefold()
    return f"file:{hashlib.sha256(words.encode()).hexdigest()[:24]}"
