"""A stand-in for Discord on a free port, and the demo bot as a process that logs in to it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from aiohttp import web

from sandbox.discord import Channel, Guild, Person, Rules, World, application
from sandbox.process import start
from tests.contract.discord_openapi import SPEC, SpecCheck
from tests.contract.sandbox_discord.raw import RawBot, raw_bot

BOT = Path(__file__).with_name("demo_bot.py")
STARTING = 30.0  # seconds that a bot process may take to start on a busy machine


class Clock:
    """Real time, which tests can move forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_by(self, **time: float) -> None:
        self.ahead += timedelta(**time)


@dataclass(slots=True)
class Stage:
    """A world with a guild, a channel, and two members; Bruno's DMs are closed."""

    world: World
    clock: Clock
    guild: Guild
    channel: Channel
    anna: Person
    bruno: Person
    check: SpecCheck


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[World]:
    runner = web.AppRunner(application(world))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    world.origin = f"http://{host}:{port}"
    yield world
    await runner.cleanup()


@asynccontextmanager
async def bot_process(world: World) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the demo bot, logged in; terminate it at the end if it's still running."""
    addresses = {
        "DISCORD_API_URL": f"{world.origin}/api/v10",
        "DISCORD_GATEWAY_URL": f"{world.origin.replace('http', 'ws')}/gateway",
        "DISCORD_TOKEN": world.token,
    }
    streams = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    with TemporaryDirectory() as folder:
        process = await start(BOT, folder=Path(folder), settings=addresses, **streams)
        try:
            await world.wait_for(lambda: world.online, STARTING)
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


def furnish(rules: Rules | None = None) -> Stage:
    clock = Clock()
    world = World(clock=clock, rules=rules)
    anna, bruno = world.add_user("anna", locale="de"), world.add_user("bruno", dms_open=False)
    guild = world.add_guild("Record shop", channels=["crates"], members=[anna, bruno])
    channel = next(iter(guild.channels.values()))
    check = SpecCheck()
    if SPEC.exists():
        world.on_exchange = check
    return Stage(world, clock, guild, channel, Person(world, anna), Person(world, bruno), check)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def open_stage() -> AsyncIterator[Stage]:
    """One world with a running bot, shared by all tests of behaviour."""
    stage = furnish()
    async with serving(stage.world), bot_process(stage.world):
        yield stage


@pytest.fixture
def stage(open_stage: Stage) -> Iterator[Stage]:
    """The shared stage; fails a test whose exchanges violate Discord's OpenAPI document."""
    yield open_stage
    violations, open_stage.check.violations = open_stage.check.violations, []
    assert violations == []


@pytest.fixture
async def quiet() -> AsyncIterator[Stage]:
    """A separate world without a bot."""
    stage = furnish()
    async with serving(stage.world):
        yield stage
    assert stage.check.violations == []


@pytest.fixture
async def bot(quiet: Stage) -> AsyncIterator[RawBot]:
    """A raw HTTP client in the quiet world."""
    async with raw_bot(quiet.world) as bot:
        yield bot
