"""A whole round with three members over the gateway; the bot restarts in the middle."""

import asyncio

import pytest
import pytest_asyncio

from bot.chat.gateway.presence import FRESH
from bot.chat.social.rounds import TAPS
from sandbox.discord import Channel, Message, Person
from tests.e2e.chat_stage import answer, labels, post_in, with_file
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.trained_stage import plain

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
NAMES = ("rosa", "rick", "ruth")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def channel(stack: CheckedStack) -> Channel:
    """A channel that the server has allowed rounds in."""
    made = stack.discord.add_channel(stack.guild, "rounds")
    owner = Person(stack.discord, stack.discord.owner, stack.channel)
    await post_in(owner, "rounds", made)
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def players(stack: CheckedStack, channel: Channel) -> list[Person]:
    libraries = [plain(5, seed=161 + at) for at in range(len(NAMES))]
    await stack.described(*libraries)
    members = [await with_file(stack, name, library=library) for name, library in zip(NAMES, libraries, strict=True)]
    return [member.at(channel) for member in members]


def newest(channel: Channel, *words: str) -> Message | None:
    matching = [message for message in channel.messages.values() if all(word in message.text() for word in words)]
    return matching[-1] if matching else None


async def entered(player: Person, message: Message) -> str:
    """Enter the newest like with the select. Returns its title."""
    asked = await answer(player.click(message, "Enter a song"))
    assert asked.visible_to == player.user.id
    (menu,) = asked.selects()
    said = await answer(player.select(asked, "One of your newest likes", menu.options[0].value))
    assert "is in" in said.text()
    return str(menu.options[0].label)


async def test_a_round_goes_from_the_theme_to_the_playlist(
    stack: CheckedStack, channel: Channel, players: list[Person]
) -> None:
    rosa, rick, ruth = players
    message = await answer(rosa.command("round start", theme="Songs for *rain*"))
    assert message.visible_to is None
    assert labels(message) == ["Enter a song"]
    assert "a vote takes at least 3" in message.text()
    assert "already a round" in (await answer(rick.command("round start", theme="Sun"))).text()
    titles = [await entered(player, message) for player in (rosa, rick)]
    await stack.until(lambda: "2 songs so far" in message.text())
    assert not any(title in message.text() for title in titles), "nobody sees the entries"
    said = await answer(ruth.command("round enter", song=plain(5, seed=163).tracks[2].uri))
    assert said.visible_to == ruth.user.id

    await stack.stop_bot()
    await stack.start_bot()
    assert "Only whoever started" in (await answer(rick.command("round next"))).text()
    assert "on to the votes" in (await answer(rosa.command("round next"))).text()
    voting = await stack.until(lambda: newest(channel, "Voting ends"))
    await stack.until(lambda: "has moved on" in message.text())
    assert labels(voting) == ["Vote"]
    heard = await answer(rick.select(voting, "Hear one, for yourself", voting.selects()[0].options[0].value))
    assert heard.visible_to == rick.user.id

    for player in (ruth, rosa, rick):
        if player is rick:  # the last vote brings the results
            stack.discord.leave(stack.guild, ruth.user)
            await asyncio.sleep(FRESH)
        ballot = await answer(player.click(voting, "Vote"))
        assert ballot.visible_to == player.user.id
        (menu,) = ballot.selects()
        assert len(menu.options) == 2, "nobody can vote for their own entry"
        voted = await answer(player.select(ballot, "Up to 3 songs", menu.options[0].value))
        assert "Your votes are in" in voted.text()
    results = await stack.until(lambda: newest(channel, "1. ", f"<@{rick.user.id}>"))
    assert labels(results) == ["Make a playlist of these"]
    assert [f"<@{player.user.id}>" in results.text() for player in players] == [True, True, False]
    assert "someone" in results.text(), "Ruth has left, so nothing there names her"
    stack.discord.join(stack.guild, ruth.user)
    await asyncio.sleep(FRESH)
    assert f"<@{ruth.user.id}>" in (await answer(rosa.command("round show"))).text()
    await stack.until(lambda: stack.rows("select state, told from round") == [("closed", "closed")])

    asked = await answer(rick.click(results, "Make a playlist of these"))
    assert "write it to *your* account" in asked.text()
    ruths = await answer(ruth.click(results, "Make a playlist of these"))
    stack.discord.leave(stack.guild, rosa.user)
    await asyncio.sleep(FRESH)
    both = [answer(player.click(page, "Make it")) for player, page in ((rick, asked), (ruth, ruths))]
    said = sorted([message.text() for message in await asyncio.gather(*both)], key=lambda text: "writing it" in text)
    assert "already has its playlist" in said[0]
    assert "writing it" in said[1]
    stack.discord.join(stack.guild, rosa.user)
    query = "select c.brought_by from contribution c join round r using (shared) order by c.brought_by is null, 1"
    named = [number for (number,) in stack.rows(query)]
    assert named == [*sorted([rick.user.id, ruth.user.id]), None], "nobody is named who had left by then"
    await stack.until(lambda: not labels(results))
    assert "1. " in (await answer(ruth.command("round show"))).text()


async def test_a_round_is_called_off_and_old_buttons_say_so(stack: CheckedStack, players: list[Person]) -> None:
    rosa, rick, _ = players
    message = await answer(rosa.command("round start", theme="Sun"))
    asked = await answer(rosa.command("round next"))
    assert "0 songs so far" in asked.text()
    assert "cancelled" in (await answer(rosa.click(asked, "Cancel the round"))).text()
    await stack.until(lambda: "cancelled" in message.text() or "moved on" in message.text())
    assert "no round in this channel" in (await answer(rick.command("round enter", song="Song 1"))).text()


async def test_a_round_is_played_only_in_its_own_server(stack: CheckedStack, players: list[Person]) -> None:
    """A round's buttons do nothing when they're forged or pressed in another server."""
    rosa, rick, _ = players
    await answer(rosa.command("round start", theme="Snow"))
    ((number,),) = stack.rows("select max(round) from round")
    guild = stack.discord.add_guild("Elsewhere", channels=["songs"], members=[rick.user])
    there = rick.at(next(iter(guild.channels.values())))
    song = plain(5, seed=162).tracks[0].uri
    forms = {"rsong": song, "rvotes": "k", "rhear": "k"}
    for somebody in (there, rick.in_dm()):
        for what in TAPS:
            chosen = [forms[what]] if what in forms else []
            outcome = await stack.forge(somebody, f"ck1:{what}:{number}", *chosen)
            assert "no round in this channel" in (await outcome.reply()).text(), what
    assert stack.rows("select 1 from round_entry where round = ?", number) == []
    assert stack.rows("select state from round where round = ?", number) == [("entering",)]
    await answer(rosa.command("round cancel"))


async def test_without_a_channel_for_rounds_no_round_starts(stack: CheckedStack, players: list[Person]) -> None:
    said = await answer(players[0].at(stack.channel).command("round start", theme="Sun"))
    assert "</server:" in said.text()


async def test_in_a_german_server_a_round_is_german_and_its_players_read_their_own_language(
    stack: CheckedStack, players: list[Person]
) -> None:
    rosa, rick, _ = players
    guild = stack.discord.add_guild("Plattenladen", channels=["runden"], members=[rosa.user, rick.user], locale="de")
    (there,) = guild.channels.values()
    owner = Person(stack.discord, stack.discord.owner, there)
    await post_in(owner, "rounds", there)
    rosa, rick = rosa.at(there), rick.at(there)
    message = await answer(rosa.command("round start", theme="Regen"))
    assert "Einsendeschluss" in message.text()
    assert labels(message) == ["Song einreichen"]
    asked = await answer(rick.click(message, "Song einreichen"))
    assert "Which song for **Regen**?" in asked.text()
    (menu,) = asked.selects()
    assert "is in" in (await answer(rick.select(asked, "One of your newest likes", menu.options[0].value))).text()
    await stack.until(lambda: "bisher 1 Song" in message.text())
    assert "is cancelled" in (await answer(rosa.command("round cancel"))).text()
    await stack.until(lambda: newest(there, "Diesmal keine Abstimmung"))
