"""A write can be undone however it went, and what the member is told is true at that moment."""

from fnmatch import fnmatchcase

import pytest

from bot.adapters.store.sorting import answers, writes
from bot.core.records import NewWrite
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.journal import Refused
from bot.core.sorting.writing.writes import Action, WriteKind, WriteState
from bot.errors import NothingToUndo
from bot.errors.sorting import StillWriting
from bot.errors.spotify import CoolingDown, SpotifyDown, Unsettled
from bot.flows.sorting.writing import sort, undo
from bot.messages.sorting import outcomes
from sandbox.spotify import Fault, Lag
from sandbox.spotify.faults import Request
from tests.contract.spotify.stage import MARA
from tests.contract.spotify.writing.writer import ADDING, NEW, OWN, PlaylistWriter


@pytest.mark.slow
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


@pytest.mark.slow
async def test_an_undo_spotify_rejected_can_be_pressed_again(writer: PlaylistWriter) -> None:
    write = await writer.add(*NEW)
    await writer.apply(write)
    deleting = Fault("DELETE /v1/playlists/*/items", "status", times=None, status=500)
    writer.stage.world.faults.append(deleting)
    said = await writer.undo(write)
    assert {change.problem for change in said.refused} == {Refused.UNANSWERED}
    async with writer.stage.store.reading() as tx:
        assert "Undone since." not in said_of(await sort.receipt(tx, write))
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


@pytest.mark.slow
async def test_a_song_then_a_playlist_then_the_rest_can_be_undone(writer: PlaylistWriter) -> None:
    store, other = writer.stage.store, await writer.another("Pier")
    write = await writer.open(*((writer.kept, song, "add") for song in NEW[:5]), (other, NEW[5], "add"))
    done = await writer.apply(write)
    of_song = [change.change for change in done.standing if change.song == NEW[2]]
    one = await undo.part(store, MARA, write, of_song, writer.stage.clock())
    with pytest.raises(StillWriting):
        await undo.write(store, MARA, write, writer.stage.clock())
    await writer.apply(one)
    assert writer.songs() == [*OWN, *NEW[:2], *NEW[3:5]]
    async with store.reading() as tx:
        assert (await writes.last_done(tx, MARA)).write == write, "the rest can be undone by /undo, too"
        done = await sort.receipt(tx, write)
    with pytest.raises(NothingToUndo):
        await undo.part(store, MARA, write, of_song, writer.stage.clock())
    of_list = [change.change for change in done.standing if change.playlist == other.playlist]
    await writer.apply(await undo.part(store, MARA, write, of_list, writer.stage.clock()))
    assert (writer.songs(other), len(writer.songs())) == ([], len(OWN) + 4)
    await writer.undo(write)
    assert writer.songs() == OWN
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).endswith("Undone since.")
        assert await writes.last_done(tx, MARA) is None
    with pytest.raises(NothingToUndo):
        await undo.write(store, MARA, write, writer.stage.clock())


async def test_p15_a_part_of_somebody_elses_write_cannot_be_undone(writer: PlaylistWriter) -> None:
    done = await writer.apply(await writer.add(*NEW[:2]))
    with pytest.raises(NothingToUndo):
        lines = [change.change for change in done.standing]
        await undo.part(writer.stage.store, MARA + 1, done.write.write, lines, writer.stage.clock())
    assert writer.songs() == [*OWN, *NEW[:2]]


@pytest.mark.slow
async def test_p43_a_part_is_called_undone_only_once_read_back_from_spotify(writer: PlaylistWriter) -> None:
    store, clock = writer.stage.store, writer.stage.clock
    done = await writer.apply(await writer.add(*NEW[:3]))
    clock.pass_by(minutes=2)
    writer.stage.world.lag = Lag(12, 12)
    part = await undo.part(store, MARA, done.write.write, [done.standing[0].change], clock())
    with pytest.raises(Unsettled):
        await sort.apply(store, writer.music, part, clock())
    async with store.reading() as tx:
        under_way = await sort.receipt(tx, done.write.write)
    assert said_of(under_way).endswith("I'm undoing a part of this now.")
    assert not any(map(under_way.is_reversed, under_way.placed)), "no line is struck through yet"
    await writer.apply(part)
    async with store.reading() as tx:
        partly = await sort.receipt(tx, done.write.write)
    assert said_of(partly).endswith("1 song undone since.")
    assert [*map(partly.is_reversed, partly.placed)] == [True, False, False]


def said_of(receipt: sort.Receipt) -> str:
    return outcomes.receipt(receipt, 0)


@pytest.mark.slow
async def test_p43_a_write_is_reported_as_done_only_once_read_back_from_spotify(writer: PlaylistWriter) -> None:
    writer.stage.world.lag = Lag(12, 12)
    store, clock = writer.stage.store, writer.stage.clock
    write = await writer.add(*NEW)
    with pytest.raises(Unsettled):
        await sort.apply(store, writer.music, write, clock())
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).startswith("**Still writing**")
    assert said_of(await writer.apply(write)).startswith("**Done** · **Quay** +20")

    back = await undo.write(store, MARA, write, clock())
    with pytest.raises(Unsettled):
        await sort.apply(store, writer.music, back, clock())
    async with store.reading() as tx:
        assert "I'm undoing this now." in said_of(await sort.receipt(tx, write))
        assert said_of(await sort.receipt(tx, back)).startswith("**Undoing it now**")
    assert said_of(await writer.apply(back)).startswith("**Undone**")
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, write)).endswith("Undone since.")


async def test_p43_a_failed_write_is_not_reported_as_done(writer: PlaylistWriter) -> None:
    writer.stage.world.faults.append(Fault(ADDING, "status", times=None, status=403))
    said = said_of(await writer.apply(await writer.add(*NEW)))
    assert said.startswith("**I couldn't do that**\n")
    assert "**Quay** takes no more songs. Not added: " in said
    assert "20 more" in said
    assert "+20" not in said


async def test_p43_a_write_that_was_given_up_says_how_far_it_got(writer: PlaylistWriter) -> None:
    store, ended = writer.stage.store, SpotifyDown()
    unread, read = await writer.add(*NEW[:3]), await writer.add(*NEW[3:5])
    writer.stage.world.lag = Lag(12, 12)
    with pytest.raises(Unsettled):
        await sort.apply(store, writer.music, unread, writer.stage.clock())
    writer.stage.world.lag = Lag()
    await writer.apply(read)
    async with store.writing() as tx:
        for write in (unread, read):
            await sort.give_up(tx, write, ended)
    async with store.reading() as tx:
        assert said_of(await sort.receipt(tx, unread)).startswith("**I couldn't do that**\n")
        assert said_of(await sort.receipt(tx, read)).startswith("**I stopped half-way** · **Quay** +2\n")


async def test_undoing_a_tap_takes_back_its_own_answer_not_a_later_one(writer: PlaylistWriter) -> None:
    """Otherwise the next sort would put the song back, and what was said last would be lost."""
    store, first, layer = writer.stage.store, writer.kept.playlist, writer.kept.layer
    other = (await writer.another("Other")).playlist
    async with store.writing() as tx:
        await answers.add(tx, MARA, layer, Answer(NEW[0], Kind.ONLY, (first,), Source.BUTTON, 1))
        new = NewWrite(MARA, layer, WriteKind.TAP)
        tap = await sort.open_tap(tx, new, [(first, NEW[0], Action.ADD)], writer.stage.clock())
        await answers.add(tx, MARA, layer, Answer(NEW[0], Kind.ONLY, (other,), Source.BUTTON, 2))
    await writer.apply(tap)
    await writer.undo(tap)
    assert writer.songs() == OWN
    async with store.reading() as tx:
        (standing,) = await answers.standing(tx, MARA, layer, NEW[0])
    assert standing.playlists == (other,)
