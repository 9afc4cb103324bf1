"""The dry run at Spotify: a page for each playlist, corrections before Apply, and each song to be heard."""

import re

import pytest

from sandbox.discord import Message
from tests.e2e.chat_stage import answer, labels
from tests.e2e.checked_stack import CheckedStack
from tests.e2e.sorting.test_sort import counted, promised
from tests.e2e.trained_stage import Trained

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]


def songs_on(ada: Trained, page: Message) -> list[str]:
    """The songs on a page, by their links, in order."""
    ids = re.findall(r"track/(\w{22})", page.text().partition("###")[2])
    return [next(track.uri for track in ada.library.tracks if track.id == found) for found in ids]


def section(page: Message) -> str:
    return page.text().partition("### ")[2].splitlines()[0]


async def leaf_through(ada: Trained, dry_run: Message) -> dict[str, list[str]]:
    """Press the button to the next page until there's none. Returns the songs of each section."""
    found, number = dict[str, list[str]](), 1
    while True:
        assert len(songs_on(ada, dry_run)) <= 10
        found.setdefault(section(dry_run), []).extend(songs_on(ada, dry_run))
        number += 1
        onward = next((name for name in labels(dry_run) if name.startswith(f"Page {number} ")), None)
        if onward is None:
            return found
        await answer(ada.person.click(dry_run, onward))


async def jump(ada: Trained, dry_run: Message, name: str) -> Message:
    menu = dry_run.selects()[0]
    (value,) = [option.value for option in menu.options if option.label == name]
    return await answer(ada.person.select(dry_run, menu.custom_id, [value]))


async def test_each_playlist_has_its_page_and_every_song_is_on_one(stack: CheckedStack, ada: Trained) -> None:
    dry_run = await ada.dry_run()
    placed, looked_at, asked, left = counted(dry_run)
    found = await leaf_through(ada, dry_run)
    names = {name: songs for name, songs in found.items() if name.startswith(("🟥", "🟧", "🟨", "🟩", "🟦", "🟪"))}
    assert sum(map(len, names.values())) == placed
    assert sum(map(len, found.values())) == looked_at == placed + asked + left
    assert len({song for songs in found.values() for song in songs}) == looked_at
    for name, count in promised(dry_run).items():
        page = await jump(ada, dry_run, name)
        assert f"**{name}**" in section(page)
        assert f"{count} song" in page.text()
    await answer(ada.person.click(dry_run, "Cancel"))


async def test_what_is_corrected_in_the_dry_run_is_what_apply_writes(stack: CheckedStack, ada: Trained) -> None:
    before = ada.contents()
    dry_run = await ada.dry_run()
    name, *_ = promised(dry_run)
    other = next(each for each in before if each != name)
    page = await jump(ada, dry_run, name)
    dropped, moved, *_ = songs_on(ada, page)
    for song, instead in ((dropped, "None of them"), (moved, other)):
        menu = (await answer(ada.person.click(dry_run, "Not there"))).selects()[0]
        title = next(track.name for track in ada.library.tracks if track.uri == song)
        (wrong,) = [option.value for option in menu.options if option.label.startswith(f"{title} –")]
        said = await answer(ada.person.select(dry_run, menu.custom_id, [wrong]))
        assert "I won't put it there" in said.text()
        assert {"None of them", "There after all", "Back"} <= set(labels(said))
        assert name not in labels(said)
        page = await answer(ada.person.click(dry_run, instead))
        assert f"**{name}**" in section(page), "back on the page it came from"
    assert "you said it doesn't belong here" in page.text()
    told = promised(page)
    receipt = await ada.apply(page)
    after = ada.contents()
    assert {name: len(after[name]) - len(before[name]) for name in told} == told == promised(receipt)
    assert dropped not in {song for songs in after.values() for song in songs}
    assert moved in after[other]
    assert {(dropped, "none"), (moved, "only")} <= {(song, kind) for song, kind, _ in stack.labels(ada.person)}
    await ada.undo(receipt)
    assert ada.contents() == before


async def test_a_song_of_a_dry_run_can_be_heard_and_the_page_stays(stack: CheckedStack, ada: Trained) -> None:
    dry_run = await ada.dry_run()
    song, *_ = songs_on(ada, dry_run)
    menu = await answer(ada.person.click(dry_run, "Listen"))
    assert menu.visible_to == ada.person.user.id
    heard = await (await ada.person.select(menu, "Choose a song", [song])).reply()
    assert heard.id not in (menu.id, dry_run.id)
    assert heard.visible_to == ada.person.user.id
    assert song.removeprefix("spotify:track:") in heard.content
    assert songs_on(ada, dry_run)[0] == song
    stranger = await stack.forge(stack.add_listener("Eve", ada.library).person, menu.selects()[0].custom_id, song)
    assert "someone else" in stranger.text()
    await answer(ada.person.click(dry_run, "Cancel"))


async def test_a_german_member_reviews_in_german(stack: CheckedStack, ada: Trained) -> None:
    ada.person.user.locale = "de"
    try:
        dry_run = await ada.dry_run()
        assert "würden einsortiert" in dry_run.text()
        assert {"Anwenden", "Nicht dorthin", "Anhören", "Abbrechen"} <= set(labels(dry_run))
        await ruled_out(ada, dry_run)
        page = await jump(ada, await answer(ada.person.click(dry_run, "Zurück")), "Was bleibt")
        assert section(page) == "1 Song bleibt, wo er ist"
        assert page.text().endswith(" · sagst du")
        await answer(ada.person.click(page, next(name for name in labels(page) if name.startswith("Seite"))))
        await jump(ada, dry_run, dry_run.selects()[0].options[0].label)
        await ruled_out(ada, dry_run)
        page = await answer(ada.person.click(dry_run, "Doch dorthin"))
        assert "Was bleibt" not in [option.label for option in page.selects()[0].options]
        await answer(ada.person.click(dry_run, "Abbrechen"))
    finally:
        ada.person.user.locale = "en-US"


async def ruled_out(ada: Trained, dry_run: Message) -> None:
    """Say in German that the first song of the first page doesn't belong there."""
    menu = (await answer(ada.person.click(dry_run, "Nicht dorthin"))).selects()[0]
    said = await answer(ada.person.select(dry_run, menu.custom_id, [menu.options[0].value]))
    assert "Ich tue ihn nicht hinein." in said.text()
    assert "In keine davon" in labels(said)
