"""Songs: turn a row into the liked song and its features. Pure."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.core.codes import name_uri, no_song, song_uri
from bot.core.features import LIKED, TITLE, SongFeatures
from bot.core.library.tables.cells import MOST_CELL
from bot.core.library.tables.headers import IDS, PERCENT, SHARES, field_of
from bot.core.library.tables.problems import BadRow, Problem
from bot.core.library.tables.rows import SONG, Row, Table
from bot.core.library.tables.values import milliseconds, number
from bot.core.moments import moment, year_of
from bot.core.records import Like, Song

SETS = frozenset({"genres", "artists", "album", "tags", TITLE})  # columns that are always sets
WHO = {
    *IDS,
    "title",
    "isrc",
    "artist_uris",
    "album_uri",
    "album_artists",
    "album_artist_uris",
    "album_genres",
    "type",
    "is_local",
}
WHERE = {
    "playlist",
    "playlist_name",
    "playlist_id",
    "disc_number",
    "track_number",
    "added_at",
    "added_by",
    "latitude",
    "longitude",
}
ABOUT = {"label", "copyrights", "cover", "preview", "playable", "duration", "duration_ms"}
LABELS = {"member", "layer", "verdict", "target"}
COUNTERS = {"idx", "serial_num", "index", "track_key", "key"}  # a key counts semitones in a circle: it misleads
OF_A_FILE = {"size", "bit_rate", "sample_rate"}
NOT_FEATURES = frozenset(WHO | WHERE | ABOUT | LABELS | COUNTERS | OF_A_FILE)
NAMES = re.compile(
    r".*_(?:id|ids|uri|uris|url|urls|link|mbid|number|name|names)|artist_(?:name_)?\d+|unnamed_\d+"
)  # ids, links and names of anything; pandas calls its row numbers "Unnamed: 0"
EARLIEST_LIKE = 1971  # no program had likes; an earlier year stands in for none
LONGEST_ABOUT = 60  # characters of a title
SPOKEN = frozenset({"episode", "podcast", "podcast episode", "show", "audiobook", "chapter"})


@dataclass(frozen=True, slots=True)
class TableSong:
    """A song from a file, and the features in its row. playlist: the one in Spotify's own export that it's from."""

    line: int
    like: Like
    features: SongFeatures
    playlist: str | None = None


@dataclass(frozen=True, slots=True)
class NoSong:
    """A row for an episode or a local file: it can't be liked or added to a playlist."""

    line: int


def songs_in(table: Table, source: str) -> Iterator[TableSong | NoSong | BadRow]:
    """Yield the songs of a table, row by row; features are from `source`."""
    for row in table:
        if isinstance(row, BadRow):
            yield row
        elif is_no_song(row):
            yield NoSong(row.line)
        else:
            yield _song(row, source, row.fields.get("playlist") if table.of_account else None)


def _song(row: Row, source: str, playlist: str | None) -> TableSong | BadRow:
    if problem := _problem(row):
        return BadRow(row.line, problem, row.fields.get("title", "")[:LONGEST_ABOUT])
    return TableSong(row.line, _like(row), features_of(row, source), playlist)


def _problem(row: Row) -> Problem | None:
    """Return what keeps a row from naming a song; None if it names one."""
    title, album = row.fields.get("title", ""), row.fields.get("album", "")
    if not title:
        return Problem.NO_TITLE
    if not row.artists:
        return Problem.NO_ARTIST
    too_long = max(map(len, (title, row.fields["artists"], album))) >= MOST_CELL
    return Problem.TOO_LONG if too_long else None


def names_songs(table: Table) -> bool:
    """Whether a table has titles and artists."""
    return table.fields >= SONG


def is_no_song(row: Row) -> bool:
    """Whether a row isn't about a song."""
    named = any(no_song(row.fields.get(field, "")) for field in IDS) and uri_of(row) is None
    local = number(row.fields.get("is_local", "")) == 1
    return named or local or row.fields.get("type", "").casefold() in SPOKEN


def uri_of(row: Row) -> str | None:
    """Return the URI of a row's song, from whichever column holds one; else None."""
    return next((uri for field in IDS if (uri := song_uri(row.fields.get(field, "")))), None)


def _like(row: Row) -> Like:
    """Return the song that a row names."""
    title, year = row.fields["title"], year_of(row.fields.get("year", ""))
    song = Song(
        song=uri_of(row) or name_uri(title, row.artists),
        title=title,
        artists=row.artists,
        album=row.fields.get("album"),
        year=int(year) if year is not None else None,
        duration_ms=milliseconds(row.fields),
        isrc=row.fields.get("isrc"),
    )
    return Like(song, moment(row.fields.get("added_at", "")))


def features_of(row: Row, source: str, sets: Collection[str] = ()) -> SongFeatures:
    """Return a row's features, all from `source`.

    Every numeric column is a feature of its own name. `sets` declares columns that hold sets, besides SETS; other text
    is ignored.
    """
    declared = SETS | {field_of(name) for name in sets} if sets else SETS
    said = {name: text for name, text in row.fields.items() if name not in declared and not _names_something(name)}
    dates = {"year": year_of(row.fields.get("year", "")), LIKED: _year_liked(row.fields.get("added_at", ""))}
    length = milliseconds(row.fields)
    read = {**dict(_number(name, text) for name, text in said.items()), **dates}
    read["duration"] = length / 1000 if length else None
    numbers = {name: value for name, value in read.items() if value is not None}
    token_sets = {name: tokens for name in declared if (tokens := _tokens(name, row))}
    return SongFeatures(numbers, token_sets, dict.fromkeys([*numbers, *token_sets], source))


def _year_liked(text: str) -> float | None:
    """Read when a song was liked; Spotify writes 1970-01-01 for songs added before it kept count."""
    year = year_of(text)
    return year if year is not None and year >= EARLIEST_LIKE else None


@lru_cache(maxsize=4096)
def _names_something(field: str) -> bool:
    """Whether a column names or counts something, so that its numbers measure nothing."""
    return field in NOT_FEATURES or NAMES.fullmatch(field) is not None


def _number(name: str, text: str) -> tuple[str, float | None]:
    value, share = number(text), name.removesuffix(PERCENT)
    if share == name or share not in SHARES:
        return name, value
    return share, value if value is None or text.endswith("%") else value / 100


def _tokens(name: str, row: Row) -> frozenset[str]:
    """Split at semicolons, else at commas; a title is one token, commas and all."""
    text = row.fields.get(name, "")
    if name == "artists":
        return frozenset(row.artists)
    parts = [text] if name in ("album", TITLE) else text.strip("[]").split(";" if ";" in text else ",")
    return frozenset(part.strip(" '\"") for part in parts) - {""}
