"""Archive: the tables in a ZIP, such as Exportify's of all playlists or Spotify's of an account. Pure.

Everything is bounded: entries, their number and what they unpack to. Names are only read, never used as paths.
"""

import io
import re
import unicodedata
import zlib
from contextlib import suppress
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from bot.core.library.tables.languages import readable

ZIP, ENTRY = b"PK\x03\x04", b"PK\x01\x02"
MOST_ENTRIES = 500
READ = (".csv", ".tsv", ".txt", ".m3u", ".m3u8", ".jspf")
ACCOUNT = re.compile(r"YourLibrary\.json|Playlist\d*\.json")
IN_UTF8 = 0x800  # flag of an entry whose name is in UTF-8
OEM = ("cp850", "cp852", "cp866", "cp737", "cp932")  # Windows packs in one of these; ties go to the first
LIKED = ("liked", "liked songs")  # what exporters call the file of the likes, in lower case
LONGEST = 80  # characters of a playlist's name


class TooMuch(ValueError):
    """An archive has too many entries, or unpacks to too much."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file in an archive. playlist: the name of the playlist that it is; None for the likes, or an account."""

    name: str
    playlist: str | None
    data: bytes


def parts(data: bytes, most: int) -> list[Part]:
    """Return the tables in a ZIP that unpack to `most` bytes in all; none if it isn't one. Raises TooMuch."""
    if not data.startswith(ZIP):
        return []
    if data.count(ENTRY) > MOST_ENTRIES:
        raise TooMuch
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            return _unpacked(archive, most)
    except TooMuch:  # a ValueError, too
        raise
    except (BadZipFile, zlib.error, LZMAError, EOFError, MemoryError, OSError, RuntimeError, ValueError):
        return []  # damaged, encrypted, packed in a way that isn't read, or (LZMA) wants gigabytes for its dictionary


def _unpacked(archive: ZipFile, most: int) -> list[Part]:
    unpacked: list[Part] = []
    for entry in filter(_is_table, archive.infolist()):
        with archive.open(entry) as file:
            data = file.read(most + 1)  # its header may lie about the size
        most -= len(data)
        if most < 0:
            raise TooMuch
        name = _base(entry)
        unpacked.append(Part(name, None if ACCOUNT.fullmatch(name) else playlist_of(name), data))
    return unpacked


def _is_table(entry: ZipInfo) -> bool:
    name = _base(entry)
    hidden = name.startswith(".") or "__MACOSX" in entry.filename
    folder = entry.filename.endswith("/")  # `is_dir` fails for an entry without a name
    return not folder and not hidden and (ACCOUNT.fullmatch(name) is not None or name.lower().endswith(READ))


def _base(entry: ZipInfo) -> str:
    """Return an entry's name without folders."""
    name = entry.filename
    if not entry.flag_bits & IN_UTF8 and not name.isascii():
        with suppress(UnicodeError):
            name = _decoded(name.encode("cp437"))
    return PurePosixPath(name.replace("\\", "/")).name


def _decoded(name: bytes) -> str:
    """Return a name in UTF-8, as macOS writes without saying so, or else in the code page in which it reads best."""
    with suppress(UnicodeError):
        return name.decode()
    page = max(OEM, key=lambda page: readable(name.decode(page, "replace"), page))
    return name.decode(page, "replace")


def playlist_of(file: str) -> str | None:
    """Return the playlist that a file is named after ("Late_night.csv": Late night); None for the likes."""
    return playlist_named(PurePosixPath(file).stem.replace("_", " "))


def playlist_named(text: str | None) -> str | None:
    """Return a playlist's name in one spelling; None for the likes, or without a name."""
    name = " ".join(unicodedata.normalize("NFC", text or "").split())[:LONGEST].strip()
    return None if not name or name.casefold() in LIKED else name
