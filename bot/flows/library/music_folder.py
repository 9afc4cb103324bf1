"""Folder: an operator's music library is heard, file by file, and kept.

A file is heard once: what has the size and the time that were written down is passed over, what has another time but
the same content is only written down anew. Each file is kept as soon as it was heard, so that whoever is stopped goes
on where they were. What could not be heard is kept as that, with its error, and is not tried again before it changes.
What was moved or renamed, or is there twice, is known by its content: its tags are read, and it is not heard again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bot.adapters.hearing import Hearing
from bot.adapters.store import Store
from bot.adapters.store.library import files, recordings
from bot.adapters.store.library.files import File, Stamp
from bot.core.vectors import pack
from bot.errors import AudioError, BadFile, ManyMissing, NotOpened
from bot.flows.library.folder_listing import ListedFile, Listing, is_below, is_passed_over, look

FEW, MANY = 2, 0.25  # files, and of those that were heard in a folder: so many are not deleted by the way
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file: "heard", "same" (content as it was), "moved" (heard before, under another name), "gone"
    or "failed" with `error`; `left` are still to do.
    """

    path: str
    how: str
    left: int
    error: str | None = None


async def import_folder(
    store: Store, hearings: Sequence[Hearing], folder: Path, clock: Clock
) -> AsyncIterator[FileOutcome]:
    """Hear what is new or changed below `folder`, as many files at once as there are `hearings`; yields each.

    Files that are gone from it are let go of. Raises BadFile where there is no such folder, ManyMissing, when all else
    is done, where so many are gone that the disk they lie on may be: those are kept, and `forget_missing` lets them go.
    """
    listing = await asyncio.to_thread(look, folder)
    async with store.reading() as tx:
        known = await files.stamps(tx)
    gone = listing.gone(known)
    if gone and not listing.sounds:
        raise BadFile(f"{folder} is empty; files heard in it before: {len(gone):,}. Is it mounted? All are kept.")
    current = (await hearings[0].ask("features"))["version"]
    todo = [each for each in listing.sounds.values() if _is_open(each, known.get(each.path), current)]
    left, moving = len(todo), {known[path].digest: path for path in gone}
    async for each, answer in _answers(hearings, todo, known, current):
        left -= 1
        how = _how(answer)
        if how == "moved":
            before = moving.pop(answer["digest"], None)
            await _rename(store, each, answer, current, before, clock())
        elif answer.get("error") != NotOpened.__name__:  # another time it may open
            await _keep(store, each, answer, current, clock())
        yield FileOutcome(each.path, how, left, answer.get("words"))
    missing = [path for path in gone if moving.get(known[path].digest) == path]
    kept = _to_be_asked_about(listing, missing, of=sum(is_below(str(listing.root), path) for path in known))
    await _let_go(store, [path for path in gone if path not in kept])  # last: what was moved is known by them
    for path in missing:
        if path not in kept:
            yield FileOutcome(path, "gone", 0)
    if kept:
        raise ManyMissing(len(kept))


async def forget_missing(store: Store, folder: Path) -> list[str]:
    """Let go of all files that are not in `folder` any more, however many; return them. What cannot be seen stays."""
    listing = await asyncio.to_thread(look, folder)
    async with store.reading() as tx:
        gone = listing.gone(await files.stamps(tx))
    await _let_go(store, gone)
    return gone


def _to_be_asked_about(listing: Listing, missing: Sequence[str], of: int) -> set[str]:
    """Which of the files that are gone may be on a disk that is not there: a large part, or a folder's all."""
    asked = [path for path in missing if not is_passed_over(listing.root, path)]
    if len(asked) >= max(FEW, MANY * of):
        return set(asked)
    return {path for path in asked if listing.is_emptied(path)}


def _is_open(found: ListedFile, known: Stamp | None, current: str) -> bool:
    """Whether a file is still to be heard: it is new, changed, or was tried with an older set of features."""
    if known is None or (found.size, found.mtime_ns) != (known.size, known.mtime_ns):
        return True
    return known.version != current


async def _answers(
    hearings: Sequence[Hearing], todo: Sequence[ListedFile], known: Mapping[str, Stamp], current: str
) -> AsyncIterator[tuple[ListedFile, dict[str, Any]]]:
    """Hand the files out to whoever hears is free, and yield each with its answer as it comes."""

    twins: dict[int, list[str]] = {}
    for stamp in known.values():
        if stamp.version == current and stamp.error is None:
            twins.setdefault(stamp.size, []).append(stamp.digest)

    def begin(hearing: Hearing, each: ListedFile) -> asyncio.Task[tuple[ListedFile, dict[str, Any]]]:
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
    hearing: Hearing, found: ListedFile, digest: str | None, twins: Sequence[str]
) -> tuple[ListedFile, dict[str, Any]]:
    try:
        return found, await hearing.ask("recording", Path(found.path), known=digest, elsewhere=list(twins))
    except AudioError as error:  # it cost the process, digest and all
        return found, {"digest": "", "error": type(error).__name__, "words": str(error)}


async def _keep(store: Store, found: ListedFile, answer: dict[str, Any], version: str, now: datetime) -> None:
    async with store.writing() as tx:
        if _how(answer) == "same":
            await files.touch(tx, found.path, found.size, found.mtime_ns)
        else:
            await files.save(tx, [_file(found, answer, version, now)])


async def _rename(
    store: Store, found: ListedFile, answer: dict[str, Any], version: str, before: str | None, now: datetime
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


def _file(found: ListedFile, answer: dict[str, Any], version: str, now: datetime) -> File:
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
