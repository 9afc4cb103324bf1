"""A stage for the feed: its own stack, with the operator's files, a member who shares and a member who listens."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.store import Store
from bot.flows.social import server_channels
from bot.flows.social.server_channels import Purpose
from sandbox.discord import Channel, Message, Person
from sandbox.music.library import Library
from tests.contract.library.sources.stage import sound
from tests.e2e.chat_stage import answer, with_file
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.trained_stage import plain

SHARED, OWN = plain(60, seed=131), plain(9, seed=132)
FILES = 3
CLIENT_SECRET, METRICS_TOKEN = "canary-client-31e8", "canary-metrics-90c4"
PLAYLISTS = ("Late night", "Run")


@dataclass(frozen=True)
class Feed:
    """Pia shares 60 songs; Rob, with a file and two playlists, sees those and three of the operator's files."""

    stack: CheckedStack
    pia: Person
    rob: Person

    @property
    def channel(self) -> Channel:
        """The channel that the server has allowed the feed to use."""
        return next(channel for channel in self.stack.guild.channels.values() if channel.name == "clips")


async def opened(folder: Path, closing: AsyncExitStack) -> Feed:
    """Start the feed's bot and have its members join; `closing` stops it."""
    pages = {"FEED_PAGE": "on", "ACTIVITY": "on", "METRICS": "on"}
    secrets = {"DISCORD_CLIENT_SECRET": CLIENT_SECRET, "METRICS_TOKEN": METRICS_TOKEN}
    stack = CheckedStack(folder / "stack", **pages, **secrets)
    await closing.enter_async_context(stack)
    stack.discord.application.secret = CLIENT_SECRET
    stack.discord.commands.put(None, {"name": "launch", "description": "x", "type": 4, "handler": 2})
    await stack.import_features(Library((*SHARED.tracks, *OWN.tracks), (), {}, (*SHARED.features, *OWN.features)))
    await stack.run("-m", "bot", "analyse", "--folder", str(music(folder / "music")))
    channel = stack.discord.add_channel(stack.guild, "clips")
    await stack.start_bot()
    closing.push_async_callback(stack.end)
    await give(stack, channel)
    await stack.described(SHARED, OWN)
    pia = await with_file(stack, "pia", library=SHARED)
    rob = await with_file(stack, "rob", *PLAYLISTS, library=OWN)
    for person in (pia, rob):
        await answer(person.command("feed join"))
    stack.let_rest()
    return Feed(stack, pia, rob)


def music(folder: Path) -> Path:
    folder.mkdir()
    for number in range(FILES):
        (folder / f"tone {number}.wav").write_bytes(sound(220 * (number + 1)))
    return folder


async def give(stack: CheckedStack, channel: Channel) -> None:
    """Allow the feed in the channel, as /server does."""
    async with Store(stack.database_url) as store:
        await server_channels.choose(store, stack.guild.id, Purpose.FEED, [channel.id])


def key_on(message: Message) -> str:
    """The song key that a card's buttons carry."""
    return next(button.custom_id for button in message.buttons() if button.label == "Like").rpartition(":")[2]
