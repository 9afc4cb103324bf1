"""A stack whose bot can be killed at any request and any commit, and brought back to where it started."""

import asyncio
import shutil
import time
from collections import Counter
from copy import copy
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from signal import Signals
from typing import Any, Self

from bot.core.sorting.writing.journal import SETTLE
from sandbox import sources
from sandbox.discord import Change, Message
from sandbox.spotify.faults import HangUp, Request
from sandbox.spotify.model import Like, Playlist
from tests import postgresql
from tests.crash.forking import forking
from tests.crash.launcher import launch
from tests.crash.points import COMMIT, Point
from tests.databases import carry_out
from tests.e2e.checked_stack import LOOK, NEVER, PATIENCE, CheckedStack

QUIET = 2.2  # seconds in which the bot does nothing that shows: two ticks of its upkeep
BROWSER = "/accounts/authorize"  # Spotify's consent page, which the member opens
UNENDED = "select 1 from workflow_status where status in ('ENQUEUED', 'PENDING', 'DELAYED')"
UNTOLD = "select 1 from notice where sent_at is null and tries = 0"
DUE = "select 1 from member where next_poll_at <= ?"
TO_COME = "next_poll_at between ? and ? and member in (select member from account where synced_at is not null)"


class CrashStack(CheckedStack):
    """Counts the points that its bot reaches; `keep` says where each run starts, and `rewind` goes back there."""

    def __init__(self, folder: Path, *, engine: str = "sqlite", **settings: str) -> None:
        super().__init__(folder, engine=engine, LOG_LEVEL="INFO", **settings)
        self.discord.on_exchange = None  # other tests check what the bot sends
        self.points: list[Point] = []  # reached since `count`
        self.is_doomed = False  # whether the bot was killed at its point
        self.start: Start | None = None
        self._counts, self._doom = False, None
        self._times: Counter[tuple[str, bool]] = Counter()
        self._process: BaseProcess | None = None
        self._active = 0.0  # when the bot last did something that shows, on the monotonic clock
        self.spotify.before.append(self._before_request)
        self.spotify.after.append(self._after_request)
        self.sources.after.append(self._asked)
        self.discord.subscribe(self._in_discord)

    # The bot's process

    async def start_bot(self) -> None:
        await self.discord.wait_for(lambda: not self.discord.online, PATIENCE)  # it may not have noticed a kill yet
        ours, theirs = forking.Pipe()
        self._process = process = forking.Process(target=launch, args=(self.folder, self.environment(), theirs))
        process.start()
        theirs.close()
        asyncio.get_running_loop().add_reader(ours.fileno(), self._commits, ours)
        await self._until_ready(asyncio.to_thread(process.join))

    async def stop_bot(self, how: Signals = Signals.SIGTERM) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill() if how == Signals.SIGKILL else process.terminate()
        await asyncio.to_thread(process.join)
        return process.exitcode

    async def killed(self) -> None:
        """Wait for the bot's end."""
        assert self._process is not None
        await asyncio.to_thread(self._process.join)

    # Points

    def count(self, doom: Point | None) -> None:
        """Count the points from here on, and kill the bot at `doom`."""
        self.points, self._counts, self._doom = [], True, doom
        self._times.clear()

    def count_no_more(self) -> None:
        self._counts = False

    def _reach(self, place: str, done: bool) -> bool:
        """Note a point; return whether the bot was killed there."""
        self._active = time.monotonic()
        if not self._counts or self.is_doomed or self._process is None:
            return self.is_doomed and self._counts
        self._times[place, done] += 1
        self.points.append(Point(place, self._times[place, done], done))
        if self.points[-1] == self._doom:
            self.is_doomed = True
            self._process.kill()
        return self.is_doomed

    async def _before_request(self, request: Request) -> None:
        if request.path != BROWSER and self._reach(request.line, False):
            raise HangUp

    async def _after_request(self, request: Request) -> None:
        changes = request.method != "GET" and request.path != BROWSER
        if changes and self._reach(request.line, True):
            raise HangUp

    async def _asked(self, request: sources.Request) -> None:
        self._reach(f"GET {request.service}", False)

    def _commits(self, bot: Connection) -> None:
        """Hear the bot, which waits before or after a commit, and let it go on unless it's killed."""
        try:
            tables, done = bot.recv()
            if not self._reach(f"{COMMIT}{tables}", done):
                bot.send(None)
        except (EOFError, ConnectionError):
            asyncio.get_running_loop().remove_reader(bot.fileno())
            bot.close()

    def _in_discord(self, change: Change) -> None:
        if change.kind not in ("gateway", "heartbeat"):
            self._active = time.monotonic()

    # Where each run starts

    async def keep(self) -> None:
        """Let each run start from here. Stops the bot."""
        await self.quiet()
        await self.stop_bot()
        self.start = Start.of(self)

    async def rewind(self) -> None:
        """Kill the bot, and start it where each run starts."""
        self._counts = self.is_doomed = False
        await self.stop_bot(Signals.SIGKILL)
        assert self.start is not None
        self.start.restore(self)
        await self.start_bot()
        await self.quiet()

    # Waiting

    async def quiet(self) -> None:
        """Wait until the bot has nothing left to do, or is killed at its point."""
        self._active = time.monotonic()
        async with asyncio.timeout(PATIENCE + SETTLE.total_seconds()):
            while (time.monotonic() - self._active < QUIET or self._works()) and not (self._counts and self.is_doomed):
                await self.let_read_rest()
                await asyncio.sleep(5 * LOOK)

    def _works(self) -> bool:
        return bool(self.jobs(UNENDED) or self.rows(UNTOLD) or self.rows(DUE, self._now()))

    async def let_read_rest(self) -> None:
        """Don't look at accounts again that have just been read: with a look every second, no bot is ever quiet."""
        to_come = self._now(), NEVER - 1
        if self.rows(f"select 1 from member where {TO_COME}", *to_come):  # noqa: S608 - the condition above
            await self.change(f"update member set next_poll_at = ? where {TO_COME}", NEVER, *to_come)  # noqa: S608

    def _now(self) -> float:
        """The time as the database has it, in ms."""
        return self.discord.now().timestamp() * 1000

    # What's stored and posted

    def is_posted(self, message: Message) -> bool:
        """Whether a message was posted in this run, for everybody to see."""
        return message.visible_to is None and self.start is not None and message.id not in self.start.messages

    async def change(self, statement: str, *values: Any) -> None:
        """Change the bot's database; in a thread, because the bot may be waiting for us before a commit."""

        await asyncio.to_thread(carry_out, self.database_url, statement, values)

    def jobs(self, query: str) -> list[tuple[Any, ...]]:
        """Query the queue."""
        return carry_out(self.jobs_url, query)


@dataclass(frozen=True, slots=True)
class Start:
    """Everything as it was: the bot's data, Spotify's playlists and likes, Discord's messages."""

    data: Path
    database_url: str  # a copy of the database, if a server holds it
    playlists: dict[str, Playlist]
    accounts: dict[str, tuple[list[Like], list[str | None]]]
    messages: dict[int, tuple[Message, Message]]  # by id: the message, and a copy with what it said

    @classmethod
    def of(cls, stack: CrashStack) -> Self:
        data = stack.folder / f"start {stack.discord.ids.next()}"
        shutil.copytree(stack.data, data)
        database_url = postgresql.copied(stack.database_url) if stack.on_server else ""
        playlists = {made.id: _copied(made) for made in stack.spotify.playlists.values()}
        accounts = stack.spotify.accounts.items()
        held = {name: ([*account.likes], [*account.playlists]) for name, account in accounts}
        messages = {message.id: (message, copy(message)) for message in stack.discord.messages.values()}
        return cls(data, database_url, playlists, held, messages)

    def restore(self, stack: CrashStack) -> None:
        shutil.rmtree(stack.data)
        shutil.copytree(self.data, stack.data)
        if self.database_url:
            postgresql.replace(stack.database_url, self.database_url)
        stack.spotify.playlists.clear()
        stack.spotify.playlists.update({name: _copied(made) for name, made in self.playlists.items()})
        for name, (likes, playlists) in self.accounts.items():
            account = stack.spotify.accounts[name]
            account.likes, account.playlists = [*likes], [*playlists]
        for message in [*stack.discord.messages.values()]:
            message.channel.messages.pop(message.id, None)
        stack.discord.messages.clear()
        for message, before in self.messages.values():
            for each in fields(before):
                setattr(message, each.name, getattr(before, each.name))
            message.channel.messages[message.id] = stack.discord.messages[message.id] = message


def _copied(playlist: Playlist) -> Playlist:
    copied = copy(playlist)
    copied.versions = dict(playlist.versions)
    return copied
