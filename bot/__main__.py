"""Cratekeeper's command line and composition root: the only place where the adapters are built.

python -m bot                          run the bot
python -m bot doctor                   check the settings, the services and the disk, and say what to do
python -m bot analyse FILE…            say what is heard in sound files (--json, --picture PNG)
python -m bot analyse --folder DIR     hear a music library and keep what was heard; goes on where it was stopped
python -m bot import features FILE     keep what a table says of songs (by Spotify id, link or ISRC) for every member
python -m bot import acousticbrainz FILE…   read AcousticBrainz dumps into an index on this disk
python -m bot match SONG FILE          say which file of the music folder a song is (--none: none; --auto: as found)
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot import config, modes
from bot.confine import hide
from bot.environment import environment
from bot.errors import CratekeeperError, SettingsError
from bot.trouble import words

if TYPE_CHECKING:
    from bot.adapters.store import Store

EXIT_SETTINGS = 2


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command; returns the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        read_settings: Callable[[Mapping[str, str]], config.Settings] = options.settings
        settings = read_settings(environment)
        command: Callable[[config.Settings, argparse.Namespace], int] = options.command
        return command(settings, options)
    except SettingsError as error:
        print(f"cratekeeper: {error}", file=sys.stderr)
        return EXIT_SETTINGS
    except (CratekeeperError, OSError) as error:  # such as a port that is taken, or a folder that is not ours
        print(f"cratekeeper: {words(error)}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description=(__doc__ or "").split("\n")[0])
    parser.set_defaults(command=_run, settings=config.parse)
    commands = parser.add_subparsers(title="commands")
    doctor = commands.add_parser("doctor", help="check settings, services and disk, and say what to do")
    doctor.set_defaults(command=_doctor)
    analyse = commands.add_parser("analyse", help="hear sound files, or a folder of them to be kept")
    what = analyse.add_mutually_exclusive_group(required=True)
    what.add_argument("file", type=Path, nargs="*", default=[])
    what.add_argument("--folder", type=Path, help="a music library; a second run hears only what changed")
    analyse.add_argument("--forget-missing", action="store_true", help="let go of files that are gone, however many")
    analyse.add_argument("--json", action="store_true", help="one object a line, for machines")
    analyse.add_argument("--picture", type=Path, metavar="PNG", help="draw the (only) file here")
    analyse.set_defaults(command=_analyse, settings=config.without_chat)
    importing = commands.add_parser("import", help="keep data of the operator's").add_subparsers(required=True)
    features = importing.add_parser(
        "features", help="a table with Spotify ids, links or ISRCs, and a column for each feature"
    )
    features.add_argument("file", type=Path)
    features.set_defaults(command=_import_features, settings=config.storage)
    dumps = importing.add_parser(
        "acousticbrainz", help="the dumps as published, or what is in them; goes on if stopped"
    )
    dumps.add_argument("file", type=Path, nargs="+")
    dumps.set_defaults(command=_import_acousticbrainz, settings=config.storage)
    match = commands.add_parser("match", help="say which file of the music folder a song is")
    match.add_argument("song", help="its URI, link or id")
    which = match.add_mutually_exclusive_group(required=True)
    which.add_argument("file", type=Path, nargs="?")
    which.add_argument("--none", action="store_true", help="it is none of them")
    which.add_argument("--auto", action="store_true", help="leave it to the matcher again")
    match.set_defaults(command=_match, settings=config.storage)
    return parser


def _run(settings: config.Settings, _: argparse.Namespace) -> int:
    from bot.app import run

    return asyncio.run(run(settings, os.environ))


def _doctor(settings: config.Settings, _: argparse.Namespace) -> int:
    from bot.doctor import examine

    return asyncio.run(examine(settings))


def _analyse(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot import analyse

    if options.folder is not None and options.picture is not None:
        raise SettingsError("--picture draws one file, and no folder")
    if options.folder is not None:
        return asyncio.run(
            analyse.hear_folder(settings, options.folder, as_json=options.json, forgetting=options.forget_missing)
        )
    return asyncio.run(analyse.hear_files(options.file, options.picture, as_json=options.json))


def _import_features(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.flows.library.operator_features import import_features

    async def keep() -> str:
        async with _store(settings) as store:
            return (await import_features(store, options.file, datetime.now(UTC))).report

    print(f"{options.file.name}: {asyncio.run(keep())}")
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
    from bot.flows.library import file_match as match

    paths = [str(options.file.absolute()), str(options.file)] if options.file else []

    async def note() -> str:
        async with _store(settings) as store:
            if options.auto:
                return (await match.leave_to_matcher(store, options.song, datetime.now(UTC))).line
            return (await match.correct(store, options.song, paths, datetime.now(UTC))).line

    print(f"noted: {asyncio.run(note())}")
    return 0


@asynccontextmanager
async def _store(settings: config.Settings) -> AsyncIterator["Store"]:
    """The database at today's schema, for a command."""
    from bot.adapters import home
    from bot.adapters.store import Store

    home.prepare(settings)
    store = Store(settings.database_url)
    try:
        await home.migrate(store, settings)
        yield store
    finally:
        await store.close()


if __name__ == "__main__":
    hide()
    os.umask(modes.UMASK)
    try:
        found = environment()
    except SettingsError as error:
        sys.exit(f"cratekeeper: {error}")
    sys.exit(main(sys.argv[1:], found))
