"""The bot's command line: `python -m bot --help`, or `cratekeeper --help` once it is installed."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot import __version__, config, modes
from bot.adapters import parts
from bot.cli.command_line import add_command, carry_out
from bot.cli.trouble import ELSEWHERE, words
from bot.confine import hide
from bot.environment import environment
from bot.errors import CratekeeperError, SettingsError, StorageRefused, StoreRefused

if TYPE_CHECKING:
    from bot.adapters.store import Store

T = TypeVar("T")
PROG = "python -m bot"
NOTHING: Mapping[str, str] = {}
EXIT_SETTINGS = 2


def start(arguments: Sequence[str], prog: str = PROG, beside: Mapping[str, str] = NOTHING) -> int:
    """Run a command as a program of its own, with the settings of `.env` and the environment; returns the exit code."""
    hide()
    os.umask(modes.UMASK)
    try:
        settings = environment()
    except SettingsError as error:
        print(f"cratekeeper: {error}", file=sys.stderr)
        return EXIT_SETTINGS
    return main(arguments, settings, prog, beside)


def main(
    arguments: Sequence[str], environment: Mapping[str, str], prog: str = PROG, beside: Mapping[str, str] = NOTHING
) -> int:
    """Run a command; returns the process's exit code.

    beside: commands that `prog` has besides the bot's, with what `--help` says about each.
    """
    options = parser(prog, beside).parse_args(arguments)
    options.misspelt = config.misspelt(environment)
    try:
        read_settings: Callable[[Mapping[str, str]], config.Settings] = options.settings
        return _command(read_settings(environment), options)
    except (SettingsError, StoreRefused, StorageRefused) as error:
        print(f"cratekeeper: {error}", file=sys.stderr)
        return EXIT_SETTINGS
    except CratekeeperError as error:
        print(f"cratekeeper: {error}", file=sys.stderr)
        return 1


def _command(settings: config.Settings, options: argparse.Namespace) -> int:
    command: Callable[[config.Settings, argparse.Namespace], int] = options.command
    try:
        return carry_out(lambda: command(settings, options))
    except OSError as error:  # such as a port in use, or a folder that isn't ours
        print(f"cratekeeper: {words(error, _elsewhere(error, settings.data_dir))}", file=sys.stderr)
        return 1


def _elsewhere(error: OSError, data_dir: Path) -> str:
    """Return how to do without the file that an error names: of another than the data folder's, name another one."""
    path = Path(os.fsdecode(error.filename or data_dir))
    return ELSEWHERE if path in data_dir.parents or path.is_relative_to(data_dir) else "or name another"


def parser(prog: str = PROG, beside: Mapping[str, str] = NOTHING) -> argparse.ArgumentParser:
    """Return the parser of the bot's commands. Without a command, the bot runs."""
    made = argparse.ArgumentParser(prog=prog, description="Learn where your liked songs belong, and put them there.")
    made.add_argument("--version", action="version", version=f"Cratekeeper {__version__}")
    made.set_defaults(command=_run, settings=config.parse)
    commands = made.add_subparsers(title="commands", metavar="command")
    add_command(commands, "run", "run the bot until Ctrl-C or SIGTERM")
    _add_parts(commands)
    doctor = add_command(commands, "doctor", "check settings, services and disk, and say what to fix")
    doctor.set_defaults(command=_doctor)
    health = add_command(commands, "health", "ask the running bot how it is; exits 0 if it's well")
    health.add_argument("--live", action="store_true", help="ask only whether it runs, not whether it's ready")
    health.set_defaults(command=_health, settings=config.listening)
    _add_analyse(add_command(commands, "analyse", "analyse sound files, or a music folder for the bot to use"))
    _add_import(add_command(commands, "import", "import song features that you have"))
    _add_match(add_command(commands, "match", "correct which file in the music folder a song is"))
    _add_keys(add_command(commands, "keys", "rotate the keys that members' tokens are encrypted with"))
    _add_backup(add_command(commands, "backup", "write everything stored to one file, while the bot may run"))
    _add_restore(add_command(commands, "restore", "bring a backup back, while no bot runs"))
    move = add_command(commands, "migrate-store", "copy everything stored to another database, while no bot runs")
    move.add_argument("--to", required=True, metavar="URL", help="where to, written as for DATABASE_URL")
    move.set_defaults(command=_migrate_store, settings=config.storage)
    for name, said in beside.items():
        commands.add_parser(name, help=said)
    return made


def _add_parts(commands: Any) -> None:
    gateway = add_command(commands, "gateway", "run only the connection to Discord; needs PostgreSQL")
    gateway.add_argument("--shards", default="", metavar="A-B/N", help="of Discord's gateway; without it, all")
    gateway.set_defaults(command=_part, part=lambda options: parts.gateway(options.shards))
    worker = add_command(commands, "worker", "run only jobs and what falls due; needs PostgreSQL")
    worker.add_argument("--queues", default="", help="whose jobs: members, hearing, or both with a comma in between")
    worker.add_argument("--name", default="1", help="which worker this is, the same at each start")
    worker.set_defaults(command=_part, part=lambda options: parts.worker(options.name, options.queues))
    web = add_command(commands, "web", "serve only the pages; needs PostgreSQL")
    web.add_argument("--name", default="1", help="which of them this is, the same at each start")
    web.set_defaults(command=_part, part=lambda options: parts.web(options.name))


def _add_analyse(analyse: argparse.ArgumentParser) -> None:
    what = analyse.add_mutually_exclusive_group(required=True)
    what.add_argument("file", type=Path, nargs="*", default=[], help="a sound file to analyse; nothing is stored")
    what.add_argument("--folder", type=Path, help="a music folder to analyse and store; reruns read only what changed")
    analyse.add_argument("--forget-missing", action="store_true", help="forget files that have vanished, however many")
    analyse.add_argument("--json", action="store_true", help="print one JSON object per line")
    analyse.add_argument("--picture", type=Path, metavar="PNG", help="draw the one file given into this picture")
    analyse.set_defaults(command=_analyse, settings=config.without_chat)


def _add_import(importing: argparse.ArgumentParser) -> None:
    kinds = importing.add_subparsers(required=True, metavar="kind")
    features = add_command(kinds, "features", "import a table of features")
    features.add_argument("file", type=Path, help="a CSV with Spotify ids, links or ISRCs, and a column per feature")
    features.set_defaults(command=_import_features, settings=config.storage)
    dumps = add_command(kinds, "acousticbrainz", "index AcousticBrainz dumps, resuming a run that was stopped")
    dumps.add_argument("file", type=Path, nargs="+", help="a dump, as published or unpacked")
    dumps.set_defaults(command=_import_acousticbrainz, settings=config.storage)


def _add_match(match: argparse.ArgumentParser) -> None:
    match.add_argument("song", help="the song's Spotify URI, link or id")
    which = match.add_mutually_exclusive_group(required=True)
    which.add_argument("file", type=Path, nargs="?", help="the file it is")
    which.add_argument("--none", action="store_true", help="the song is none of the files")
    which.add_argument("--auto", action="store_true", help="go back to automatic matching")
    match.set_defaults(command=_match, settings=config.storage)


def _add_keys(keys: argparse.ArgumentParser) -> None:
    what = keys.add_subparsers(required=True, metavar="what")
    rotate = add_command(what, "rotate", "add a new key and encrypt every token with it, also while the bot runs")
    rotate.set_defaults(command=_rotate, settings=config.sealed_storage)
    retire = add_command(what, "retire", "drop the older keys, once nothing is encrypted with them")
    retire.add_argument(
        "--oldest",
        action="store_true",
        help="the oldest, too, which recognises what members labelled before they unlinked",
    )
    retire.set_defaults(command=_retire, settings=config.sealed_storage)


def _add_backup(backup: argparse.ArgumentParser) -> None:
    backup.add_argument("file", type=Path, help="the file to write; it may be an older backup, which it replaces")
    backup.add_argument("--with-keys", action="store_true", help="add the encryption keys, sealed with a passphrase")
    backup.set_defaults(command=_back_up, settings=config.sealed_storage)


def _add_restore(restoring: argparse.ArgumentParser) -> None:
    restoring.add_argument("file", type=Path, help="the backup")
    restoring.add_argument("--replace", action="store_true", help="replace the data that's there; it's kept aside")
    restoring.set_defaults(command=_restore, settings=config.sealed_storage)


def _run(settings: config.Settings, _: argparse.Namespace) -> int:
    from bot.app import run

    return asyncio.run(run(settings, os.environ))


def _part(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.app import run

    if not settings.on_server:
        raise SettingsError("several processes share a bot's work only on PostgreSQL: set DATABASE_URL")
    return asyncio.run(run(settings, os.environ, options.part(options)))


def _doctor(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.cli.doctor import examine

    return asyncio.run(examine(settings, options.misspelt))


def _health(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.cli import health

    return health.ask(settings, health.LIVE if options.live else health.HEALTH)


def _analyse(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.cli import analyse

    if options.folder is not None and options.picture is not None:
        raise SettingsError("--picture draws one file, not a folder")
    if options.folder is not None:
        return asyncio.run(
            analyse.hear_folder(settings, options.folder, as_json=options.json, forgetting=options.forget_missing)
        )
    return asyncio.run(analyse.hear_files(options.file, options.picture, as_json=options.json))


def _import_features(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.flows.library.operator.features import import_features

    kept = _in_store(settings, lambda store: import_features(store, options.file, datetime.now(UTC)))
    print(f"{options.file.name}: {kept.report}")
    return 0


def _import_acousticbrainz(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.adapters import home
    from bot.adapters.sources.acousticbrainz import fill

    home.prepare(settings)
    for file in options.file:
        entries = 0
        for filled in fill(settings.acousticbrainz_index, file, datetime.now(UTC)):
            entries = filled.entries
            print(f"\r{file.name}: {entries:,} entries", end="", file=sys.stderr, flush=True)
        print(f"\r{file.name}: read" + (f", {entries:,} entries" if entries else "; it was in the index already"))
    return 0


def _match(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.flows.library.operator import file_match as match

    paths = [str(options.file.absolute()), str(options.file)] if options.file else []

    now = datetime.now(UTC)
    if options.auto:
        song = _in_store(settings, lambda store: match.leave_to_matcher(store, options.song, now))
    else:
        song = _in_store(settings, lambda store: match.correct(store, options.song, paths, now))
    print(f"noted: {song.line}")
    return 0


def _rotate(settings: config.Settings, _: argparse.Namespace) -> int:
    from bot.cli import keys

    print(_in_store(settings, lambda store: keys.rotate(store, settings)))
    return 0


def _retire(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.cli import keys

    print(_in_store(settings, lambda store: keys.retire(store, settings, oldest=options.oldest)))
    return 0


def _back_up(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.cli.backup import back_up

    return back_up(settings, options.file, with_keys=options.with_keys)


def _restore(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.cli.backup import bring_back

    return bring_back(settings, options.file, replace=options.replace)


def _migrate_store(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.cli.migrate_store import migrate_store

    return asyncio.run(migrate_store(settings, options.to))


def _in_store(settings: config.Settings, do: Callable[["Store"], Awaitable[T]]) -> T:
    """Return what comes of something done with the database, its schema up to date."""
    from bot.adapters import home

    async def done() -> T:
        async with home.opened(settings) as store:
            return await do(store)

    return asyncio.run(done())


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
