"""The bot, killed anywhere while members share a playlist, play a round or get a digest, ends as if it hadn't been."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.flows.social.digest import CROWD
from sandbox.discord import Person
from tests.crash.crash_stack import CrashStack
from tests.crash.driver import Flow
from tests.e2e.chat_stage import answer, newcomer, post_in, with_file
from tests.e2e.checked_stack import PATIENCE
from tests.e2e.trained_stage import plain

pytestmark = pytest.mark.soak
HOSTS, FRIENDS = plain(3, seed=71), plain(5, seed=72)
WEEK = 7 * 24 * 3600 * 1000  # ms


async def test_p01_a_bot_killed_while_it_writes_a_shared_playlist_writes_it_once(
    tmp_path: Path, crash_engine: str, survives
) -> None:
    """The host has a playlist written that somebody else filled."""
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        await stack.start_bot()
        ilse = stack.add_listener("Ilse", HOSTS)
        await stack.link(ilse)
        await stack.described(FRIENDS)
        joon = await with_file(stack, "joon", library=FRIENDS)
        begun = await answer(ilse.person.command("shared new", name="Friday"))
        for track in FRIENDS.tracks[:2]:
            await answer(joon.command("shared add", playlist="Friday", song=track.uri))
        await stack.keep()

        async def write() -> None:
            written = await ilse.person.click(begun, "Write it")
            await written.until(lambda message: "with 2 songs" in message.text(), PATIENCE)

        await survives(stack, Flow("shared playlist", write, lambda: ilse.account.playlists))


async def test_a_bot_killed_during_a_round_tells_the_channel_once(tmp_path: Path, crash_engine: str, survives) -> None:
    """The entries end, everybody votes, and the channel has the votes and the results once."""
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        await stack.start_bot()
        channel = stack.discord.add_channel(stack.guild, "rounds")
        await post_in(Person(stack.discord, stack.discord.owner, stack.channel), "rounds", channel)
        libraries = [plain(3, seed=161 + at) for at in range(3)]
        await stack.described(*libraries)
        members = [await with_file(stack, f"player{at}", library=library) for at, library in enumerate(libraries)]
        players = [member.at(channel) for member in members]
        await answer(players[0].command("round start", theme="Rain"))
        for player, library in zip(players, libraries, strict=True):
            await answer(player.command("round enter", song=library.tracks[0].uri))
        await stack.keep()

        async def go_on() -> None:
            """Whoever began ends the entries, and then the votes; each time, the channel is told."""
            for state in ("voting", "closed"):
                if not told(state, "closed"):
                    await answer(players[0].command("round next"))
                    await stack.until(lambda: told(state, "closed"))  # noqa: B023 - awaited at once

        def told(*states: str) -> object:
            return stack.rows("select 1 from round where told in (?, ?)", states[0], states[-1])

        await survives(stack, Flow("round", go_on, lambda: told("closed")))


async def test_a_bot_killed_when_a_digest_is_due_posts_it_once(tmp_path: Path, crash_engine: str, survives) -> None:
    """The channel has one digest, with as many likes as were counted: it's compared as it's written."""
    async with CrashStack(tmp_path / "stack", engine=crash_engine) as stack:
        for number in range(CROWD):  # in a smaller server, a digest has no counts
            newcomer(stack, f"one of many {number}")
        await stack.start_bot()
        channel = stack.discord.add_channel(stack.guild, "digest-here")
        await post_in(Person(stack.discord, stack.discord.owner, stack.channel), "digest", channel)
        now = stack.discord.now()
        await stack.change(
            "insert into counted (server, day, what, count) values (?, ?, 'like', 30)",
            stack.guild.id,
            (now - timedelta(days=1)).date().isoformat(),  # the day it's posted on is the next one's
        )
        await stack.keep()

        async def let_it_be_due() -> None:
            await stack.change("update place set due_at = ? where purpose = 'digest'", now.timestamp() * 1000)
            await stack.until(moved_on)
            (posted,) = filter(stack.is_posted, channel.messages.values())
            assert "30 likes" in posted.text()

        def moved_on() -> object:
            return stack.rows("select 1 from place where due_at > ?", now.timestamp() * 1000 + WEEK)

        await survives(stack, Flow("digest", let_it_be_due, moved_on))
