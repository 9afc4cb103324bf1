"""Cells: a line of a table as its cells, whatever its quotes. Pure."""

import csv
import re
from collections.abc import Iterable, Sequence

from bot.core.library.tables.headers import known

DELIMITERS = (",", ";", "\t", "|")
MOST_LINE = 200_000  # characters; no row of songs is as long
MOST_CELL = 1_000  # characters; what is longer is cut
UNSAFE = re.compile(r"[\x00-\x1f\x7f]+")
FORCED = re.compile(r'="(.*)"')  # text that no spreadsheet is to take for a number
WRAPPED = re.compile(r'\s*"((?:[^"]|"")*)"[,;\t|]*\s*')  # a line that a spreadsheet saved as one cell
RULED = " -:=\x1a"  # of a line that parts others, or ends a file
DECLARED = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)  # Excel's own first line


def delimiter_of(head: Sequence[str]) -> str:
    """Return what parts the cells: as the file says, else that by which most headers are known, else most cells."""
    if head and (said := DECLARED.fullmatch(head[0].rstrip("\r\n"))):
        return said[1]
    return max(DELIMITERS, key=lambda each: _sense(head, each))


def unwrapped(line: str) -> str:
    """Return a line that was saved as one cell as it was before."""
    found = WRAPPED.fullmatch(line)
    return found[1].replace('""', '"') + "\n" if found else line


def says_nothing(cells: Sequence[str]) -> bool:
    """Whether a row is empty, or a rule between others."""
    return not any(cell.strip(RULED) for cell in cells)


def _sense(head: Sequence[str], delimiter: str) -> tuple[int, int]:
    rows = [split(line, delimiter) or [] for line in head]
    return max(map(known, rows), default=0), sum(map(len, rows))


def strict(lines: Iterable[str], delimiter: str) -> tuple[list[str], int] | None:
    """Return the first row's cells and how many of the lines it takes; None where its quotes are in disorder."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(reader), reader.line_num
    except (csv.Error, StopIteration):
        return None


def split(line: str, delimiter: str) -> list[str] | None:
    """Split a line whose quotes are in disorder (\\"…\\", ""…", space before them); None where one is never closed.

    A cell ends at a delimiter before which quotes come in pairs.
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
    """Return a cell as one line without space around it, cut at MOST_CELL."""
    return (cell if cell.isprintable() else UNSAFE.sub(" ", cell)).strip()[:MOST_CELL]


def unforced(cell: str) -> str:
    """Return ="001" as 001."""
    found = FORCED.fullmatch(cell) if cell.startswith("=") else None
    return found[1].replace('""', '"') if found else cell
