"""A song in a channel: a reaction counts for the member whose playlists stand there; a button is for the others."""

import pytest

from sandbox.discord import Message, Person
from tests.e2e.chat_stage import answer, asked_about, newcomer, styled, with_file
from tests.e2e.home import Home

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("home-b")]
LIBRARY = styled(12, seed=71)
NONE = "🚫"


async def prompted(home: Home, person: Person, reactions: int) -> Message:
    message = await answer(person.command("prompt"))
    return await home.discord.wait_for(lambda: message if len(message.reactions) == reactions else None, 30)


async def test_only_the_reactions_of_whose_playlists_are_shown_are_labels(home: Home) -> None:
    gil = await with_file(home, "gil", "Late night", "Run", library=LIBRARY)
    hal = await with_file(home, "hal", "Run", "Kitchen", library=LIBRARY)
    message = await prompted(home, gil, 3)
    assert message.visible_to is None
    assert list(message.reactions) == ["🟦", "🟥", NONE]
    await prompted(home, hal, 3)
    song = asked_about(message, LIBRARY).uri

    await hal.react(message, "🟥")
    await gil.react(message, "🟪")  # no playlist of hers
    await gil.react(message, "🟥")
    await home.until(lambda: home.labels(gil))
    assert home.labels(gil) == [(song, "only", [home.playlist(gil, "Run")])]
    assert home.labels(hal) == [], "🟥 stands for Gil's playlist there, not for Hal's Kitchen"
    await home.discord.wait_for(lambda: any("didn't count" in each.text() for each in hal.in_dm().visible()), 30)

    await gil.unreact(message, "🟥")
    await home.until(lambda: not home.labels(gil))
    await gil.react(message, NONE)
    await home.until(lambda: home.labels(gil) == [(song, "none", [])])


async def test_the_button_asks_others_about_their_own_playlists(home: Home) -> None:
    ivy = await with_file(home, "ivy", "Run", library=LIBRARY)
    message = await prompted(home, ivy, 2)
    kit = await with_file(home, "kit", "Kitchen", library=LIBRARY)
    card = await answer(kit.click(message, "Sort it into mine"))
    assert card.visible_to == kit.user.id
    await answer(kit.click(card, "Kitchen"))
    song = asked_about(message, LIBRARY).uri
    assert home.labels(kit) == [(song, "only", [home.playlist(kit, "Kitchen")])]
    assert home.labels(ivy) == []
    assert "/link" in (await answer(newcomer(home, "jan").click(message, "Sort it into mine"))).text()


async def test_in_a_layer_with_several_each_reaction_adds_one(home: Home) -> None:
    lia = await with_file(home, "lia", "Late night", "Run", library=LIBRARY)
    await answer(lia.command("playlists settings", layer="main", several=True))
    message = await prompted(home, lia, 3)
    await lia.react(message, "🟦")
    await lia.react(message, "🟥")
    await home.until(lambda: len(home.labels(lia)) == 2)
    assert [kind for _, kind, _ in home.labels(lia)] == ["also", "also"]
    await lia.unreact(message, "🟦")
    await home.until(lambda: len(home.labels(lia)) == 1)
    assert home.labels(lia)[0][2] == [home.playlist(lia, "Run")]
