"""Problems: why a file isn't a table, or a row was left out. Pure; the values are words for operators and logs."""

from dataclasses import dataclass
from enum import StrEnum


class Foreign(StrEnum):
    """What a file is instead of a table."""

    EXCEL = "an Excel workbook"
    SPREADSHEET = "a spreadsheet"
    NUMBERS = "a Numbers spreadsheet"
    OLD_EXCEL = "an old Excel workbook"
    ZIP = "a ZIP archive"
    GZIP = "packed with gzip"
    WEB_PAGE = "a web page or XML"
    RICH_TEXT = "a rich-text document"
    MEDIA_LIST = "a list of media files"
    PDF = "a PDF"
    BINARY = "not text"
    BROKEN_JSON = "broken JSON"
    HISTORY = "Spotify's listening history"
    OTHER_JSON = "JSON without songs"


class NotATable(ValueError):
    """The file is something else."""

    def __init__(self, kind: Foreign) -> None:
        self.kind = kind
        super().__init__(kind.value)


class Problem(StrEnum):
    """Why a row was left out."""

    NO_TITLE = "no title"
    NO_ARTIST = "no artist"
    TOO_LONG = "a title, artist or album is too long"
    UNCLOSED = "quotes that are never closed, or far too long"
    MORE_CELLS = "more cells than headers"
    FEWER_CELLS = "fewer cells than headers"
    MANY_ROWS = "too many rows; the rest was left out"
    MANY_LINES = "too many lines; the rest was left out"
    MANY_COLUMNS = "too many columns; the others were left out"
    BROKEN_OFF = "the file breaks off, or isn't JSON from here on; the rest was left out"
    NO_ID = "neither a Spotify ID nor an ISRC"
    NO_FEATURES = "no features"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row, or the rest of a file, that was left out, and why.

    about: the song's title, where that helps find it. file: the file's name in an archive.
    """

    line: int
    problem: Problem
    about: str = ""
    file: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.problem}" + (f" ({self.about})" if self.about else "")
