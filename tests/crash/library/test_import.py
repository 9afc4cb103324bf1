"""After a kill, the next start reports the interrupted import, and importing again adds the missing songs."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.discord import Person
from sandbox.stack import Stack
from tests.crash.test_stop import rows
from tests.databases import migrated_folder
from tests.e2e.chat_stage import PATIENCE, answer, as_file, newcomer, styled

COUNT, READ = 2_000, 200  # songs in the file, and how many are in the library when the bot is killed
LIKED = "select count(*) from liked where member = ?"
NOTICES = "select count(*) from notice where kind = 'interrupted'"
TOLD = "I was interrupted while reading"
TORN = """
    select count(*) from liked
    left join own_song on own_song.member = liked.member and own_song.song = liked.song
    left join feature on feature.owner = liked.member and feature.song = liked.song
    where own_song.title is null or feature.numbers is null
"""


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with Stack(tmp_path / "stack", settings={"POLL_SECONDS": "3600"}) as made:
        migrated_folder(made.data)
        await made.start_bot()
        yield made


async def liked(stack: Stack, member: int, least: int) -> int:
    """Wait until at least `least` songs are on disk; return the count."""
    async with asyncio.timeout(PATIENCE):
        while (count := rows(stack.data / "cratekeeper.db", LIKED, member)[0][0]) < least:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return int(count)


def told(person: Person) -> list[str]:
    return [message.text() for message in person.in_dm().visible() if TOLD in message.text()]


async def test_an_import_cut_short_by_a_kill_is_reported_and_can_be_repeated(stack: Stack) -> None:
    person, file = newcomer(stack, "ada"), as_file(styled(COUNT, seed=7))
    database, member = stack.data / "cratekeeper.db", person.user.id
    await person.command("library import", file=file)
    await liked(stack, member, READ)
    await stack.stop_bot(signal.SIGKILL)
    assert READ <= await liked(stack, member, READ) < COUNT
    assert rows(database, TORN) == [(0,)]

    await stack.start_bot()
    await stack.discord.wait_for(lambda: told(person), PATIENCE)
    assert list((stack.data / "scratch").iterdir()) == []
    said = await answer(person.command("library import", file=file))
    assert f"I read {COUNT:,} songs" in said.text()
    assert f"your library now has {COUNT:,}" in said.text()
    assert rows(database, TORN) == [(0,)]

    await stack.stop_bot()
    await stack.start_bot()
    assert rows(database, NOTICES) == [(1,)], "a finished import needs no report"
