"""Home: the data folder. Closed to others on this machine, and lived in by one bot at a time."""

import errno
import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bot import modes
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.engine import verify as verify_database
from bot.adapters.vault import KEYS, load_keys
from bot.config import Settings
from bot.errors import AlreadyRuns, CratekeeperError, SettingsError

log = logging.getLogger(__name__)
JOBS = "jobs.db"
TREES = ("models", "clips", "backups")  # closed with all that is in them; beside these, the files of the folder itself
LOCK, IMPORT_LOCK = "bot.lock", "import.lock"
OURS = {KEYS, JOBS, LOCK, IMPORT_LOCK, "cratekeeper.db", "acousticbrainz.db", "models", "clips", "sandbox"}
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)  # file systems that cannot lock


def prepare(settings: Settings) -> None:
    """Make the data folder where it is missing, and close it. Raises SettingsError, OSError."""
    folder = settings.data_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if modes.is_open(folder) and not _is_ours(folder):
        raise SettingsError(
            f"{folder} can be read by others, and holds more than Cratekeeper's files: "
            f"chmod 700 it, or set DATA_DIR to a folder for Cratekeeper alone"
        )
    modes.close([folder, *_files(folder), *_database(settings)])
    for path in (folder, settings.database_path.parent, settings.database_path):
        _writable(path)


def _is_ours(folder: Path) -> bool:
    names = {each.name for each in folder.iterdir()}
    return not names or bool(names & OURS)


def _files(folder: Path) -> Iterator[Path]:
    """What lies in the folder and is ours; not the keys, which are refused where they are open."""
    yield from (each for each in folder.iterdir() if each.name in TREES or (each.is_file() and each.name != KEYS))
    for name in TREES:
        if not (folder / name).is_symlink():
            yield from (folder / name).rglob("*")


def _database(settings: Settings) -> list[Path]:
    """The database, with what SQLite keeps beside it, wherever DATABASE_URL puts it."""
    path = settings.database_path
    return [each for each in (path, *(Path(f"{path}{end}") for end in ("-wal", "-shm", "-journal"))) if each.exists()]


@contextmanager
def lived_in(settings: Settings) -> Iterator[None]:
    """Keep every other bot out of this data folder, and off this database, until the block or the process ends.

    Raises AlreadyRuns when one is there.
    """
    with ExitStack() as held:
        for path in {settings.data_dir / LOCK, Path(f"{settings.database_path}.lock")}:
            held.enter_context(locked(path, AlreadyRuns()))
        yield


def is_lived_in(settings: Settings) -> bool:
    """Whether a bot runs on this data folder at the moment."""
    try:
        with lived_in(settings):
            return False
    except AlreadyRuns:
        return True


async def keys(store: Store, settings: Settings) -> list[str]:
    """Return the vault's keys, newest first; the first start makes one. Raises SettingsError, OSError."""
    path = settings.data_dir / KEYS
    if not settings.encryption_keys and not path.exists():
        async with store.reading() as tx:
            if await members.any_sealed(tx):
                raise SettingsError(
                    f"{path} is missing, and members' tokens can't be read without it: restore it from a backup; "
                    f"without one, put a new Fernet key there, and every member has to link again"
                )
    return load_keys(settings)


def verify(settings: Settings, *, thoroughly: bool = False) -> None:
    """Read the databases through. Raises StoreDamaged for one that is damaged. Blocks."""
    for path in (settings.database_path, settings.data_dir / JOBS):
        verify_database(path, thoroughly=thoroughly)


def _writable(path: Path) -> None:
    """Raises OSError, with what is in the way of writing a file, or into a folder."""
    try:
        if path.is_dir():
            with tempfile.TemporaryFile(dir=path):
                pass
        elif path.exists():
            path.open("ab").close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


async def migrate(store: Store, settings: Settings) -> None:
    """Bring the schema up to date, but never beneath a bot that runs. Raises AlreadyRuns, NewerSchema."""
    if await store.behind() and is_lived_in(settings):
        raise AlreadyRuns("An older Cratekeeper runs on this data folder. Stop it, or start it again, upgraded.")
    await store.migrate()


@contextmanager
def locked(path: Path, taken: CratekeeperError) -> Iterator[None]:
    """Hold a lock file, until the block or the process ends, however that ends. Raises `taken` when another does."""
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
    """Open what is no link: somebody may have laid one there that leads to a file of ours."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
