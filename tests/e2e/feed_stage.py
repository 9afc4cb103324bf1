"""A stage for the feed: a home of its own, with the operator's files, somebody who shares and somebody who listens."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bot.adapters.store import Store
from bot.flows.social import server_channels
from bot.flows.social.server_channels import Purpose
from sandbox.discord import Channel, Message, Person
from sandbox.music.library import Library
from tests.contract.library.sources.stage import sound
from tests.e2e.chat_stage import answer, with_file
from tests.e2e.home import Home, plain

SHARED, OWN = plain(60, seed=131), plain(9, seed=132)
FILES = 3
CLIENT_SECRET = "canary-client-31e8"
PLAYLISTS = ("Late night", "Run")


@dataclass(frozen=True)
class Feed:
    """Pia shares 60 songs; Rob, with a file and two playlists, sees them and three files of the operator's."""

    home: Home
    pia: Person
    rob: Person

    @property
    def channel(self) -> Channel:
        """A channel that the server gave to the feed."""
        return next(each for each in self.home.guild.channels.values() if each.name == "clips")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def feed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Feed]:
    folder = tmp_path_factory.mktemp("feed")
    async with Home(folder / "home", FEED_PAGE="on", ACTIVITY="on", DISCORD_CLIENT_SECRET=CLIENT_SECRET) as home:
        home.discord.application.secret = CLIENT_SECRET
        home.discord.commands.put(None, {"name": "launch", "description": "x", "type": 4, "handler": 2})
        await home.know(Library((*SHARED.tracks, *OWN.tracks), (), {}, (*SHARED.features, *OWN.features)))
        await home.run("-m", "bot", "analyse", "--folder", str(music(folder / "music")))
        channel = home.discord.add_channel(home.guild, "clips")
        await home.start_bot()
        await give(home, channel)
        await home.described(SHARED, OWN)
        pia = await with_file(home, "pia", library=SHARED)
        rob = await with_file(home, "rob", *PLAYLISTS, library=OWN)
        for each in (pia, rob):
            await answer(each.command("feed join"))
        yield Feed(home, pia, rob)
        assert await home.stop_bot() == 0
        home.manners.check(trouble=True)


def music(folder: Path) -> Path:
    folder.mkdir()
    for number in range(FILES):
        (folder / f"tone {number}.wav").write_bytes(sound(220 * (number + 1)))
    return folder


async def give(home: Home, channel: Channel) -> None:
    """Give the channel to the feed, as /server does."""
    store = Store(f"sqlite+aiosqlite:///{home.database}")
    await server_channels.give(store, home.guild.id, channel.id, Purpose.FEED)
    await store.close()


def key_on(message: Message) -> str:
    """What the buttons of a card carry."""
    return next(each.custom_id for each in message.buttons() if each.label == "Like").rpartition(":")[2]
