"""Deployment: a way to run the bot, as one process or as several, on SQLite or on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.adapters.vault import new_key
from sandbox.stack import LOOPBACK, READY, BotEnded, Stack, free_port
from tests import postgresql

PATIENCE = 30.0  # seconds for a process to end
Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """engine: "sqlite" or "postgresql"; commands: what each process is started with."""

    engine: str
    commands: Sequence[Command]

    @property
    def name(self) -> str:
        return f"{self.engine}, {len(self.commands)}"


WHOLE: Command = ("run",)
DEPLOYMENTS = (  # a gateway and a worker have as much to do as each other, so they're added together
    Deployment("sqlite", (WHOLE,)),
    Deployment("postgresql", (WHOLE,)),
    Deployment("postgresql", (("gateway",), ("worker", "--name", "1"))),
    Deployment(
        "postgresql",
        (
            ("gateway", "--shards", "0-0/2"),
            ("gateway", "--shards", "1-1/2"),
            ("worker", "--name", "1"),
            ("worker", "--name", "2"),
        ),
    ),
)


class Deployed(Stack):
    """A stack whose bot runs as a deployment says, with a database of its own."""

    def __init__(self, folder: Path, deployment: Deployment, settings: Mapping[str, str]) -> None:
        server = {"DATABASE_URL": postgresql.new_url()} if deployment.engine == "postgresql" else {}
        self.key = new_key()
        super().__init__(folder, settings={**server, "ENCRYPTION_KEYS": self.key, **settings})
        self.deployment = deployment
        self.processes: dict[Command, asyncio.subprocess.Process] = {}

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes.values()]

    async def begin(self) -> None:
        """Start every process, and wait until all are ready. Raises BotEnded, TimeoutError."""
        ports = {command: free_port() for command in self.deployment.commands}
        for command, port in ports.items():
            self.processes[command] = await self.start_process(*command, port=port)
        async with asyncio.timeout(READY), aiohttp.ClientSession() as browser:
            for command, port in ports.items():
                while not await _is_ready(browser, port):
                    if self.processes[command].returncode is not None:
                        raise BotEnded(self.last_words())
                    await asyncio.sleep(0.2)
        await self.discord.wait_for(lambda: self.discord.commands.registered(), READY)

    async def end(self) -> None:
        """Stop every process in order. Raises BotEnded if one doesn't end well."""
        for process in self.processes.values():
            process.terminate()
        codes = [await asyncio.wait_for(process.wait(), PATIENCE) for process in self.processes.values()]
        self.processes.clear()
        if any(codes):
            raise BotEnded(f"exit codes {codes}\n{self.last_words()}")

    async def stop_bot(self, *_: object) -> int | None:
        """Kill what still runs, such as after a failure."""
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
                await process.wait()
        return 0


async def _is_ready(browser: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with browser.get(f"http://{LOOPBACK}:{port}/health/ready") as health:
            return health.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def deployed(folder: Path, deployment: Deployment, settings: Mapping[str, str]) -> AsyncIterator[Deployed]:
    """Serve the stand-ins, with a new database for a bot that isn't started yet; drop that afterwards."""
    async with Deployed(folder, deployment, settings) as stack:
        yield stack
    if stack.on_server:
        postgresql.drop(stack.database_url)
