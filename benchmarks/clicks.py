"""Clicks: a thousand label clicks at once, through the stand-in's gateway (promise P12). `python -m benchmarks.clicks`.

200 members press a button on five cards each, all in the same moment; then the same presses go to a minimal discord.py
bot that commits one insert for each and acknowledges. Both are processes of their own beside the stand-ins, which run
in this one. First with nothing else to do, then while twenty members' likes are read (2,000 each), then while trainings
of all members wait. Measured from the gesture to the acknowledgement, as Discord would; a heartbeat is late by what it
takes longer than the interval.
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from aiohttp import web

from benchmarks.crowd import MEMBERS, PATIENCE, STYLES, about_to_link, moved_in, patient
from benchmarks.measure import Row, show
from sandbox import discord
from sandbox.discord import Change, Interaction, InteractionKind, Message, Person
from sandbox.discord.model import Draft
from sandbox.discord.traffic.limits import Rules
from sandbox.process import start
from sandbox.stack import LOOPBACK, READY, TOKEN, Listener, Stack, free_port

READERS = 20  # members whose likes are read
IN_TIME = 3.0  # seconds; Discord gives up on an interaction then
HEARTBEAT = timedelta(seconds=1)
MINUTE = 60.0
MINIMAL = "minimal"


# The minimal bot


def minimal(api: str, gateway: str, database: str) -> None:
    """Run a bot that stores each press in a transaction of its own, then acknowledges it."""
    import discord as library
    import yarl

    library.http.Route.BASE = api
    library.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    kept = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        kept.execute(f"PRAGMA {pragma}")
    kept.execute("CREATE TABLE answer (event INTEGER PRIMARY KEY, member INTEGER, said TEXT)")
    client = library.Client(intents=library.Intents(guilds=True), max_messages=None, chunk_guilds_at_startup=False)

    @client.event
    async def on_interaction(interaction: Any) -> None:
        said = interaction.data["custom_id"]
        kept.execute("INSERT INTO answer VALUES (?, ?, ?)", [interaction.id, interaction.user.id, said])
        await interaction.response.defer()

    client.run(TOKEN, log_handler=None)


# A bot, its Discord, and the messages with buttons


@dataclass(slots=True)
class Rig:
    """One bot in its own Discord. answers: its database, which has a row in `answer` for each click that is stored.

    deals: whether the next card follows in the same message.
    """

    name: str
    world: discord.World
    answers: Path
    deals: bool
    cards: list[tuple[Person, Message]] = field(default_factory=list)

    def stored(self, clicks: Iterable[Interaction]) -> int:
        """Return how many of the clicks are on disk."""
        with sqlite3.connect(f"file:{self.answers}?mode=ro", uri=True) as database:
            known = {event for (event,) in database.execute("SELECT event FROM answer")}
        return sum(click.id in known for click in clicks)


@asynccontextmanager
async def served(world: discord.World) -> AsyncIterator[str]:
    """Serve a Discord of its own on a free port; yield its address."""
    app, port = web.Application(), free_port()
    discord.add_routes(app, world)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    world.origin = f"http://{LOOPBACK}:{port}"
    try:
        yield world.origin
    finally:
        await runner.cleanup()


@asynccontextmanager
async def beside(ours: Rig, folder: Path) -> AsyncIterator[Rig]:
    """Run the minimal bot, in a Discord with the same cards."""
    world, database = discord.World(token=TOKEN, rules=Rules(heartbeat_every=HEARTBEAT)), folder / "minimal.db"
    guild = world.add_guild("Record shop", members={person.user.id: person.user for person, _ in ours.cards}.values())
    channel = next(iter(guild.channels.values()))
    async with served(world) as origin:
        where = (f"{origin}/api/v10", f"{origin.replace('http', 'ws')}/gateway", str(database))
        process = await start("-m", "benchmarks.clicks", MINIMAL, *where, folder=folder)
        try:
            await world.wait_for(lambda: world.online, READY)
            yield Rig("minimal", world, database, False, _copied(ours, world, channel))
        finally:
            process.terminate()
            await process.wait()


def _copied(ours: Rig, world: discord.World, channel: discord.Channel) -> list[tuple[Person, Message]]:
    """Post messages with the same buttons."""
    cards = []
    for person, card in ours.cards:
        draft: Draft = {"components": card.components, "flags": card.flags}
        cards.append((Person(world, person.user, channel), world.post(channel, world.bot, draft)))
    return cards


# Clicks


@dataclass(slots=True)
class Heard:
    """When heartbeats came, and answers to clicks, those too late included: seconds on the monotonic clock."""

    beats: list[float] = field(default_factory=list)
    answers: dict[int, float] = field(default_factory=dict)

    def note(self, change: Change) -> None:
        click = change.subject
        if change.kind == "heartbeat":
            self.beats.append(time.monotonic())
        elif isinstance(click, Interaction) and (click.acknowledged or click.refused):
            self.answers.setdefault(click.id, time.monotonic())

    @property
    def late(self) -> float:
        """Return by how many seconds the latest heartbeat was late."""
        return max(0.0, max(after - before for before, after in pairwise(self.beats)) - HEARTBEAT.total_seconds())


@asynccontextmanager
async def listening(world: discord.World) -> AsyncIterator[Heard]:
    """Listen, from some heartbeats before to some after."""
    heard = Heard()
    end = world.subscribe(heard.note)
    await world.wait_for(lambda: len(heard.beats) > 1, PATIENCE)
    yield heard
    before = len(heard.beats)
    await world.wait_for(lambda: len(heard.beats) > before + 1, PATIENCE)
    end()


async def clicked(rig: Rig, during: str) -> Row:
    """Press a playlist's button on every card at once; return what became of it."""
    before = [card.revision for _, card in rig.cards]
    async with listening(rig.world) as heard:
        began = time.monotonic()
        clicks = [_press(rig.world, person, card, at % len(STYLES)) for at, (person, card) in enumerate(rig.cards)]
        await _until(lambda: len(heard.answers) == len(clicks))
        times = sorted(heard.answers.get(click.id, began + PATIENCE) - began for click in clicks)
        in_time = [click for click in clicks if click.acknowledged]
        dealt = await _dealt(began, clicks, before) if rig.deals else None
    return {
        "during": during,
        "bot": rig.name,
        "stored": rig.stored(clicks),
        "acknowledged": len(in_time),
        "median, s": statistics.median(times),
        "p99, s": times[round(0.99 * len(times)) - 1],
        "slowest, s": times[-1],
        "heartbeat late, s": heard.late,
        "last card, s": "" if dealt is None else round(dealt, 1),
    }


async def _dealt(began: float, clicks: Sequence[Interaction], before: Sequence[int]) -> float:
    """Wait for the next cards; return the seconds until the last."""
    await _until(lambda: all(map(_is_dealt, clicks, before)))
    return time.monotonic() - began


async def _until(true: Callable[[], bool]) -> None:
    """Look ten times a second whether it's so, but not for ever; a look at each of the changes would take longer."""
    for _ in range(round(10 * PATIENCE)):
        if true():
            break
        await asyncio.sleep(0.1)


def _is_dealt(click: Interaction, before: int) -> bool:
    """Whether the message has the next card, unless the click came to nothing."""
    return click.acknowledged is None or (click.message is not None and click.message.revision > before)


def _press(world: discord.World, person: Person, card: Message, which: int) -> Interaction:
    button = card.buttons()[which]
    data = {"id": button.component_id, "component_type": 2, "custom_id": button.custom_id}
    return world.begin(InteractionKind.COMPONENT, person.user, card.channel, data, message=card)


# What goes on meanwhile


@asynccontextmanager
async def reading(stack: Stack, readers: Iterable[tuple[Listener, Message]]) -> AsyncIterator[None]:
    """Have the members' likes read."""
    before = len(stack.spotify.requests)
    with patient(stack.discord):
        await asyncio.gather(*(listener.person.click(offered, "Link it") for listener, offered in readers))
    await _until(lambda: len(stack.spotify.requests) > before + READERS)
    yield


def let_train(stack: Stack) -> None:
    """From now on, each member's next label is enough for a training."""
    with sqlite3.connect(stack.data / "cratekeeper.db", timeout=IN_TIME) as database:
        database.execute("UPDATE layer SET tried = 0")


def trained(stack: Stack) -> int:
    """Return how many trainings are over."""
    with sqlite3.connect(f"file:{stack.data / 'cratekeeper.db'}?mode=ro", uri=True) as database:
        (over,) = database.execute(
            "SELECT count(*) FROM layer WHERE tried BETWEEN 1 AND 100 AND NOT training"
        ).fetchone()
    return int(over)


# The benchmark


async def measure(folder: Path) -> list[Row]:
    stack = Stack(folder / "stack", settings={"POLL_SECONDS": "3600"})
    stack.discord.rules = Rules(heartbeat_every=HEARTBEAT)
    async with stack:
        ours = Rig("Cratekeeper", stack.discord, stack.data / "cratekeeper.db", True, await moved_in(stack))
        await stack.start_bot()
        async with beside(ours, folder) as other:
            rows = await both(ours, other, "nothing else", nullcontext)
            readers = [await about_to_link(stack, range(at, at + READERS)) for at in (1_000, 2_000)]
            rows += await both(ours, other, f"{READERS} members' likes", lambda: reading(stack, readers.pop()))
            rows += await while_training(stack, ours, other)
    return rows


async def both(ours: Rig, other: Rig, during: str, going_on: Callable[[], Any]) -> list[Row]:
    """Measure the minimal bot, then ours, each while something goes on; add the ratio."""
    rows = []
    for rig in (other, ours):
        async with going_on():
            rows.append(await clicked(rig, during))
            print(rows[-1], file=sys.stderr)
    beside, own = rows
    return [{**beside, "times": 1.0}, {**own, "times": own["p99, s"] / beside["p99, s"]}]


async def while_training(stack: Stack, ours: Rig, other: Rig) -> list[Row]:
    """Have every member's clicks begin a training, and go on clicking while those wait."""
    let_train(stack)
    begun = await clicked(ours, f"{MEMBERS} trainings begin")
    rows = await both(ours, other, f"{MEMBERS} trainings", nullcontext)
    before = trained(stack)
    await asyncio.sleep(MINUTE)
    print(f"trainings that ended: {before} by then, {trained(stack) - before} in the minute after")
    return [{**begun, "times": begun["p99, s"] / rows[0]["p99, s"]}, *rows]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        show(asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    minimal(*sys.argv[2:]) if sys.argv[1:2] == [MINIMAL] else main()
