"""Adding playlists, their rules, layers, and removing them: /playlists with its suggestions."""

from typing import Any

import pytest
import pytest_asyncio

from sandbox.discord import NotAllowed, Person
from sandbox.spotify import Fault
from tests.e2e.chat_stage import answer, as_file, labels, newcomer, styled, with_file
from tests.e2e.checked_stack import PATIENCE, CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
NASTY = "**Loud** <@1> @everyone"


async def test_playlists_at_spotify_are_suggested_kept_and_removed(stack: CheckedStack) -> None:
    kim = stack.add_listener("Kim", styled(9, seed=51))
    for name in ("Late night", "Laundry", "Run"):
        stack.spotify.create_playlist("kim", name)
    other = stack.add_listener("Lou", styled(1, seed=52))
    foreign = stack.spotify.create_playlist("lou", "Lama")
    stack.spotify.follow("kim", foreign.id)
    await stack.link(kim)

    choices = await kim.person.complete("playlists add", option="playlist", typed="la")
    assert {choice.name for choice in choices} == {"Late night (0 songs)", "Laundry (0 songs)"}
    said = await answer(kim.person.command("playlists add", playlist=choices[0]))
    name = choices[0].name.removesuffix(" (0 songs)")
    assert f"**{name}**" in said.text()
    assert choices[0].name not in {
        choice.name for choice in await kim.person.complete("playlists add", option="playlist")
    }
    for wrong in (foreign.id, "no such playlist", name):
        said = await answer(kim.person.command("playlists add", playlist=wrong))
        assert "isn't one of yours" in said.text()
    assert other.account.playlists == [foreign.id]

    said = await answer(kim.person.command("playlists remove", playlist=name))
    assert "stopped keeping" in said.text()
    assert choices[0].name in {choice.name for choice in await kim.person.complete("playlists add", option="playlist")}
    writes = [line for line in stack.calls(kim.account) if not line.startswith("GET")]
    assert writes == []


async def test_doubles_and_unplayable_songs_are_shown_by_the_button_of_the_list(stack: CheckedStack) -> None:
    lea = stack.add_listener("Lea", styled(4, seed=58))
    run, late = (stack.spotify.create_playlist("lea", name) for name in ("Run", "Late night"))
    first, second, third, _ = (track.uri for track in lea.library.tracks)
    stack.spotify.add("lea", run.id, [first, second, first])
    stack.spotify.add("lea", late.id, [second, third])
    names = {track.uri: track.name.replace("*", r"\*") for track in lea.library.tracks}

    def silenced(answer: Any) -> Any:
        for entry in answer["items"]["items"]:
            entry["item"]["is_playable"] = entry["item"]["uri"] != third
        return answer

    silent = Fault(f"GET /v1/playlists/{late.id}", "edit", times=None, edit=silenced)
    stack.spotify.faults.append(silent)
    await stack.link(lea)
    for name in ("Run", "Late night"):
        await answer(lea.person.command("playlists add", playlist=name))
    shown = await answer(lea.person.command("playlists list"))
    outcome = await lea.person.click(shown, "Doubles and unplayable songs")
    doubled = f"**Run** has {names[first]} at positions 1 and 3"
    said = await outcome.until(lambda message: doubled in message.text(), PATIENCE)
    assert said.id != shown.id
    assert f"**Late night** has {names[third]} at position 2, but it can't be played" in said.text()
    assert names[second] not in said.text()
    assert stack.calls(lea.account)[-1].startswith("GET")
    stack.spotify.faults.remove(silent)


async def test_rules_are_set_and_listed(stack: CheckedStack) -> None:
    person = await with_file(stack, "vic", "Late night", "Run", library=styled(6, seed=53))
    (choice,) = await person.complete("playlists settings", option="playlist", typed="late")
    said = await answer(person.command("playlists settings", playlist=choice, automatic=False, mistakes=1, emoji="🌙"))
    assert "🌙 **Late night**" in said.text()
    assert "I ask before" in said.text()
    number = stack.playlist(person, "Late night")
    rules = stack.rows("select automatic, mistakes, emoji from playlist where playlist = ?", number)
    assert rules == [(0, 1, "🌙")]
    assert "1 wrong song in 20" in (await answer(person.command("playlists list"))).text()
    assert "1 wrong song in 20" in (await answer(person.command("playlists settings"))).text()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def wes(stack: CheckedStack) -> Person:
    person = await with_file(stack, "wes", "Late night", "Run", library=styled(6, seed=54))
    await answer(person.command("playlists settings", playlist="Late night", emoji="🌙"))
    return person


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"playlist": "Run", "emoji": "no"}, "one emoji"),
        ({"playlist": "Run", "emoji": "🌙"}, "already stands for another"),
        ({"playlist": "Swim"}, "don't keep that playlist"),
        ({"automatic": True}, "which playlist"),
        ({"layer": "mood", "several": True}, "no such layer"),
    ],
)
async def test_impossible_settings_are_explained_and_change_nothing(
    stack: CheckedStack, wes: Person, options: dict[str, object], said: str
) -> None:
    before = stack.rows("select * from playlist")
    message = await answer(wes.command("playlists settings", options=options))
    assert said in message.text()
    assert stack.rows("select * from playlist") == before


async def test_discord_itself_enforces_number_limits(stack: CheckedStack) -> None:
    person = newcomer(stack, "xia")
    with pytest.raises(NotAllowed):
        await person.command("playlists settings", playlist="Run", mistakes=21)


async def test_layers_are_independent_and_have_two_switches(stack: CheckedStack) -> None:
    person = await with_file(stack, "yan", "Late night", library=styled(6, seed=55))
    await answer(person.command("playlists add", new="Late night", layer="mood"))
    await answer(person.command("playlists add", new="Bright", layer="mood"))
    said = await answer(person.command("playlists add", new="late  NIGHT", layer="mood"))
    assert "already" in said.text()
    assert [choice.name for choice in await person.complete("playlists add", option="layer", typed="mo")] == ["mood"]

    said = await answer(person.command("playlists settings", layer="mood", several=True, everything=True))
    assert "several playlists per song; every song is placed" in said.text()
    member = person.user.id
    switches = stack.rows("select name, several, everything from layer where member = ? order by layer", member)
    assert switches == [("main", 0, 0), ("mood", 1, 1)]
    await answer(person.command("playlists settings", playlist="Bright", everything=False))
    assert stack.rows("select several, everything from layer where member = ? and name = 'mood'", member) == [(1, 0)]

    card = await answer(person.command("label", layer="mood"))
    assert labels(card)[:2] == ["Late night", "Bright"]
    assert labels(await answer(person.command("label")))[0] == "Late night"
    assert "Bright" not in labels(await answer(person.command("label")))


async def test_names_are_shown_literally_and_mention_nobody(stack: CheckedStack) -> None:
    person = newcomer(stack, "zoe")
    await answer(person.command("library import", file=as_file(styled(6, seed=56))))
    said = await answer(person.command("playlists add", new=NASTY))
    assert NASTY not in said.text()
    assert r"\*\*Loud\*\* \<\@1> \@everyone" in said.text()
    assert NASTY in labels(await answer(person.command("label"))), "buttons don't render markup"


async def test_learning_from_existing_songs_is_off_until_switched_on(stack: CheckedStack) -> None:
    bob = stack.add_listener("Bob", styled(9, seed=57))
    run = stack.spotify.create_playlist("bob", "Run")
    stack.spotify.add("bob", run.id, bob.library.truth["Run"])
    await stack.link(bob)
    await answer(bob.person.command("playlists add", playlist="Run"))
    assert stack.labels(bob.person) == []
    said = await answer(bob.person.command("playlists settings", learn=True))
    assert "3 labels" in said.text()
    assert {song for song, _, _ in stack.labels(bob.person)} == set(bob.library.truth["Run"])
    await answer(bob.person.command("playlists settings", learn=False))
    assert stack.labels(bob.person) == []
