"""Names: a cell of artists as its artists, by the sign that parts them in the whole file. Pure.

Exportify writes `;` between artists (a bare `,` before July 2025), so that "Tyler, The Creator" is one; watsonbox
writes `, `, and `\\,` in a name.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")  # pandas writes lists as Python does
COMMA = r",(?=[^\s\d])"  # as it was before, without a space behind it
EXPORTIFY = ("Track Name", "Album Name", "Artist Name(s)", "Release Date", "Duration (ms)", "Popularity", "Explicit")
OURS = ("Track URI", "Track Name", "Artist Name(s)", "Album Name", "Added At")  # headers of our own files


@dataclass(frozen=True, slots=True)
class Names:
    """What parts the artists of a file. `lists`: whether a cell may be a list as Python writes it."""

    separator: str
    lists: bool

    @classmethod
    def of(cls, headers: Sequence[str], cells: Iterable[str]) -> "Names":
        """Return `;` for a file of ours, or one that has it in any cell of artists; else the comma."""
        if tuple(headers) == OURS:
            return cls(";", lists=False)
        if any(";" in cell and not cell.startswith("[") for cell in cells):
            return cls(";", lists=True)
        return cls(COMMA if tuple(headers[1:8]) == EXPORTIFY else ",", lists=True)

    def split(self, cell: str) -> tuple[str, ...]:
        """Return the artists of a cell, each once; a separator behind a backslash belongs to the name."""
        if self.lists and cell.startswith("[") and cell.endswith("]") and (listed := LITERAL.findall(cell)):
            parts = [one or other for one, other in listed]
        else:
            parts = re.split(rf"(?<!\\){self.separator}", cell)
        names = (part.replace("\\" + self.separator[0], self.separator[0]).strip() for part in parts)
        return tuple(dict.fromkeys(name for name in names if name))


def joined(names: Iterable[str]) -> str:
    """Return artists as a cell of our own files, from which `split` makes the same ones."""
    return ";".join(name.replace(";", r"\;") + (" " if name.endswith("\\") else "") for name in names)
