"""When and how an interaction may be answered, and what can follow."""

import pytest

from sandbox.discord import Interaction, InteractionKind, Message
from tests.contract.discord_openapi import SPEC
from tests.contract.sandbox_discord.conftest import Stage
from tests.contract.sandbox_discord.raw import RawBot

EPHEMERAL, LOADING = 64, 128


def original(asked: Interaction) -> Message:
    assert asked.original is not None
    return asked.original


async def test_a_response_within_three_seconds_is_accepted_and_later_refused(quiet: Stage, bot: RawBot) -> None:
    first, second = (bot.asked(quiet.anna.user, quiet.channel) for _ in range(2))
    quiet.clock.pass_by(seconds=2)
    assert (await bot.answer(first, 5)).status == 204
    quiet.clock.pass_by(seconds=2)
    answer = await bot.answer(second, 5)
    assert (answer.status, answer.code) == (404, 10062)
    assert second.refused == "Unknown interaction"


async def test_the_log_shows_how_long_each_response_took(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    quiet.clock.pass_by(seconds=1)
    await bot.answer(asked, 4, {"content": "x"})
    exchange = quiet.world.log[-1]
    assert (exchange.route, exchange.status) == ("/interactions/{interaction_id}/{token}/callback", 204)
    assert asked.seconds is not None
    assert exchange.answered_after == asked.seconds >= 1


async def test_a_second_response_is_refused(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    await bot.answer(asked, 4, {"content": "x"})
    answer = await bot.answer(asked, 4, {"content": "y"})
    assert (answer.status, answer.code) == (400, 40060)


async def test_the_response_returns_the_message_if_asked(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    answer = await bot.answer(asked, 4, {"content": "x", "flags": EPHEMERAL}, with_response="true")
    assert answer.body["interaction"]["response_message_ephemeral"] is True
    assert answer.body["resource"]["message"]["id"] == str(original(asked).id)


async def test_each_gesture_allows_certain_response_types(quiet: Stage, bot: RawBot) -> None:
    command = bot.asked(quiet.anna.user, quiet.channel)
    assert (await bot.answer(command, 7, {"content": "x"})).faults() == {"type": "BASE_TYPE_CHOICES"}
    typing = quiet.world.begin(InteractionKind.AUTOCOMPLETE, quiet.anna.user, quiet.channel, {})
    assert (await bot.answer(typing, 4, {"content": "x"})).faults() == {"type": "BASE_TYPE_CHOICES"}
    choices = [{"name": str(n), "value": n} for n in range(26)]
    assert (await bot.answer(typing, 8, {"choices": choices})).faults() == {"data.choices": "BASE_TYPE_MAX_LENGTH"}
    assert (await bot.answer(typing, 8, {"choices": choices[:25]})).status == 204


async def test_no_follow_up_before_the_first_response(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    assert (await bot.call(f"POST {bot.hook(asked)}", {"content": "x"})).code == 10015
    assert (await bot.call(f"PATCH {bot.hook(asked)}/messages/@original", {"content": "x"})).code == 10015


async def test_follow_ups_are_accepted_for_fifteen_minutes(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    await bot.answer(asked, 4, {"content": "x"})
    quiet.clock.pass_by(minutes=14)
    assert (await bot.call(f"POST {bot.hook(asked)}", {"content": "y"})).status == 200
    quiet.clock.pass_by(minutes=2)
    answer = await bot.call(f"POST {bot.hook(asked)}", {"content": "z"})
    assert (answer.status, answer.code) == (401, 50027)


async def test_the_first_follow_up_fills_in_a_deferred_response(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    await bot.answer(asked, 5, {"flags": EPHEMERAL})
    assert original(asked).loading
    filled = (await bot.call(f"POST {bot.hook(asked)}", {"content": "x"})).body
    assert (filled["id"], filled["flags"]) == (str(original(asked).id), EPHEMERAL)
    assert not original(asked).visible(quiet.bruno.user)
    another = (await bot.call(f"POST {bot.hook(asked)}", {"content": "y"})).body
    assert another["id"] != filled["id"]


async def test_responses_can_be_read_edited_and_deleted(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    await bot.answer(asked, 4, {"content": "x"})
    path = f"{bot.hook(asked)}/messages/@original"
    assert (await bot.call(f"GET {path}")).body["content"] == "x"
    assert (await bot.call(f"PATCH {path}", {"content": "y"})).body["content"] == "y"
    assert (await bot.call(f"DELETE {path}")).status == 204
    assert (await bot.call(f"GET {path}")).code == 10008
    assert quiet.anna.visible() == []


async def test_ephemeral_messages_are_out_of_reach_of_the_bots_own_token(quiet: Stage, bot: RawBot) -> None:
    asked = bot.asked(quiet.anna.user, quiet.channel)
    await bot.answer(asked, 4, {"content": "x", "flags": EPHEMERAL})
    path = f"/channels/{quiet.channel.id}/messages/{original(asked).id}"
    assert (await bot.call(f"GET {path}")).code == 10008
    assert (await bot.call(f"PATCH {path}", {"content": "y"})).code == 10008
    assert (await bot.call(f"GET /channels/{quiet.channel.id}/messages")).body == []


async def test_the_pressed_message_is_the_original_of_an_update(quiet: Stage, bot: RawBot) -> None:
    message = quiet.world.post(quiet.channel, quiet.world.bot, {"content": "x"})
    pressed = bot.asked(quiet.anna.user, quiet.channel, message=message)
    await bot.answer(pressed, 6)
    await bot.call(f"PATCH {bot.hook(pressed)}/messages/@original", {"content": "y"})
    assert message.content == "y"


async def test_requests_need_the_token(quiet: Stage, bot: RawBot) -> None:
    async with bot.session.get(f"{quiet.world.origin}/api/v10/users/@me") as answer:
        assert (answer.status, await answer.json()) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_other_peoples_messages_cannot_be_edited(quiet: Stage, bot: RawBot) -> None:
    message = await quiet.anna.say("Hello")
    path = f"/channels/{quiet.channel.id}/messages/{message.id}"
    assert (await bot.call(f"PATCH {path}", {"content": "x"})).code == 50005
    assert (await bot.call(f"GET {path}")).body["content"] == "Hello"


@pytest.mark.parametrize(
    ("path", "code"),
    [("/channels/1", 10003), ("/guilds/1", 10004), ("/users/1", 10013), ("/interactions/1/x/callback", 10062)],
)
async def test_each_missing_resource_has_its_own_error(bot: RawBot, path: str, code: int) -> None:
    method = "POST" if path.endswith("callback") else "GET"
    answer = await bot.call(f"{method} {path}")
    assert (answer.status, answer.code) == (404, code)


async def test_the_stand_ins_metadata_matches_the_document(quiet: Stage, bot: RawBot) -> None:
    guild, channel, user = f"/guilds/{quiet.guild.id}", f"/channels/{quiet.channel.id}", f"/users/{quiet.anna.user.id}"
    dm = f"/channels/{quiet.world.dm(quiet.anna.user).id}"
    about_itself = ("/users/@me", "/users/@me/guilds", "/oauth2/applications/@me", "/applications/@me", "/gateway/bot")
    about_places = (guild, f"{guild}/channels", f"{guild}/members", channel, dm)
    for path in (*about_itself, *about_places, user, f"{guild}/members/{quiet.anna.user.id}"):
        assert (await bot.call(f"GET {path}")).status == 200
    assert (await bot.call("POST /users/@me/channels", {"recipient_id": str(quiet.anna.user.id)})).status == 200
    assert (await bot.call(f"POST {channel}/typing")).status == 204
    assert quiet.check.checked == 14 or not SPEC.exists()
