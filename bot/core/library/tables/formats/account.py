"""Account: read the files of Spotify's "Download your data" as rows. Pure.

YourLibrary.json holds the liked songs, Playlist1.json playlists. Listening history (StreamingHistory…) doesn't say
what's liked, and is refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from bot.core.library.tables.cells import clean
from bot.core.library.tables.decode import lines
from bot.core.library.tables.formats.json_stream import Reader, Torn
from bot.core.library.tables.problems import Foreign, NotATable

FIELDS = ("track_uri", "title", "artists", "album", "added_at", "playlist")
Found = tuple[int, dict[str, str], tuple[str, ...]]  # number, fields, artists
Track = tuple[Any, Any, Any]  # a song, when it was added, its playlist; of any type
BEGINS = re.compile(r'\s*(?:\{\s*["}]|\[\s*(?:["{\[\]]|null\b|-?\d+\s*,))')
PLAYS = 1_000  # elements of a list that are looked at, to tell what it is
PLAYED = frozenset({"endTime", "msPlayed", "ms_played", "ts"})
KINDS = ("track", "localTrack", "episode", "audiobook")  # kinds of playlist items
TRACK = {
    **dict.fromkeys(("uri", "trackUri", "episodeUri", "chapterUri", "audiobookUri"), "track_uri"),
    **dict.fromkeys(("track", "trackName", "episodeName", "chapterName", "audiobookName"), "title"),
    **dict.fromkeys(("artist", "artistName"), "artists"),
    **dict.fromkeys(("album", "albumName"), "album"),
}  # Spotify's names → our fields


def is_json(data: bytes) -> bool:
    """Whether a file begins as JSON does; "[playlist]" and "[1] mix" are other programs' first lines."""
    return BEGINS.match("".join(lines(data[:1000]))) is not None


def rows(data: bytes) -> Iterator[Found]:
    """Yield a file's songs. Raises NotATable at once for any other JSON, Torn where the file breaks off."""
    reader = Reader("".join(lines(data)))
    try:
        tracks = _tracks(reader)
        first = list(islice(tracks, 1))
    except Torn:
        raise NotATable(Foreign.BROKEN_JSON) from None
    return _numbered(chain(first, tracks))


def _tracks(reader: Reader) -> Iterator[Track]:
    """Return each song with the moment it was added and its playlist, where the file has them."""
    if reader.next_sign() == "[":
        some = [reader.value() for _ in islice(reader.elements(), PLAYS)]
        if any(isinstance(play, dict) and PLAYED & play.keys() for play in some):
            raise NotATable(Foreign.HISTORY)
    else:
        lists = _lists(reader)
        for read in lists:
            return chain(read(reader), (track for further in lists for track in further(reader)))
    raise NotATable(Foreign.OTHER_JSON)


def _lists(reader: Reader) -> Iterator[Callable[[Reader], Iterator[Track]]]:
    """Yield how to read each list of songs in the file, with the reader in front of it."""
    for key in reader.members():
        if key in LISTS and reader.next_sign() == "[":
            yield LISTS[key]
        else:
            reader.skip()


def _liked(reader: Reader) -> Iterator[Track]:
    for _ in reader.elements():
        yield reader.value(), None, None


def _in_playlists(reader: Reader) -> Iterator[Track]:
    for _ in reader.elements():
        if reader.next_sign() == "{":
            yield from _in_playlist(reader)
        else:
            reader.skip()


def _in_playlist(reader: Reader) -> Iterator[Track]:
    name: Any = None
    for key in reader.members():
        if key in ("items", "tracks") and reader.next_sign() == "[":  # "tracks" in older exports
            for _ in reader.elements():
                if isinstance(item := reader.value(), dict):
                    yield _track(item), item.get("addedDate"), name
        elif key == "name":
            name = reader.value()
        else:
            reader.skip()


def _track(item: Mapping[str, Any]) -> Any:
    return next((item[kind] for kind in KINDS if item.get(kind)), item if "trackName" in item else None)


LISTS = {"tracks": _liked, "playlists": _in_playlists}


def _numbered(tracks: Iterator[Track]) -> Iterator[Found]:
    for number, (track, added_at, playlist) in enumerate(tracks, 1):
        said = track if isinstance(track, dict) else {}
        fields = {TRACK[name]: _text(value) for name, value in said.items() if name in TRACK}
        fields |= {"added_at": _text(added_at), "playlist": _text(playlist)}
        yield number, {name: text for name, text in fields.items() if text}, _artists(fields)


def _artists(fields: Mapping[str, str]) -> tuple[str, ...]:
    return (fields["artists"],) if fields.get("artists") else ()


def _text(value: Any) -> str:
    """Return a text; lone surrogates, which only JSON allows, are replaced."""
    return clean(value.encode("utf-8", "replace").decode()) if isinstance(value, str) else ""
