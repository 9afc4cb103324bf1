"""Cells: split a line of a table into cells, however it's quoted. Pure."""

import csv
import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

from bot.core.library.tables.headers import known

DELIMITERS = (",", ";", "\t", "|")
MOST_LINE = 200_000  # characters; no row of songs is that long
MOST_CELL = 1_000  # characters; longer cells are cut
UNSAFE = re.compile(r"[\x00-\x1f\x7f]+")
ENTITY = re.compile(r"&(?:amp|quot|apos|lt|gt|nbsp|#\d{1,6}|#x[\da-fA-F]{1,5});")
FORCED = re.compile(r'="(.*)"')  # text that spreadsheets must not read as a number
WRAPPED = re.compile(r'\s*"([^"]*+(?:""[^"]*+)*+)"[,;\t|]*\s*')  # a line that a spreadsheet saved as one cell
RULED = " -:=\x1a"  # of a separator line, or the end of a file
DECLARED = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)  # Excel's own first line


def delimiter_of(head: Sequence[str]) -> str:
    """Return the delimiter: the declared one, else the one that yields most known headers, then most cells."""
    if head and (said := DECLARED.fullmatch(head[0].rstrip("\r\n"))):
        return said[1]
    return max(DELIMITERS, key=lambda delimiter: _sense(head, delimiter))


def unwrapped(line: str) -> str:
    """Restore a line that a spreadsheet saved as one cell."""
    wrapped = WRAPPED.fullmatch(line) if len(line) <= MOST_LINE else None
    return wrapped[1].replace('""', '"') + "\n" if wrapped else line


def says_nothing(cells: Sequence[str]) -> bool:
    """Whether a row is empty or only a separator line."""
    return not any(cell.strip(RULED) for cell in cells)


def _sense(head: Sequence[str], delimiter: str) -> tuple[int, int]:
    rows = [split(line, delimiter) or [] for line in head]
    return max(map(known, rows), default=0), sum(map(len, rows))


def strict(lines: Iterable[str], delimiter: str) -> tuple[list[str], int] | None:
    """Return the first row's cells and the number of lines it takes; None if its quoting is invalid."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(reader), reader.line_num
    except (csv.Error, StopIteration):
        return None


def split(line: str, delimiter: str) -> list[str] | None:
    r"""Split a line with invalid quoting (\"…\", ""…", space before quotes); None if a quote is never closed.

    A cell ends at a delimiter before which the quotes are paired.
    """
    cells, quotes = [""], 0
    for piece in line.rstrip("\r\n").split(delimiter):
        cells[-1] += piece if not quotes else delimiter + piece
        quotes = cells[-1].count('"') % 2
        if not quotes:
            cells.append("")
    return None if quotes else [_unquoted(cell) for cell in cells[:-1]]


def _unquoted(cell: str) -> str:
    text = cell.strip()
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        return text
    return text[1:-1].replace('\\"', '"').replace('""', '"')


def clean(cell: str) -> str:
    """Return a cell on one line, trimmed and cut at MOST_CELL; accents in the form that most programs write."""
    plain = unicodedata.normalize("NFC", cell)
    return (plain if plain.isprintable() else UNSAFE.sub(" ", plain)).strip()[:MOST_CELL]


def unescaped(cell: str) -> str:
    """Return "R&amp;B" as R&B, as files from web pages have it; its semicolon would part names."""
    return ENTITY.sub(lambda entity: html.unescape(entity[0]), cell) if "&" in cell else cell


def unforced(cell: str) -> str:
    """Return ="001" as 001."""
    forced = FORCED.fullmatch(cell) if cell.startswith("=") else None
    return forced[1].replace('""', '"') if forced else cell
