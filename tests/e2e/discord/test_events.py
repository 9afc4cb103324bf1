"""Gateway events that arrive twice, malformed or of an unknown kind: each acts at most once, and the bot survives."""

import asyncio
import gc
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import discord
import pytest
import pytest_asyncio
from discord import app_commands

from bot.adapters.store import Store
from bot.adapters.store.account import interactions
from bot.app import assembled
from bot.chat import ids, layout, reply
from bot.chat.gateway.bot import Bot, Context, Interaction
from bot.chat.layout import Form, Page
from bot.flows import attempt
from bot.flows.social import server_channels
from bot.flows.social.server_channels import Purpose
from bot.services import Services
from sandbox.discord import Person, World
from tests.e2e.chat_stage import answer
from tests.e2e.discord.test_chat_guard import member, served, settings
from tests.oddities import ABSENT, changed, paths

pytestmark = pytest.mark.asyncio(loop_scope="module")
ODD: tuple[Any, ...] = (ABSENT, None, "x", 99, [], {})
acted: list[int] = []  # the interactions that the bot acted on


@app_commands.command(description="Counts")
async def count(interaction: Interaction) -> None:
    acted.append(interaction.id)
    await reply.show(interaction, Page("Counted.", layout.row(layout.button("More", ids.of("more")))))


async def on_more(context: Context) -> None:
    acted.append(context.interaction.id)
    await reply.ask(context.interaction, Form("Form", ids.of("form"), layout.field("Word", "word", 20)))


async def on_form(context: Context) -> None:
    acted.append(context.interaction.id)
    await reply.whisper(context.interaction, Page("Filled."))


def built_bot(services: Services) -> Bot:
    return Bot(services, [count], {"more": on_more, "form": on_form})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory) -> AsyncIterator[tuple[World, Services, Bot]]:
    world = World()
    world.add_guild("Record shop", channels=["crates"])
    async with served(world), assembled(settings(world, tmp_path_factory.mktemp("data")), {}) as services:
        bot = built_bot(services)
        running = asyncio.create_task(bot.start(world.token))
        await world.wait_for(lambda: world.online and world.commands.registered(), 20)
        yield world, services, bot
        await bot.close()
        await running


async def events(world: World, person: Person) -> list[dict[str, Any]]:
    """A command, a press and a form, each as the event that Discord sends."""
    before = set(world.interactions)
    await person.submit(await person.click(await answer(person.command("count")), "More"), word="x")
    made = [interaction for number, interaction in sorted(world.interactions.items()) if number not in before]
    return [world.payloads.interaction(interaction) for interaction in made]


async def settled(before: set[asyncio.Task[Any]]) -> None:
    """Wait until every task started since has ended, except the stand-in's RequestHandlers."""
    if begun := {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task)}:
        _, late = await asyncio.wait(begun, timeout=20)
        assert not late


def answers(world: World, event: dict[str, Any]) -> int:
    return sum(f"/interactions/{event['id']}/" in call.path for call in world.log)


async def test_every_kind_of_interaction_acts_once_when_delivered_twice(stage) -> None:
    world, services, _ = stage
    told = await events(world, member(world, "ada"))
    assert len(told) == 3
    done = list(acted)
    for event in told:
        world.sessions.dispatch("INTERACTION_CREATE", event)
        await world.wait_for(lambda event=event: answers(world, event) == 2, 5)
    assert acted == done

    again = built_bot(services)  # as after a restart
    assert not any([await again._once.take(int(event["id"])) for event in told])


async def test_a_thousand_concurrent_interactions_are_each_handled_once(stage) -> None:
    _, services, bot = stage
    numbers = [*range(10_001, 11_001)]
    assert all(await asyncio.gather(*map(bot._once.take, numbers)))
    assert not any(await asyncio.gather(*map(bot._once.take, numbers)))
    async with services.store.writing() as tx:
        assert await interactions.take(tx, numbers, services.clock()) == set()


async def test_servers_and_channels_lost_while_the_database_is_locked_are_forgotten_once_it_is_not(
    stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, services, _ = stage
    monkeypatch.setattr(attempt, "AGAIN", 0.05)
    impatient = Store(services.store.url, busy_ms=1)
    bot = built_bot(replace(services, store=impatient))  # not connected, so in no server
    for number in (1, 2, 3):
        await server_channels.choose(impatient, number, Purpose.DIGEST, [number], services.clock())
    with closing(sqlite3.connect(impatient.path)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        removed, deleted = (discord.Object(number) for number in (1, 2))
        events = (bot.on_guild_remove(removed), bot.on_guild_channel_delete(deleted), bot.on_ready())
        for event, lost in zip(events, (1, 2, 3), strict=True):
            storing = asyncio.create_task(event)
            done, _ = await asyncio.wait({storing}, timeout=0.3)
            assert not done
            elsewhere.rollback()
            await storing
            elsewhere.execute("BEGIN IMMEDIATE")
            assert await server_channels.of_server(impatient, lost) == []
    await impatient.close()


@pytest.mark.parametrize(
    ("field", "kinds"),  # how many of the three events get an answer
    [("type", 0), ("context", 3), ("channel.type", 3), ("data.component_type", 1), ("data.type", 1), ("data.name", 1)],
)
async def test_an_unknown_kind_is_answered_or_ignored(stage, field: str, kinds: int) -> None:
    world, _, bot = stage
    person = member(world, f"kim-{field.replace('.', '-')}")
    *inner, last = field.split(".")
    told = await events(world, person)
    for event in told:
        event["id"] = str(int(event["id"]) + 1)
        place = event[inner[0]] if inner else event
        if last in place:
            place[last] = "nobody" if last == "name" else 99
            bot._connection.parsers["INTERACTION_CREATE"](event)
    await world.wait_for(lambda: sum(answers(world, event) for event in told) == kinds, 5)
    assert (await answer(person.command("count"))).text().startswith("Counted.")


async def test_p39_every_field_of_an_interaction_may_be_odd_and_the_bot_answers_the_next(stage, caplog) -> None:
    world, _, bot = stage
    caplog.set_level(logging.CRITICAL, "bot")  # each is logged with a reference
    person, number, before = member(world, "lou"), 10**18, asyncio.all_tasks()
    for event in await events(world, person):
        for path in paths(event):
            for value in ODD:
                number += 1
                made = changed({**event, "id": str(number)}, path, value)
                bot._connection.parsers["INTERACTION_CREATE"](made)
            await settled(before)
    assert (await answer(person.command("count"))).text().startswith("Counted.")
    gc.collect()
    assert not [record for record in caplog.records if "never retrieved" in record.getMessage()]


async def test_p39_every_field_of_an_event_may_be_odd_and_the_bot_answers_the_next(stage, caplog) -> None:
    world, _, bot = stage
    caplog.set_level(logging.CRITICAL, "bot")
    person = member(world, "mo")
    emoji = {"id": None, "name": "🟦", "animated": False}
    reaction = {"user_id": "7", "channel_id": "8", "message_id": "9", "guild_id": "10", "emoji": emoji, "type": 0}
    told = {
        "MESSAGE_REACTION_ADD": {**reaction, "burst": False, "member": {"user": {"id": "7", "username": "x"}}},
        "MESSAGE_REACTION_REMOVE": {**reaction, "burst": False},
        "CHANNEL_DELETE": {"id": "8", "type": 0, "guild_id": "10", "name": "x", "position": 0},
        "GUILD_DELETE": {"id": "10", "unavailable": True},
        "GUILD_CREATE": {"id": "77", "name": "x", "channels": [], "members": [], "roles": [], "emojis": []},
    }
    for name, event in told.items():
        for path in paths(event):
            for value in ODD:
                bot._connection.parsers[name](changed(event, path, value))
    await asyncio.sleep(0.1)
    assert (await answer(person.command("count"))).text().startswith("Counted.")
