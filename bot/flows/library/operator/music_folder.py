"""Music folder: analyse an operator's music library, file by file, and store the results.

A file is analysed once: same size and time means unchanged; a new time with the same content only updates the record.
Each file is stored as soon as it's analysed, so an interrupted import continues where it was. Files that can't be
analysed are stored with their error and not retried until they change. Moved, renamed and duplicate files are
recognised by their content: only their tags are read again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bot.adapters.store import Store
from bot.adapters.store.library import files, recordings
from bot.adapters.store.library.files import File, Stamp
from bot.core.vectors import pack
from bot.errors.audio import AudioError, ManyMissing, NotOpened
from bot.errors.library import FolderEmptied
from bot.flows.library.operator.folder_listing import ListedFile, Listing, is_below, is_passed_over, list_folder
from bot.ports import Clock, SoundReader

FEW, MANY = 2, 0.25  # files, and share of a folder's files: removing more needs confirmation


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """The result for one file: "heard", "same" (same content), "moved" (analysed before, under another name), "gone" or
    "failed" with `error`; `left` files are still to do.
    """

    path: str
    how: str
    left: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A file, and what the audio process said of it."""

    file: ListedFile
    said: dict[str, Any]

    @property
    def how(self) -> str:
        """As in `FileOutcome`."""
        if "error" in self.said:
            return "failed"
        if "numbers" in self.said:
            return "heard"
        return "moved" if "tags" in self.said else "same"

    @property
    def has_content(self) -> bool:
        """Whether we know the content, and it's new at this path."""
        return bool(self.said["digest"]) and self.how != "same"


async def import_folder(
    store: Store, hearings: Sequence[SoundReader], folder: Path, clock: Clock
) -> AsyncIterator[FileOutcome]:
    """Analyse new and changed files below `folder`, as many at once as there are `hearings`; yields each result.

    Files missing from it are forgotten. Raises NotAFolder, or FolderEmptied if nothing is left in it. At the end,
    raises ManyMissing if so many are missing that their disk may be offline: those are kept, and `forget_missing`
    removes them.
    """
    listing = await asyncio.to_thread(list_folder, folder)
    async with store.reading() as tx:
        known = await files.stamps(tx)
    gone = listing.gone(known)
    if gone and not listing.sounds:
        raise FolderEmptied(str(folder), len(gone))
    current = (await hearings[0].ask("features"))["version"]
    todo = [file for file in listing.sounds.values() if _is_open(file, known.get(file.path), current)]
    left, moving = len(todo), {known[path].digest: path for path in gone}
    async for answer in _answers(hearings, todo, known, current):
        left -= 1
        before = moving.pop(answer.said["digest"], None) if answer.has_content else None
        if answer.how == "moved":
            await _rename(store, answer, current, before, clock())
        elif answer.said.get("error") != NotOpened.__name__:  # it may open another time
            await _keep(store, answer, current, before, clock())
        yield FileOutcome(answer.file.path, answer.how, left, answer.said.get("words"))
    missing = [path for path in gone if moving.get(known[path].digest) == path]
    kept = _to_be_asked_about(listing, missing, of=sum(is_below(str(listing.root), path) for path in known))
    await _let_go(
        store, [path for path in gone if path not in kept]
    )  # last, because moved files are recognised by them
    for path in missing:
        if path not in kept:
            yield FileOutcome(path, "gone", 0)
    if kept:
        raise ManyMissing(len(kept))


async def forget_missing(store: Store, folder: Path) -> list[str]:
    """Forget all files that are no longer in `folder`, however many; return them. Unreadable ones stay."""
    listing = await asyncio.to_thread(list_folder, folder)
    async with store.reading() as tx:
        gone = listing.gone(await files.stamps(tx))
    await _let_go(store, gone)
    return gone


def _to_be_asked_about(listing: Listing, missing: Sequence[str], of: int) -> set[str]:
    """Return the missing files that may be on an offline disk: a large share of all, or everything in a folder."""
    asked = [path for path in missing if not is_passed_over(listing.root, path)]
    if len(asked) >= max(FEW, MANY * of):
        return set(asked)
    return {path for path in asked if listing.is_emptied(path)}


def _is_open(file: ListedFile, known: Stamp | None, current: str) -> bool:
    """Whether a file has to be analysed: it's new, changed, or was analysed for an older feature set."""
    if known is None or (file.size, file.mtime_ns) != (known.size, known.mtime_ns):
        return True
    return known.version != current


async def _answers(
    hearings: Sequence[SoundReader], todo: Sequence[ListedFile], known: Mapping[str, Stamp], current: str
) -> AsyncIterator[Answered]:
    """Give files to whichever process is free, and yield each with its answer as it arrives."""

    twins: dict[int, list[str]] = {}
    for stamp in known.values():
        if stamp.version == current and stamp.error is None:
            twins.setdefault(stamp.size, []).append(stamp.digest)

    def begin(hearing: SoundReader, file: ListedFile) -> asyncio.Task[Answered]:
        known_as = _heard_before(known.get(file.path), current)
        return asyncio.create_task(_ask(hearing, file, known_as, twins.get(file.size, ())))

    waiting = iter(todo)
    busy = {begin(hearing, file): hearing for hearing, file in zip(hearings, waiting, strict=False)}
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
    """Return the digest of a file's content if it was analysed for the current feature set."""
    return known.digest if known is not None and known.version == current else None


async def _ask(hearing: SoundReader, file: ListedFile, digest: str | None, twins: Sequence[str]) -> Answered:
    try:
        said = await hearing.ask("recording", Path(file.path), known=digest, elsewhere=list(twins))
    except AudioError as error:  # the process died, and the digest with it
        said = {"digest": "", "error": type(error).__name__, "words": str(error)}
    return Answered(file, said)


async def _keep(store: Store, answer: Answered, version: str, before: str | None, now: datetime) -> None:
    """Store the answer. Songs matched to the same content at `before` follow it here."""
    file = answer.file
    async with store.writing() as tx:
        if answer.how == "same":
            await files.touch(tx, file.path, file.size, file.mtime_ns)
        else:
            await files.save(tx, [_file(file, answer.said, version, now)])
        if before is not None:
            await recordings.follow(tx, before, file.path)


async def _rename(store: Store, answer: Answered, version: str, before: str | None, now: datetime) -> None:
    """Store the earlier analysis of the same content. Songs matched to the file at `before` follow it here."""
    file, said = answer.file, answer.said
    where: dict[str, Any] = {"path": file.path, "size": file.size, "mtime_ns": file.mtime_ns, "at": now}
    async with store.writing() as tx:
        twin = await files.with_content(tx, said["digest"], version)
        await files.save(tx, [replace(twin, **where, **_tagged(said["tags"]))])
        if before is not None:
            await recordings.follow(tx, before, file.path)


def _file(file: ListedFile, answer: dict[str, Any], version: str, now: datetime) -> File:
    said = answer.get("tags", {})
    if "error" in answer:
        error = f"{answer['error']}: {answer['words']}"
        about = {"version": version, "error": error, **_tagged(said)}
        return File(file.path, file.size, file.mtime_ns, answer["digest"], now, **about)
    vectors = {name: np.asarray(vector, np.float32) for name, vector in answer["vectors"].items()}
    return File(
        file.path,
        file.size,
        file.mtime_ns,
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
