"""The same few songs in the formats of many programs."""

from collections.abc import Sequence

from bot.core.library import tables
from bot.core.library.tables import BadRow, NoSong, Table, TableSong
from bot.core.records import Song

ID = "0000000000000000000101"
URI = f"spotify:track:{ID}"
EXPORTIFY = "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Added At,Danceability,Energy"
NACHTBUS = f"{URI},Nachtbus,Linie 9,Lena Ohm,2019-05-17,200000,2024-01-02T10:00:00Z,0.5,0.4"
REGEN = "spotify:track:0000000000000000000102,Regen,Linie 9,Lena Ohm,2019-05-17,190000,2024-01-03T10:00:00Z,0.4,0.3"


def read(data: str | bytes) -> tuple[list[TableSong], list[BadRow], int]:
    """The songs, the bad rows, and the number of rows that aren't songs."""
    rows = list(tables.songs_in(Table(data.encode() if isinstance(data, str) else data), "csv"))
    songs = [row for row in rows if isinstance(row, TableSong)]
    return songs, [row for row in rows if isinstance(row, BadRow)], sum(isinstance(row, NoSong) for row in rows)


def only(data: str | bytes) -> TableSong:
    """The only song of a file without bad rows."""
    songs, bad, spoken = read(data)
    assert (len(songs), bad, spoken) == (1, [], 0)
    return songs[0]


def song(data: str | bytes) -> Song:
    return only(data).like.song


def titles(data: str | bytes) -> list[str]:
    return [row.like.song.title for row in read(data)[0]]


def table(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def named(lines: Sequence[BadRow]) -> list[int]:
    return [line.line for line in lines]
