"""Rows: read a table row by row; each row is either right or reported by its line, never shifted. Pure.

It reads the bytes twice and keeps no rows, so memory is bounded by the file and one row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.core.codes import song_uri
from bot.core.library.tables import foreign
from bot.core.library.tables.cells import (
    DECLARED,
    DELIMITERS,
    MOST_LINE,
    clean,
    delimiter_of,
    says_nothing,
    split,
    strict,
    unescaped,
    unforced,
    unwrapped,
)
from bot.core.library.tables.decode import HEAD, lines
from bot.core.library.tables.formats import account
from bot.core.library.tables.formats.json_stream import Torn
from bot.core.library.tables.headers import IDS, KNOWN, field_of, fields_of, known, one_artist, surest_first
from bot.core.library.tables.names import Names
from bot.core.library.tables.problems import BadRow, Problem
from bot.core.library.tables.write import armed

MOST_BYTES = 20_000_000  # bytes of a member's file; a library of 50,000 songs takes about 10 MB
MOST_ROWS = 50_000
LINES = 5  # times as many lines as rows are read: some are empty, or part of a cell
MOST_COLUMNS = 100
MOST_JOINED = 20  # lines per row whose cells contain line ends
BACKUP = ("title", "artists", "album", "track_uri", "year")  # spotify-backup's columns; it writes no header
SONG = frozenset({"title", "artists"})  # a line with both is a header, wherever it is


@dataclass(frozen=True, slots=True)
class Row:
    """A row's values by field, without empty cells. `line` is where it starts in the file."""

    line: int
    fields: Mapping[str, str]
    artists: tuple[str, ...] = ()


class Table:
    """The rows of a file. Raises NotATable if it isn't a table.

    headers: as written. fields: the fields they name. of_account: it's Spotify's own export of an account.
    """

    def __init__(self, data: bytes, most_rows: int = MOST_ROWS) -> None:
        foreign.refuse(data)
        self._data, self._most = data, most_rows
        self._rows = account.rows(data) if account.is_json(data) else None
        self.of_account = self._rows is not None
        if self._rows is not None:
            self.headers: tuple[str, ...] = account.FIELDS
            self.fields = frozenset(account.FIELDS)
            return
        head = [line[:MOST_LINE] for line in islice(lines(data), HEAD)]
        self._wrapped = _is_wrapped(head)
        head = [unwrapped(line) for line in head] if self._wrapped else head
        self._delimiter = delimiter_of(head)
        self._begins, self.headers = _header(head, self._delimiter)
        self.fields = frozenset(fields_of(self.headers)) - {""}
        self._names = Names.of(self.headers, self._artist_cells())

    def __iter__(self) -> Iterator[Row | BadRow]:
        numbered = _from_account(self._rows) if self._rows is not None else self._read()
        for rows, row in enumerate(numbered):
            if rows == self._most:
                yield BadRow(row.line, Problem.MANY_ROWS)
                return
            yield row

    def _artist_cells(self) -> Iterator[str]:
        columns = [at for at, field in enumerate(fields_of(self.headers)) if field == "artists"]
        if b";" not in self._data:
            return
        for line, cells in self._records():
            if line > LINES * self._most:
                return
            yield from (_said(cells[at]) for at in columns if cells and at < len(cells))

    def _records(self) -> Iterator[tuple[int, list[str] | None]]:
        source = lines(self._data)
        source = map(unwrapped, source) if self._wrapped else source
        return _records(source, self._delimiter, len(_trimmed(self.headers, 0)))

    def _read(self) -> Iterator[Row | BadRow]:
        header = _Header.of(self.headers)
        if len(self.headers) > MOST_COLUMNS:
            yield BadRow(self._begins, Problem.MANY_COLUMNS)
        for line, cells in self._records():
            if line > LINES * self._most:
                yield BadRow(line, Problem.MANY_LINES)
                return
            if line <= self._begins or (cells is not None and says_nothing(cells)):
                continue
            if cells is None:
                yield BadRow(line, Problem.UNCLOSED)
            elif header.repeats(cells):
                header = _Header.of(cells)
            elif problem := header.problem(cells):
                yield BadRow(line, problem)
            else:
                fields = header.fields(cells)
                yield Row(line, fields, header.artists(cells, self._names.split(fields.get("artists", ""))))


def _from_account(entries: Iterator[account.Found]) -> Iterator[Row | BadRow]:
    number = 0
    try:
        for number, fields, artists in entries:
            yield Row(number, fields, artists)
    except Torn:
        yield BadRow(number + 1, Problem.BROKEN_OFF)


@dataclass(frozen=True, slots=True)
class _Header:
    columns: tuple[str, ...]  # the field of each column, up to the last named one
    order: tuple[int, ...]  # order of trust
    numbered: tuple[int, ...]  # columns that hold one artist each

    @classmethod
    def of(cls, headers: Sequence[str]) -> "_Header":
        named = _trimmed(headers, 0)
        numbered = tuple(at for at, header in enumerate(named[:MOST_COLUMNS]) if one_artist(header))
        return cls(fields_of(named), tuple(surest_first(named[:MOST_COLUMNS])), numbered)

    def repeats(self, cells: Sequence[str]) -> bool:
        """Whether a row is a header again, from a file that was appended to another one."""
        if field_of(cells[0]) not in KNOWN and fields_of(cells[:1]) != self.columns[:1]:
            return False
        named = fields_of(_trimmed(cells, 0))
        return named == self.columns or (set(named) >= SONG and known(cells) == len(set(named) - {""}))

    def problem(self, cells: Sequence[str]) -> Problem | None:
        """Return why the cells don't match the headers, None if they do."""
        cells = _trimmed(cells, len(self.columns))
        missing = len(self.columns) - len(cells)
        if missing < 0:
            return Problem.MORE_CELLS
        if missing > 0 and not self._begins_right(cells):
            return Problem.FEWER_CELLS
        return None

    def _begins_right(self, cells: Sequence[str]) -> bool:
        """Whether only trailing empty cells are missing, as some spreadsheets omit them; a row's tail isn't a row."""
        ids = [cell for field, cell in zip(self.columns, cells, strict=False) if field in IDS]
        return not ids or any(song_uri(cell) for cell in ids)

    def fields(self, cells: Sequence[str]) -> dict[str, str]:
        said: dict[str, str] = {}
        for at in self.order:
            field = self.columns[at]
            if field and at < len(cells) and (text := _said(cells[at])):
                said.setdefault(field, text)
        return said

    def artists(self, cells: Sequence[str], found: tuple[str, ...]) -> tuple[str, ...]:
        """Return the artists in numbered columns, where a cell is one name, after those found in another column."""
        if not self.numbered:
            return found
        whole = [text for at in self.numbered if at < len(cells) and (text := _said(cells[at]))]
        others = () if self.columns[self.numbered[0]] == "artists" else found
        return tuple(dict.fromkeys([*others, *whole]))


def _said(cell: str) -> str:
    text = clean(unescaped(cell))
    return armed(unforced(text)) if "'" in text or "=" in text else text


def _trimmed(cells: Sequence[str], least: int) -> Sequence[str]:
    """Return the cells without trailing empty ones, but at least `least` of them."""
    last = max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return cells[: max(last, least)]


def _header(head: Sequence[str], delimiter: str) -> tuple[int, tuple[str, ...]]:
    """Return the last line number of the header and its cells: the line that names most known fields."""
    rows = [_starting(head, at, delimiter) for at in range(len(head))]
    rows = [row for row in rows if any(row[1]) and not (row[0] == 1 and DECLARED.fullmatch(head[0].rstrip("\r\n")))]
    line, cells = max(rows, key=lambda row: known(row[1]), default=(0, []))
    if not known(cells) and any(_is_backup(cells) for _, cells in rows):
        return 0, BACKUP
    return line, tuple(clean(cell) for cell in cells)


def _starting(head: Sequence[str], at: int, delimiter: str) -> tuple[int, list[str]]:
    """Return the last line number of the row that starts at `at`, and its cells: a header may hold line ends."""
    if (cells := split(head[at], delimiter)) is not None:
        return at + 1, cells
    cells, taken = strict(head[at : at + MOST_JOINED], delimiter) or ([], 1)
    return at + taken, cells


def _is_wrapped(head: Sequence[str]) -> bool:
    """Whether a spreadsheet saved each line as one cell."""
    plain = [unwrapped(line) for line in head]
    (_, as_it_is), (_, without) = (_header(sample, delimiter_of(sample)) for sample in (head, plain))
    return known(without) > max(1, known(as_it_is))


def _is_backup(cells: Sequence[str]) -> bool:
    return len(cells) == len(BACKUP) and song_uri(cells[BACKUP.index("track_uri")]) is not None


def _records(source: Iterator[str], delimiter: str, width: int) -> Iterator[tuple[int, list[str] | None]]:
    """Yield each row's first line number and its cells; None if they can't be determined.

    The header of an appended file may use another delimiter.
    """
    ahead: list[str] = []
    number = 1
    while ahead or (ahead := list(islice(source, 1))):
        if delimiter not in ahead[0] and (header := _header_by_other(ahead[0])):
            delimiter, width = header
        cells, taken = _record(ahead, source, delimiter, width)
        yield number, cells
        del ahead[:taken]
        number += taken


def _header_by_other(line: str) -> tuple[str, int] | None:
    """Return what parts the cells of a header, and how many it has; None for any other line."""
    if len(line) > MOST_LINE or not any(delimiter in line for delimiter in DELIMITERS):
        return None
    delimiter = delimiter_of([line])
    cells = _trimmed(split(line, delimiter) or [], 0)
    fields = set(fields_of(cells)) - {""}
    return (delimiter, len(cells)) if fields >= SONG and fields <= KNOWN else None


def _record(ahead: list[str], source: Iterator[str], delimiter: str, width: int) -> tuple[list[str] | None, int]:
    """Return the cells of the first row of `ahead`, and the number of lines it takes.

    An unclosed quote would swallow the lines after it, so unless those lines make one whole row it stays on its own
    line.
    """
    line = ahead[0]
    if len(line) > MOST_LINE:
        return None, 1
    if '"' not in line:
        return line.rstrip("\r\n").split(delimiter), 1
    if line.startswith('="') or delimiter + '="' in line:
        return split(line, delimiter), 1
    cells, taken = strict(_reading(ahead, source), delimiter) or ([], 0)
    if taken == 1 or (taken and len(_trimmed(cells, width)) == width):
        return cells, taken
    return split(line, delimiter), 1


def _reading(ahead: list[str], source: Iterator[str]) -> Iterator[str]:
    """Yield the lines already read, then further ones, keeping those in `ahead`."""
    for at in range(MOST_JOINED):
        ahead += islice(source, at + 1 - len(ahead)) if at == len(ahead) else ()
        if at == len(ahead):
            return
        yield ahead[at]
