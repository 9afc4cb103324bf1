"""Scratch: the one folder for temporary files: uploads and previews being analysed.

Members' files in it have no name, so the system frees them when the bot dies, however it dies. Named files are removed
at every start, and whenever a member is erased. A link in the folder's place is replaced, never followed.
"""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from bot.errors import StoreFull

OTHERS = (
    *(".upload-*", ".preview-*"),  # where versions before 0.1 left such files in DATA_DIR
    *("clips/.new-*", "cache/*/.new-*"),  # files of ours that a crash left unfinished
)


class Scratch:
    def __init__(self, data_dir: Path, part: str = "") -> None:
        """part: a process's name, if several share the data folder: each has a folder of its own."""
        self._data_dir, self.folder = data_dir, data_dir / "scratch" / part
        self.empty()

    def empty(self) -> None:
        """Remove everything in it. Whoever is making a file there makes it again."""
        if self.folder.is_symlink():
            self.folder.unlink()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in [*self.folder.iterdir(), *(left for name in OTHERS for left in self._data_dir.glob(name))]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(FileNotFoundError):
                    path.unlink()

    def holding(self, content: bytes) -> BinaryIO:
        """Return a readable, nameless file with that content; it's gone once it's closed. Raises StoreFull."""
        try:
            return self._holding(content)
        except OSError as problem:
            raise StoreFull from problem

    def _holding(self, content: bytes) -> BinaryIO:
        file = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115 - the caller closes it
        try:
            file.write(content)
            file.seek(0)
        except OSError:
            with suppress(OSError):  # what's left to write
                file.close()
            raise
        return file
