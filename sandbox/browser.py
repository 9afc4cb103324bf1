"""Browser: Chromium for tests and screenshots of the page, the system's or Playwright's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

from playwright.async_api import Browser, Error, async_playwright
from playwright.sync_api import sync_playwright

from bot.environment import passed_on

NOTHING = subprocess.DEVNULL
NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium on PATH (Debian: apt-get install chromium)"
DOWNLOAD = ("-m", "playwright", "install", "chromium")  # Playwright's own
PACKAGE = ("sh", "-c", "apt-get update -qq && apt-get install -y -qq chromium")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str:
    """Return the browser's path. Raises FileNotFoundError, saying how to get one."""
    program = next(filter(None, map(shutil.which, NAMES)), None) or _downloaded()
    if program is None:
        raise FileNotFoundError(MISSING)
    return program


@cache
def _downloaded() -> str | None:
    """Return Playwright's own browser if it's installed and runs."""
    with ThreadPoolExecutor(1) as aside:  # Playwright's synchronous API refuses a thread with a running loop
        return aside.submit(_tried).result()


def _tried() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
        try:
            playwright.chromium.launch(executable_path=path, args=list(SWITCHES)).close()
        except Error:  # not downloaded, or a system library is missing
            return None
        return path


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start Chromium. Raises FileNotFoundError if there's no browser."""
    path = executable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        try:
            yield browser
        finally:
            await browser.close()


def fetch() -> bool:
    """Install a browser if there's none; return whether there's one afterwards."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for command in ([sys.executable, *DOWNLOAD], [*as_root, *PACKAGE]):
        if _is_there():
            return True
        with suppress(OSError):
            _quietly(command)
        _downloaded.cache_clear()
    return _is_there()


def _is_there() -> bool:
    with suppress(FileNotFoundError):
        return bool(executable())
    return False


def _quietly(command: Sequence[str]) -> None:
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    closed = passed_on(os.environ) | proxies | {"HOME": str(Path.home())}  # Playwright keeps its browsers there
    subprocess.run(command, cwd=Path.home(), env=closed, stdin=NOTHING, stdout=NOTHING, stderr=NOTHING, check=False)  # noqa: S603


if __name__ == "__main__":
    if not fetch():
        print(f"Browser tests will be skipped: {MISSING}")
