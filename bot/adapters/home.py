"""Home: the data folder, closed to other users of this machine, and used by one bot at a time."""

import asyncio
import errno
import fcntl
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from bot import modes
from bot.adapters.backup import switch, upgrades
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.lease import AGAIN, WHOLE, Lease
from bot.adapters.store.sqlite import verify as verify_database
from bot.adapters.vault import KEYS, load_keys
from bot.config import JOBS, Settings
from bot.core.jobs import EXECUTOR
from bot.errors import AlreadyRuns, CratekeeperError, SettingsError

log = logging.getLogger(__name__)
TREES = ("models", "clips", "cache", "backups")  # closed with their contents, as are the folder's own files
LOCK, IMPORT_LOCK, KEYS_LOCK = f"{EXECUTOR}.lock", "import.lock", f"{KEYS}.lock"
STOPPED = "stopped"  # the note that a bot leaves when it's stopped in order
LARGE = 64 * 2**20  # bytes; a database's check takes a second for four times as much
FOLDERS = {"models", "clips", "cache", "sandbox"}
OURS = {KEYS, JOBS, LOCK, IMPORT_LOCK, KEYS_LOCK, "cratekeeper.db", "acousticbrainz.db"} | FOLDERS
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)  # file systems that cannot lock


def prepare(settings: Settings) -> None:
    """Create the data folder if needed, and close it. Raises SettingsError, OSError."""
    folder = settings.data_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if modes.is_open(folder) and not _is_ours(folder):
        raise SettingsError(
            f"{folder} can be read by others, and holds more than Cratekeeper's files: "
            f"chmod 700 it, or set DATA_DIR to a folder for Cratekeeper alone"
        )
    modes.close([folder, *_files(folder), *_database(settings)])
    _finish_restoring(settings)
    for path in (folder, *_where_the_database_is(settings)):
        _writable(path)


def _finish_restoring(settings: Settings) -> None:
    """Go on with a restore that was cut short. Raises AlreadyRuns if it's under way."""
    if switch.is_unfinished(settings.data_dir):
        with lived_in(settings):
            switch.settle(settings)


def _is_ours(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()}
    return not names or bool(names & OURS)


def _files(folder: Path) -> Iterator[Path]:
    """Yield our files in the folder, except the keys, which are refused if they're open."""
    yield from (path for path in folder.iterdir() if path.name in TREES or (path.is_file() and path.name != KEYS))
    for name in TREES:
        if not (folder / name).is_symlink():
            yield from (folder / name).rglob("*")


def _database(settings: Settings) -> list[Path]:
    """Return the database and the files that SQLite keeps beside it, wherever DATABASE_URL puts them."""
    if settings.on_server:
        return []
    path = settings.database_path
    return [file for file in (path, *(Path(f"{path}{end}") for end in ("-wal", "-shm", "-journal"))) if file.exists()]


def _where_the_database_is(settings: Settings) -> list[Path]:
    """Return its folder and file, unless a server holds it."""
    return [] if settings.on_server else [settings.database_path.parent, settings.database_path]


@contextmanager
def lived_in(settings: Settings, name: str = EXECUTOR) -> Iterator[None]:
    """Keep every other bot out of this data folder and database until the block or the process ends.

    name: of a part; parts with different names may share the folder. Raises AlreadyRuns if there is one.
    """
    with ExitStack() as held:
        locks = {Path(f"{path}.lock") for path in _where_the_database_is(settings)[1:]}
        for path in {settings.data_dir / f"{name}.lock", *locks}:
            held.enter_context(locked(path, AlreadyRuns()))
        yield


def is_lived_in(settings: Settings) -> bool:
    """Whether a bot is running on this data folder."""
    try:
        with lived_in(settings):
            return False
    except AlreadyRuns:
        return True


async def keys(store: Store, settings: Settings) -> list[str]:
    """Return the vault's keys, newest first; the first start creates one. Raises SettingsError, OSError."""
    path = settings.data_dir / KEYS
    if not settings.encryption_keys and not path.exists():
        async with store.reading() as tx:
            if await members.any_sealed(tx):
                raise SettingsError(
                    f"{path} is missing, and members' tokens can't be read without it: restore it from a backup; "
                    f"without one, put a new Fernet key there, and every member has to link again"
                )
    return load_keys(settings)


@contextmanager
def watched(settings: Settings) -> Iterator[bool]:
    """Yield whether the last bot here was stopped in order; leave a note that this one was, unless it fails."""
    note = settings.data_dir / STOPPED
    in_order = note.exists()
    note.unlink(missing_ok=True)
    yield in_order
    note.touch(mode=0o600)


def verify_at_start(settings: Settings, *, stopped_in_order: bool) -> None:
    """Check the databases; large ones only after a crash. Raises StoreDamaged if one is damaged. Blocks."""
    for path in _databases(settings):
        if not stopped_in_order or path.stat().st_size <= LARGE:
            verify_database(path)


def verify(settings: Settings, *, thoroughly: bool = True) -> None:
    """Check the databases. Raises StoreDamaged if one is damaged. Blocks."""
    for path in _databases(settings):
        verify_database(path, thoroughly=thoroughly)


def _databases(settings: Settings) -> list[Path]:
    paths = [*_where_the_database_is(settings)[1:], settings.data_dir / JOBS]
    return [path for path in paths if path.exists()]


def _writable(path: Path) -> None:
    """Raise OSError with the reason if a file or folder can't be written."""
    try:
        if path.is_dir():
            with tempfile.TemporaryFile(dir=path):
                pass
        elif path.exists():
            path.open("ab").close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """Yield the database, its schema brought up to date. Raises SettingsError, AlreadyRuns, NewerSchema, StoreError."""
    prepare(settings)
    async with Store(settings.database_url) as store:
        await migrate(store, settings)
        yield store


async def migrate(store: Store, settings: Settings, patience: float = 0) -> None:
    """Bring the schema up to date, but never while a bot runs. Raises AlreadyRuns, NewerSchema, StoreError.

    patience: seconds to wait for another process, which may be doing just that.
    """
    latest = time.monotonic() + patience
    while await store.behind():
        try:
            with _without_a_bot(settings):
                await upgrade(store, settings)
        except AlreadyRuns:
            if time.monotonic() >= latest:
                raise
            await asyncio.sleep(AGAIN)


@contextmanager
def _without_a_bot(settings: Settings) -> Iterator[None]:
    """Keep every bot and every part of one out, on this machine and on others."""
    with ExitStack() as held:
        try:
            held.enter_context(lived_in(settings))
            if settings.on_server:
                held.enter_context(Lease(settings.database_url, WHOLE))
        except AlreadyRuns:
            where = "database" if settings.on_server else "data folder"
            raise AlreadyRuns(
                f"An older Cratekeeper runs on this {where}. Stop it, or start it again, upgraded."
            ) from None
        yield


async def upgrade(store: Store, settings: Settings) -> None:
    """Bring the schema up to date, and keep a copy of a database file from before. Raises NewerSchema, StoreError."""
    await store.migrate(None if settings.on_server else partial(upgrades.keep, settings))


@contextmanager
def locked(path: Path, taken: CratekeeperError) -> Iterator[None]:
    """Hold a lock file until the block or the process ends. Raises `taken` if another process holds it."""
    path.parent.stat()  # if it's missing, the error names the folder, not the file
    with open(path, "a", opener=_unlinked) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            log.warning("%s is on a file system without locks: make sure that only one Cratekeeper runs", path.parent)
        yield


def _unlinked(path: str, flags: int) -> int:
    """Open a file that isn't a link: somebody may have put one there that leads to one of our files."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
