r"""Names: split a cell of artists by the separator that the whole file uses. Pure.

Exportify writes `;` between artists (a bare `,` before July 2025), so that "Tyler, The Creator" is one; watsonbox
writes `, `, and `\,` inside a name.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LIST = re.compile(r"\[\{|\[.*\]\Z")  # a list of Spotify's answers may be cut
LITERAL = r"(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")"  # pandas writes lists as Python does
NAMED = rf"['\"]name['\"]\s*:\s*{LITERAL}"
ESCAPED = re.compile(r"\\(['\"\\])")
COMMA = r",(?=[^\s\d])"  # the older form, without a space after it
EXPORTIFY = ("Track Name", "Album Name", "Artist Name(s)", "Release Date", "Duration (ms)", "Popularity", "Explicit")
OURS = ("Track URI", "Track Name", "Artist Name(s)", "Album Name", "Added At")  # headers of our own files


@dataclass(frozen=True, slots=True)
class Names:
    """How a file separates artists. `lists`: whether a cell may be a Python list."""

    separator: str
    lists: bool

    @classmethod
    def of(cls, headers: Sequence[str], cells: Iterable[str]) -> "Names":
        """Return `;` for one of our files, or any file with `;` in a cell of artists; else the comma."""
        if tuple(headers[: len(OURS)]) == OURS:
            return cls(";", lists=False)
        if any(";" in cell and not cell.startswith("[") for cell in cells):
            return cls(";", lists=True)
        return cls(COMMA if tuple(headers[1:8]) == EXPORTIFY else ",", lists=True)

    def split(self, cell: str) -> tuple[str, ...]:
        """Return the distinct artists in a cell; a separator after a backslash is part of the name."""
        parts = _listed(cell) if self.lists and LIST.match(cell) else []
        if not parts and cell != "[]":
            parts = re.split(rf"(?<!\\){self.separator}", cell)
        names = (part.replace("\\" + self.separator[0], self.separator[0]).strip() for part in parts)
        return tuple(dict.fromkeys(name for name in names if name))


def _listed(cell: str) -> list[str]:
    """Return the names in a list of texts, or of artists as Spotify's API describes them."""
    try:
        given = json.loads(cell)
    except (ValueError, RecursionError):
        found = re.findall(NAMED if cell.startswith("[{") else LITERAL, cell)
        return [ESCAPED.sub(r"\1", one or other) for one, other in found]
    names = [each.get("name") if isinstance(each, dict) else each for each in given]
    return [name for name in names if isinstance(name, str)]


def joined(names: Iterable[str]) -> str:
    """Return artists as a cell of our own files; `split` reverses it."""
    return ";".join(name.replace(";", r"\;") + (" " if name.endswith("\\") else "") for name in names)
