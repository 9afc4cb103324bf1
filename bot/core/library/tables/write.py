"""Write: the one writer of every CSV file that leaves the house. Pure.

A spreadsheet runs a cell that begins with a sign of FORMULA; and it may cut cells at another delimiter than ours. So
before each such sign stands an apostrophe, which `armed` takes away again when the file comes back.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

BEGINS = r"((?:^|[,;|\t\r\n])[ \"']*)"  # of a cell, whichever delimiter is chosen
FORMULA = r"([=+\-@＝＋－＠])"
TO_DISARM = re.compile(BEGINS + FORMULA)
DISARMED = re.compile(BEGINS + "'" + FORMULA)


def write(file: TextIO, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table; numbers stay numbers, text is disarmed."""
    writer = csv.writer(file)
    writer.writerow(headers)
    writer.writerows([disarmed(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def disarmed(cell: str) -> str:
    """Return a cell that no spreadsheet runs."""
    return TO_DISARM.sub(r"\1'\2", cell)


def armed(cell: str) -> str:
    """Return a cell as it was before `disarmed`."""
    return DISARMED.sub(r"\1\2", cell) if "'" in cell else cell
