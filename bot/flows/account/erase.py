"""Erase: export everything we keep about a member, or delete it all (promise P35).

Deletion begins with a note in the database and ends by removing it; whatever happens in between, the next start
continues. The note stays until the bytes are gone from the files, which has to wait while, say, a backup still reads
the log. Songs that others like stay; songs that nobody likes go.
"""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from bot.adapters.store import Store, personal_data
from bot.adapters.store.feed import catalogue
from bot.adapters.store.library import own_songs, songs
from bot.adapters.store.rows import CHUNK, chunks, delete_keys
from bot.adapters.store.sorting import models
from bot.errors import StorageDown, StoreError
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.ports import Artefacts, Queue, TemporaryFiles

log = logging.getLogger(__name__)
RETRY = timedelta(minutes=1)
ARTEFACT = re.compile(r"(?P<digest>[0-9a-f]{64})\..+|\.new-.+")  # a model's file, or an unfinished one


async def export(store: Store, member: int) -> bytes:
    """Return everything we keep about the member as JSON: an object of tables, each a list of rows.

    It's written in slices: the rows of a large library would take twenty times the file's size in memory.
    """
    written, before = io.StringIO(), "{"
    async with store.reading() as tx:
        async for table, rows in personal_data.export(tx, member):
            if not rows:
                written.write(f'{before}\n"{table}": [')
                before = "],"
                between = "\n"
            else:
                written.write(between + await asyncio.to_thread(_as_json, rows))
                between = ",\n"
    written.write("]}")
    return written.getvalue().encode()


def packed(export: bytes, name: str) -> bytes:
    """Return a ZIP file that holds the export as `name`."""
    packing = io.BytesIO()
    with ZipFile(packing, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, export)
    return packing.getvalue()


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    return ",\n".join(json.dumps(row, ensure_ascii=False, default=_plain) for row in rows)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


class Erasing:
    """Deletes every trace of members."""

    def __init__(
        self, store: Store, jobs: Queue, libraries: ScoredLibraries, files: Artefacts, scratch: TemporaryFiles
    ) -> None:
        self._store, self._jobs, self._libraries = store, jobs, libraries
        self._files, self._scratch = files, scratch
        self._tried_at: datetime | None = None

    async def erase(self, member: int, now: datetime) -> bool:
        """Delete everything of the member: rows, files, jobs, caches, and their bytes in the database files.

        Returns whether all of it is gone. If not, because something else reads or locks a database, `tick` continues.
        Raises StoreError if it couldn't even begin.
        """
        async with self._store.writing() as tx:
            await personal_data.begin_erasure(tx, member, now)
        return await self._try(member, now)

    async def start(self, now: datetime) -> None:
        """Clean up after a crash: scratch files, and trainings whose files were written without their rows."""
        self._scratch.empty()
        await sweep_models(self._store, self._files)
        await self.tick(now)
        await self._store.checkpoint()

    async def tick(self, now: datetime) -> None:
        """Continue unfinished erasures, and clear what `/data unlink` left in the file; once a minute."""
        tried_lately = self._tried_at is not None and timedelta() <= now - self._tried_at < RETRY
        if tried_lately or not self._store.is_calm:
            return
        self._tried_at = now
        async with self._store.reading() as tx:
            begun = await personal_data.erasures(tx)
        for member in begun:
            await self._try(member, now)
        if not self._store.is_scrubbed:
            await clear_away(self._store, self._files)

    async def _try(self, member: int, now: datetime) -> bool:
        try:
            return await self._finish(member, now)
        except StoreError as problem:
            log.warning("an erasure is tried again: %s", problem)
            return False

    async def _finish(self, member: int, now: datetime) -> bool:
        async with self._store.reading() as tx:
            came_back = await personal_data.came_back(tx, member)
        if not came_back:
            await self._delete(member)
        await sweep_models(self._store, self._files)
        if not (await self._jobs.scrub() and await self._store.scrub()):
            return False
        async with self._store.writing() as tx:
            await personal_data.end_erasure(tx, member)
        if await self._store.checkpoint():
            return True
        async with self._store.writing() as tx:  # the log still holds the note and whose it is
            await personal_data.begin_erasure(tx, member, now)
        return False

    async def _delete(self, member: int) -> None:
        await self._jobs.forget(member)
        await delete_rows(self._store, member, personal_data.LARGE)
        async with self._store.writing() as tx:
            await personal_data.erase(tx, member)
        await forget_unused(self._store)
        self._libraries.forget(member)
        self._scratch.empty()
        await self._jobs.forget(member)  # jobs enqueued during the deletion


async def delete_rows(store: Store, member: int, tables: personal_data.Tables) -> None:
    """Delete the member's rows from large tables in slices: others write in between (promise P40)."""
    for table in tables:
        while True:
            async with store.reading() as tx:
                keys = await personal_data.keys_of(tx, table, member, CHUNK)
            if not keys:
                break
            async with store.writing() as tx:
                await delete_keys(tx, table, keys)


async def forget_unused(store: Store) -> None:
    """Delete songs that nobody has any more, in slices; they're found while others write."""
    while True:
        async with store.reading() as tx:
            ids, pairs = await songs.unused(tx, CHUNK), await own_songs.unused(tx, CHUNK)
        if not (ids or pairs):
            break
        async with store.writing() as tx:
            await songs.forget(tx, ids)
        async with store.writing() as tx:
            await own_songs.forget(tx, pairs)
    await forget_unshared(store)


async def forget_unshared(store: Store) -> list[str]:
    """Delete the catalogue's songs that nobody shares any more, in slices: others write in between (promise P40).

    Return which; nobody sees them any more in any case.
    """
    async with store.reading() as tx:
        gone = await catalogue.strangers(tx)
    for piece in chunks(gone):
        async with store.writing() as tx:
            await catalogue.forget(tx, piece)
    return gone


async def clear_away(store: Store, files: Artefacts) -> bool:
    """Remove what deleted rows leave behind: models' files, and bytes in the database's; return whether all is gone."""
    try:
        await sweep_models(store, files)
    except StorageDown as problem:
        log.warning("models are deleted later: %s", problem)
        store.is_scrubbed = False  # so `Erasing.tick` goes on
        return False
    return await store.scrub()


async def sweep_models(store: Store, files: Artefacts) -> None:
    """Delete model files, cards and pictures that no row names. Raises StorageDown.

    They're deleted in a writing transaction, in which publishing makes sure of its files: none is being published. As a
    server may be slow, nobody waits for the list.
    """
    found = await asyncio.to_thread(files.names)
    async with store.reading() as tx:
        unnamed = _without(found, await models.digests(tx))
    if unnamed:
        async with store.writing() as tx:
            await asyncio.to_thread(files.delete, _without(unnamed, await models.digests(tx)))


def _without(names: Iterable[str], digests: set[str]) -> list[str]:
    """Return the names of artefacts, finished or not, that belong to none of the models."""
    matches = ((name, ARTEFACT.fullmatch(name)) for name in names)
    return [name for name, match in matches if match and match["digest"] not in digests]
