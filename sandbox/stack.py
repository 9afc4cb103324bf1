"""House: all stand-ins on one loopback port, and the unchanged bot as a process beside them.

async with House(folder) as house:
    ada = house.move_in("Ada", library)
    await house.start_bot()
    await ada.person.command("label")
"""

import asyncio
import re
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from sandbox import discord, loopback, sources, spotify
from sandbox.music.library import Library
from sandbox.process import environment, start

LOOPBACK = "127.0.0.1"
TOKEN = "sandbox"  # noqa: S105 - opens nothing
CLIENT_ID = "5a" * 16
READY = 30  # seconds for a bot to come up on a busy machine
CODE = re.compile(r"<output>([^<]+)</output>")
STOP = 25  # seconds for a bot to end after SIGTERM


class BotEnded(RuntimeError):
    """The bot's process ended where it should have been running."""


def consent_url(message: discord.Message) -> str:
    """Where /link sends a browser."""
    return next(button.url for button in message.buttons() if button.url)


def code_on(page: str) -> str:
    """The code that the callback page shows. Raises ValueError where it shows none."""
    found = CODE.search(page)
    if found is None:
        raise ValueError(f"no code on the page: {page}")
    return found[1]


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who lives here: a person at Discord with an account at Spotify, and what truly belongs where."""

    person: discord.Person
    account: spotify.Account
    library: Library

    @property
    def dm(self) -> discord.Person:
        return self.person.in_dm()


class House:
    """`folder` holds the bot's data and log. `settings` are added to the bot's environment."""

    def __init__(self, folder: Path, *, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.bot_port = free_port()
        self.settings = dict(settings or {})
        self.discord = discord.World(token=TOKEN)
        self.spotify = spotify.World()
        self.spotify.limit.requests = None
        self.sources = sources.World()  # the bot asks them only where `settings` switch them on
        self.app = self.spotify.register(spotify.App(CLIENT_ID, frozenset({f"{self.public_url}/callback"})))
        self.guild = self.discord.add_guild("Record shop", channels=["crates"])
        self.channel = next(iter(self.guild.channels.values()))
        self.web = web.Application(middlewares=[loopback.only])  # the page of the sandbox takes its place
        self.bot: asyncio.subprocess.Process | None = None
        self._runner: web.AppRunner | None = None

    @property
    def origin(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def public_url(self) -> str:
        """Where the bot's own pages are."""
        return f"http://{LOOPBACK}:{self.bot_port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

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
        if self._runner is not None:
            await self._runner.cleanup()

    # People

    def move_in(self, name: str, library: Library) -> Resident:
        """Let somebody in: a user in the guild, an account at Spotify with a seat in the app."""
        user = self.discord.add_user(name.lower(), display_name=name)
        self.discord.join(self.guild, user)
        account = library.move_in(self.spotify, name.lower(), name)
        self.app.allow(account.id)
        return Resident(discord.Person(self.discord, user, self.channel), account, library)

    async def consent(self, consent_url: str, account: spotify.Account) -> str:
        """Agree on Spotify's consent page, as a member does; returns the address that they are sent to."""
        async with (
            aiohttp.ClientSession() as browser,
            browser.post(consent_url, data={"user": account.id}, allow_redirects=False) as answer,
        ):
            return answer.headers["Location"]

    async def agree(self, consent_url: str, account: spotify.Account) -> str:
        """Agree, and follow to the bot's callback page; returns what that says."""
        landing = await self.consent(consent_url, account)
        async with aiohttp.ClientSession() as browser, browser.get(landing) as page:
            return await page.text()

    async def link(self, resident: Resident) -> discord.Outcome:
        """Type /link, agree at Spotify, enter the code and confirm the account; the outcome of /link."""
        outcome = await resident.person.command("link")
        message = await outcome.reply()
        await self.confirm(resident.person, message, await self.agree(consent_url(message), resident.account))
        return outcome

    async def confirm(self, person: discord.Person, message: discord.Message, page: str) -> discord.Outcome:
        """Type the code that the callback page shows into the form at `message`, and say yes to the account."""
        form = await person.click(message, "Enter the code")
        asked = await (await person.submit(form, code=code_on(page))).reply()
        return await person.click(asked, "Link it")

    # The bot's process

    def environment(self) -> dict[str, str]:
        """The whole environment that the bot is started in."""
        return environment(self.folder, self._settings())

    def _settings(self) -> dict[str, str]:
        """What `.env` would say, for the stand-ins."""
        return {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_URL": f"{self.origin}/api/v10",
            "DISCORD_GATEWAY_URL": f"ws://{LOOPBACK}:{self.port}/gateway",
            "SPOTIFY_CLIENT_ID": CLIENT_ID,
            "SPOTIFY_API_URL": f"{self.origin}/spotify/v1",
            "SPOTIFY_ACCOUNTS_URL": f"{self.origin}/spotify/accounts",
            "SPOTIFY_RATE": "1000",  # nobody is kept waiting by a stand-in
            **{f"{each.upper()}_URL": f"{self.origin}/sources/{each}" for each in sources.SERVICES},
            "PUBLIC_URL": self.public_url,
            "HTTP_PORT": str(self.bot_port),
            "DATA_DIR": str(self.data),
            "POLL_SECONDS": "2",
            **self.settings,
        }

    async def know(self, library: Library) -> None:
        """Give the operator's features of the library's songs to the bot, as an operator does."""
        path = self.folder / "features.csv"
        library.write_features(path)
        await self.run("-m", "bot", "import", "features", str(path))

    async def run(self, *arguments: str) -> str:
        """Run the bot's Python to its end; returns what it printed. Raises BotEnded when it fails."""
        streams = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
        process = await start(*arguments, folder=self.folder, settings=self._settings(), **streams)
        printed = (await process.communicate())[0].decode(errors="replace")
        if process.returncode:
            raise BotEnded(printed.strip())
        return printed

    async def start_bot(self) -> None:
        """Start the bot and wait until it is at Discord with its commands. Raises BotEnded."""
        with self.log.open("ab") as log:
            streams = {"stdin": asyncio.subprocess.DEVNULL, "stdout": log, "stderr": log}
            self.bot = await start("-m", "bot", folder=self.folder, settings=self._settings(), **streams)
        ready = asyncio.create_task(self.discord.wait_for(self._ready, READY))
        ended = asyncio.create_task(self.bot.wait())
        await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not ready.done():
            ready.cancel()
            raise BotEnded(self.last_words())
        await ready

    def _ready(self) -> bool:
        return self.discord.online and bool(self.discord.commands.registered())

    def last_words(self) -> str:
        """The last lines of the bot's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    async def stop_bot(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """End the bot's process with a signal; returns its exit code."""
        if self.bot is None or self.bot.returncode is not None:
            return self.bot.returncode if self.bot else None
        self.bot.send_signal(how)
        try:
            return await asyncio.wait_for(self.bot.wait(), STOP)
        except TimeoutError:
            self.bot.kill()
            await self.bot.wait()
            raise BotEnded("the bot did not end in time\n" + self.last_words()) from None


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
