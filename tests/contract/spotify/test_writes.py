"""Playlists are written right when Spotify is slow or forgetful: real store, HTTP, and time moved by hand."""

from collections.abc import Callable

import pytest

from bot.adapters.store.sorting import writes
from bot.core.sorting.journal import SETTLE, Refused
from bot.errors import CoolingDown, Unsettled
from bot.flows.sorting import manual_edits, sort
from sandbox.spotify import Fault, Lag
from tests.contract.spotify.desk import ADDING, NEW, OWN, Desk
from tests.contract.spotify.stage import MARA

LAGS = (0, 0.3, 0.6, 2, 12, 30)  # seconds


FAULTS: dict[str, Callable[[], Fault | None]] = {
    "none": lambda: None,
    "carried out, then 502": lambda: Fault(ADDING, "apply-then", status=502),
    "502, not carried out": lambda: Fault(ADDING, "status", status=502),
    "carried out 1.5 s late": lambda: Fault(ADDING, "late", seconds=1.5),
    "carried out 12 s late": lambda: Fault(ADDING, "late", seconds=12),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("lag", LAGS)
async def test_p02_songs_are_written_once_however_late_they_can_be_read(desk: Desk, lag: float, fault: str) -> None:
    desk.stage.world.lag = Lag(lag, lag)
    desk.stage.world.faults += [made] if (made := FAULTS[fault]()) else []
    write = await desk.add(*NEW)
    receipt = await desk.apply(write)
    assert desk.songs() == OWN + NEW
    assert [each.song for each in receipt.placed] == NEW

    await desk.undo(write)
    assert desk.songs() == OWN
    desk.stage.clock.pass_by(minutes=2)
    assert await manual_edits.look(desk.stage.store, desk.music, MARA, desk.stage.clock()) == 0, (
        "nobody did anything by hand"
    )


async def test_what_we_made_double_is_taken_out_again_and_a_persons_double_stays(desk: Desk) -> None:
    """An answer so late that the song was sent once more."""
    world, clock = desk.stage.world, desk.stage.clock
    world.add_by_hand("mara", desk.kept.ref, OWN[0])
    world.faults.append(Fault(ADDING, "late", seconds=SETTLE.total_seconds() + 20))
    write = await desk.add(*NEW[:2])
    seen: list[list[str]] = []
    world.after.append(lambda _: _keep(seen, desk))
    await desk.apply(write)
    assert max(map(len, seen)) == len(OWN) + 1 + 4, "they were double for a while"
    assert desk.songs() == [*OWN, OWN[0], *NEW[:2]]
    world.add_by_hand("mara", desk.kept.ref, NEW[0])
    clock.pass_by(minutes=2)
    await desk.apply(await desk.add(NEW[3]))
    assert desk.songs().count(NEW[0]) == 2


@pytest.mark.parametrize("line", ["DELETE /v1/playlists/*/items", ADDING])
@pytest.mark.parametrize(("kind", "status"), [("apply-then", 502), ("status", 502), ("status", 400), ("status", 403)])
async def test_p02_taking_out_what_we_made_double_loses_no_song_whatever_comes_between(
    desk: Desk, line: str, kind: str, status: int
) -> None:
    desk.stage.world.faults.append(Fault(ADDING, "late", seconds=SETTLE.total_seconds() + 20))

    async def deleted(request) -> None:
        if request.line.startswith("DELETE") and len(desk.stage.world.faults) < 2:
            desk.stage.world.faults.append(Fault(line, kind, status=status))

    hooks = desk.stage.world.before if line.startswith("DELETE") else desk.stage.world.after
    hooks.append(deleted)
    receipt = await desk.apply(await desk.add(*NEW[:2]))
    assert desk.songs() == [*OWN, *NEW[:2]]
    assert receipt.refused == []


async def _keep(seen: list[list[str]], desk: Desk) -> None:
    seen.append(desk.songs())


async def test_an_addition_of_unknown_fate_waits_also_after_a_restart(desk: Desk) -> None:
    desk.stage.world.faults.append(Fault(ADDING, "status", status=502))
    write = await desk.add(*NEW)
    for _ in range(3):
        with pytest.raises(Unsettled):
            await sort.apply(desk.stage.store, desk.music, write, desk.stage.clock())
    assert desk.posts() == 1
    async with desk.stage.store.reading() as tx:
        assert (await writes.get(tx, write)).state == "applying", "not done before it is read there"
        assert {each.state for each in await writes.changes(tx, write)} == {"attempted"}
    desk.stage.clock.pass_by(seconds=2 * SETTLE.total_seconds())
    await desk.apply(write)
    assert desk.songs() == OWN + NEW


async def test_a_cooldown_is_no_try(desk: Desk) -> None:
    write = await desk.add(*NEW)
    for _ in range(4):
        desk.stage.world.faults.append(Fault(ADDING, "status", status=429, retry_after=600))
        with pytest.raises(CoolingDown):
            await sort.apply(desk.stage.store, desk.music, write, desk.stage.clock())
        desk.stage.clock.pass_by(minutes=11)
    await desk.apply(write)
    assert desk.songs() == OWN + NEW


async def test_a_song_that_moves_is_put_in_before_it_is_taken_out_or_stays(desk: Desk) -> None:
    other = await desk.another("Pier")
    await desk.apply(await desk.add(NEW[0], NEW[1]))
    del desk.stage.world.tracks[NEW[1]]
    lines = [line for song in NEW[:2] for line in ((desk.kept, song, "remove"), (other, song, "add"))]
    desk.stage.world.requests.clear()
    receipt = await desk.apply(await desk.open(*lines))
    assert desk.songs(other) == NEW[:1]
    assert desk.songs() == [*OWN, NEW[1]]
    lines = [each.line.split()[0] for each in desk.stage.world.requests if "GET" not in each.line]
    assert lines.index("DELETE") == len(lines) - 1
    assert {(each.song, each.action, each.problem) for each in receipt.refused} == {
        (NEW[1], "add", Refused.UNKNOWN),
        (NEW[1], "remove", Refused.UNMOVED),
    }
