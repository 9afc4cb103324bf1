"""A song in a channel: reactions count for the member whose playlists it shows; everyone else uses a button."""

import pytest

from sandbox.discord import Message, Person
from tests.e2e.chat_stage import answer, asked_about, newcomer, styled, with_file
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
LIBRARY = styled(12, seed=71)
NONE = "🚫"


async def prompted(stack: CheckedStack, person: Person, reactions: int) -> Message:
    message = await answer(person.command("prompt"))
    return await stack.discord.wait_for(lambda: message if len(message.reactions) == reactions else None, 30)


async def test_only_reactions_by_the_playlists_owner_are_labels(stack: CheckedStack) -> None:
    gil = await with_file(stack, "gil", "Late night", "Run", library=LIBRARY)
    hal = await with_file(stack, "hal", "Run", "Kitchen", library=LIBRARY)
    message = await prompted(stack, gil, 3)
    assert message.visible_to is None
    assert list(message.reactions) == ["🟦", "🟥", NONE]
    await prompted(stack, hal, 3)
    song = asked_about(message, LIBRARY).uri

    await hal.react(message, "🟥")
    await gil.react(message, "🟪")  # not one of her playlists
    await gil.react(message, "🟥")
    await stack.until(lambda: stack.labels(gil))
    assert stack.labels(gil) == [(song, "only", [stack.playlist(gil, "Run")])]
    assert stack.labels(hal) == [], "here 🟥 means Gil's playlist, not Hal's Kitchen"
    await stack.discord.wait_for(lambda: any("didn't count" in message.text() for message in hal.in_dm().visible()), 30)

    await gil.unreact(message, "🟥")
    await stack.until(lambda: not stack.labels(gil))
    await gil.react(message, NONE)
    await stack.until(lambda: stack.labels(gil) == [(song, "none", [])])


async def test_where_the_bot_would_see_no_reactions_it_posts_no_song(stack: CheckedStack) -> None:
    """Commands work in a channel that's hidden from the bot; reactions there never reach it."""
    eva = await with_file(stack, "eva", "Run", library=LIBRARY)
    backroom = stack.discord.add_channel(stack.guild, "backroom")
    stack.discord.close(backroom, stack.discord.bot)
    refused = await answer(eva.at(backroom).command("prompt"))
    assert "can't see what I posted" in refused.text()
    assert refused.visible_to == eva.user.id


async def test_the_button_asks_others_about_their_own_playlists(stack: CheckedStack) -> None:
    ivy = await with_file(stack, "ivy", "Run", library=LIBRARY)
    message = await prompted(stack, ivy, 2)
    kit = await with_file(stack, "kit", "Kitchen", library=LIBRARY)
    card = await answer(kit.click(message, "Sort it into mine"))
    assert card.visible_to == kit.user.id
    await answer(kit.click(card, "Kitchen"))
    song = asked_about(message, LIBRARY).uri
    assert stack.labels(kit) == [(song, "only", [stack.playlist(kit, "Kitchen")])]
    assert stack.labels(ivy) == []
    assert "/link" in (await answer(newcomer(stack, "jan").click(message, "Sort it into mine"))).text()


async def test_in_a_layer_with_several_each_reaction_adds_one(stack: CheckedStack) -> None:
    lia = await with_file(stack, "lia", "Late night", "Run", library=LIBRARY)
    await answer(lia.command("playlists settings", layer="main", several=True))
    message = await prompted(stack, lia, 3)
    await lia.react(message, "🟦")
    await lia.react(message, "🟥")
    await stack.until(lambda: len(stack.labels(lia)) == 2)
    assert [kind for _, kind, _ in stack.labels(lia)] == ["also", "also"]
    await lia.unreact(message, "🟦")
    await stack.until(lambda: len(stack.labels(lia)) == 1)
    assert stack.labels(lia)[0][2] == [stack.playlist(lia, "Run")]
