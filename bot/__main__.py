"""Cratekeeper's command line and composition root: the only place where the adapters are built.

python -m bot                          run the bot
python -m bot doctor                   check the settings, the services and the disk, and say what to do
python -m bot import features FILE     keep what a CSV says of songs (by track_id or isrc) for every member
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dotenv import dotenv_values

from bot import config
from bot.errors import CratekeeperError, SettingsError

EXIT_SETTINGS = 2


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command; returns the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = config.parse(environment)
        command: Callable[[config.Settings, argparse.Namespace], int] = options.command
        return command(settings, options)
    except SettingsError as error:
        print(f"cratekeeper: {error}", file=sys.stderr)
        return EXIT_SETTINGS
    except (CratekeeperError, OSError) as error:  # such as a port that is taken, or a folder that is not ours
        print(f"cratekeeper: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description=(__doc__ or "").split("\n")[0])
    parser.set_defaults(command=_run)
    commands = parser.add_subparsers(title="commands")
    doctor = commands.add_parser("doctor", help="check settings, services and disk, and say what to do")
    doctor.set_defaults(command=_doctor)
    importing = commands.add_parser("import", help="keep data of the operator's").add_subparsers(required=True)
    features = importing.add_parser("features", help="a CSV with track_id or isrc and a column for each feature")
    features.add_argument("file", type=Path)
    features.set_defaults(command=_import_features)
    return parser


def _run(settings: config.Settings, _: argparse.Namespace) -> int:
    from bot.app import run

    return asyncio.run(run(settings, os.environ))


def _doctor(settings: config.Settings, _: argparse.Namespace) -> int:
    from bot.doctor import examine

    return asyncio.run(examine(settings))


def _import_features(settings: config.Settings, options: argparse.Namespace) -> int:
    from bot.adapters.store import Store
    from bot.flows.features import import_features

    async def keep() -> int:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = Store(settings.database_url)
        await store.migrate()
        count = await import_features(store, options.file, datetime.now(UTC))
        await store.close()
        return count

    print(f"kept features of {asyncio.run(keep())} songs from {options.file.name}")
    return 0


def environment() -> dict[str, str]:
    """Return `.env` beneath the process's own environment, which wins. An open `.env` is refused (promise P36)."""
    path = Path(".env")
    if path.exists() and path.stat().st_mode & 0o077:
        raise SettingsError(".env can be read by others on this machine: chmod 600 .env")
    return {**{name: value or "" for name, value in dotenv_values(path).items()}, **os.environ}


if __name__ == "__main__":
    try:
        found = environment()
    except SettingsError as error:
        sys.exit(f"cratekeeper: {error}")
    sys.exit(main(sys.argv[1:], found))
