"""Two writes under way about the same song of a playlist: they're carried out in the order they were asked for.

Mara presses "Not there", or puts a song back, while Spotify doesn't show yet what she asked for before, or before that
was sent at all.
"""

import pytest

from bot.errors.spotify import Unsettled
from bot.flows.sorting.writing import sort
from sandbox.spotify import Fault, Lag
from tests.contract.spotify.writing.writer import NEW, OWN, PlaylistWriter

MOST_READS = 60  # of the playlist; beyond, Spotify is down
READING = "GET /v1/playlists/*"


async def under_way(writer: PlaylistWriter, action: str) -> int:
    """Begin a write that's sent and can't be read for 30 seconds."""
    writer.stage.world.lag = Lag(items=30)
    writer.stage.world.faults.append(Fault(READING, "status", skip=MOST_READS, times=None, status=503))
    write = await writer.open((writer.kept, NEW[0], action))
    with pytest.raises(Unsettled):
        await applied(writer, write)
    return write


async def applied(writer: PlaylistWriter, write: int) -> sort.Receipt:
    return await sort.apply(writer.stage.store, writer.music, write, writer.stage.clock(), writer.stage.clock.steady)


async def ended(writer: PlaylistWriter, *both: int) -> list[sort.Receipt]:
    """Apply writes in turns, as the worker does, each when it's due."""
    clock, done = writer.stage.clock, dict[int, sort.Receipt]()
    due = dict.fromkeys(both, clock())
    while due:
        write = min(due, key=lambda write: due[write])
        clock.now = max(clock(), due.pop(write))
        try:
            done[write] = await applied(writer, write)
        except Unsettled as wait:
            due[write] = wait.until
    return [done[write] for write in both]


@pytest.mark.slow
async def test_a_song_is_taken_out_though_spotify_does_not_show_yet_that_we_put_it_in(writer: PlaylistWriter) -> None:
    first = await under_way(writer, "add")
    put_in, taken_out = await ended(writer, first, await writer.open((writer.kept, NEW[0], "remove")))
    assert writer.songs() == OWN
    assert [change.song for change in put_in.placed] == [NEW[0]]
    assert [change.song for change in taken_out.removed] == [NEW[0]]


@pytest.mark.slow
async def test_a_song_taken_out_by_hand_before_we_read_it_leaves_nothing_to_take_out(writer: PlaylistWriter) -> None:
    first = await under_way(writer, "add")
    writer.stage.world.replace("mara", writer.kept.ref, OWN)
    receipts = await ended(writer, first, await writer.open((writer.kept, NEW[0], "remove")))
    assert writer.songs() == OWN
    assert [receipt.placed + receipt.removed for receipt in receipts] == [[], []]


@pytest.mark.slow
async def test_a_song_is_put_back_though_spotify_still_shows_what_we_took_out(writer: PlaylistWriter) -> None:
    await writer.apply(await writer.add(NEW[0]))
    writer.stage.clock.pass_by(minutes=2)
    first = await under_way(writer, "remove")
    taken_out, put_back = await ended(writer, first, await writer.add(NEW[0]))
    assert writer.songs() == [*OWN, NEW[0]]
    assert [change.song for change in taken_out.removed] == [NEW[0]]
    assert [change.song for change in put_back.placed] == [NEW[0]]


async def test_a_song_asked_for_twice_is_put_in_once(writer: PlaylistWriter) -> None:
    first = await under_way(writer, "add")
    await ended(writer, first, await writer.add(NEW[0]))
    assert writer.songs() == [*OWN, NEW[0]]


async def test_what_was_asked_for_last_holds_even_if_its_write_is_run_first(writer: PlaylistWriter) -> None:
    """After an outage, writes go on in any order."""
    kept = writer.kept
    await writer.apply(await writer.add(NEW[1]))
    earlier = await writer.open((kept, NEW[0], "add"), (kept, NEW[1], "remove"))
    later = await writer.open((kept, NEW[0], "remove"), (kept, NEW[1], "add"))
    await ended(writer, later, earlier)
    assert writer.songs() == [*OWN, NEW[1]]
