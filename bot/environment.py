"""Environment: where settings come from, and which variables the processes we start may see."""

import os
import re
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from bot import modes
from bot.cli.trouble import words
from bot.errors import SettingsError

FILE = Path(".env")  # in the working folder
OF_A_BOT = re.compile(r"(DISCORD|SPOTIFY)_\w*(TOKEN|ID|SECRET)|ENCRYPTION_KEYS")  # settings that only a bot needs
# Paths, locale, time zone and thread counts; none of our own settings.
PASSED_ON = (
    *("PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
)


def passed_on(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that any process we start may see."""
    return {name: env[name] for name in PASSED_ON if name in env}


def of_bucket(env: Mapping[str, str]) -> dict[str, str]:
    """Return what a machine's role is told by, for a process that uses the bucket."""
    return {name: env[name] for name in env if name.startswith("AWS_")}


def environment() -> dict[str, str]:
    """Return the settings from `.env` and the process's environment, which wins.

    Raises SettingsError when others can read the file (promise P36), when it isn't UTF-8 text, or when a line isn't a
    setting.
    """
    return {**_file(FILE), **os.environ}


def _file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    if modes.is_open(path):
        raise SettingsError(f"{path} can be read by others on this machine: chmod 600 {path}")
    text = _text(path)
    for line in parse_stream(StringIO(text)):
        if line.error:  # dotenv would leave it out, and its default would hold
            number = line.original.line + _blank_lines(line.original.string)
            raise SettingsError(f"{path}, line {number}: write NAME=value, and close every quote")
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}


def _blank_lines(text: str) -> int:
    """Return how many blank lines a text begins with."""
    return text[: len(text) - len(text.lstrip())].count("\n")


def _text(path: Path) -> str:
    """Read the file. Windows editors may start it with a byte order mark, or write UTF-16."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    except OSError as error:
        raise SettingsError(words(error, "or start from another folder")) from None
    if "\0" in text:
        raise SettingsError(f"{path} isn't UTF-8 text: open it in an editor, and save it with the encoding UTF-8")
    return text


def token_in(env: Mapping[str, str]) -> str:
    """Return Discord's token; "" if there's none, or only a comment in its place."""
    token = env.get("DISCORD_TOKEN", "").strip()
    return "" if token.startswith("#") else token


def main() -> int:
    """Tell `make run` what to start: 0, the bot, if there's a token; 1, the sandbox; 2, nothing: bad settings."""
    try:
        settings = environment()
    except SettingsError as error:
        print(f"cratekeeper: {error}", file=sys.stderr)
        return 2
    if token_in(settings):
        return 0
    others = sorted(name for name, value in settings.items() if value.strip() and OF_A_BOT.fullmatch(name))
    if FILE.exists() or others:
        print(f"There is no DISCORD_TOKEN in {FILE} or the environment{_beside(others)}: starting the sandbox")
    return 1


def _beside(others: list[str]) -> str:
    return f", only {', '.join(others)}" if others else ""


if __name__ == "__main__":
    sys.exit(main())
