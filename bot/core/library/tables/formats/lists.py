"""Lists: playlists as M3U8 and JSPF, written and read. Pure.

Both are read by way of our own CSV, so that there is one reader of songs. An M3U names artists and title in one line;
ours has the artists in a line of their own (`#EXTART`), so that they come back as they were. JSPF is XSPF in JSON
(xspf.org/jspf); its `creator` is written as a cell of artists is.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.core.library.tables.names import OURS, joined
from bot.core.library.tables.problems import Foreign, NotATable
from bot.core.library.tables.write import write
from bot.core.records import Song

M3U, LINKS = b"#EXTM3U", re.compile(rb"^(?:spotify:track:|https://open\.spotify\.com/track/)|^#EXTART:", re.MULTILINE)
JSPF = re.compile(rb'\s*\{\s*"playlist"\s*:\s*\{')
MOST_JSPF = 10_000_000  # bytes: it's read as a whole


def m3u8(name: str, songs: Iterable[Song]) -> str:
    """Return songs as an extended M3U in UTF-8."""
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(name)}"]
    for song in songs:
        artists, seconds = _line(joined(song.artists)), round(song.duration_ms / 1000) if song.duration_ms else -1
        lines += [f"#EXTINF:{seconds},{artists} - {_line(song.title)}", f"#EXTART:{artists}"]
        lines += [f"#EXTALB:{_line(song.album)}"] if song.album else []
        lines.append(_line(song.song))
    return "\n".join(lines) + "\n"


def jspf(name: str, songs: Iterable[Song]) -> str:
    """Return songs as JSPF."""
    return json.dumps({"playlist": {"title": name, "track": [_track(song) for song in songs]}}, ensure_ascii=False)


def _track(song: Song) -> dict[str, Any]:
    track: dict[str, Any] = {"location": [song.song], "title": song.title, "creator": joined(song.artists)}
    track |= {"album": song.album} if song.album else {}
    return track | ({"duration": song.duration_ms} if song.duration_ms else {})


def as_csv(data: bytes) -> bytes | None:
    """Return a list in one of the two formats as our CSV; None for anything else. Raises NotATable if it's damaged."""
    begins = data[:4096].lstrip(b"\xef\xbb\xbf")
    if begins.startswith(M3U):
        return _csv(_of_m3u(data.decode("utf-8-sig", "replace"))) if LINKS.search(data) else None
    if JSPF.match(begins) is None:
        return None
    try:
        return _csv(_of_jspf(json.loads(data.decode("utf-8-sig")))) if len(data) <= MOST_JSPF else None
    except (ValueError, RecursionError):
        raise NotATable(Foreign.BROKEN_JSON) from None


def _csv(rows: Iterable[tuple[str, str, str, str, str]]) -> bytes:
    text = io.StringIO(newline="")
    write(text, OURS, rows)
    return text.getvalue().encode()


def _of_m3u(text: str) -> Iterator[tuple[str, str, str, str, str]]:
    about: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        tag, colon, value = line.partition(":")
        if line.startswith("#"):
            about |= {tag: value} if colon else {}
            continue
        yield (line, *_named(about), about.get("#EXTALB", ""), "")
        about = {}


def _named(about: Mapping[str, str]) -> tuple[str, str]:
    """Return title and artists."""
    shown = about.get("#EXTINF", "").partition(",")[2].strip()
    artists = about.get("#EXTART")
    if artists is not None:
        return shown.removeprefix(artists).removeprefix(" - "), artists
    artist, dash, title = shown.partition(" - ")
    return (title, artist) if dash else (shown, "")


def _of_jspf(document: Any) -> Iterator[tuple[str, str, str, str, str]]:
    tracks = document["playlist"].get("track")
    for track in tracks if isinstance(tracks, list) else ():
        if isinstance(track, dict):
            title, creator, album = (_text(track.get(name)) for name in ("title", "creator", "album"))
            yield _location(track), title, creator, album, ""


def _location(track: Mapping[str, Any]) -> str:
    """Return the first address that is a song at Spotify, or else the first."""
    given = [track.get("location"), track.get("identifier")]
    every = [each for some in given for each in (some if isinstance(some, list) else [some]) if isinstance(each, str)]
    return next((each for each in every if "spotify" in each), every[0] if every else "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _line(text: str) -> str:
    return " ".join(text.split())
