"""Create: write a backup of a data folder, also while a bot uses it."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from bot.adapters.artefacts import models_of
from bot.adapters.backup import archive, files, snapshot
from bot.adapters.backup.archive import Contents, Writing
from bot.config import Settings
from bot.errors.backup import BackupError, NothingToBackUp
from bot.ports import Artefacts


def create(settings: Settings, file: Path, made: datetime, sealed_keys: bytes | None = None) -> Contents:
    """Write a backup to `file`; it appears whole or not at all, and replaces an older backup of that name. Blocks.

    sealed_keys: what `sealing.seal` returned, to go into the backup. Raises NothingToBackUp, StoreDamaged, StoreBusy,
    BackupError if another file has that name, StorageDown, OSError.
    """
    if not settings.database_path.exists():
        raise NothingToBackUp(f"{settings.database_path} doesn't exist: there's nothing to back up")
    _refuse_other_files(file)
    with files.full_disk_named(file.parent), files.work_folder(file.parent) as folder:
        whole = folder / "whole"
        with archive.new(whole) as writing:
            contents = _fill(writing, settings, folder, made, sealed_keys)
        files.put(whole, file)
    return contents


def _refuse_other_files(file: Path) -> None:
    """Raise BackupError if something that isn't a backup has that name: it might be the database itself."""
    if file.is_dir():
        raise BackupError(f"{file} is a folder: name a file for the backup")
    if file.exists() and not archive.is_ours(file):
        raise BackupError(f"{file} exists, and isn't a backup: choose another name")


def _fill(writing: Writing, settings: Settings, folder: Path, made: datetime, sealed_keys: bytes | None) -> Contents:
    """Add models before and after the databases are copied: those that the database names may be new or about to go."""
    models = models_of(settings)
    _add_models(writing, models)
    copies = {
        settings.database_path: folder / archive.DATABASE,
        settings.data_dir / archive.JOBS: folder / archive.JOBS,
    }
    snapshot.copy({path: copied for path, copied in copies.items() if path.exists()})
    _add_models(writing, models)
    if sealed_keys is not None:
        (folder / archive.KEYS).write_bytes(sealed_keys)
    for name in (archive.DATABASE, archive.JOBS, archive.KEYS):
        if (folder / name).exists():
            writing.add(name, folder / name)
    return writing.finish(made, snapshot.revision(folder / archive.DATABASE))


def _add_models(writing: Writing, models: Artefacts) -> None:
    """Add the models that aren't in the backup yet."""
    for file in sorted(models.names()):
        name = f"models/{file}"
        if name not in writing.files and archive.NAME.fullmatch(name):
            with suppress(FileNotFoundError, ValueError):  # a newer one has just taken its place; it's no plain file
                writing.add_content(name, models.load(file, lambda opened: opened.read()))
