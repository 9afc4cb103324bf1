"""A song in a channel: everyone's own reaction is their own label, and taking it away takes it back."""

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


async def test_reactions_of_two_members_are_their_own_labels(home: Home) -> None:
    gil = await with_file(home, "gil", "Late night", "Run", library=LIBRARY)
    hal = await with_file(home, "hal", "Run", "Kitchen", library=LIBRARY)
    message = await prompted(home, gil, 3)
    assert message.visible_to is None
    assert list(message.reactions) == ["🟦", "🟥", NONE]
    await prompted(home, hal, 3)
    song = asked_about(message, LIBRARY).uri

    await gil.react(message, "🟥")
    await hal.react(message, "🟥")
    await home.until(lambda: home.labels(gil) and home.labels(hal))
    assert home.labels(gil) == [(song, "only", [home.playlist(gil, "Run")])]
    assert home.labels(hal) == [(song, "only", [home.playlist(hal, "Kitchen")])], (
        "the same sign, each their own playlist"
    )

    await gil.unreact(message, "🟥")
    await home.until(lambda: not home.labels(gil))
    await gil.react(message, NONE)
    await home.until(lambda: home.labels(gil) == [(song, "none", [])])
    assert len(home.labels(hal)) == 1


async def test_a_reaction_of_somebody_who_shares_nothing_there_means_nothing(home: Home) -> None:
    ivy = await with_file(home, "ivy", "Run", library=LIBRARY)
    message = await prompted(home, ivy, 2)
    jan, kit = newcomer(home, "jan"), await with_file(home, "kit", "Run", library=LIBRARY)
    for person in (jan, kit):
        await person.react(message, "🟦")
        await person.unreact(message, "🟦")
    await ivy.react(message, "🟪")  # no playlist of hers
    await ivy.react(message, "🟦")
    await home.until(lambda: home.labels(ivy))
    assert home.rows("select 1 from answer where member in (?, ?)", jan.user.id, kit.user.id) == []
    assert len(home.labels(ivy)) == 1


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
