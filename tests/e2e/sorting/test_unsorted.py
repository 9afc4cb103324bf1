"""What isn't sorted, through Discord: /status counts it, and each kind has the button that helps."""

import pytest

from tests.e2e.chat_stage import answer, labels, styled, with_file
from tests.e2e.checked_stack import CheckedStack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-b")]


async def test_songs_without_a_playlist_are_counted_listed_and_asked_about(stack: CheckedStack) -> None:
    library = styled(13, seed=62)
    person = await with_file(stack, "ulf", "Run", library=library)
    status = await answer(person.command("status"))
    assert "13 songs you like are in no playlist" in status.text()
    overview = await answer(person.click(status, "What isn't sorted"))
    assert labels(overview) == ["Show those in none"]
    first = await answer(person.click(overview, "Show those in none"))
    assert {"Show me a song", "Page 2 of 2"} <= {*labels(first)}
    assert "Show me what you'd do" not in labels(first), "nothing is trained yet"
    second = await answer(person.click(first, "Page 2 of 2"))
    (select,) = second.selects()
    assert len(select.options) == 3
    card = await answer(person.select(second, "Show the card of one of these", select.options[0].value))
    track = next(track for track in library.tracks if track.uri == select.options[0].value)
    assert track.id in card.text()
    assert "None of them" in labels(card)

    await answer(person.click(card, "None of them"))
    assert "12 songs you like are in no playlist" in (await answer(person.command("status"))).text()


async def test_a_page_that_is_gone_shows_what_is_left(stack: CheckedStack) -> None:
    person = await with_file(stack, "uma", "Run", library=styled(11, seed=63))
    overview = await answer(person.click(await answer(person.command("status")), "What isn't sorted"))
    first = await answer(person.click(overview, "Show those in none"))
    card = await answer(person.command("label"))
    await answer(person.click(card, "None of them"))
    last = await answer(person.click(first, "Page 2 of 2"))
    (select,) = last.selects()
    assert len(select.options) == 10
    assert not [label for label in labels(last) if label.startswith("Page")]
