"""Folder listing: the files in a music folder, without bins, snapshots, system folders and links to folders.

Files that can't be read aren't gone: a share may be offline, a folder unreadable, a linked disk not mounted.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors.library import NotAFolder

READ = ".mp3 .m4a .m4b .mp4 .aac .ogg .oga .opus .flac .wav .aif .aiff .aifc .caf .webm .mka"
NOT_READ = (
    ".wma .asf .wv .ape .dsf .dff .dsd .mpc .mpp .tta .tak .ofr .shn .spx .mp2 .ac3 .eac3 .dts .mlp .amr .ra .rm .au "
    ".snd .w64 .m4p .aa .aax"
)
ENDINGS, UNREAD = frozenset(READ.split()), frozenset(NOT_READ.split())
# In any case; everything that begins with a dot is skipped as well.
OF_NAS = ("@eadir", "#recycle", "#snapshot", "@tmp", "@sharebin", "@recycle", "@recently-snapshot", "@transcode")
OF_WINDOWS = ("$recycle.bin", "recycler", "system volume information", "found.000")
PASSED_OVER = frozenset((*OF_NAS, *OF_WINDOWS, "lost+found", "~snapshot", "__macosx", "network trash folder"))


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as the folder lists it."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder contains: audio files by absolute path, in order, and the number of unsupported files by ending.

    away: paths that couldn't be read, and why. nameless: audio files whose names aren't text, so they can't be stored.
    empty: folders without any entries, as an unmounted disk leaves them.
    """

    root: Path
    sounds: dict[str, ListedFile] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    away: dict[str, str] = field(default_factory=dict)
    nameless: list[Path] = field(default_factory=list)
    empty: set[str] = field(default_factory=set)

    def gone(self, known: Iterable[str]) -> list[str]:
        """Return which of the paths are below the folder and no longer exist; unreadable ones don't count."""
        below = [path for path in known if path not in self.sounds and is_below(str(self.root), path)]
        return [path for path in below if not any(path == folder or is_below(folder, path) for folder in self.away)]

    def is_emptied(self, path: str) -> bool:
        """Whether a missing file was in a folder that still exists and is now empty."""
        return any(is_below(folder, path) for folder in self.empty)


def list_folder(folder: Path) -> Listing:
    """Return the contents of a folder. Raises NotAFolder."""
    if not folder.is_dir():
        raise NotAFolder(str(folder))
    listing = Listing(folder.absolute())
    for path in _files(listing):
        ending = path.suffix.lower()
        if ending in UNREAD:
            listing.unread[ending] += 1
        elif ending in ENDINGS:
            _list_file(path, listing)
    return listing


def is_passed_over(root: Path, path: str) -> bool:
    """Whether a file below `root` is hidden or in a bin or system folder."""
    return any(_is_hidden(name) for name in Path(path).relative_to(root).parts)


def is_below(folder: str, path: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _files(listing: Listing) -> Iterator[Path]:
    def note(problem: OSError) -> None:
        listing.away[str(problem.filename)] = problem.strerror or type(problem).__name__

    for folder, folders, names in os.walk(listing.root, onerror=note):
        if not folders and not names:
            listing.empty.add(folder)
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        yield from (Path(folder, name) for name in sorted(names) if not _is_hidden(name))


def _is_hidden(name: str) -> bool:
    """Whether a name is hidden; it may begin with three dots, as a band's does."""
    return (name.startswith(".") and not name.startswith("..")) or name.casefold() in PASSED_OVER


def _list_file(path: Path, listing: Listing) -> None:
    try:
        if not path.is_file():
            if path.is_symlink():
                listing.away[str(path)] = "its link leads nowhere"
            return
        about = path.stat()
    except FileNotFoundError:
        return  # it was removed while listing
    except OSError as problem:
        listing.away[str(path)] = problem.strerror or type(problem).__name__
        return
    if _is_text(str(path)):
        listing.sounds[str(path)] = ListedFile(str(path), about.st_size, about.st_mtime_ns)
    else:
        listing.nameless.append(path)


def _is_text(path: str) -> bool:
    """Whether a name is text: Linux allows any bytes, the database only text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
