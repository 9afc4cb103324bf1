"""Commands in a message's menu, and the app as a user install."""

from typing import Any

import pytest

from sandbox.discord import NotAllowed, NotThere, Person
from tests.contract.sandbox_discord.conftest import Stage
from tests.contract.sandbox_discord.raw import RawBot

MESSAGE_COMMAND: dict[str, Any] = {"name": "More like this", "type": 3}
EVERYWHERE: dict[str, Any] = {"name": "hello", "description": "x", "integration_types": [0, 1], "contexts": [0, 1, 2]}
EPHEMERAL = 64


def commands(bot: RawBot) -> str:
    return f"/applications/{bot.world.application.id}/commands"


async def register(bot: RawBot, *definitions: dict[str, Any]) -> None:
    assert (await bot.call(f"PUT {commands(bot)}", list(definitions))).status == 200


async def test_message_commands_can_have_any_name(quiet: Stage, bot: RawBot) -> None:
    await register(bot, MESSAGE_COMMAND)
    assert quiet.anna.menu() == ["More like this"]
    assert quiet.anna.commands() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [({"description": "x"}, "0.description"), ({"name": "x" * 33}, "0.name"), ({"name": ""}, "0.name")],
)
async def test_message_commands_have_no_description(
    quiet: Stage, bot: RawBot, more: dict[str, Any], field: str
) -> None:
    answer = await bot.call(f"PUT {commands(bot)}", [{**MESSAGE_COMMAND, **more}])
    assert list(answer.faults()) == [field]


@pytest.mark.asyncio(loop_scope="package")
async def test_a_message_command_carries_its_message(stage: Stage) -> None:
    said = await stage.anna.say("a song by the sea")
    outcome = await stage.anna.use("Read it out", said)
    assert outcome.text() == "anna wrote: a song by the sea"
    with pytest.raises(NotThere):
        await stage.anna.use("Read it in", said)


@pytest.mark.asyncio(loop_scope="package")
async def test_a_private_message_has_no_menu(stage: Stage) -> None:
    private = await (await stage.anna.command("hello", name="x")).reply()
    with pytest.raises(NotAllowed):
        await stage.anna.use("Read it out", private)


async def test_a_server_without_the_bot_offers_the_members_user_install(quiet: Stage, bot: RawBot) -> None:
    elsewhere = quiet.world.add_foreign_guild("Café", members=[quiet.anna.user])
    there = Person(quiet.world, quiet.anna.user, next(iter(elsewhere.channels.values())))
    await register(bot, EVERYWHERE, {"name": "here", "description": "x"})
    assert there.commands() == []
    quiet.anna.user.has_app = True
    assert [command.path for command in there.commands()] == ["hello"]


async def test_in_servers_without_the_bot_it_answers_but_posts_nothing(quiet: Stage, bot: RawBot) -> None:
    elsewhere = quiet.world.add_foreign_guild("Café", members=[quiet.anna.user])
    place = next(iter(elsewhere.channels.values()))
    quiet.anna.user.has_app = True
    asked = bot.asked(quiet.anna.user, place)
    payload = quiet.world.payloads.interaction(asked)
    assert (payload["authorizing_integration_owners"], payload["context"]) == ({"1": str(quiet.anna.user.id)}, 0)
    assert (await bot.answer(asked, 4, {"content": "x", "flags": EPHEMERAL})).status == 204
    answer = await bot.call(f"POST /channels/{place.id}/messages", {"content": "x"})
    assert (answer.status, answer.code) == (403, 50001)


async def test_both_installation_owners_are_named(quiet: Stage, bot: RawBot) -> None:
    quiet.anna.user.has_app = True
    owners = quiet.world.payloads.interaction(bot.asked(quiet.anna.user, quiet.channel))
    assert owners["authorizing_integration_owners"] == {"0": str(quiet.guild.id), "1": str(quiet.anna.user.id)}


async def test_the_bot_deletes_its_own_messages_and_nobody_elses(quiet: Stage, bot: RawBot) -> None:
    own, other = (quiet.world.post(quiet.channel, who, {"content": "x"}) for who in (quiet.world.bot, quiet.anna.user))
    route = f"DELETE /channels/{quiet.channel.id}/messages"
    assert (await bot.call(f"{route}/{own.id}")).status == 204
    answer = await bot.call(f"{route}/{other.id}")
    assert (answer.status, answer.code) == (403, 50013)


async def test_the_activity_entry_point_cannot_be_dropped_by_accident(quiet: Stage, bot: RawBot) -> None:
    quiet.world.commands.put(None, {"name": "launch", "description": "x", "type": 4})
    answer = await bot.call(f"PUT {commands(bot)}", [EVERYWHERE])
    assert (answer.status, answer.code) == (400, 50240)
    await register(bot, EVERYWHERE, {"name": "launch", "description": "x", "type": 4})


async def test_an_activity_is_launched_if_there_is_one(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    assert (await bot.answer(asked, 12)).status == 400
    quiet.world.application.activity = "http://127.0.0.1/activity"
    answer = await bot.answer(asked, 12, with_response="true")
    assert answer.body["resource"] == {"type": 12, "activity_instance": {"id": asked.activity}}
