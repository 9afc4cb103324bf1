"""A write can be undone however it went, and what the member is told is true at that moment."""

from fnmatch import fnmatchcase

import pytest

from bot.adapters.store.sorting import writes
from bot.core.sorting.journal import Refused
from bot.core.sorting.writes import WriteState
from bot.errors.spotify import CoolingDown, Unsettled
from bot.flows.sorting.writing import sort
from bot.messages.sorting import outcomes
from sandbox.spotify import Fault, Lag
from sandbox.spotify.faults import Request
from tests.contract.spotify.stage import MARA
from tests.contract.spotify.writer import ADDING, NEW, OWN, PlaylistWriter


async def test_undo_puts_a_song_at_the_end_if_its_place_is_gone(writer: PlaylistWriter) -> None:
    await writer.apply(await writer.add(*NEW))
    out = await writer.open((writer.kept, NEW[19], "remove"))
    await writer.apply(out)
    for uri in [*OWN, *NEW[2:19]]:
        writer.stage.world.remove_by_hand("mara", writer.kept.ref, uri)
    await writer.undo(out)
    assert writer.songs() == [*NEW[:2], NEW[19]]


async def test_undo_puts_a_song_at_the_end_if_its_place_goes_meanwhile(writer: PlaylistWriter) -> None:
    await writer.apply(await writer.add(*NEW))
    out = await writer.open((writer.kept, NEW[19], "remove"))
    await writer.apply(out)

    async def clear_out(request: Request) -> None:
        if fnmatchcase(request.line, ADDING) and request.body.get("position") is not None:
            for uri in [*OWN, *NEW[2:19]]:
                writer.stage.world.remove_by_hand("mara", writer.kept.ref, uri)

    writer.stage.world.before.append(clear_out)
    await writer.undo(out)
    assert writer.songs() == [*NEW[:2], NEW[19]]


async def test_an_undo_spotify_rejected_can_be_pressed_again(writer: PlaylistWriter) -> None:
    write = await writer.add(*NEW)
    await writer.apply(write)
    deleting = Fault("DELETE /v1/playlists/*/items", "status", times=None, status=500)
    writer.stage.world.faults.append(deleting)
    said = await writer.undo(write)
    assert {change.problem for change in said.refused} == {Refused.UNANSWERED}
    async with writer.stage.store.reading() as tx:
        assert not (await sort.receipt(tx, write)).undone
    writer.stage.world.faults.clear()
    await writer.undo(write)
    assert writer.songs() == OWN


async def test_a_write_that_failed_halfway_can_be_undone(writer: PlaylistWriter) -> None:
    other = await writer.another("Pier")
    write = await writer.open((writer.kept, NEW[0], "add"), (other, NEW[1], "add"))
    writer.stage.world.faults.append(
        Fault(f"POST /v1/playlists/{other.ref}/items", "status", status=429, retry_after=900)
    )
    with pytest.raises(CoolingDown):
        await sort.apply(writer.stage.store, writer.music, write, writer.stage.clock())
    async with writer.stage.store.writing() as tx:
        await writes.set_state(tx, write, WriteState.FAILED, problem="Something went wrong.")
        assert [change.song for change in (await sort.receipt(tx, write)).placed] == NEW[:1], "what's there now"
        assert (await writes.last_done(tx, MARA)).write == write
    writer.stage.clock.pass_by(minutes=16)
    await writer.undo(write)
    assert writer.songs() == OWN


def said_of(receipt: sort.Receipt) -> str:
    return outcomes.receipt(receipt, 0)


async def test_p43_a_write_is_reported_as_done_only_once_read_back_from_spotify(writer: PlaylistWriter) -> None:
    writer.stage.world.lag = Lag(12, 12)
    store, clock = writer.stage.store, writer.stage.clock
    write = await writer.add(*NEW)
    with pytest.raises(Unsettled):
        await sort.apply(store, writer.music, write, clock())
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).startswith("**Still writing**")
    assert said_of(await writer.apply(write)).startswith("**Done** · **Quay** +20")

    undo = await sort.undo(store, MARA, write, clock())
    with pytest.raises(Unsettled):
        await sort.apply(store, writer.music, undo, clock())
    async with store.reading() as tx:
        assert "I'm undoing this now." in said_of(await sort.receipt(tx, write))
        assert said_of(await sort.receipt(tx, undo)).startswith("**Undoing it now**")
    assert said_of(await writer.apply(undo)).startswith("**Undone**")
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).endswith("Undone since.")


async def test_p43_a_failed_write_is_not_reported_as_done(writer: PlaylistWriter) -> None:
    writer.stage.world.faults.append(Fault(ADDING, "status", times=None, status=403))
    said = said_of(await writer.apply(await writer.add(*NEW)))
    assert said.startswith("**I couldn't do that**\n")
    assert "**Quay** takes no more songs. Not added: " in said
    assert "20 more" in said
    assert "+20" not in said
