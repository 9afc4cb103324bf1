"""Scratch: the one folder for what is not kept: uploads and previews while they are heard, clips in the making.

Files of members have no name in it, so the system frees them when the bot dies, however it dies. What has a name is
removed at every start, and whenever a member is erased. A link in the folder's place is replaced, never followed.
"""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

OLDER = (".upload-*", ".preview-*", "clips/.new-*")  # where versions before 0.1 left such files below DATA_DIR


class Scratch:
    def __init__(self, data_dir: Path) -> None:
        self._data_dir, self.folder = data_dir, data_dir / "scratch"
        self.empty()

    def empty(self) -> None:
        """Remove all that is in it. Who is just making something there makes it anew."""
        if self.folder.is_symlink():
            self.folder.unlink()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in [*self.folder.iterdir(), *(left for name in OLDER for left in self._data_dir.glob(name))]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(FileNotFoundError):
                    path.unlink()

    def holding(self, content: bytes) -> BinaryIO:
        """Return a file with that content and without a name, to be read; it is gone when it is closed."""
        file = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115 - the caller closes it
        file.write(content)
        file.seek(0)
        return file

    def place(self, content: bytes, path: Path) -> None:
        """Put a file in its place: whole, or not at all."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
            file.write(content)
        Path(file.name).replace(path)
