"""A list of songs to tick and answer at once, through the real bot: from a card, by artist, by album."""

import pytest

from sandbox.discord import AnswerKind, Message, Person, Upload
from tests.e2e.chat_stage import answer, labels, newcomer
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]
HEAD = "Track URI,Track Name,Artist Name(s),Album Name,Tempo,Energy\n"


def uri(number: int) -> str:
    return f"spotify:track:{number:022d}"


async def with_songs(stack: CheckedStack, name: str, *artists: tuple[str, str, int]) -> Person:
    """A member with so many songs by each artist, on one album, and two playlists."""
    rows, number = [], 0
    for artist, album, count in artists:
        for _ in range(count):
            number += 1
            rows.append(f"{uri(number)},Song {number},{artist},{album},{80 + number},0.5\n")
    person = newcomer(stack, name)
    await answer(person.command("library import", file=Upload("liked.csv", (HEAD + "".join(rows)).encode())))
    for playlist in ("Late night", "Run"):
        await answer(person.command("playlists add", new=playlist))
    return person


def ticked(listed: Message) -> list[str]:
    return [option.label for select in listed.selects() for option in select.options if option.default]


async def test_an_artist_is_placed_in_one_answer_and_one_undo_takes_it_back(stack: CheckedStack) -> None:
    person = await with_songs(stack, "uma", ("Harbours", "Hits", 4), ("Ann", "Alone", 1))
    (choice, *_) = await person.complete("label", option="artist", typed="harb")
    assert choice.value == "Harbours"
    listed = await answer(person.command("label", artist="Harbours"))
    assert listed.visible_to == person.user.id
    assert "4 songs by **Harbours** aren't sorted yet" in listed.text()
    assert labels(listed) == ["Late night", "Run", "None of them", "On the album Hits", "Back"]

    menu = listed.selects()[0]
    _first, *others = [option.value for option in menu.options]
    outcome = await person.select(listed, menu.custom_id, others)
    listed = outcome.message
    assert (len(ticked(listed)), "3 are ticked" in listed.text()) == (3, True)

    pressed = await person.click(listed, "Late night")
    card = pressed.message
    assert pressed.answer is AnswerKind.UPDATE
    assert "3 songs by Harbours → 🟦 **Late night**" in card.text()
    night = stack.playlist(person, "Late night")
    assert [(kind, where) for _song, kind, where in stack.labels(person)] == [("only", [night])] * 3
    assert "3 labels" in card.text()
    await stack.tell_again(pressed)
    assert len(stack.labels(person)) == 3

    card = (await person.click(card, "Undo")).message
    assert "Undone for all 3 songs" in card.text()
    assert stack.labels(person) == []


async def test_more_of_these_leads_from_a_card_to_the_list_and_back(stack: CheckedStack) -> None:
    person = await with_songs(stack, "ugo", ("Harbours", "Hits", 3))
    card = await answer(person.command("label"))
    listed = (await person.click(card, "More of these")).message
    assert len(ticked(listed)) == 3
    assert "Several" in labels((await person.click(listed, "Back")).message)
    listed = (await person.click(listed, "More of these")).message
    listed = (await person.click(listed, "On the album Hits")).message
    assert "3 songs on **Hits**" in listed.text()
    listed = (await person.select(listed, listed.selects()[0].custom_id, [])).message
    assert "None of them" not in labels(listed), "nothing is ticked, so there's nothing to answer"
    listed = (await person.click(listed, "By Harbours")).message
    done = (await person.click(listed, "None of them")).message
    assert "All 3 by Harbours → none of them" in done.text()
    assert "nothing left" in done.text()
    card = (await person.click(done, "Undo")).message
    assert "Undone for all 3 songs" in card.text()
    assert stack.labels(person) == []


async def test_a_long_list_has_several_selects_and_then_goes_on(stack: CheckedStack) -> None:
    person = await with_songs(stack, "ulf", ("Harbours", "Hits", 110))
    (choice,) = await person.complete("label", option="album", typed="hit")
    listed = await answer(person.command("label", album=choice.value))
    assert [len(select.options) for select in listed.selects()] == [25] * 4
    assert "110 songs on **Hits** aren't sorted yet. Here are the first 100" in listed.text()
    third = listed.selects()[2]
    listed = (await person.select(listed, third.custom_id, [third.options[0].value])).message
    assert len(ticked(listed)) == 76, "the other selects keep their ticks"
    listed = (await person.click(listed, "Run")).message
    assert "76 songs on Hits → " in listed.text()
    assert len(stack.labels(person)) == 76
    assert len(ticked(listed)) == 34
    assert "Undone for all 76 songs" in (await person.click(listed, "Undo")).text()
    assert stack.labels(person) == []


async def test_p15_whoever_else_presses_it_changes_nothing(stack: CheckedStack) -> None:
    person = await with_songs(stack, "una", ("Harbours", "Hits", 3))
    listed = await answer(person.command("label", artist="harbours"))
    where = next(button.custom_id for button in listed.buttons() if button.label == "Run")
    stranger = newcomer(stack, "zed")
    assert "belong to someone else" in (await stack.forge(stranger, where)).text()
    assert (stack.labels(person), stack.labels(stranger)) == ([], [])
    assert "None of your songs" in (await answer(person.command("label", artist="nobody"))).text()
