"""Playlists are written correctly when Spotify is slow or stale: real store, HTTP, and a manual clock."""

from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from bot.adapters.store.sorting import writes
from bot.core.sorting.writing.journal import SETTLE, Refused
from bot.errors.spotify import CoolingDown, Unsettled
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.writing import manual_edits, sort
from sandbox.spotify import Fault, Lag
from sandbox.spotify.faults import Request
from tests.contract.spotify.stage import MARA, URIS
from tests.contract.spotify.writing.writer import ADDING, NEW, OWN, PlaylistWriter

LAGS = (0, 0.3, 0.6, 2, 12, 30)  # seconds
FAULTS: dict[str, Callable[[], Fault | None]] = {
    "none": lambda: None,
    "carried out, then 502": lambda: Fault(ADDING, "apply-then", status=502),
    "502, not carried out": lambda: Fault(ADDING, "status", status=502),
    "carried out 1.5 s late": lambda: Fault(ADDING, "late", seconds=1.5),
    "carried out 12 s late": lambda: Fault(ADDING, "late", seconds=12),
}


SHOWN = {(0, "carried out, then 502"), (0.6, "none"), (2, "502, not carried out"), (12, "carried out 1.5 s late")}
SHOWN |= {(12, "carried out, then 502"), (30, "carried out 12 s late")}  # the others run in a soak


@pytest.mark.parametrize(
    ("lag", "fault"),
    [
        pytest.param(lag, fault, marks=() if (lag, fault) in SHOWN else pytest.mark.soak)
        for lag in LAGS
        for fault in FAULTS
    ],
)
async def test_p02_songs_are_written_once_however_late_they_become_readable(
    writer: PlaylistWriter, lag: float, fault: str
) -> None:
    writer.stage.world.lag = Lag(lag, lag)
    writer.stage.world.faults += [made] if (made := FAULTS[fault]()) else []
    write = await writer.add(*NEW)
    receipt = await writer.apply(write)
    assert writer.songs() == OWN + NEW
    assert [change.song for change in receipt.placed] == NEW
    assert writer.posts() == (2 if fault == "502, not carried out" else 1)

    await writer.undo(write)
    assert writer.songs() == OWN
    writer.stage.clock.pass_by(minutes=2)
    assert await manual_edits.detect(writer.stage.store, writer.music, MARA, writer.stage.clock()) == 0, (
        "nobody changed anything by hand"
    )


@pytest.mark.slow
async def test_our_duplicate_is_removed_and_a_persons_duplicate_stays(writer: PlaylistWriter) -> None:
    """A response so late that the song was sent again."""
    world, clock = writer.stage.world, writer.stage.clock
    world.add_by_hand("mara", writer.kept.ref, OWN[0])
    world.faults.append(Fault(ADDING, "late", seconds=SETTLE.total_seconds() + 20))
    write = await writer.add(*NEW[:2])
    seen: list[list[str]] = []
    world.after.append(lambda _: _keep(seen, writer))
    await writer.apply(write)
    assert max(map(len, seen)) == len(OWN) + 1 + 4, "they were duplicated for a while"
    assert writer.songs() == [*OWN, OWN[0], *NEW[:2]]
    world.add_by_hand("mara", writer.kept.ref, NEW[0])
    clock.pass_by(minutes=2)
    await writer.apply(await writer.add(NEW[3]))
    assert writer.songs().count(NEW[0]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("line", ["DELETE /v1/playlists/*/items", ADDING])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("apply-then", 502),
        pytest.param("status", 502, marks=pytest.mark.soak),
        ("status", 400),
        pytest.param("status", 403, marks=pytest.mark.soak),
    ],
)
async def test_p02_removing_our_duplicate_loses_no_song_whatever_fails(
    writer: PlaylistWriter, line: str, kind: str, status: int
) -> None:
    writer.stage.world.faults.append(Fault(ADDING, "late", seconds=SETTLE.total_seconds() + 20))

    async def deleted(request) -> None:
        if request.line.startswith("DELETE") and len(writer.stage.world.faults) < 2:
            writer.stage.world.faults.append(Fault(line, kind, status=status))

    hooks = writer.stage.world.before if line.startswith("DELETE") else writer.stage.world.after
    hooks.append(deleted)
    receipt = await writer.apply(await writer.add(*NEW[:2]))
    assert writer.songs() == [*OWN, *NEW[:2]]
    assert receipt.refused == []


async def _keep(seen: list[list[str]], writer: PlaylistWriter) -> None:
    seen.append(writer.songs())


@pytest.mark.slow
async def test_an_add_with_an_unknown_outcome_waits_even_after_a_restart(writer: PlaylistWriter) -> None:
    writer.stage.world.faults.append(Fault(ADDING, "status", status=502))
    write = await writer.add(*NEW)
    for _ in range(3):
        with pytest.raises(Unsettled):
            await sort.apply(writer.stage.store, writer.music, write, writer.stage.clock())
    assert writer.posts() == 1
    async with writer.stage.store.reading() as tx:
        assert (await writes.get(tx, write)).state == "applying", "not done before it's read back"
        assert {change.state for change in await writes.changes(tx, write)} == {"attempted"}
    writer.stage.clock.pass_by(seconds=2 * SETTLE.total_seconds())
    await writer.apply(write)
    assert writer.songs() == OWN + NEW


async def test_a_cooldown_does_not_count_as_a_try(writer: PlaylistWriter) -> None:
    write = await writer.add(*NEW)
    for _ in range(4):
        writer.stage.world.faults.append(Fault(ADDING, "status", status=429, retry_after=600))
        with pytest.raises(CoolingDown):
            await sort.apply(writer.stage.store, writer.music, write, writer.stage.clock())
        writer.stage.clock.pass_by(minutes=11)
    await writer.apply(write)
    assert writer.songs() == OWN + NEW


async def test_a_moved_song_is_added_before_it_is_removed_or_stays(writer: PlaylistWriter) -> None:
    other = await writer.another("Pier")
    await writer.apply(await writer.add(NEW[0], NEW[1]))
    del writer.stage.world.tracks[NEW[1]]
    lines = [line for song in NEW[:2] for line in ((writer.kept, song, "remove"), (other, song, "add"))]
    writer.stage.world.requests.clear()
    receipt = await writer.apply(await writer.open(*lines))
    assert writer.songs(other) == NEW[:1]
    assert writer.songs() == [*OWN, NEW[1]]
    lines = [request.line.split()[0] for request in writer.stage.world.requests if "GET" not in request.line]
    assert lines.index("DELETE") == len(lines) - 1
    assert {(change.song, change.action, change.problem) for change in receipt.refused} == {
        (NEW[1], "add", Refused.UNKNOWN),
        (NEW[1], "remove", Refused.UNMOVED),
    }


async def test_p04_a_playlist_that_is_let_go_during_a_write_is_not_touched_again(writer: PlaylistWriter) -> None:
    """What Spotify has confirmed by then counts as written."""
    stage, songs, sent = writer.stage, URIS[10:240], list[str]()

    async def let_go(request: Request) -> None:
        if fnmatchcase(request.line, ADDING):
            sent.append(request.line)
            if len(sent) == 1:
                await flow.remove(stage.store, MARA, writer.kept.playlist, stage.clock())

    stage.world.before.append(let_go)
    write = await writer.add(*songs)
    await writer.apply(write)
    assert (len(sent), writer.songs()) == (1, OWN + songs[:100])
    async with stage.store.reading() as tx:
        lines = await writes.changes(tx, write)
    assert [line.state for line in lines] == ["written"] * 100 + ["refused"] * 130
    assert {line.problem for line in lines[100:]} == {Refused.NOT_KEPT}
