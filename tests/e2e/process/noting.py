"""The unchanged bot, in a process that notes in a file each statement it carries out, and who had it carried out."""

import json
import os
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import greenlet
import sqlalchemy as sa

from bot.__main__ import start

OURS = str(Path(__file__).parents[3] / "bot")


@dataclass(frozen=True, slots=True)
class Statement:
    """text and parameters: as the driver got them. asked_by: our functions on the stack, the innermost first."""

    text: str
    parameters: Any
    asked_by: tuple[str, ...]


def noted_in(folder: Path) -> list[Statement]:
    """Return what the processes have noted there, each once for everyone who asked for it."""
    found: dict[tuple[str, tuple[str, ...]], Statement] = {}
    for path in folder.iterdir():
        with path.open("rb") as file:
            while file.peek(1):
                statement = Statement(*pickle.load(file))  # noqa: S301 - of our own process
                found[statement.text, statement.asked_by] = statement
    return list(found.values())


def note(path: Path) -> None:
    """Note each statement that this process carries out from now on, once for everyone who asks for it."""
    file, seen = path.open("wb"), set[tuple[str, tuple[str, ...]]]()

    def noted(_connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool) -> None:
        asked = text, tuple(_functions())
        if asked not in seen:
            seen.add(asked)
            pickle.dump((text, _plain(parameters[0] if many else parameters), asked[1]), file)
            file.flush()

    sa.event.listen(sa.Engine, "before_cursor_execute", noted)


def _plain(parameters: Any) -> Any:
    """Return a statement's parameters without the driver's wrappers."""
    if isinstance(parameters, dict):
        return {name: _unwrapped(value) for name, value in parameters.items()}
    return tuple(map(_unwrapped, parameters))


def _unwrapped(value: Any) -> Any:
    if not hasattr(value, "obj"):
        return value
    return bytes(value.obj) if isinstance(value.obj, bytes | memoryview) else json.dumps(value.obj)


def _functions() -> Iterator[str]:
    for frame in _frames():
        if frame.f_code.co_filename.startswith(OURS):
            yield f"{frame.f_globals['__name__']}.{frame.f_code.co_name}"


def _frames() -> Iterator[FrameType]:
    """Yield the frames from here outwards, also those that wait for SQLAlchemy's greenlet to end."""
    here: Any = greenlet.getcurrent()
    frame: FrameType | None = sys._getframe()
    while here is not None:
        while frame is not None:
            yield frame
            frame = frame.f_back
        here = here.parent
        frame = here.gr_frame if here is not None else None


if __name__ == "__main__":
    note(Path(sys.argv[1]) / str(os.getpid()))
    sys.exit(start(sys.argv[2:]))
