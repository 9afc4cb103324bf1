"""A stage for the page: two members, some songs, and the page bot in its own process, served on a free port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from sandbox import discord, page, spotify
from sandbox.page import Member, Stage, Tour
from sandbox.process import start
from sandbox.spotify.model import spotify_id

BOT = Path(__file__).with_name("page_bot.py")
STARTING = 30.0  # seconds that a bot process may take to start on a busy machine
STEPS = ("Ada links her Spotify account", "Ada adds three playlists", "Ada labels forty songs", "The bot sorts")
NAMES = ("Velvet Harbour", "Paper Moons", "Slow Train", "Copper Field", "Night Ferry", "Low Tide", "Window Seat")


def track(number: int) -> spotify.Track:
    name = f"{NAMES[number % len(NAMES)]} {number}"
    return spotify.Track(
        spotify_id("page", number), name, (f"Artist {number % 9}",), f"Album {number % 20}", "2024", 1000
    )


def built() -> Stage:
    """Ada with 130 likes and two playlists, Ben with none, and six songs held back."""
    patience = discord.Rules(answer_within=timedelta(seconds=1.5))
    world, music = discord.World(rules=patience), spotify.World(seed=1)
    ada, ben = world.add_user("ada", display_name="Ada"), world.add_user("ben", display_name="Ben")
    guild = world.add_guild("Record shop", channels=["crates", "listening"], members=[ada, ben])
    tracks = [track(number) for number in range(136)]
    music.publish(tracks)
    now = datetime.now(UTC)
    likes = [spotify.Like(track.uri, now - timedelta(days=age)) for age, track in enumerate(tracks[:130], 1)]
    music.open_account("ada", "Ada at Spotify", likes)
    music.open_account("ben", "Ben at Spotify")
    for name in ("Late night", "Run"):
        music.create_playlist("ada", name)
    run = next(playlist.id for playlist in music.playlists.values() if playlist.name == "Run")
    music.add("ada", run, [track.uri for track in tracks[:3]])
    return Stage(
        discord=world,
        spotify=music,
        guild=guild,
        channel=next(iter(guild.channels.values())),
        members=[Member(ada, "ada"), Member(ben, "ben")],
        tour=Tour(STEPS),
        songs_held_back=tracks[130:],
        sound=lambda _: b"not a sound",
    )


@asynccontextmanager
async def served(stage: Stage, port: int = 0) -> AsyncIterator[str]:
    """Serve the stage's page and stand-ins on a port; yields their address."""
    app = page.application(stage)
    discord.add_routes(app, stage.discord)
    app.add_subapp("/spotify", spotify.application(stage.spotify))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    host, taken = runner.addresses[0][:2]
    stage.discord.origin = f"http://{host}:{taken}"
    try:
        yield stage.discord.origin
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bot(stage: Stage) -> AsyncIterator[None]:
    """Run the page bot, logged in and with its commands registered."""
    origin = stage.discord.origin
    addresses = {
        "DISCORD_API_URL": f"{origin}/api/v10",
        "DISCORD_GATEWAY_URL": f"{origin.replace('http', 'ws')}/gateway",
        "DISCORD_TOKEN": stage.discord.token,
        "COVER": f"{origin}/spotify/covers/{track(0).id}.png",
    }
    ready = lambda: stage.discord.online and stage.discord.commands.registered()  # noqa: E731
    streams = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    with TemporaryDirectory() as folder:
        process = await start(BOT, folder=Path(folder), settings=addresses, **streams)
        try:
            await stage.discord.wait_for(ready, STARTING)
            stage.report_bot("the page bot of the tests")
            yield
        finally:
            process.terminate()
            await process.communicate()
