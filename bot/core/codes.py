"""Codes: the ids songs have elsewhere, each in one spelling: Spotify's URIs and recordings' ISRCs. Pure."""

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
    link = TRACK.fullmatch(_bare(text))
    return f"spotify:track:{link['id']}" if link else None


def song_uri(text: str) -> str | None:
    """Return a song's Spotify URI as `track_uri` does, or the URI that we gave it (`name_uri`); else None."""
    return track_uri(text) or (text if OURS.fullmatch(text) else None)


def no_song(text: str) -> bool:
    """Whether this names something at Spotify that isn't a song: an episode, a local file, an album."""
    return ELSE.match(_bare(text)) is not None


def _bare(text: str) -> str:
    bare = text.strip(AROUND)
    return unquote(bare) if "%3a" in bare.lower() else bare


def isrc(text: str | None) -> str | None:
    """Return an ISRC as QZAAA2500001, however it's written; the first if there are several, None if there is none."""
    if not text:
        return None
    plain = "".join(map(_in_ascii, unicodedata.normalize("NFKC", text))).upper()
    parts = ISRC.search(plain)
    code = "".join(parts.groups()) if parts else re.sub(r"[-\s]", "", plain)
    return code if ODD_ISRC.fullmatch(code) and not code.endswith(NO_RECORDING) else None


def _in_ascii(letter: str) -> str:
    """Return any kind of dash as "-", and "" for invisible characters."""
    kind = unicodedata.category(letter)
    return "-" if kind == "Pd" or letter == "\u2212" else "" if kind == "Cf" else letter


def name_uri(title: str, artists: Sequence[str]) -> str:
    """Return the URI of a song that we know only by title and artists."""
    words = "\n".join((title, *artists)).casefold()
    return f"file:{hashlib.sha256(words.encode()).hexdigest()[:24]}"
