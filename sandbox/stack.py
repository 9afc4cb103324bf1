"""Stack: all stand-ins on one loopback port, and the unchanged bot as a process beside them.

async with Stack(folder) as stack:
    ada = stack.add_listener("Ada", library)
    await stack.start_bot()
    await ada.person.command("label")
"""

import asyncio
import re
import signal
import socket
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.config import JOBS
from bot.config.addresses import SQLITE
from sandbox import discord, loopback, sources, spotify
from sandbox.music.library import Library
from sandbox.process import environment, start

LOOPBACK = "127.0.0.1"
TOKEN = "sandbox"  # noqa: S105 - opens nothing
CLIENT_ID = "5a" * 16
READY = 90  # seconds for a bot to start on a busy machine
CODE = re.compile(r"<output>([^<]+)</output>")
STOP = 25  # seconds for a bot to exit after SIGTERM


class BotEnded(RuntimeError):
    """The bot's process has ended, or didn't end in time."""


def consent_url(message: discord.Message) -> str:
    """Return the address of the consent page that /link opens."""
    return next(button.url for button in message.buttons() if button.url)


def code_on(page: str) -> str:
    """Return the code on the callback page. Raises ValueError if there's none."""
    code = CODE.search(page)
    if code is None:
        raise ValueError(f"no code on the page: {page}")
    return code[1]


@dataclass(frozen=True, slots=True)
class Listener:
    """A person with accounts on Discord and Spotify, and the library that says which song belongs where."""

    person: discord.Person
    account: spotify.Account
    library: Library

    @property
    def dm(self) -> discord.Person:
        return self.person.in_dm()


class Stack:
    """`folder` holds the bot's data and log. `settings` are added to the bot's environment."""

    program: tuple[str, ...] = ("-m", "bot")

    def __init__(self, folder: Path, *, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.bot_port = free_port()
        self.settings = dict(settings or {})
        self.discord = discord.World(token=TOKEN)
        self.spotify = spotify.World()
        self.spotify.limit.requests = None
        self.sources = sources.World()  # the bot calls them only if `settings` enable them
        self.app = self.spotify.register(spotify.App(CLIENT_ID, frozenset({f"{self.public_url}/callback"})))
        self.guild = self.discord.add_guild("Record shop", channels=["crates"])
        self.channel = next(iter(self.guild.channels.values()))
        self.web = web.Application(middlewares=[loopback.only])  # replaced by the sandbox's page
        self.bot: asyncio.subprocess.Process | None = None
        self._runner: web.AppRunner | None = None

    @property
    def origin(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def public_url(self) -> str:
        """The root of the bot's own pages."""
        return f"http://{LOOPBACK}:{self.bot_port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def on_server(self) -> bool:
        """Whether the bot keeps everything in a database on a server."""
        return "DATABASE_URL" in self.settings

    @property
    def database_url(self) -> str:
        return self.settings.get("DATABASE_URL", f"{SQLITE}{self.data / 'cratekeeper.db'}")

    @property
    def jobs_url(self) -> str:
        return self.settings.get("DATABASE_URL", f"{SQLITE}{self.data / JOBS}")

    @property
    def log(self) -> Path:
        return self.folder / "bot.log"

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.discord.origin = self.origin
        self.web.add_subapp("/spotify", spotify.application(self.spotify))
        self.web.add_subapp("/sources", sources.application(self.sources))
        discord.add_routes(self.web, self.discord)
        self._runner = web.AppRunner(self.web, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self.port).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.stop_bot()
        await self.close_port()

    async def close_port(self) -> None:
        """Take all stand-ins down."""
        if self._runner is not None:
            await self._runner.cleanup()

    # People

    def add_listener(self, name: str, library: Library) -> Listener:
        """Add a person: a user in the guild, and a Spotify account with a seat in the app."""
        user = self.discord.add_user(name.lower(), display_name=name)
        self.discord.join(self.guild, user)
        account = library.open_account(self.spotify, name.lower(), name)
        self.app.allow(account.id)
        return Listener(discord.Person(self.discord, user, self.channel), account, library)

    async def consent(self, consent_url: str, account: spotify.Account) -> str:
        """Agree on Spotify's consent page; return the URL that it redirects to."""
        async with (
            aiohttp.ClientSession() as browser,
            browser.post(consent_url, data={"user": account.id}, allow_redirects=False) as answer,
        ):
            return answer.headers["Location"]

    async def agree(self, consent_url: str, account: spotify.Account) -> str:
        """Agree, and follow the redirect to the bot's callback page; return the page's text."""
        landing = await self.consent(consent_url, account)
        async with aiohttp.ClientSession() as browser, browser.get(landing) as page:
            return await page.text()

    async def link(self, listener: Listener) -> discord.Outcome:
        """Type /link, agree on Spotify, enter the code and confirm the account; return the outcome of /link."""
        outcome = await listener.person.command("link")
        message = await outcome.reply()
        await self.confirm(listener.person, message, await self.agree(consent_url(message), listener.account))
        return outcome

    async def confirm(self, person: discord.Person, message: discord.Message, page: str) -> discord.Outcome:
        """Enter the callback page's code in the form at `message`, and confirm the account."""
        form = await person.click(message, "Enter the code")
        asked = await (await person.submit(form, code=code_on(page))).reply()
        return await person.click(asked, "Link it")

    # The bot's process

    def environment(self) -> dict[str, str]:
        """Return the complete environment that the bot runs in."""
        return environment(self.folder, self._settings())

    def _settings(self) -> dict[str, str]:
        """Return the settings that point the bot to the stand-ins, as `.env` would."""
        return {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_URL": f"{self.origin}/api/v10",
            "DISCORD_GATEWAY_URL": f"ws://{LOOPBACK}:{self.port}/gateway",
            "SPOTIFY_CLIENT_ID": CLIENT_ID,
            "SPOTIFY_API_URL": f"{self.origin}/spotify/v1",
            "SPOTIFY_ACCOUNTS_URL": f"{self.origin}/spotify/accounts",
            "SPOTIFY_RATE": "1000",  # no need to spare the stand-in
            **{f"{name.upper()}_URL": f"{self.origin}/sources/{name}" for name in sources.SERVICES},
            "PUBLIC_URL": self.public_url,
            "HTTP_PORT": str(self.bot_port),
            "DATA_DIR": str(self.data),
            "POLL_SECONDS": "2",
            "POLL_LONGEST": "2",
            "POLLS_A_DAY": "100000000",
            **self.settings,
        }

    async def import_features(self, library: Library) -> None:
        """Import audio features for the library's songs, as the operator does."""
        path = self.folder / "features.csv"
        library.write_features(path)
        await self.run("-m", "bot", "import", "features", str(path))

    async def run(self, *arguments: str) -> str:
        """Run Python in the bot's environment; return what it printed. Raises BotEnded if it fails.

        If this is cancelled, the process ends too.
        """
        streams = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
        process = await start(*arguments, folder=self.folder, settings=self._settings(), **streams)
        try:
            printed = (await process.communicate())[0].decode(errors="replace")
        except asyncio.CancelledError:
            await _end(process)
            raise
        if process.returncode:
            raise BotEnded(printed.strip())
        return printed

    async def start_bot(self) -> None:
        """Start the bot and wait until it has registered its commands with Discord. Raises BotEnded."""
        self.bot = await self.start_process()
        await self._until_ready(self.bot.wait())

    async def start_process(self, *command: str, port: int = 0) -> asyncio.subprocess.Process:
        """Start a process of the bot; with a `command` such as "worker", a part of it. port: where it serves pages."""
        settings = {**self._settings(), "HTTP_PORT": str(port or self.bot_port)}
        with self.log.open("ab") as log:
            streams = {"stdin": asyncio.subprocess.DEVNULL, "stdout": log, "stderr": log}
            return await start(*self.program, *command, folder=self.folder, settings=settings, **streams)

    async def _until_ready(self, *ends: Coroutine[Any, Any, object]) -> None:
        """Wait until the bot has registered its commands.

        Raises BotEnded with the log's last lines if one of `ends` comes first, or neither does within READY seconds.
        """
        ready = asyncio.create_task(self.discord.wait_for(self._ready, READY))
        waiting = {ready, *(asyncio.create_task(end) for end in ends)}
        done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if ready not in done or ready.exception():
            raise BotEnded(self.last_words())

    def _ready(self) -> bool:
        return self.discord.online and bool(self.discord.commands.registered())

    def last_words(self) -> str:
        """Return the last lines of the bot's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    async def stop_bot(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """End the bot's process with a signal; return its exit code. Raises BotEnded if it doesn't end in time."""
        if self.bot is None or self.bot.returncode is not None:
            return self.bot.returncode if self.bot else None
        self.bot.send_signal(how)
        try:
            return await asyncio.wait_for(self.bot.wait(), STOP)
        except TimeoutError:
            self.bot.kill()
            await self.bot.wait()
            raise BotEnded("the bot did not end in time\n" + self.last_words()) from None


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):  # Ctrl-C reaches it as well
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP)
    except TimeoutError:
        process.kill()
        await process.wait()


def free_port() -> int:
    """Return a port that's currently free."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
