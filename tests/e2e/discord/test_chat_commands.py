"""What a member who imported a file gets from /model, /why, /updates, /help and /status, over HTTP and the gateway."""

import asyncio
import re

import pytest

from sandbox.discord import Person
from sandbox.stack import Stack
from tests.e2e.chat_stage import (
    PATIENCE,
    STYLES,
    answer,
    as_file,
    asked_about,
    label,
    labels,
    newcomer,
    stack,
    styled,
    with_file,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["stack"]


# ---------------------------------------------------------------- models and reasons


async def test_a_member_trains_sorts_asks_why_and_goes_back_to_an_earlier_model(stack: Stack) -> None:
    library = styled()
    vera = await with_file(stack, "vera", *STYLES)
    said = await answer(vera.command("model"))
    assert said.text().startswith("I haven't learned your playlists yet")
    assert "6 more labels and I can learn" in said.text()
    assert labels(said) == ["Show me a song"]
    said = await answer(vera.command("sort"))
    assert labels(said) == ["Show me a song"]
    assert "6 more labels" in said.text()
    assert "`#" not in said.text(), "the member can go on alone: there's nothing to look up"

    card = await label(vera, await answer(vera.command("label")), library, 9)
    await trained(stack, vera, 1)
    said = await answer(vera.command("model"))
    assert "I got" in said.text()
    assert [file.filename for file in said.files()] == ["model.png"]
    assert said.files()[0].data.startswith(b"\x89PNG")
    assert len(said.components[1]["items"][0]["description"]) > 20, "the chart's alt text states the result"

    suggestions = await vera.complete("why", option="song", typed="Song 1")
    said = await answer(vera.command("why", song=suggestions[0]))
    sources = re.search(r"What I go by: (.*) \(from your own file\)", said.text())
    assert sources is not None
    assert {"energy", "tempo"} <= {*re.split(", | and ", sources[1])} <= {"energy", "tempo", "artists", "title", "year"}
    said = await answer(vera.command("why", song="No such song"))
    assert said.text().startswith("That song isn't in your library")

    dry_run = await answer(vera.command("sort"))
    later = next(label for label in labels(dry_run) if label.startswith("Page 2"))
    second = await answer(vera.click(dry_run, later))
    first = next(label for label in labels(second) if label.startswith("Page 1"))
    dry_run = await answer(vera.click(second, first))
    said = await answer(vera.click(dry_run, "Cancel"))
    assert said.text() == "Nothing was changed."
    dry_run = await answer(vera.command("sort"))
    outcome = await vera.click(dry_run, "Apply")
    receipt = await outcome.until(lambda message: "Done" in message.text(), PATIENCE)
    ask = next(label for label in labels(receipt) if label.startswith("Ask me"))
    card = await answer(vera.click(receipt, ask))
    song = asked_about(card, library)
    await answer(vera.click(card, library.belongs(song.uri)[0]))
    await taken_back(vera)

    card = await answer(vera.command("label"))
    await label(vera, card, library, 10)
    await trained(stack, vera, 2)
    said = await answer(vera.command("model"))
    assert "Learned from 9 labels" not in said.text()
    older = said.selects()[0].options[-1]
    said = await answer(vera.select(said, "Use an earlier model", older.value))
    assert "Learned from 9 labels" in said.text()


async def taken_back(person: Person) -> None:
    """Undo the last write, asking again while the bot says that it's still writing."""
    async with asyncio.timeout(PATIENCE):
        said = ""
        while "Undone" not in said:
            outcome = await person.command("undo")
            ended = await outcome.until(
                lambda message: any(end in message.text() for end in ("Undone", "still writing")), PATIENCE
            )
            said = ended.text()


async def trained(stack: Stack, person: Person, times: int) -> None:
    """Wait until the member has been told the result of `times` trainings."""

    def told() -> bool:
        return sum("Another song" in labels(message) for message in person.visible()) >= times

    await stack.discord.wait_for(told, PATIENCE)


# ---------------------------------------------------------------- updates, help, data


async def test_updates_go_where_the_member_wants(stack: Stack) -> None:
    hugo = newcomer(stack, "hugo")
    said = await answer(hugo.command("updates", where="off", cap=5))
    assert said.text() == "I don't send updates about new likes."
    said = await answer(hugo.command("updates", options={"channel": stack.channel}, quiet="22-7"))
    assert f"Updates go to <#{stack.channel.id}>" in said.text()
    assert "Quiet from <t:" in said.text()
    assert (await hugo.complete("updates", option="time_zone", typed="new york"))[0].value == "America/New_York"
    said = await answer(hugo.command("updates", time_zone="America/New_York"))
    assert "Quiet from 22:00 to 7:00 (America/New\\_York)" in said.text()
    said = await answer(hugo.command("updates", time_zone="Atlantis"))
    assert "don't know that time zone" in said.text()
    said = await answer(hugo.command("updates", quiet="always"))
    assert "Quiet hours are two hours of the day" in said.text()
    said = await answer(hugo.command("updates", where="channel"))
    assert "Choose the channel as well" in said.text()
    said = await answer(hugo.command("updates", mute=3))
    assert said.text().startswith("Muted until <t:")
    said = await answer(hugo.command("updates", mute=0))
    assert said.text() == "No longer muted."


async def test_help_status_and_privacy_work_for_strangers_and_members(stack: Stack) -> None:
    karl = newcomer(stack, "karl")
    said = await answer(karl.command("help"))
    assert labels(said) == ["Link Spotify"]
    assert len(said.text().splitlines()) == 2
    assert "Not linked to Spotify" in (await answer(karl.command("status"))).text()
    assert len((await answer(karl.command("data privacy"))).text().splitlines()) == 10
    await answer(karl.command("library import", file=as_file(styled(6))))
    said = await answer(karl.command("status"))
    assert "Your library comes from a file." in said.text()
    assert labels(said) == ["New playlist"]


async def test_help_lists_every_command_by_topic_each_to_press(stack: Stack) -> None:
    karla = newcomer(stack, "karla")
    said, named = await answer(karla.command("help")), set[str]()
    registered = {command.name: command.id for command in stack.discord.commands.registered()}
    for topic in said.selects()[0].options:
        said = await answer(karla.select(said, "Every command", topic.value))
        pressed = re.findall(r"</([a-z ]+):(\d+)>", said.text())
        assert {registered[path.split()[0]] for path, _id in pressed} == {int(number) for _path, number in pressed}
        named |= {path for path, _id in pressed}
        assert [option.value for option in said.selects()[0].options if option.default] == [topic.value]
    assert named == {command.path for command in karla.commands()}, "none that she can't use, and all that she can"


async def test_everything_personal_is_visible_only_to_its_member(stack: Stack) -> None:
    lutz = await with_file(stack, "lutz", "Late night")
    for command in ("help", "status", "data privacy", "label", "playlists list", "library export", "data export"):
        assert (await answer(lutz.command(command))).visible_to == lutz.user.id, command


async def test_a_command_in_a_direct_message_works_as_in_a_channel(stack: Stack) -> None:
    fritz = newcomer(stack, "fritz").in_dm()
    assert labels(await answer(fritz.command("help"))) == ["Link Spotify"]
