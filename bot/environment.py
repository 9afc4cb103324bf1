"""Environment: where settings come from, and what of it the processes that we start may see."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from bot import modes
from bot.errors import SettingsError

FILE = Path(".env")  # of the working folder
# Where programs, libraries, languages and time zones are, and how many threads; no setting of ours.
PASSED_ON = (
    *("PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
)


def passed_on(env: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment any process that we start may see."""
    return {name: env[name] for name in PASSED_ON if name in env}


def environment() -> dict[str, str]:
    """Return `.env` beneath the process's own environment, which wins.

    Raises SettingsError when others can read the file (promise P36), or when it isn't UTF-8 text.
    """
    return {**_file(FILE), **os.environ}


def _file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    if modes.is_open(path):
        raise SettingsError(f"{path} can be read by others on this machine: chmod 600 {path}")
    try:
        values = dotenv_values(path, encoding="utf-8-sig")  # Windows' editors begin it with a byte order mark
    except UnicodeDecodeError:
        raise SettingsError(f"{path} isn't UTF-8 text: save it again with the encoding UTF-8") from None
    return {name: value or "" for name, value in values.items()}
