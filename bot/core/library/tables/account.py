"""Account: read the files of Spotify's "Download your data" as rows. Pure.

YourLibrary.json holds the liked songs, Playlist1.json playlists. Listening history (StreamingHistory…) doesn't say
what's liked, and is refused.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.core.library.tables.cells import clean
from bot.core.library.tables.decode import lines
from bot.core.library.tables.problems import Foreign, NotATable

FIELDS = ("track_uri", "title", "artists", "album", "added_at", "playlist")
Found = tuple[int, dict[str, str], tuple[str, ...]]  # number, fields, artists
PLAYED = frozenset({"endTime", "msPlayed", "ms_played", "ts"})
KINDS = ("track", "localTrack", "episode", "audiobook")  # kinds of playlist items
TRACK = {
    **dict.fromkeys(("uri", "trackUri", "episodeUri", "chapterUri", "audiobookUri"), "track_uri"),
    **dict.fromkeys(("track", "trackName", "episodeName", "chapterName", "audiobookName"), "title"),
    **dict.fromkeys(("artist", "artistName"), "artists"),
    **dict.fromkeys(("album", "albumName"), "album"),
}  # Spotify's names → our fields


def is_json(data: bytes) -> bool:
    return "".join(lines(data[:1000])).lstrip()[:1] in ("{", "[")


def rows(data: bytes) -> Iterator[Found]:
    """Yield a file's songs. Raises NotATable for any other JSON."""
    try:
        content = json.loads("".join(lines(data)))
    except (ValueError, RecursionError):
        raise NotATable(Foreign.BROKEN_JSON) from None
    return _numbered(_tracks(content))


def _tracks(content: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield each song with the moment it was added and its playlist, where the file has them."""
    if isinstance(content, dict) and isinstance(content.get("tracks"), list):
        return ((track, None, None) for track in content["tracks"])
    if isinstance(content, dict) and isinstance(content.get("playlists"), list):
        return _in_playlists(content["playlists"])
    plays = content if isinstance(content, list) else [content]
    if any(isinstance(play, dict) and PLAYED & play.keys() for play in plays):
        raise NotATable(Foreign.HISTORY)
    raise NotATable(Foreign.OTHER_JSON)


def _in_playlists(playlists: list[Any]) -> Iterator[tuple[Any, Any, Any]]:
    for playlist in playlists:
        held = playlist if isinstance(playlist, dict) else {}
        items = held.get("items") or held.get("tracks")  # as older exports say it
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict):
                track = next((item[kind] for kind in KINDS if item.get(kind)), item if "trackName" in item else None)
                yield track, item.get("addedDate"), held.get("name")


def _numbered(tracks: Iterator[tuple[Any, Any, Any]]) -> Iterator[Found]:
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
