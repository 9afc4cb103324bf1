"""Lists: playlists as M3U8 and JSPF, written and read. Pure.

Both are read by way of our own CSV, so that there is one reader of songs. An M3U names artists and title in one line;
ours has the artists in a line of their own (`#EXTART`), so that they come back as they were. JSPF is XSPF in JSON
(xspf.org/jspf); its `creator` is written as a cell of artists is.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from bot.core import untrusted
from bot.core.library.tables.cells import MOST_LINE
from bot.core.library.tables.decode import lines
from bot.core.library.tables.formats.json_stream import Reader, Torn
from bot.core.library.tables.names import OURS, joined
from bot.core.library.tables.problems import Foreign, NotATable
from bot.core.library.tables.rows import MOST_ROWS
from bot.core.library.tables.values import milliseconds
from bot.core.library.tables.write import write
from bot.core.records import Song

M3U, LINK = "#EXTM3U", re.compile(r"spotify:track:|https://open\.spotify\.com/track/|#EXTART:")
JSPF = re.compile(r'\s*\{\s*"playlist"\s*:\s*\{')
HEADERS = (*OURS, "Duration (ms)")
Cells = tuple[str, str, str, str, str, int | None]  # as under HEADERS


def m3u8(name: str, songs: Iterable[Song]) -> str:
    """Return songs as an extended M3U in UTF-8."""
    written = ["#EXTM3U", f"#PLAYLIST:{_line(name)}"]
    for song in songs:
        artists, seconds = _line(joined(song.artists)), round(song.duration_ms / 1000) if song.duration_ms else -1
        written += [f"#EXTINF:{seconds},{artists} - {_line(song.title)}", f"#EXTART:{artists}"]
        written += [f"#EXTALB:{_line(song.album)}"] if song.album else []
        written.append(_line(song.song))
    return "\n".join(written) + "\n"


def jspf(name: str, songs: Iterable[Song]) -> str:
    """Return songs as JSPF."""
    return json.dumps({"playlist": {"title": name, "track": [_track(song) for song in songs]}}, ensure_ascii=False)


def _track(song: Song) -> dict[str, Any]:
    track: dict[str, Any] = {"location": [song.song], "title": song.title, "creator": joined(song.artists)}
    track |= {"album": song.album} if song.album else {}
    return track | ({"duration": song.duration_ms} if song.duration_ms else {})


def as_csv(data: bytes) -> bytes | None:
    """Return a list in one of the two formats as our CSV; None for anything else. Raises NotATable if it's damaged."""
    begins = "".join(lines(data[:4096]))
    if begins.startswith(M3U):
        return _csv(_of_m3u(lines(data))) if any(map(LINK.match, lines(data))) else None
    if JSPF.match(begins) is None:
        return None
    try:
        return _csv(_of_jspf(Reader("".join(lines(data)))))
    except Torn:
        raise NotATable(Foreign.BROKEN_JSON) from None


def _csv(rows: Iterable[Cells]) -> bytes:
    """Write rows, with one too many where there are more than a table may have."""
    written = io.BytesIO()
    with io.TextIOWrapper(written, "utf-8", "replace", newline="") as text:  # JSON allows lone surrogates
        write(text, HEADERS, islice(rows, MOST_ROWS + 1))
        text.flush()
        return written.getvalue()


def _of_m3u(given: Iterable[str]) -> Iterator[Cells]:
    about: dict[str, str] = {}
    for line in filter(None, (line[:MOST_LINE].strip() for line in given)):
        tag, colon, value = line.partition(":")
        if line.startswith("#"):
            about |= {tag: value} if colon else {}
            continue
        length = milliseconds({"duration": re.split("[ ,]", about.get("#EXTINF", ""))[0]})
        yield (line, *_named(about), about.get("#EXTALB", ""), "", length)
        about = {}


def _named(about: Mapping[str, str]) -> tuple[str, str]:
    """Return title and artists."""
    shown = about.get("#EXTINF", "").partition(",")[2].strip()
    artists = about.get("#EXTART")
    if artists is not None:
        return shown.removeprefix(artists).removeprefix(" - "), artists
    artist, dash, title = shown.partition(" - ")
    return (title, artist) if dash else (shown, "")


def _of_jspf(reader: Reader) -> Iterator[Cells]:
    """Read it value by value, as `json_stream` does: one long step would hold up every other thread."""
    for _ in _members(reader, "playlist", "{"):
        for _ in _members(reader, "track", "["):
            for _ in reader.elements():
                yield _track_of(reader)


def _members(reader: Reader, name: str, sign: str) -> Iterator[None]:
    """Yield for each member of that name whose value begins with `sign`; the caller reads it."""
    for key in reader.members():
        if key == name and reader.next_sign() == sign:
            yield
        else:
            reader.skip()


def _track_of(reader: Reader) -> Cells:
    """Return a track's cells, all of them empty for anything else."""
    track = {}
    if reader.next_sign() == "{":
        track = {name: reader.value() for name in reader.members()}
    else:
        reader.skip()
    title, creator, album = (_text(track.get(name)) for name in ("title", "creator", "album"))
    return _location(track), title, creator, album, "", untrusted.count(track.get("duration"))


def _location(track: Mapping[str, Any]) -> str:
    """Return the first address that is a song at Spotify, or else the first."""
    given = [track.get("location"), track.get("identifier")]
    every = [each for some in given for each in (some if isinstance(some, list) else [some]) if isinstance(each, str)]
    return next((each for each in every if "spotify" in each), every[0] if every else "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _line(text: str) -> str:
    return " ".join(text.split())
