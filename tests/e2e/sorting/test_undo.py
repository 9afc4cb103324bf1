"""Undo from the receipt: one song, one playlist, the rest. And what the first receipt and /sync say."""

import pytest

from sandbox.discord import Message
from tests.e2e.chat_stage import answer, labels
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.sorting.test_sort import promised
from tests.e2e.trained_stage import Trained

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("stack-a")]
FROM_NOW_ON = "From now on, like a song and I put it where it belongs"


async def undone_part(ada: Trained, receipt: Message, placeholder: str, value: str) -> Message:
    """Undo a part of the receipt, and go back to it."""
    page = await answer(ada.person.click(receipt, "Undo a part"))
    outcome = await ada.person.select(page, placeholder, [value])
    undo = await outcome.until(lambda message: "Undone" in message.text(), PATIENCE)
    return await answer(ada.person.click(undo, "Show its receipt"))


async def test_one_song_and_one_playlist_can_be_undone_from_the_receipt(stack: CheckedStack, ada: Trained) -> None:
    before = ada.contents()
    receipt = await ada.apply(await ada.dry_run())
    sorted_, (name, *_) = ada.contents(), promised(receipt)
    page = await answer(ada.person.click(receipt, "Undo a part"))
    lists, songs = page.selects()
    assert [option.label for option in lists.options] == [*promised(receipt)]
    song = songs.options[0]
    page = await answer(ada.person.click(page, "Back"))
    receipt = await undone_part(ada, page, "Undo one song of this page", song.value)
    assert "1 song undone since." in receipt.text()
    assert "~~" in receipt.text()
    after = ada.contents()
    assert {each: len(after[each]) - len(sorted_[each]) for each in after if after[each] != sorted_[each]} == {
        song.description: -1
    }
    value = next(option.value for option in lists.options if option.label == name)
    receipt = await undone_part(ada, receipt, "Undo one playlist", value)
    assert ada.contents()[name] == before[name]
    assert ada.contents() != before
    await ada.undo(receipt)
    assert ada.contents() == before
    assert "Undo" not in labels(await answer(ada.person.click(receipt, "Show its receipt")))


async def test_sync_says_what_it_learned_from_moves_by_hand(stack: CheckedStack, ada: Trained) -> None:
    receipt = await ada.apply(await ada.dry_run())
    (source, songs), (target, _) = sorted(ada.contents().items(), key=lambda held: -len(held[1]))[:2]
    await (await ada.person.command("sync")).until(lambda message: "song" in message.text(), PATIENCE)
    stack.spotify.move_by_hand("ada", songs[-1], ada.ref(source), ada.ref(target))
    said = await (await ada.person.command("sync")).until(lambda message: "song" in message.text(), PATIENCE)
    assert f"1 song you put into **{target}**" in said.text()
    assert f"1 song you took out of **{source}**" in said.text()
    again = await (await ada.person.command("sync")).until(lambda message: "song" in message.text(), PATIENCE)
    assert "by hand" not in again.text(), "it's said once"
    await ada.undo(receipt)
    stack.spotify.remove_by_hand("ada", ada.ref(target), songs[-1])


async def test_only_the_first_receipt_says_what_happens_from_now_on(stack: CheckedStack, ada: Trained) -> None:
    """Ada's own first one may have been another test's, so it's asked for again by its button."""
    query = "select min(write) from write where member = ? and kind = 'sort' and state = 'done'"
    receipt = await ada.apply(await ada.dry_run())
    first = int(stack.rows(query, ada.person.user.id)[0][0])
    newest = int(stack.rows(query.replace("min", "max"), ada.person.user.id)[0][0])
    said = await stack.forge(ada.person, f"ck1:turn:{newest}")
    assert (FROM_NOW_ON in said.text()) == (first == newest)
    await ada.undo(receipt)
    said = await stack.forge(ada.person, f"ck1:turn:{first}")
    assert FROM_NOW_ON not in said.text(), "undone"
