"""Buttons never expire, work only for their member, and make one label per tap, across restarts and double clicks."""

import asyncio
import sqlite3

import pytest

from sandbox.discord import InteractionKind
from sandbox.discord.components import walk
from sandbox.stack import Stack
from tests.e2e.chat_stage import answer, asked_about, data, labels, newcomer, stack, styled, with_file

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["stack"]


def answered(stack: Stack, member: int) -> list[tuple[str, int]]:
    with sqlite3.connect(data(stack)) as database:
        rows = database.execute("select song, event from answer where member = ? order by event", [member])
        return rows.fetchall()


async def test_p16_cards_and_forms_from_before_a_restart_still_work(stack: Stack) -> None:
    anna = await with_file(stack, "anna", "Late night", "Run")
    card = await answer(anna.command("label"))
    song = asked_about(card, styled())
    form = await anna.command("data delete")
    await stack.stop_bot()
    await stack.start_bot()
    card = await answer(anna.click(card, "Run"))
    assert "**Run**" in card.text()
    assert [song_id for song_id, _ in answered(stack, anna.user.id)] == [song.uri]
    outcome = await anna.submit(form, word="no")
    assert "Nothing was deleted" in (await outcome.reply()).text()


async def test_p15_pressing_somebody_elses_button_gets_a_private_answer_and_changes_nothing(stack: Stack) -> None:
    berta = (await with_file(stack, "berta", "Late night", "Run")).in_dm()
    carl = newcomer(stack, "carl")
    card = await answer(berta.command("label"))
    revision = card.revision
    for custom_id in [button.custom_id for button in card.buttons()]:
        outcome = await pressed(stack, carl, card, custom_id)
        said = await outcome_message(stack, outcome)
        assert said.visible_to == carl.user.id
        assert said.text().startswith("These buttons belong to someone else.")
    assert answered(stack, berta.user.id) == answered(stack, carl.user.id) == []
    assert card.revision == revision


async def pressed(stack: Stack, person, message, custom_id: str):
    """Press a button of a message that the client wouldn't even show this person."""
    button = {"id": 1, "component_type": 2, "custom_id": custom_id}
    interaction = stack.discord.begin(InteractionKind.COMPONENT, person.user, message.channel, button, message=message)
    await stack.discord.wait_for(lambda: interaction.acknowledged, 10)
    return interaction


async def outcome_message(stack: Stack, interaction):
    return await stack.discord.wait_for(lambda: next(iter(interaction.messages()), None), 10)


async def test_p14_a_double_click_is_one_label_and_a_late_one_means_the_old_song(stack: Stack) -> None:
    library = styled()
    dora = await with_file(stack, "dora", "Late night", "Run")
    first = await answer(dora.command("label"))
    song, old = asked_about(first, library), {button.label: button.custom_id for button in first.buttons()}
    taps = [pressed(stack, dora, first, old["Run"]) for _ in range(3)]
    await asyncio.gather(*taps)
    assert {song_id for song_id, _ in answered(stack, dora.user.id)} == {song.uri}
    await stack.discord.wait_for(lambda: asked_about(first, library) != song or None, 10)  # the next card is there

    button = next(component for component in walk(first.components) if component.get("label") == "Late night")
    button["custom_id"] = old["Late night"]  # as on a device that hasn't received the next card yet
    outcome = await pressed(stack, dora, first, old["Late night"])
    await outcome_message(stack, outcome)
    assert {song_id for song_id, _ in answered(stack, dora.user.id)} == {song.uri}
    with sqlite3.connect(data(stack)) as database:
        newest = "select playlists from answer where member = ? order by event desc limit 1"
        (chosen,) = database.execute(newest, [dora.user.id]).fetchone()
        late_night = "select playlist from playlist where member = ? and name = 'Late night'"
        assert chosen == f"[{database.execute(late_night, [dora.user.id]).fetchone()[0]}]"


async def test_every_tap_is_acknowledged_well_within_discords_timeout(stack: Stack) -> None:
    emma = await with_file(stack, "emma", "Late night", "Run")
    card = await answer(emma.command("label"))
    for _ in range(5):
        outcome = await emma.click(card, "Late night")
        card = await outcome.reply()
        assert outcome.seconds < stack.discord.rules.answer_within.total_seconds()
    assert labels(card)[:2] == ["Late night", "Run"]
