"""Tables: songs as the world's programs export them, read and written. Pure.

`Table(data)` reads the bytes of a file (CSV in any of its forms, or Spotify's own account export) and yields a Row or a
BadRow for each line that says something; `songs_in(table, source)` makes songs of them. `write` writes our own files.
Bounds: MOST_BYTES, MOST_ROWS, MOST_COLUMNS, MOST_CELL. Raises NotATable for what is no table.

headers  what exporters call a column     decode  bytes → lines     cells  a line → cells     rows  cells → rows
languages  which encoding reads best
names    a cell → artists                 values  a cell → numbers  songs  a row → a song     write the one writer
"""

from bot.core.library.tables.cells import MOST_CELL
from bot.core.library.tables.foreign import NotATable
from bot.core.library.tables.headers import IDS, field_of
from bot.core.library.tables.names import OURS, joined
from bot.core.library.tables.rows import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, BadRow, Row, Table
from bot.core.library.tables.songs import NoSong, TableSong, features_of, is_no_song, names_songs, songs_in, uri_of
from bot.core.library.tables.write import write

__all__ = [
    "IDS",
    "MOST_BYTES",
    "MOST_CELL",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "OURS",
    "BadRow",
    "NoSong",
    "NotATable",
    "Row",
    "Table",
    "TableSong",
    "features_of",
    "field_of",
    "is_no_song",
    "joined",
    "names_songs",
    "songs_in",
    "uri_of",
    "write",
]
