"""The main job by hand: link, hand over playlists, label, train, look, apply, correct, take back, like new songs."""

import sqlite3

import pytest

from sandbox.discord import AnswerKind, Message
from sandbox.house import House
from tests.e2e.chat_stage import (
    PATIENCE,
    answer,
    asked_about,
    at_spotify,
    data,
    held_back,
    house,
    label,
    labels,
    linked,
    styled,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["house"]


def contents(house: House, name: str) -> list[str]:
    return next(list(each.uris) for each in house.spotify.playlists.values() if each.name == name)


def waiting(update: Message) -> int:
    return int(update.text().split(" for you to decide")[0].split()[-1])


async def test_a_member_goes_from_help_to_a_sorted_library_and_back(house: House) -> None:
    library = held_back(styled(), 6)
    await house.know(styled())
    ada = house.move_in("Ada", library)
    mine = house.spotify.create_playlist("ada", "Late night")
    person = ada.person

    said = await answer(person.command("help"))
    assert labels(said) == ["Link Spotify"]
    outcome = await person.click(said, "Link Spotify")
    consent = await outcome.reply()
    await house.agree(next(each.url for each in consent.buttons() if each.url), ada.account)
    said = await outcome.until(lambda each: "54 liked songs" in each.text(), PATIENCE)
    assert "Linked as *Ada*" in said.text()

    said = await answer(person.select(said, "Your playlists", ["Late night"]))
    assert "I keep **Late night**" in said.text()
    form = await person.click(await answer(person.click(said, "Another playlist")), "New playlist")
    await answer(person.submit(form, name="Run"))
    said = await answer(person.command("playlists add", new="Kitchen"))
    assert {each.name for each in house.spotify.playlists.values()} == {"Late night", "Run", "Kitchen"}

    card = await answer(person.click(said, "Show me a song"))
    assert labels(card) == ["Late night", "Run", "Kitchen", "Several", "None of them", "Skip", "Undo"]
    assert card.visible_to == person.user.id
    first = asked_about(card, library)
    outcome = await person.click(card, library.belongs(first.uri)[0])
    assert outcome.answer is AnswerKind.UPDATE, "a tap is answered in the same message, at once"
    card = await label(person, outcome.message, library, 14)

    outcome = await person.command("train")
    said = await outcome.until(lambda each: "Look?" in each.text(), PATIENCE)
    dry_run = await answer(person.click(said, "Look"))
    assert "would be placed" in dry_run.text()
    assert house.spotify.playlists[mine.id].uris == ()
    outcome = await person.click(dry_run, "Apply")
    receipt = await outcome.until(lambda each: "Done" in each.text(), PATIENCE)
    placed = {name: contents(house, name) for name in ("Late night", "Run", "Kitchen")}
    assert sum(map(len, placed.values())) >= 15
    for name, uris in placed.items():
        assert f"**{name}** +{len(uris)}" in receipt.text()
        assert sum(uri in library.truth[name] for uri in uris) >= 0.8 * len(uris)

    said = await answer(person.click(receipt, "Not there"))
    menu = said.selects()[0]
    said = await answer(person.select(said, menu.custom_id, menu.options[0].value))
    assert "by your word" in said.text()
    wrong = menu.options[0]
    await at_spotify(house, lambda: len(contents(house, wrong.description)) == len(placed[wrong.description]) - 1)

    whisper = await answer(person.click(said, "Why"))
    said = await answer(person.select(whisper, "Which one?", whisper.selects()[0].options[0].value))
    assert "My guess:" in said.text()
    assert "from operator" in said.text()

    for name in placed:
        await answer(person.command("playlists settings", playlist=name, automatic=False))
    for uri in library.later:
        house.spotify.like("ada", uri)
    dm = ada.dm
    update = await house.discord.wait_for(
        lambda: next((each for each in dm.visible() if "6 new likes sorted" in each.text()), None), PATIENCE
    )
    assert "Mute for a day" in labels(update)
    before, size = waiting(update), len(contents(house, "Run"))
    outcome = await dm.click(update, "Run")
    assert outcome.answer is AnswerKind.UPDATE, "the unsure ones are answered right there"
    assert update.text().splitlines()[0].endswith("**Run**")
    assert waiting(update) == before - 1
    await at_spotify(house, lambda: len(contents(house, "Run")) == size + 1)

    outcome = await person.click(receipt, "Undo")
    said = await outcome.until(lambda each: "Taken back" in each.text(), PATIENCE)
    said = await answer(person.command("status"))
    assert "Linked as *Ada*" in said.text()
    assert "6" in said.text()


async def test_the_address_can_be_pasted_where_the_callback_cannot_be_reached(house: House) -> None:
    resident = house.move_in("Cleo", styled(9, seed=3))
    outcome = await resident.person.command("link")
    message = await outcome.reply()
    landing = await house.consent(next(each.url for each in message.buttons() if each.url), resident.account)
    form = await resident.person.click(message, "Paste the address")
    outcome = await resident.person.submit(form, address=landing)
    said = await outcome.until(lambda each: "9 liked songs" in each.text(), PATIENCE)
    assert "Linked as *Cleo*" in said.text()

    again = await resident.person.click(message, "New playlist")  # the message went on; its old form is used up
    assert again.modal.title == "New playlist"
    outcome = await resident.person.submit(form, address=landing)
    await outcome.until(lambda each: "used already" in each.text())


async def test_unlinking_deletes_at_once_and_says_so(house: House) -> None:
    resident, _ = await linked(house, "Dora", styled(9, seed=4))
    message = await answer(resident.person.command("unlink"))
    kept = await answer(resident.person.click(message, "Keep the link"))
    assert kept.text() == "Nothing was changed."
    message = await answer(resident.person.command("unlink"))
    said = await answer(resident.person.click(message, "Unlink"))
    assert "are gone" in said.text()
    with sqlite3.connect(data(house)) as database:
        query = "select count(*) from account where member = ?"
        assert database.execute(query, [resident.person.user.id]).fetchone() == (0,)
    assert labels(await answer(resident.person.command("label"))) == ["Link Spotify"]
