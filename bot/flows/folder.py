"""Folder: an operator's music library is heard, file by file, and kept.

A file is heard once: what has the size and the time that were written down is passed over, what has another time but
the same content is only written down anew. Each file is kept as soon as it was heard, so that whoever is stopped goes
on where they were. What could not be heard is kept as that, with its error, and is not tried again before it changes.
What was moved or renamed, or is there twice, is known by its content: its tags are read, and it is not heard again.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bot.adapters.hearing import Hearing
from bot.adapters.store import Store, files, recordings
from bot.adapters.store.files import File, Stamp
from bot.core.vectors import pack
from bot.errors import AudioError, BadFile

ENDINGS = frozenset(
    (".mp3", ".m4a", ".mp4", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wav", ".aif", ".aiff", ".webm")
)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Found:
    """A file as the folder lists it."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one file: "heard", "same" (content as it was), "moved" (heard before, under another name) or
    "failed" with `error`; `left` are still to do.
    """

    path: str
    how: str
    left: int
    error: str | None = None


async def import_folder(store: Store, hearings: Sequence[Hearing], folder: Path, clock: Clock) -> AsyncIterator[Done]:
    """Hear what is new or changed below `folder`, as many files at once as there are `hearings`; yields each.

    Files that are gone from it are let go of. Raises BadFile where there is no such folder, or nothing is left in one
    of which files were heard: it may not be mounted, and a night's work hangs on it.
    """
    found = await asyncio.to_thread(listed, folder)
    async with store.reading() as tx:
        known = await files.stamps(tx)
    gone = [path for path in below(folder, known) if path not in found]
    if gone and not found:
        raise BadFile(f"{folder} is empty, but {len(gone):,} files in it were heard: is it mounted? All are kept.")
    current = (await hearings[0].ask("features"))["version"]
    todo = [each for each in found.values() if _is_open(each, known.get(each.path), current)]
    left, moving = len(todo), {known[path].digest: path for path in gone}
    async for each, answer in _answers(hearings, todo, known, current):
        left -= 1
        how = _how(answer)
        if how == "moved":
            await _rename(store, each, answer, current, moving.get(answer["digest"]), clock())
        else:
            await _keep(store, each, answer, current, clock())
        yield Done(each.path, how, left, answer.get("words"))
    await _let_go(store, gone)  # last: what was moved is known by them


def listed(folder: Path) -> dict[str, Found]:
    """Return the sound files below `folder` by absolute path, in order. Raises BadFile where there is no folder."""
    if not folder.is_dir():
        raise BadFile(f"{folder} is not a folder")
    return {each.path: each for each in _walk(folder.absolute())}


def nameless(folder: Path) -> list[Path]:
    """Return the sound files below `folder` whose names are no text, in order: they cannot be kept, nor asked about."""
    return [path for path in _sounds(folder.absolute()) if not _is_text(str(path))]


def below(folder: Path, paths: Iterable[str]) -> list[str]:
    """Return those of `paths` that lie in a folder or deeper."""
    root = f"{folder.absolute()}{os.sep}"
    return [path for path in paths if path.startswith(root)]


def _walk(root: Path) -> Iterator[Found]:
    for path in _sounds(root):
        if _is_text(str(path)):
            about = path.stat()
            yield Found(str(path), about.st_size, about.st_mtime_ns)


def _sounds(root: Path) -> Iterator[Path]:
    """Links to folders are not followed: they may go in circles."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        for path in (Path(folder, name) for name in sorted(names)):
            if path.suffix.lower() in ENDINGS and path.is_file():
                yield path


def _is_text(path: str) -> bool:
    """Whether a name is text: on Linux it may be any bytes, and the database takes none but text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_open(found: Found, known: Stamp | None, current: str) -> bool:
    """Whether a file is still to be heard: it is new, changed, or was tried with an older set of features."""
    if known is None or (found.size, found.mtime_ns) != (known.size, known.mtime_ns):
        return True
    return known.version != current


async def _answers(
    hearings: Sequence[Hearing], todo: Sequence[Found], known: Mapping[str, Stamp], current: str
) -> AsyncIterator[tuple[Found, dict[str, Any]]]:
    """Hand the files out to whoever hears is free, and yield each with its answer as it comes."""

    twins: dict[int, list[str]] = {}
    for stamp in known.values():
        if stamp.version == current and stamp.error is None:
            twins.setdefault(stamp.size, []).append(stamp.digest)

    def begin(hearing: Hearing, each: Found) -> asyncio.Task[tuple[Found, dict[str, Any]]]:
        known_as = _heard_before(known.get(each.path), current)
        return asyncio.create_task(_ask(hearing, each, known_as, twins.get(each.size, ())))

    waiting = iter(todo)
    busy = {begin(hearing, each): hearing for hearing, each in zip(hearings, waiting, strict=False)}
    try:
        while busy:
            done, _ = await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                hearing = busy.pop(task)
                if (following := next(waiting, None)) is not None:
                    busy[begin(hearing, following)] = hearing
                yield task.result()
    finally:
        for task in busy:
            task.cancel()


def _heard_before(known: Stamp | None, current: str) -> str | None:
    """The digest of the content of which nothing new is to be heard."""
    return known.digest if known is not None and known.version == current else None


async def _ask(
    hearing: Hearing, found: Found, digest: str | None, twins: Sequence[str]
) -> tuple[Found, dict[str, Any]]:
    try:
        return found, await hearing.ask("recording", Path(found.path), known=digest, elsewhere=list(twins))
    except AudioError as error:  # it cost the process, digest and all
        return found, {"digest": "", "error": type(error).__name__, "words": str(error)}


async def _keep(store: Store, found: Found, answer: dict[str, Any], version: str, now: datetime) -> None:
    async with store.writing() as tx:
        if _how(answer) == "same":
            await files.touch(tx, found.path, found.size, found.mtime_ns)
        else:
            await files.save(tx, [_file(found, answer, version, now)])


async def _rename(
    store: Store, found: Found, answer: dict[str, Any], version: str, before: str | None, now: datetime
) -> None:
    """Keep what was heard of the same content. Songs that were the file at `before` are the one that is here now."""
    where: dict[str, Any] = {"path": found.path, "size": found.size, "mtime_ns": found.mtime_ns, "at": now}
    async with store.writing() as tx:
        twin = await files.with_content(tx, answer["digest"], version)
        await files.save(tx, [replace(twin, **where, **_tagged(answer["tags"]))])
        if before is not None:
            await recordings.follow(tx, before, found.path)


def _how(answer: Mapping[str, Any]) -> str:
    if "error" in answer:
        return "failed"
    if "numbers" in answer:
        return "heard"
    return "moved" if "tags" in answer else "same"


def _file(found: Found, answer: dict[str, Any], version: str, now: datetime) -> File:
    said = answer.get("tags", {})
    if "error" in answer:
        error = f"{answer['error']}: {answer['words']}"
        about = {"version": version, "error": error, **_tagged(said)}
        return File(found.path, found.size, found.mtime_ns, answer["digest"], now, **about)
    vectors = {name: np.asarray(each, np.float32) for name, each in answer["vectors"].items()}
    return File(
        found.path,
        found.size,
        found.mtime_ns,
        answer["digest"],
        now,
        **_tagged(said),
        duration=answer["numbers"]["duration"],
        version=answer["version"],
        numbers=answer["numbers"],
        vectors=pack(vectors),
    )


def _tagged(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"artists": tuple(said.get("artists", ()))}


async def _let_go(store: Store, gone: Sequence[str]) -> None:
    if gone:
        async with store.writing() as tx:
            await files.forget(tx, gone)
