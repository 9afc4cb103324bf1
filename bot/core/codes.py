"""Codes: what songs are called elsewhere, each in one spelling: Spotify's URIs, recordings' ISRCs. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote

SITE = r"(?:https?://)?(?:www\.)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?+(?:embed/)?+"
TRACK = re.compile(
    rf"(?:(?i:spotify:(?://)?track[:/]|{SITE}track/|https?://api\.spotify\.com/v1/tracks/))?"
    r"(?P<id>[0-9A-Za-z]{22})(?:[/?#&].*)?"
)
OURS = re.compile(r"file:[0-9a-f]{24}")  # of a song that is known from files alone
ELSE = re.compile(rf"spotify:(?://)?(?!track[:/])\w+[:/]|{SITE}(?!track/)", re.IGNORECASE)
AROUND = " \t\r\n\u00a0<>\"'`‘’“”,;\u200b\u200e\u200f\u2060\ufeff"  # what people and programs put around a code
SIGN = r"[-\s._/]*"  # between the parts of an ISRC
ISRC = re.compile(rf"(?<![A-Z0-9])(?:ISRC)?([A-Z]{{2}}){SIGN}([A-Z0-9]{{3}}){SIGN}(\d{{2}}){SIGN}(\d{{5}})(?![A-Z0-9])")
ODD_ISRC = re.compile(r"(?=.*[A-Z])(?=(?:.*\d){4})[A-Z0-9]{5,15}")  # of another shape, as some catalogues have them
NO_RECORDING = "0000000"  # year and number of a code that stands in for one


def track_uri(text: str) -> str | None:
    """Return Spotify's URI of a song, from its URI, its link or its bare id; None for anything else."""
    found = TRACK.fullmatch(_bare(text))
    return f"spotify:track:{found['id']}" if found else None


def song_uri(text: str) -> str | None:
    """Return the same, or the URI that we gave a song (`name_uri`), as it stands in our own files."""
    return track_uri(text) or (text if OURS.fullmatch(text) else None)


def no_song(text: str) -> bool:
    """Whether it is something of Spotify's that is no song: an episode, a file on somebody's disk, an album."""
    return ELSE.match(_bare(text)) is not None


def _bare(text: str) -> str:
    bare = text.strip(AROUND)
    return unquote(bare) if "%3a" in bare.lower() else bare


def isrc(text: str | None) -> str | None:
    """Return the code as QZAAA2500001, however it is written; of several the first; None where there is none."""
    if not text:
        return None
    plain = "".join(map(_in_ascii, unicodedata.normalize("NFKC", text))).upper()
    found = ISRC.search(plain)
    code = "".join(found.groups()) if found else re.sub(r"[-\s]", "", plain)
    return code if ODD_ISRC.fullmatch(code) and not code.endswith(NO_RECORDING) else None


def _in_ascii(letter: str) -> str:
    """Return a dash of any kind as "-", and nothing for what cannot be seen."""
    kind = unicodedata.category(letter)
    return "-" if kind == "Pd" or letter == "\u2212" else "" if kind == "Cf" else letter


def name_uri(title: str, artists: Sequence[str]) -> str:
    """Return the URI of a song that is known by title and artists alone."""
    words = "\n".join((title, *artists)).casefold()
    return f"file:{hashlib.sha256(words.encode()).hexdigest()[:24]}"
