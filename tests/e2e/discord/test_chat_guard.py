"""The guard and delivery, in process: a real bot on the stand-in, with handlers that fail on purpose."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from discord import app_commands

from bot.app import assembled
from bot.chat import ids, layout, reply
from bot.chat.gateway import presence
from bot.chat.gateway.bot import Bot, Context, Interaction
from bot.chat.gateway.client import Chat
from bot.chat.guard import costly
from bot.chat.layout import Form, Page
from bot.config import parse
from bot.core.records import Notice
from bot.errors import SettingsError
from bot.errors.spotify import CoolingDown
from bot.flows.account import notify
from bot.flows.account.notify import UpdateRules
from bot.messages import mentions
from bot.services import Services
from sandbox.discord import AnswerKind, NoAnswer, Person, Rules, World, application
from tests.e2e.chat_stage import answer

pytestmark = pytest.mark.asyncio(loop_scope="module")
LATER = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@app_commands.command(description="Shows one button for each way to fail")
async def panel(interaction: Interaction) -> None:
    names = ("fine", "boom", "cooling", "slow", "late", "twice", "form", "gone")
    await reply.show(interaction, Page("Press.", *layout.rows([layout.button(name, ids.of(name)) for name in names])))


@app_commands.command(description="Fails before it has answered anything")
async def broken(interaction: Interaction) -> None:
    raise RuntimeError("a secret detail")


@app_commands.command(description="Takes a lot of work")
@costly
async def dig(interaction: Interaction) -> None:
    await reply.whisper(interaction, Page("Dug."))


@app_commands.command(description="Takes a lot of work, too")
@costly
async def drill(interaction: Interaction) -> None:
    await reply.whisper(interaction, Page("Drilled."))


async def on_fine(context: Context) -> None:
    await reply.whisper(context.interaction, Page("Fine."))


async def on_boom(context: Context) -> None:
    raise ZeroDivisionError("a secret detail")


async def on_cooling(context: Context) -> None:
    await reply.pause(context.interaction)
    raise CoolingDown(LATER)


async def on_slow(context: Context) -> None:
    text = await reply.soon(context.interaction, asyncio.sleep(2.2, "At last."))
    await reply.show(context.interaction, Page(text))


async def on_late(context: Context) -> None:
    await reply.pause_apart(context.interaction)
    await asyncio.sleep(0.3)
    await reply.whisper(context.interaction, Page("Too late."))


async def on_twice(context: Context) -> None:
    await reply.whisper(context.interaction, Page("Once."))
    await context.interaction.response.send_message("Twice.")


async def on_form(context: Context) -> None:
    await reply.ask(context.interaction, Form("Form", ids.of("boom"), layout.field("Word", "word", 20)))


TAPS = {
    "fine": on_fine,
    "boom": on_boom,
    "cooling": on_cooling,
    "slow": on_slow,
    "late": on_late,
    "twice": on_twice,
    "form": on_form,
}


@asynccontextmanager
async def served(world: World) -> AsyncIterator[None]:
    runner = web.AppRunner(application(world))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.origin = "http://{}:{}".format(*runner.addresses[0][:2])
    yield
    await runner.cleanup()


def settings(world: World, folder: Path):
    gateway = world.origin.replace("http", "ws") + "/gateway"
    addresses = {"DISCORD_API_URL": f"{world.origin}/api/v10", "DISCORD_GATEWAY_URL": gateway}
    return parse({"DISCORD_TOKEN": world.token, "DATA_DIR": str(folder), **addresses})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def services(tmp_path_factory) -> AsyncIterator[tuple[World, Services]]:
    world = World()
    world.add_guild("Record shop", channels=["crates", "updates"])
    async with served(world), assembled(settings(world, tmp_path_factory.mktemp("data")), {}) as built:
        yield world, built


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def failing(services) -> AsyncIterator[World]:
    """A bot whose handlers fail."""
    world, built = services
    bot = Bot(built, [panel, broken, dig, drill], TAPS)
    running = asyncio.create_task(bot.start(world.token))
    await world.wait_for(lambda: world.online and world.commands.registered(), 20)
    yield world
    await bot.close()
    await running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(services) -> AsyncIterator[tuple[World, Services, Chat]]:
    world, built = services
    made = Chat(built)
    running = asyncio.create_task(made.run())
    await world.wait_for(lambda: world.online, 20)
    yield world, built, made
    await made.close()
    await running


def member(world: World, name: str, *, dms_open: bool = True) -> Person:
    user = world.add_user(name, dms_open=dms_open)
    guild = next(iter(world.guilds.values()))
    world.join(guild, user)
    return Person(world, user, next(iter(guild.channels.values())))


async def whispered(outcome) -> str:
    said = await outcome.until(lambda message: message.text() != "" and "Press." not in message.text())
    assert said.visible_to == outcome.interaction.user.id
    return said.text()


async def test_p19_a_defect_is_answered_with_a_reference_to_one_log_line(failing: World, caplog) -> None:
    anna = member(failing, "anna")
    message = await answer(anna.command("panel"))
    caplog.set_level(logging.WARNING)
    said = await whispered(await anna.click(message, "boom"))
    reference = re.search(r"`#([0-9a-f]{4})`$", said)
    assert reference
    assert "secret" not in said
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [f"#{reference[1]}" in line.getMessage() for line in lines] == [True]
    assert lines[0].exc_info


async def test_p19_a_failing_command_and_a_failing_form_are_answered_too(failing: World) -> None:
    anna = member(failing, "anne")
    said = (await answer(anna.command("broken"))).text()
    assert said.startswith("Something went wrong on my side. Nothing was lost")
    form = await anna.click(await answer(anna.command("panel")), "form")
    assert "Something went wrong" in await whispered(await anna.submit(form, word="x"))


async def test_p19_a_cause_the_member_can_understand_is_named(failing: World) -> None:
    anna = member(failing, "anni")
    message = await answer(anna.command("panel"))
    said = await whispered(await anna.click(message, "cooling"))
    assert said.startswith(
        f"Spotify asks us to wait until <t:{int(LATER.timestamp())}:t>. Nothing was lost; try again then. `#"
    )


async def test_p19_slow_work_is_acknowledged_in_time(failing: World) -> None:
    anna = member(failing, "anka")
    outcome = await anna.click(await answer(anna.command("panel")), "slow")
    assert outcome.answer is AnswerKind.DEFERRED_UPDATE
    await outcome.until(lambda message: message.text() == "At last.")


async def test_p19_answering_twice_or_too_late_is_no_error(failing: World, caplog) -> None:
    anna = member(failing, "antje")
    message = await answer(anna.command("panel"))
    caplog.set_level(logging.WARNING)
    assert await whispered(await anna.click(message, "twice")) == "Once."
    failing.rules = Rules(answer_within=timedelta(seconds=0.2))
    failing.faults.delay(0.4, matching="callback")
    with pytest.raises(NoAnswer):
        await anna.click(message, "fine")
    failing.rules = Rules()
    assert await whispered(await anna.click(message, "fine")) == "Fine."
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bot")] == []


async def test_p19_an_answer_after_fifteen_minutes_is_no_error(failing: World, caplog) -> None:
    """As after a long wait for Spotify; Discord then says "Invalid Webhook Token" (50027)."""
    anna = member(failing, "anita")
    message = await answer(anna.command("panel"))
    caplog.set_level(logging.WARNING)
    failing.rules = Rules(token_life=timedelta(seconds=0.1))
    await anna.click(message, "late")
    await failing.wait_for(lambda: failing.log[-1].status == 401, 5)
    failing.rules = Rules()
    assert await whispered(await anna.click(message, "fine")) == "Fine."
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bot")] == []


@pytest.mark.parametrize("lost", [("lose", 502), ("lose", 0), ("fail", 0)])
async def test_p19_an_answer_whose_receipt_is_lost_counts_as_given(failing: World, caplog, lost) -> None:
    """After a 5xx or a broken connection, nobody knows whether Discord took it; sent again, it may be refused."""
    anna = member(failing, "agathe")
    message = await answer(anna.command("panel"))
    caplog.set_level(logging.WARNING)
    how, status = lost
    getattr(failing.faults, how)(status, matching="callback")
    outcome = await anna.click(message, "late")
    await outcome.until(lambda message: message.text() == "Too late.", 8)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bot")] == []


async def test_costly_commands_share_what_a_member_may_ask_for_in_a_minute(failing: World, caplog) -> None:
    anna, otto = member(failing, "aenne"), member(failing, "otto")
    caplog.set_level(logging.WARNING)
    said = [(await answer(anna.command(name))).text() for name in ("dig", "drill") * 12]
    assert said[:20] == ["Dug.", "Drilled."] * 10
    assert re.search(r"try again in \d+ seconds?", said[-1])
    assert (await answer(otto.command("dig"))).text() == "Dug."
    assert (await answer(anna.command("panel"))).text().startswith("Press.")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bot")] == []


async def test_p15_an_unknown_button_is_answered_privately(failing: World) -> None:
    anna = member(failing, "antonia")
    message = await answer(anna.command("panel"))
    assert "I don't know that button any more" in await whispered(await anna.click(message, "gone"))


async def test_p15_forged_ids_through_the_gateway_never_raise(failing: World, caplog) -> None:
    anna = member(failing, "anouk")
    message = await answer(anna.command("panel"))
    button = next(component for component in message.components[1]["components"])
    genuine = button["custom_id"]
    caplog.set_level(logging.ERROR)
    for forged in (
        "",
        "ck1:",
        "ck2:in:x:1",
        "ck1:in:" + "x" * 41,
        "ck1:boom:%s",
        "ck1:üb",
        "\0",
        "ck1:undo:99999999999999999999",
    ):
        button["custom_id"] = forged
        with suppress(NoAnswer):
            await anna.click(message, forged)
    button["custom_id"] = genuine
    assert await whispered(await anna.click(message, genuine)) == "Fine."
    assert [
        record.getMessage() for record in caplog.records if "boom" not in record.getMessage() and record.exc_info
    ] == []


# ---------------------------------------------------------------- delivery


def notice(to: Person, number: int, kind: str = "kept", **body: object) -> Notice:
    return Notice(number, to.user.id, kind, body or {"name": "Late night"}, LATER, 0)


async def test_a_notice_comes_by_direct_message_and_only_once(chat) -> None:
    world, built, made = chat
    mia = member(world, "mia")
    await notify.set_rules(built.store, mia.user.id, UpdateRules(where="dm"), LATER)
    told = [notice(mia, 1)]
    assert await asyncio.gather(made.tell(told), made.tell(told)) == [True, True]
    shown = mia.in_dm().visible()
    assert ["Late night" in message.text() for message in shown] == [True]


async def test_when_direct_messages_are_closed_the_channel_says_only_that_there_is_news(chat) -> None:
    world, built, made = chat
    noa = member(world, "noa", dms_open=False)
    place = list(next(iter(world.guilds.values())).channels.values())[1]
    await notify.set_rules(built.store, noa.user.id, UpdateRules(where="dm", channel=place.id), LATER)
    assert await made.tell([notice(noa, 2)])
    said = list(place.messages.values())[-1]
    assert said.text().startswith(f"<@{noa.user.id}> I had news for you")
    assert "Late night" not in said.text()
    sent = next(call.request for call in reversed(world.log) if f"/channels/{place.id}/messages" in call.path)
    assert sent["allowed_mentions"] == {"parse": [], "users": [noa.user.id]}


async def test_nothing_is_posted_where_its_member_is_gone(chat) -> None:
    world, built, made = chat
    una = member(world, "una", dms_open=False)
    guild = next(iter(world.guilds.values()))
    place = list(guild.channels.values())[1]
    await notify.set_rules(built.store, una.user.id, UpdateRules(where="dm", channel=place.id), LATER)
    before = len(place.messages)
    world.leave(guild, una.user)
    assert not await made.tell([notice(una, 7)])
    assert len(place.messages) == before


async def test_with_direct_messages_and_channel_closed_a_notice_waits(chat) -> None:
    world, built, made = chat
    ole = member(world, "ole", dms_open=False)
    await notify.set_rules(built.store, ole.user.id, UpdateRules(where="dm"), LATER)
    assert not await made.tell([notice(ole, 3)])


async def test_who_can_see_a_channel_is_checked_with_discord_each_time(chat) -> None:
    world, _, made = chat
    guild = next(iter(world.guilds.values()))
    place = next(iter(guild.channels.values()))
    pat = member(world, "pat").user

    async def sees() -> bool:
        made._bot.present.clear()  # answers are cached for a moment
        return await presence.sees(made._bot, place.id, pat.id)

    assert await sees()
    guild.members[pat.id].timed_out_until = datetime.now(UTC) + timedelta(minutes=5)
    assert not await sees()
    guild.members[pat.id].timed_out_until = datetime.now(UTC) - timedelta(minutes=5)  # it's over
    assert await sees()
    world.close(place, pat)
    async with asyncio.timeout(5):  # until the gateway has reported it
        while await sees():  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.01)
    world.open(place, pat)
    world.leave(guild, pat)
    assert not await sees()


async def test_a_result_only_the_asker_wants_is_not_sent_as_a_notice(chat) -> None:
    world, built, made = chat
    pia = member(world, "pia")
    await notify.set_rules(built.store, pia.user.id, UpdateRules(where="dm"), LATER)
    quiet = [
        notice(pia, 4, "synced", total=5, new=0, gone=0, first=False),
        notice(pia, 5, "trained", layer=1, published=True, reason="", labels=9),
        notice(pia, 6, "receipt", write=99),
    ]
    assert [await made.tell([each]) for each in quiet] == [True] * 3
    assert pia.in_dm().visible() == []


async def test_commands_are_registered_once_and_again_only_when_they_change(services) -> None:
    world, built = services
    known = built.settings.data_dir / "commands.json"
    puts = lambda: sum(call.method == "PUT" and call.path.endswith("/commands") for call in world.log)  # noqa: E731
    known.unlink(missing_ok=True)
    before = puts()
    for _ in range(2):
        bot = Bot(built, [panel], TAPS)
        running = asyncio.create_task(bot.start(world.token))
        await bot.connected.wait()
        await bot.close()
        await running
        (registered,) = [command for command in world.commands.registered() if command.name == "panel"]
        assert mentions.clickable("`/panel`") == f"</panel:{registered.id}>"
        mentions.know({})
    assert puts() == before + 1


async def test_a_refused_token_is_named_as_the_setting_to_fix(services) -> None:
    world, built = services
    world.token, genuine = "another", world.token
    with pytest.raises(SettingsError, match="refused DISCORD_TOKEN"):
        await Chat(built).run()
    world.token = genuine


async def test_the_bot_uses_no_intent_that_needs_approval(services) -> None:
    _, built = services
    wanted = Bot(built, [], {}).intents
    assert {name for name, on in wanted if on} == {"guilds", "guild_reactions", "dm_reactions"}
