"""A write is taken back, however it went, and told as what it is at that moment."""

import pytest

from bot.adapters.store.sorting import writes
from bot.chat.sorting import outcomes
from bot.core.sorting.journal import Refused
from bot.errors import CoolingDown, Unsettled
from bot.flows.sorting import sort
from sandbox.spotify import Fault, Lag
from tests.contract.spotify.desk import ADDING, NEW, OWN, Desk
from tests.contract.spotify.stage import MARA


async def test_an_undo_whose_place_is_gone_puts_the_song_at_the_end(desk: Desk) -> None:
    await desk.apply(await desk.add(*NEW))
    out = await desk.open((desk.kept, NEW[19], "remove"))
    await desk.apply(out)
    for uri in [*OWN, *NEW[2:19]]:
        desk.stage.world.remove_by_hand("mara", desk.kept.ref, uri)
    await desk.undo(out)
    assert desk.songs() == [*NEW[:2], NEW[19]]


async def test_an_undo_that_spotify_did_not_take_can_be_pressed_again(desk: Desk) -> None:
    write = await desk.add(*NEW)
    await desk.apply(write)
    deleting = Fault("DELETE /v1/playlists/*/items", "status", times=None, status=500)
    desk.stage.world.faults.append(deleting)
    said = await desk.undo(write)
    assert {each.problem for each in said.refused} == {Refused.UNANSWERED}
    async with desk.stage.store.reading() as tx:
        assert not (await sort.receipt(tx, write)).undone
    desk.stage.world.faults.clear()
    await desk.undo(write)
    assert desk.songs() == OWN


async def test_a_write_that_failed_half_way_can_be_taken_back(desk: Desk) -> None:
    other = await desk.another("Pier")
    write = await desk.open((desk.kept, NEW[0], "add"), (other, NEW[1], "add"))
    desk.stage.world.faults.append(
        Fault(f"POST /v1/playlists/{other.ref}/items", "status", status=429, retry_after=900)
    )
    with pytest.raises(CoolingDown):
        await sort.apply(desk.stage.store, desk.music, write, desk.stage.clock())
    async with desk.stage.store.writing() as tx:
        await writes.set_state(tx, write, "failed", problem="Something went wrong.")
        assert [each.song for each in (await sort.receipt(tx, write)).placed] == NEW[:1], "what stands"
        assert (await writes.last_done(tx, MARA)).write == write
    desk.stage.clock.pass_by(minutes=16)
    await desk.undo(write)
    assert desk.songs() == OWN


def said_of(receipt: sort.Receipt) -> str:
    return outcomes.receipt(receipt, 0)


async def test_p43_a_write_is_told_in_the_past_tense_once_it_was_read_at_spotify(desk: Desk) -> None:
    desk.stage.world.lag = Lag(12, 12)
    store, clock = desk.stage.store, desk.stage.clock
    write = await desk.add(*NEW)
    with pytest.raises(Unsettled):
        await sort.apply(store, desk.music, write, clock())
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).startswith("**Still writing**")
    assert said_of(await desk.apply(write)).startswith("**Done** · **Quay** +20")

    undo = await sort.undo(store, MARA, write, clock())
    with pytest.raises(Unsettled):
        await sort.apply(store, desk.music, undo, clock())
    async with store.reading() as tx:
        assert "I am taking it back now." in said_of(await sort.receipt(tx, write))
        assert said_of(await sort.receipt(tx, undo)).startswith("**Taking it back now**")
    assert said_of(await desk.apply(undo)).startswith("**Taken back**")
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).endswith("Taken back since.")


async def test_p43_what_could_not_be_written_is_not_told_as_done(desk: Desk) -> None:
    desk.stage.world.faults.append(Fault(ADDING, "status", times=None, status=403))
    said = said_of(await desk.apply(await desk.add(*NEW)))
    assert said.startswith("**I couldn't do that**\n")
    assert "**Quay** takes no more songs. Not added: " in said
    assert "20 more" in said
    assert "+20" not in said
