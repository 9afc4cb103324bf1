"""What a member does at the stand-in reaches the real discord.py, which answers: over HTTP and the gateway."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from sandbox.discord import AnswerKind, Message, NoAnswer, NotAllowed, NotThere, Person, Upload
from tests.contract.sandbox_discord.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="package")


def has_both(message: Message) -> bool:
    return set(message.reactions) == {"🟦", "🟩"}


async def test_a_command_is_answered_with_a_message_only_its_member_sees(stage: Stage) -> None:
    outcome = await stage.anna.command("hello", name="Anna", times=2)
    assert outcome.answer is AnswerKind.MESSAGE
    assert outcome.message.text() == "Hello Anna Hello Anna"
    assert outcome.message in stage.anna.visible()
    assert outcome.message not in stage.bruno.visible()


async def test_a_command_tells_the_bot_who_asks_and_where(stage: Stage) -> None:
    assert (await stage.anna.command("told")).text() == "anna in Record shop, de, up to 10485760"
    assert (await stage.anna.in_dm().command("told")).text() == "anna in None, de, up to 10485760"


async def test_subcommands_take_choices_by_name(stage: Stage) -> None:
    assert (await stage.anna.command("playlists add", name="Rain", kind="New")).text() == "Added Rain (New)"


async def test_options_are_completed_while_typing(stage: Stage) -> None:
    choices = await stage.anna.complete("playlists add", option="name", typed="r")
    assert [choice.name for choice in choices] == ["Rain", "Run"]
    assert (await stage.anna.command("playlists add", name=choices[0])).text() == "Added Rain (Mine)"


async def test_the_client_cannot_send_what_a_member_could_not(stage: Stage) -> None:
    with pytest.raises(NotThere, match="playlists add"):
        await stage.anna.command("playlists remove")
    with pytest.raises(NotThere, match="no option 'colour'"):
        await stage.anna.command("hello", name="Anna", colour="red")
    with pytest.raises(NotAllowed, match="needs"):
        await stage.anna.command("hello")
    with pytest.raises(NotAllowed, match="between 1 and 3"):
        await stage.anna.command("hello", name="Anna", times=4)
    with pytest.raises(NotAllowed, match="not a choice"):
        await stage.anna.command("playlists add", name="Rain", kind="Old")


async def test_a_persistent_button_counts_in_its_message(stage: Stage) -> None:
    message = (await stage.anna.command("count")).message
    for pressed in range(3):
        outcome = await stage.bruno.click(message, f"Pressed {pressed}")
        assert outcome.answer is AnswerKind.UPDATE
        assert outcome.message is message
    assert [button.label for button in message.buttons()] == ["Pressed 3"]


async def test_selects_send_what_was_chosen(stage: Stage) -> None:
    message = (await stage.anna.command("crates")).message
    outcome = await stage.anna.select(message, "Which crates?", ["Run", "crate-Rain"])
    assert outcome.text() == "You chose crate-Run, crate-Rain"
    assert (await stage.anna.select(message, "With whom?", stage.bruno.user)).text() == "Shared with bruno"


async def test_a_person_cannot_press_what_cannot_be_pressed(stage: Stage) -> None:
    message = (await stage.anna.command("crates")).message
    with pytest.raises(NotAllowed, match="disabled"):
        await stage.anna.click(message, "Sold out")
    with pytest.raises(NotAllowed, match=r"https://example\.org/"):
        await stage.anna.click(message, "Website")
    with pytest.raises(NotAllowed, match="choose 1 to 2"):
        await stage.anna.select(message, "Which crates?", ["Run", "Rain", "Late night"])
    with pytest.raises(NotThere, match="Name a crate"):
        await stage.anna.click(message, "Nothing")


async def test_embeds_can_be_read(stage: Stage) -> None:
    message = (await stage.anna.command("crates")).message
    assert message.text() == "Choose\nCrates\nThree of them\nRun\n12 songs"


async def test_a_modal_is_filled_in_and_sent(stage: Stage) -> None:
    message = (await stage.anna.command("crates")).message
    form = (await stage.anna.click(message, "Name a crate")).modal
    assert (form.title, [field.label for field in form.fields()]) == ("A new crate", ["Name", "Mood"])
    with pytest.raises(NotAllowed, match="Name must have"):
        await stage.anna.submit(form, name="x" * 21, mood="Calm")
    with pytest.raises(NotAllowed, match="Mood must be filled in"):
        await stage.anna.submit(form, name="Rain")
    assert (await stage.anna.submit(form, name="Rain", mood="Calm")).text() == "Rain is Calm"


async def test_a_deferred_response_can_be_awaited(stage: Stage) -> None:
    outcome = await stage.anna.command("slow")
    assert outcome.answer is AnswerKind.DEFERRED
    assert (await outcome.reply()).text() == "Done"
    extra = await outcome.until(lambda message: "more" in message.text())
    assert not extra.visible(stage.bruno.user)


async def test_a_deferred_update_edits_the_pressed_message(stage: Stage) -> None:
    message = (await stage.anna.command("crates")).message
    outcome = await stage.anna.click(message, "Think")
    assert outcome.answer is AnswerKind.DEFERRED_UPDATE
    assert (await outcome.reply()) is message
    assert message.content == "Thought about it"


async def test_a_v2_card_shows_its_text_picture_and_button(stage: Stage) -> None:
    outcome = await stage.anna.command("card")
    card = outcome.message
    assert card.text() == "## Song A\nby Somebody\n-# 3 labels"
    assert [(file.filename, file.width) for file in card.files()] == [("cover.png", 1)]
    pressed = await stage.anna.click(card, "Pressed 0")
    assert [button.label for button in pressed.message.buttons()] == ["Pressed 1"]


async def test_a_picture_is_served_at_the_cards_url_until_it_expires(stage: Stage) -> None:
    card = (await stage.anna.command("card")).message
    shown = stage.world.payloads.message(card)["components"][0]["components"][0]["accessory"]["media"]
    async with aiohttp.ClientSession() as browser:
        async with browser.get(shown["url"]) as answer:
            assert (answer.content_type, await answer.read()) == ("image/png", card.attachments[0].data)
        async with browser.get(shown["url"].replace("hm=", "hm=0")) as answer:
            assert answer.status == 404


async def test_files_travel_both_ways(stage: Stage) -> None:
    outcome = await stage.anna.command("read", file=Upload("songs.csv", b"title,artist\n"))
    message = await outcome.reply()
    assert message.content == "13 bytes of text/csv; charset=utf-8"
    assert [(file.filename, file.data, file.description) for file in outcome.files] == [
        ("loud-songs.csv", b"TITLE,ARTIST\n", "The same, louder")
    ]
    assert not message.visible(stage.bruno.user)


@pytest.mark.parametrize("direct", [False, True], ids=["channel", "dm"])
async def test_reactions_reach_the_bot(stage: Stage, direct: bool) -> None:
    person = stage.anna.in_dm() if direct else stage.anna
    await person.command("post")
    asked = await stage.world.wait_for(lambda: next(filter(has_both, person.visible()), None), 10)
    await person.react(asked, "🟦")
    await person.unreact(asked, "🟦")
    said = {f"{person.user.mention} {what} 🟦" for what in ("added", "removed")}
    await stage.world.wait_for(lambda: said <= {message.content for message in person.visible()}, 10)
    assert asked.reactions == {"🟦": [stage.world.bot.id], "🟩": [stage.world.bot.id]}


async def test_direct_messages_reach_only_those_who_accept_them(stage: Stage) -> None:
    assert (await stage.anna.command("dm")).text() == "sent"
    assert stage.anna.in_dm().visible()[-1].content == "Psst"
    assert (await stage.bruno.command("dm")).text() == "refused with 50007"


async def test_direct_messages_need_a_shared_guild(stage: Stage) -> None:
    carla = Person(stage.world, stage.world.add_user("carla"))
    assert (await carla.command("dm")).text() == "refused with 50278"


async def test_only_allowed_mentions_ping(stage: Stage) -> None:
    outcome = await stage.anna.command("hello", name=stage.bruno.user.mention)
    assert outcome.message.mentions == []


async def test_a_silent_bot_gives_no_response(stage: Stage) -> None:
    usual = stage.world.rules
    stage.world.rules = replace(usual, answer_within=timedelta(seconds=0.3))
    with pytest.raises(NoAnswer, match="silent"):
        await stage.anna.command("silent")
    stage.world.rules = usual


async def test_a_response_after_three_seconds_is_refused(stage: Stage) -> None:
    waiting = asyncio.create_task(stage.anna.command("late"))
    await stage.world.wait_for(
        lambda: "late" in [interaction.data.get("name") for interaction in stage.world.interactions.values()], 10
    )
    stage.clock.pass_by(seconds=4)
    with pytest.raises(NoAnswer):
        await waiting
    await stage.world.wait_for(lambda: stage.anna.visible()[-1].content == "late: 10062", 10)
