"""Write: the writer of every CSV file that members and operators get. Pure.

Spreadsheets run cells that begin with a FORMULA sign, and may split cells at another delimiter than ours. So an
apostrophe goes before each such sign; `armed` removes it when the file comes back.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

BEGINS = r"((?:^|[,;|\t\r\n])[ \"']*)"  # start of a cell, whatever the delimiter
FORMULA = r"([=+\-@＝＋－＠])"
TO_DISARM = re.compile(BEGINS + FORMULA)
DISARMED = re.compile(BEGINS + "'" + FORMULA)


def write(file: TextIO, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table; numbers stay numbers, text is disarmed."""
    writer = csv.writer(file)
    writer.writerow(headers)
    writer.writerows([disarmed(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def disarmed(cell: str) -> str:
    """Return the cell so that no spreadsheet runs it."""
    return TO_DISARM.sub(r"\1'\2", cell)


def armed(cell: str) -> str:
    """Reverse `disarmed`."""
    return DISARMED.sub(r"\1\2", cell) if "'" in cell else cell
