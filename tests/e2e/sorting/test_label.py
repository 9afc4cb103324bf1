"""Every button of a song card, and the select for members with many playlists."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.discord import AnswerKind, Change, Interaction, Message, NoAnswer
from sandbox.discord.client.outcome import Outcome
from tests.e2e.chat_stage import answer, asked_about, labels, styled, with_file
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
FEW = 5  # clicks; a sixth label would start a training
ELEVEN = ("Late night", "Run", "Kitchen", "Rain", "Road", "Work", "Party", "Sea", "Snow", "Train", "Bath")


async def following(outcome: Outcome, card: Message) -> Message:
    """The next card, shown in the same message; an answer is acknowledged before that (promise P12)."""
    assert outcome.answer in (AnswerKind.UPDATE, AnswerKind.DEFERRED_UPDATE)
    shown = await outcome.reply()
    assert shown.id == card.id
    return shown


async def test_every_button_of_a_card_does_what_it_says(stack: CheckedStack) -> None:
    library = styled(30, seed=61)
    person = await with_file(stack, "abe", "Late night", "Run", "Kitchen", library=library)
    night, run = stack.playlist(person, "Late night"), stack.playlist(person, "Run")
    card = await answer(person.command("label"))
    assert labels(card) == [
        "Late night",
        "Run",
        "Kitchen",
        "Several",
        "None of them",
        "Skip",
        "Undo",
        "Listen",
        "More of these",
    ]
    assert card.visible_to == person.user.id

    songs = [asked_about(card, library).uri]
    card = await following(await person.click(card, "Run"), card)
    assert stack.labels(person) == [(songs[0], "only", [run])]
    assert "1 label" in card.text()

    songs.append(asked_about(card, library).uri)
    card = await following(await person.click(card, "None of them"), card)
    assert stack.labels(person)[1] == (songs[1], "none", [])

    songs.append(asked_about(card, library).uri)
    several = await following(await person.click(card, "Several"), card)
    assert asked_about(several, library).uri == songs[2]
    several = await following(await person.click(several, "Back"), card)
    several = await following(await person.click(several, "Several"), card)
    card = await following(await person.select(several, "All of its playlists", ["Late night", "Run"]), card)
    assert stack.labels(person)[2] == (songs[2], "only", [night, run])

    songs.append(asked_about(card, library).uri)
    card = await following(await person.click(card, "Skip"), card)
    assert stack.labels(person)[3] == (songs[3], "skip", [])
    assert asked_about(card, library).uri not in songs, "answered and skipped songs aren't asked again"


async def test_p12_clicks_at_once_are_acknowledged_when_they_are_stored_and_before_their_next_cards(
    stack: CheckedStack,
) -> None:
    person = await with_file(stack, "pia", "Late night", "Run", library=styled(30, seed=68))
    shown = [await answer(person.command("label")) for _ in range(FEW)]
    before, seen = {card.id: card.revision for card in shown}, []

    def look(change: Change) -> None:
        click = change.subject
        if change.kind == "answer" and isinstance(click, Interaction) and click.message is not None:
            stored = stack.rows("select 1 from answer where event = ?", click.id)
            seen.append((stored, click.message.revision - before[click.message.id]))

    end = stack.discord.subscribe(look)
    outcomes = await asyncio.gather(*(person.click(card, "Run") for card in shown))
    dealt = [await outcome.reply() for outcome in outcomes]
    end()
    assert seen == [([(1,)], 0)] * FEW, "on disk, and the message still as it was"
    assert [card.id for card in dealt] == list(before)
    assert len(stack.labels(person)) == FEW


async def test_what_follows_from_an_answer_is_done_even_if_it_was_acknowledged_too_late(
    stack: CheckedStack,
) -> None:
    library = styled(30, seed=69)
    person = await with_file(stack, "pip", "Late night", "Run", library=library)
    card, rules = await answer(person.command("label")), stack.discord.rules
    for number in range(FEW):
        card = await following(await person.click(card, ("Run", "Late night")[number % 2]), card)
    stack.discord.rules = replace(rules, answer_within=timedelta(0))
    with pytest.raises(NoAnswer):
        await person.click(card, "Run")
    await stack.until(lambda: stack.rows("select tried from layer where member = ?", person.user.id) == [(FEW + 1,)])
    stack.discord.rules = rules


async def test_the_song_on_a_card_can_be_heard_and_the_card_stays(stack: CheckedStack) -> None:
    library = styled(30, seed=67)
    person = await with_file(stack, "lou", "Late night", "Run", library=library)
    card = await answer(person.command("label"))
    song = asked_about(card, library)
    heard = await (await person.click(card, "Listen")).reply()
    assert heard.id != card.id
    assert heard.visible_to == person.user.id
    assert song.id in heard.content, "the link that Discord shows a player for"
    assert asked_about(card, library) == song


async def test_undo_reverts_the_last_answer_and_asks_that_song_again(stack: CheckedStack) -> None:
    library = styled(30, seed=62)
    person = await with_file(stack, "bea", "Late night", "Run", library=library)
    card = await answer(person.command("label"))
    first = asked_about(card, library).uri
    card = await following(await person.click(card, "Run"), card)
    card = await following(await person.click(card, "Undo"), card)
    assert stack.labels(person) == []
    assert asked_about(card, library).uri == first
    card = await following(await person.click(card, "Late night"), card)
    assert [song for song, _, _ in stack.labels(person)] == [first]
    await person.click(card, "Undo")
    outcome = await person.click(card, "Undo")
    assert "nothing to undo" in (await outcome.until(lambda message: "nothing" in message.text())).text()


async def test_above_ten_playlists_there_is_a_select(stack: CheckedStack) -> None:
    library = styled(30, seed=63)
    person = await with_file(stack, "cid", *ELEVEN, library=library)
    card = await answer(person.command("label"))
    assert not set(ELEVEN) & set(labels(card))
    song = asked_about(card, library).uri
    assert [option.label for option in card.selects()[0].options] == list(ELEVEN)
    await following(await person.select(card, "Its playlist", ["Party"]), card)
    assert stack.labels(person) == [(song, "only", [stack.playlist(person, "Party")])]


async def test_a_tap_for_a_playlist_no_longer_kept_is_refused(stack: CheckedStack) -> None:
    person = await with_file(stack, "dan", "Late night", "Run", library=styled(30, seed=64))
    card = await answer(person.command("label"))
    await answer(person.command("playlists remove", playlist="Run"))
    said = await person.click(card, "Run")
    assert "don't keep that playlist" in said.text()
    assert stack.labels(person) == []


async def test_every_reason_not_to_label_is_explained(stack: CheckedStack) -> None:
    person = await with_file(stack, "eli", library=styled(30, seed=65))
    assert "Choose playlists" in labels(await answer(person.command("label")))
    await answer(person.command("playlists add", new="Run"))
    assert "no such layer" in (await answer(person.command("label", layer="mood"))).text()
    assert "Show me a song" in labels(await answer(person.command("model")))
    assert "nothing to undo" in (await answer(person.command("undo"))).text()
    assert "isn't in your library" in (await answer(person.command("why", song="spotify:track:x"))).text()


async def test_when_everything_is_answered_the_card_says_so(stack: CheckedStack) -> None:
    library = styled(3, seed=66)
    person = await with_file(stack, "fay", "Run", library=library)
    card = await answer(person.command("label"))
    for _ in library.tracks:
        card = await following(await person.click(card, "Run"), card)
    assert "nothing left" in card.text()


async def test_a_member_can_start_with_a_song_they_choose(stack: CheckedStack) -> None:
    library = styled(30, seed=67)
    person = await with_file(stack, "gus", "Run", library=library)
    wanted = library.tracks[7]
    (choice, *_) = await person.complete("label", option="song", typed=wanted.name[:6])
    assert wanted.name[:6].casefold() in choice.name.casefold()
    card = await answer(person.command("label", song=wanted.name))
    assert asked_about(card, library).name == wanted.name
    await following(await person.click(card, "Run"), card)
    assert [kind for _, kind, _ in stack.labels(person)] == ["only"]
    assert "isn't in your library" in (await answer(person.command("label", song="spotify:track:x"))).text()
