"""Files: models and clips by name, and temporary files."""

from collections.abc import Callable, Iterable
from typing import BinaryIO, Protocol, TypeVar

T = TypeVar("T")


class Artefacts(Protocol):
    """Models or clips as named files: in a folder, or in a bucket on an S3 server. Everything blocks.

    If a bucket's server doesn't answer, every call raises StorageDown.
    """

    @property
    def local(self) -> "Artefacts":
        """The files that can be read without asking a server."""
        ...

    def check(self) -> None:
        """Raise StorageDown if they can't be reached."""
        ...

    def load(self, name: str, parse: Callable[[BinaryIO], T], most: int | None = None, version: str = "") -> T:
        """Return what `parse` makes of a file; `parse` raises if the content is wrong.

        most: bytes it may have. version: what `version` returned, for a file whose content changes. Raises OSError if
        there's no such file, ValueError if it's too large or not a plain file.
        """
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all. Raises OSError."""
        ...

    def has(self, name: str) -> bool: ...

    def version(self, name: str) -> str:
        """Return what changes with a file's content; empty if there's no file."""
        ...

    def names(self) -> set[str]:
        """Return the names of all files, including unfinished ones."""
        ...

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; missing ones are ignored."""
        ...


class TemporaryFiles(Protocol):
    """The one folder for temporary files."""

    def empty(self) -> None: ...

    def holding(self, content: bytes) -> BinaryIO:
        """Return a readable, nameless file with that content; it's gone once it's closed. Raises StoreFull."""
        ...
