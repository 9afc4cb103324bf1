"""Playlists that already have songs: may the bot learn from them? Yes and the dry run; no; and what's missing."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from sandbox.discord import Message, Person
from sandbox.music.library import Library
from sandbox.spotify.faults import Fault
from sandbox.stack import Listener
from tests.e2e.chat_stage import answer, labels, newcomer
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.trained_stage import plain

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
QUESTION = ["Yes", "No, only my answers"]
WITH_OTHERS = ["Yes", "Yes, and from my other playlists", "No, only my answers"]


async def with_styles(stack: CheckedStack, name: str, seed: int, counts: Mapping[str, int]) -> tuple[Listener, Message]:
    """Someone with a playlist of so many songs of a style each; returns what /link showed in the end."""
    library = plain(72, seed)
    return await with_playlists(
        stack, name, library, {style: library.truth[style][:count] for style, count in counts.items()}
    )


async def with_playlists(
    stack: CheckedStack, name: str, library: Library, held: Mapping[str, Sequence[str]]
) -> tuple[Listener, Message]:
    await stack.import_features(library)
    listener = stack.add_listener(name, library)
    for playlist, songs in held.items():
        made = stack.spotify.create_playlist(listener.account.id, playlist)
        stack.spotify.add(listener.account.id, made.id, songs)
    return listener, (await stack.link(listener)).message


async def add(person: Person, playlist: str) -> Message:
    return await answer(person.command("playlists add", playlist=playlist))


async def test_two_playlists_and_one_yes_lead_to_a_dry_run(stack: CheckedStack) -> None:
    gil, menu = await with_styles(stack, "Gil", 71, {"Late night": 14, "Run": 14})
    both = [option.value for option in menu.selects()[0].options]
    question = await answer(gil.person.select(menu, "Your playlists", both))
    assert "28 songs are in your playlists already. May I learn from them?" in question.text()
    assert "Spotify's terms" in question.text()
    assert labels(question)[:2] == QUESTION, "there are no other playlists"
    assert stack.labels(gil.person) == [], "nothing counts before the yes"

    outcomes = await asyncio.gather(*(gil.person.click(question, "Yes") for _ in range(2)))
    dry_run = await outcomes[0].until(lambda message: "would be placed" in message.text(), PATIENCE)
    assert dry_run.id == question.id
    assert "learned from 28 labels" in dry_run.text()
    assert "if each of them belongs in one of your playlists" in dry_run.text(), "playlists show no song that fits none"
    assert "Apply" in labels(dry_run)
    assert any(track.name.replace("*", r"\*") in dry_run.text() for track in gil.library.tracks)
    assert len(stack.labels(gil.person)) == 28
    assert "would be placed" in (await (await gil.person.command("sort")).reply(PATIENCE)).text()
    again = await stack.forge(gil.person, f"ck1:learn:{layer(stack, gil.person)}")
    await again.until(lambda message: "would be placed" in message.text(), PATIENCE)


def layer(stack: CheckedStack, person: Person) -> int:
    ((number,),) = stack.rows("select layer from layer where member = ?", person.user.id)
    return int(number)


async def test_after_a_no_only_answers_count_and_nothing_is_asked_again(stack: CheckedStack) -> None:
    hal, _ = await with_styles(stack, "Hal", 72, {"Late night": 8, "Run": 8})
    question = await add(hal.person, "Late night")
    assert "8 songs are in **Late night** already" in question.text()
    await stack.stop_bot()
    await stack.start_bot()
    said = await answer(hal.person.click(question, "No, only my answers"))
    assert "Only your answers" in said.text()
    assert "Show me a song" in labels(said)
    said = await add(hal.person, "Run")
    assert "May I learn" not in said.text()
    assert stack.labels(hal.person) == []
    assert "16 labels" in (await answer(hal.person.command("playlists settings", learn=True))).text()


async def test_the_bot_also_learns_from_playlists_it_does_not_keep_until_it_is_told_not_to(stack: CheckedStack) -> None:
    library = plain(72, 78)
    uris = [track.uri for track in library.tracks]
    ora, _ = await with_playlists(stack, "Ora", library, {"Run": uris[:8], "Old": uris[8:12], "Older": uris[12:18]})
    question = await add(ora.person, "Run")
    assert labels(question)[:3] == WITH_OTHERS
    stranger = newcomer(stack, "pim")
    refused = await stack.forge(stranger, f"ck1:learnall:{layer(stack, ora.person)}")
    await refused.until(lambda message: "no such layer" in message.text(), PATIENCE)
    await answer(ora.person.click(question, "Yes, and from my other playlists"))
    others = "select ref from other_playlist where member = ?"
    await stack.until(lambda: len(stack.rows(others, ora.person.user.id)) == 2 or None)
    assert stack.rows("select 1 from member where member = ? and learn_from_others", stranger.user.id) == []
    said = await answer(ora.person.command("playlists settings"))
    assert "I also learn from 2 of your other playlists." in said.text()
    said = await answer(ora.person.command("playlists settings", others=False))
    assert "I no longer keep anything from your other playlists" in said.text()
    assert stack.rows(others, ora.person.user.id) == []
    said = await answer(ora.person.command("playlists settings", others=True))
    assert "I'm reading your other playlists" in said.text()
    await stack.until(lambda: len(stack.rows(others, ora.person.user.id)) == 2 or None)


async def test_too_few_songs_are_explained_and_the_next_playlist_is_learned_too(stack: CheckedStack) -> None:
    ivy, _ = await with_styles(stack, "Ivy", 73, {"Late night": 4, "Run": 10})
    question = await add(ivy.person, "Late night")
    stranger = newcomer(stack, "jon")
    refused = await stack.forge(stranger, f"ck1:learn:{layer(stack, ivy.person)}")
    await refused.until(lambda message: "no such layer" in message.text(), PATIENCE)
    assert stack.labels(ivy.person) == []

    said = await answer(ivy.person.click(question, "Yes"))
    assert "4 labels so far. I need 2 more" in said.text()
    assert labels(said) == ["Show me a song", "Another playlist"]
    outcome = await ivy.person.command("playlists add", playlist="Run")
    said = await outcome.until(lambda message: "Its 10 songs" in message.text(), PATIENCE)
    assert "Its 10 songs count as labels too." in said.text()
    await outcome.until(lambda message: "would be placed" in message.text(), PATIENCE)
    assert len(stack.labels(ivy.person)) == 14


async def test_an_empty_playlist_raises_no_question(stack: CheckedStack) -> None:
    kai, _ = await with_styles(stack, "Kai", 74, {"Late night": 0})
    said = await add(kai.person, "Late night")
    assert "May I learn" not in said.text()
    assert "Show me a song" in labels(said)


async def test_one_playlist_is_learned_from_the_songs_around_it(stack: CheckedStack) -> None:
    lea, _ = await with_styles(stack, "Lea", 75, {"Run": 12})
    outcome = await lea.person.click(await add(lea.person, "Run"), "Yes")
    await outcome.until(lambda message: "would be placed" in message.text(), PATIENCE)


async def test_playlists_that_cannot_be_told_apart_are_explained(stack: CheckedStack) -> None:
    library = plain(72, 76)
    uris = [track.uri for track in library.tracks]  # styles and artists take turns
    moe, menu = await with_playlists(stack, "Moe", library, {"One": uris[:12], "Two": uris[12:24]})
    both = [option.value for option in menu.selects()[0].options]
    question = await answer(moe.person.select(menu, "Your playlists", both))
    outcome = await moe.person.click(question, "Yes")
    said = await outcome.until(lambda message: "Another playlist with songs" in message.text(), PATIENCE)
    assert "don't trust the result yet" in said.text()
    assert labels(said) == ["Another song", "Another playlist"]


@pytest.mark.usefixtures("provoked")
async def test_if_spotify_is_down_after_the_training_a_button_leads_to_the_dry_run(stack: CheckedStack) -> None:
    ned, _ = await with_styles(stack, "Ned", 77, {"Late night": 8, "Run": 8})
    await add(ned.person, "Late night")
    question = await add(ned.person, "Run")
    down = Fault("GET /v1/me/playlists", "status", status=503, times=None)
    stack.spotify.faults.append(down)
    try:
        outcome = await ned.person.click(question, "Yes")
        said = await outcome.until(lambda message: "View" in labels(message), PATIENCE)
    finally:
        stack.spotify.faults.remove(down)
    outcome = await ned.person.click(said, "View")
    await outcome.until(lambda message: "would be placed" in message.text(), PATIENCE)
