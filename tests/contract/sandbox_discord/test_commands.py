"""Registering application commands, and which ones a member is offered."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox.discord import NotThere
from tests.contract.sandbox_discord.conftest import Stage
from tests.contract.sandbox_discord.raw import RawBot

STRING, SUBCOMMAND, GROUP = 3, 1, 2


def command(name: str = "sort", **parts: Any) -> dict[str, Any]:
    return {"name": name, "description": "x", **parts}


def option(name: str = "playlist", kind: int = STRING, **parts: Any) -> dict[str, Any]:
    return {"name": name, "description": "x", "type": kind, **parts}


def route(bot: RawBot, scope: str = "") -> str:
    return f"/applications/{bot.world.application.id}{scope}/commands"


REFUSED: list[tuple[dict[str, Any], dict[str, str]]] = [
    (command("Sort"), {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
    (command("sort it"), {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
    (command(description="x" * 101), {"0.description": "BASE_TYPE_BAD_LENGTH"}),
    (
        command(name_localizations={"de": "Sortieren"}),
        {"0.name_localizations.de": "APPLICATION_COMMAND_INVALID_NAME"},
    ),
    (command(options=[option()] * 2), {"0.options": "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"}),
    (command(options=[option(str(n)) for n in range(26)]), {"0.options": "BASE_TYPE_MAX_LENGTH"}),
    (
        command(options=[option("a"), option("b", required=True)]),
        {"0.options": "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"},
    ),
    (
        command(options=[option("a", SUBCOMMAND), option("b")]),
        {"0.options": "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"},
    ),
    (
        command(options=[option("a", SUBCOMMAND, options=[option("b", GROUP)])]),
        {"0.options.0.options.0.type": "BASE_TYPE_CHOICES"},
    ),
    (
        command(options=[option(choices=[{"name": "x", "value": "x" * 101}])]),
        {"0.options.0.choices.0.value": "BASE_TYPE_MAX_LENGTH"},
    ),
    (
        command(options=[option(autocomplete=True, choices=[{"name": "x", "value": "x"}])]),
        {"0.options.0": "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES"},
    ),
    (
        command(
            options=[option(str(n), choices=[{"name": "x" * 99, "value": str(c)} for c in range(25)]) for n in "abcd"]
        ),
        {"0": "APPLICATION_COMMAND_TOO_LARGE"},
    ),
]


@pytest.mark.parametrize(("definition", "faults"), REFUSED, ids=[next(iter(faults.values())) for _, faults in REFUSED])
async def test_an_invalid_command_is_refused_by_field(
    bot: RawBot, definition: dict[str, Any], faults: dict[str, str]
) -> None:
    answer = await bot.call(f"PUT {route(bot)}", [definition])
    assert (answer.status, answer.faults()) == (400, faults)
    assert bot.world.commands.registered() == []


async def test_an_app_can_have_at_most_a_hundred_commands(bot: RawBot) -> None:
    assert (await bot.call(f"PUT {route(bot)}", [command(f"c{n}") for n in range(101)])).code == 30032
    assert (await bot.call(f"PUT {route(bot)}", [command(f"c{n}") for n in range(100)])).status == 200


async def test_unchanged_commands_keep_id_and_version(bot: RawBot) -> None:
    first = (await bot.call(f"PUT {route(bot)}", [command("sort"), command("undo")])).body
    again = (await bot.call(f"PUT {route(bot)}", [command("sort"), command("undo", description="y")])).body
    assert again[0] == first[0]
    assert again[1]["id"] == first[1]["id"]
    assert again[1]["version"] > first[1]["version"]


async def test_commands_are_created_changed_read_and_removed_one_by_one(quiet: Stage, bot: RawBot) -> None:
    scope = route(bot, f"/guilds/{quiet.guild.id}")
    made = await bot.call(f"POST {scope}", command("sort"))
    one = f"{scope}/{made.body['id']}"
    assert (made.status, made.body["guild_id"]) == (201, str(quiet.guild.id))
    assert (await bot.call(f"PATCH {one}", {"description": "y"})).body["description"] == "y"
    assert (await bot.call(f"GET {one}")).body["description"] == "y"
    assert (await bot.call(f"DELETE {one}")).status == 204
    assert (await bot.call(f"GET {one}")).code == 10063
    assert (await bot.call(f"GET {scope}")).body == []


async def test_members_are_offered_the_commands_they_may_use_there(quiet: Stage, bot: RawBot) -> None:
    group = option("playlists", GROUP, options=[option("add", SUBCOMMAND)])
    definitions = [
        command("everywhere"),
        command("in-guilds", contexts=[0]),
        command("for-owners", default_member_permissions=1 << 5, dm_permission=False),
        command("crate", options=[group, option("list", SUBCOMMAND)]),
    ]
    await bot.call(f"PUT {route(bot)}", definitions)
    crate = ["crate playlists add", "crate list"]
    assert [slash.path for slash in quiet.anna.commands()] == ["everywhere", "in-guilds", *crate]
    assert [slash.path for slash in quiet.anna.in_dm().commands()] == ["everywhere", *crate]
    with pytest.raises(NotThere):
        await quiet.anna.command("for-owners")


async def test_limits_apply_if_that_rule_is_on(quiet: Stage, bot: RawBot) -> None:
    quiet.world.rules = replace(quiet.world.rules, enforce_buckets=True)
    path = f"POST /channels/{quiet.channel.id}/messages"
    answers = [await bot.call(path, {"content": "x"}) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == list("432100")
    assert answers[-1].body["retry_after"] > 0
    quiet.clock.pass_by(seconds=6)
    assert (await bot.call(path, {"content": "x"})).status == 200
