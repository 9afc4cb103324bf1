"""Tables: read and write songs in the formats that other programs export. Pure.

`Table(data)` reads the bytes of a file (any form of CSV, or Spotify's account export) and yields a Row or a BadRow for
each line with content; `songs_in(table, source)` turns those into songs. `write` writes our own files.
Bounds: MOST_BYTES, MOST_ROWS, MOST_COLUMNS, MOST_CELL. Raises NotATable if the file isn't a table.

headers    exporters' names for columns    decode  bytes → lines    cells  a line → cells    rows   cells → rows
languages  which encoding reads best
names      a cell → artists                values  a cell → numbers songs  a row → a song    write  our CSV writer
problems   why a file or a row was refused
account    Spotify's own export            json_stream  JSON, value by value
archive    a ZIP of tables                 lists   M3U8 and JSPF
"""

from bot.core.library.tables.cells import MOST_CELL
from bot.core.library.tables.formats.archive import Part, TooMuch, parts, playlist_named
from bot.core.library.tables.formats.lists import as_csv, jspf, m3u8
from bot.core.library.tables.headers import IDS, field_of
from bot.core.library.tables.names import OURS, joined
from bot.core.library.tables.problems import BadRow, Foreign, NotATable, Problem
from bot.core.library.tables.rows import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Row, Table
from bot.core.library.tables.songs import NoSong, TableSong, features_of, is_no_song, names_songs, songs_in, uri_of
from bot.core.library.tables.write import write
