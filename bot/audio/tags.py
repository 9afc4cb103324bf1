"""Tags: what a file says of itself: title, artists, album, year, ISRC, MusicBrainz recording. Through mutagen."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import mutagen
from mutagen.easymp4 import EasyMP4Tags
from mutagen.id3 import ID3

from bot.audio.decode import opened

# MusicBrainz Picard's tag mapping; mutagen's easy names cover the rest.
EasyMP4Tags.RegisterFreeformKey("isrc", "ISRC")  # type: ignore[no-untyped-call]
ID3_FRAMES = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "date": "TDRC", "isrc": "TSRC"}  # of WAV and AIFF
ID3_RECORDING = "UFID:http://musicbrainz.org"
ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")  # ISO 3901, without its hyphens
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")
MBID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says; whatever it does not say is absent."""

    title: str
    artists: tuple[str, ...] = ()
    album: str | None = None
    year: int | None = None
    isrc: str | None = None
    mbid: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_tags(source: Path | BinaryIO) -> Tags:
    """Return the tags of a file. Where it says no title, its name does ("Artist - Title"). Never raises."""
    path = source if isinstance(source, Path) else Path(source.name)
    said = _said(source)
    if not said.get("title"):
        artist, dash, title = path.stem.partition(" - ")
        said = {**said, "title": [title if dash else path.stem], "artist": said.get("artist") or [artist] * bool(dash)}
    return Tags(
        title=said["title"][0],
        artists=tuple(said.get("artists") or said.get("artist") or ()),
        album=_first(said, "album"),
        year=int(found[0]) if (found := YEAR.search(_first(said, "date") or "")) else None,
        isrc=_matching(ISRC, (_first(said, "isrc") or "").upper().replace("-", "")),
        mbid=_matching(MBID, (_first(said, "musicbrainz_trackid") or "").lower()),
    )


def _said(source: Path | BinaryIO) -> Mapping[str, list[str]]:
    try:
        with opened(source) as file:
            tags = getattr(mutagen.File(file, easy=True), "tags", None)
        return {} if tags is None else _frames(tags) if isinstance(tags, ID3) else _texts(tags)
    except Exception:  # mutagen's parsers raise whatever a damaged file makes them raise: such a file has no tags
        return {}


def _texts(tags: Any) -> dict[str, list[str]]:
    names = set(tags.keys())  # a Vorbis comment iterates over pairs, and not over its names
    return {name.lower(): [str(text).strip() for text in tags[name] if str(text).strip()] for name in names}


def _frames(tags: ID3) -> dict[str, list[str]]:
    found = {name: [str(text) for text in tags[frame].text] for name, frame in ID3_FRAMES.items() if frame in tags}
    if ID3_RECORDING in tags:
        found["musicbrainz_trackid"] = [tags[ID3_RECORDING].data.decode("ascii", "replace")]
    return found


def _first(said: Mapping[str, list[str]], name: str) -> str | None:
    return next(iter(said.get(name, ())), None)


def _matching(form: re.Pattern[str], text: str) -> str | None:
    return text if form.fullmatch(text) else None
