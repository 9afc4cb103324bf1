"""Threads that start from a message."""

import pytest

from sandbox.discord import Channel, Message
from sandbox.discord.model import Permission
from tests.contract.sandbox_discord.conftest import Stage
from tests.contract.sandbox_discord.raw import RawBot


def posted(stage: Stage, channel: Channel | None = None) -> Message:
    return stage.world.post(channel or stage.channel, stage.world.bot, {"content": "A song"})


def route(message: Message) -> str:
    return f"POST /channels/{message.channel.id}/messages/{message.id}/threads"


async def test_a_thread_has_its_messages_id(quiet: Stage, bot: RawBot) -> None:
    message = posted(quiet)
    answer = await bot.call(route(message), {"name": "About the song"})
    assert (answer.status, answer.body["id"], answer.body["type"]) == (201, str(message.id), 11)
    assert answer.body["parent_id"] == str(quiet.channel.id)
    said = await bot.call(f"POST /channels/{message.id}/messages", {"content": "Who knows it?"})
    assert said.body["channel_id"] == str(message.id)
    shown = await bot.call(f"GET /channels/{quiet.channel.id}/messages/{message.id}")
    assert (shown.body["thread"]["name"], shown.body["thread"]["message_count"]) == ("About the song", 1)
    active = await bot.call(f"GET /guilds/{quiet.guild.id}/threads/active")
    assert [thread["id"] for thread in active.body["threads"]] == [str(message.id)]


async def test_people_talk_in_a_thread(quiet: Stage, bot: RawBot) -> None:
    message = posted(quiet)
    await bot.call(route(message), {"name": "x"})
    assert message.thread is not None
    there = quiet.anna.at(message.thread)
    await there.say("I know it")
    assert [post.text() for post in there.visible()] == ["I know it"]
    assert "I know it" not in [post.text() for post in quiet.anna.visible()]


async def test_a_message_has_at_most_one_thread(quiet: Stage, bot: RawBot) -> None:
    message = posted(quiet)
    await bot.call(route(message), {"name": "x"})
    answer = await bot.call(route(message), {"name": "y"})
    assert (answer.status, answer.code) == (400, 160004)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"name": "BASE_TYPE_BAD_LENGTH"}),
        ({"name": ""}, {"name": "BASE_TYPE_BAD_LENGTH"}),
        ({"name": "x" * 101}, {"name": "BASE_TYPE_BAD_LENGTH"}),
        ({"name": "x", "auto_archive_duration": 61}, {"auto_archive_duration": "BASE_TYPE_CHOICES"}),
    ],
)
async def test_an_invalid_thread_is_refused_by_field(
    quiet: Stage, bot: RawBot, body: dict[str, object], faults: dict[str, str]
) -> None:
    assert (await bot.call(route(posted(quiet)), body)).faults() == faults


async def test_direct_messages_and_threads_cannot_have_threads(quiet: Stage, bot: RawBot) -> None:
    direct = posted(quiet, quiet.world.dm(quiet.anna.user))
    assert (await bot.call(route(direct), {"name": "x"})).code == 50024
    first = posted(quiet)
    thread = quiet.world.start_thread(first, "x", quiet.world.bot)
    assert (await bot.call(route(posted(quiet, thread)), {"name": "x"})).code == 50024


async def test_a_bot_without_the_permission_starts_none(quiet: Stage, bot: RawBot) -> None:
    quiet.guild.members[quiet.world.bot.id].permissions &= ~Permission.CREATE_PUBLIC_THREADS
    answer = await bot.call(route(posted(quiet)), {"name": "x"})
    assert (answer.status, answer.code) == (403, 50013)


@pytest.mark.asyncio(loop_scope="package")
async def test_a_real_bot_starts_a_thread_and_answers_in_it(stage: Stage) -> None:
    outcome = await stage.anna.command("threaded")
    message = await outcome.until(lambda answer: answer.thread is not None)
    assert message.thread is not None
    there = stage.anna.at(message.thread)
    answer = await there.command("told")
    assert "anna in Record shop" in answer.text()
    first = await stage.world.wait_for(lambda: next(iter(there.visible()), None), 10)
    assert first.text() == "Talk about it here"
