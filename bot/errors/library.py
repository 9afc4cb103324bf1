"""What can go wrong in the library room: files of songs, music folders, features."""

from dataclasses import dataclass

from bot.errors import BadChoice, BadFile, StillHearing


@dataclass(eq=False)
class FileTooLarge(BadFile):
    """An uploaded file is larger than we take."""

    name: str
    most: int  # megabytes


@dataclass(eq=False)
class ForeignFile(BadFile):
    """A file is something else than a table of songs."""

    name: str
    kind: str  # a core.library.tables.Foreign

    def __str__(self) -> str:
        return f"{self.name} is {self.kind}, not a CSV"


@dataclass(eq=False)
class NoSongColumns(BadFile):
    """A table has no columns for title and artists."""

    name: str
    headers: str


@dataclass(eq=False)
class NoSongsInFile(BadFile):
    """A file holds no readable song. line, problem, about, file: its first bad row, if any."""

    name: str
    line: int = 0
    problem: str = ""  # a core.library.tables.Problem
    about: str = ""
    file: str = ""


class StillReadingFile(BadChoice):
    """An earlier file of theirs is still being read."""


@dataclass(eq=False)
class ManyImports(BadChoice):
    """As many members' files are being read as may be at once."""

    count: int


class ErasedMeanwhile(BadChoice):
    """Their data was deleted while their file was being read."""


class StillHearingTheirs(StillHearing):
    """An earlier file of theirs is still being analysed."""


@dataclass(eq=False)
class NotAFolder(BadFile):
    """There is no such folder."""

    folder: str

    def __str__(self) -> str:
        return f"{self.folder} isn't a folder"


@dataclass(eq=False)
class FolderEmptied(BadFile):
    """A music folder is empty, and wasn't before."""

    folder: str
    files: int

    def __str__(self) -> str:
        return (
            f"{self.folder} is empty, but {self.files:,} files in it were analysed before. Is it mounted? All are kept."
        )


@dataclass(eq=False)
class NoIdColumn(BadFile):
    """A table of features has no column that identifies songs."""

    name: str
    headers: str

    def __str__(self) -> str:
        return f"{self.name} has no column with {IDENTIFIERS}. Its columns: {self.headers or 'none'}"


@dataclass(eq=False)
class NoFeatureRows(BadFile):
    """A table of features has no row with both a song and a feature."""

    name: str
    report: str

    def __str__(self) -> str:
        return f"{self.name} has no row with {IDENTIFIERS} and a feature. {self.report}"


@dataclass(eq=False)
class NotADump(BadFile):
    """A file is no AcousticBrainz dump, or a damaged one."""

    name: str
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"{self.name} is damaged, or isn't an AcousticBrainz dump: {self.problem}"
        return (
            f"{self.name} isn't an AcousticBrainz dump: a CSV with mbid and submission_offset, an mbid-0.json, "
            "or a tar of those"
        )


@dataclass(eq=False)
class NoZstd(BadFile):
    """A dump is packed with zstd, which isn't installed."""

    name: str

    def __str__(self) -> str:
        return f"{self.name} needs the program zstd (Debian: apt-get install zstd)"


@dataclass(eq=False)
class NotAnalysed(BadChoice):
    """A file isn't among those that were analysed."""

    file: str

    def __str__(self) -> str:
        return f"{self.file} hasn't been analysed yet: python -m bot analyse --folder …"


@dataclass(eq=False)
class NobodyLikes(BadChoice):
    """Nobody here likes the song."""

    song: str

    def __str__(self) -> str:
        return f"Nobody here likes {self.song}."


IDENTIFIERS = "a Spotify ID (track_id, spotify_id, Track URI, a link) or an ISRC (isrc)"
