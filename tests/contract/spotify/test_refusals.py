"""A refusal by Spotify, real or apparent, affects only the item refused, and the member is told."""

from datetime import timedelta

import pytest

from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Like, Song
from bot.core.sorting.writing.journal import Refused
from bot.errors import CratekeeperError
from bot.errors.spotify import Unsettled
from bot.flows.sorting.writing import manual_edits, sort
from sandbox.spotify import Fault
from tests.contract.spotify.stage import MARA, START, URIS
from tests.contract.spotify.writing.writer import ADDING, NEW, OWN, PlaylistWriter


@pytest.mark.slow
@pytest.mark.parametrize("dead", [[0], [19], [3, 4, 11], list(range(20))])
async def test_dead_songs_do_not_block_others_and_are_named(writer: PlaylistWriter, dead: list[int]) -> None:
    for at in dead:
        del writer.stage.world.tracks[NEW[at]]
    receipt = await writer.apply(await writer.add(*NEW))
    alive = [uri for at, uri in enumerate(NEW) if at not in dead]
    assert writer.songs() == OWN + alive
    assert [change.song for change in receipt.placed] == alive
    assert {(change.song, change.problem) for change in receipt.refused} == {(NEW[at], Refused.UNKNOWN) for at in dead}
    async with writer.stage.store.reading() as tx:
        assert {(None, NEW[at]) for at in dead} <= await writes.barred(tx, MARA, START + timedelta(days=99))


@pytest.mark.slow
@pytest.mark.parametrize(("status", "problem"), [(500, Refused.UNANSWERED), (403, Refused.FULL)])
async def test_a_full_playlist_is_reported_and_the_others_are_written(
    writer: PlaylistWriter, status: int, problem: Refused
) -> None:
    other = await writer.another("Pier")
    full = f"POST /v1/playlists/{writer.kept.ref}/items"
    writer.stage.world.faults.append(Fault(full, "status", times=None, status=status))
    began = writer.stage.clock()
    write = await writer.open(
        *((writer.kept, uri, "add") for uri in NEW[:5]), *((other, uri, "add") for uri in NEW[5:])
    )
    receipt = await writer.apply(write)
    assert writer.stage.clock() - began < timedelta(minutes=5)
    assert writer.songs(other) == NEW[5:]
    assert writer.songs() == OWN
    assert [(change.song, change.problem) for change in receipt.refused] == [(uri, problem) for uri in NEW[:5]]
    assert receipt.write.state == "done"


async def test_songs_are_never_added_to_a_deleted_or_unfollowed_playlist(writer: PlaylistWriter) -> None:
    other = await writer.another("Pier")
    writer.stage.world.unfollow("mara", writer.kept.ref)
    receipt = await writer.apply(await writer.open((writer.kept, NEW[0], "add"), (other, NEW[1], "add")))
    assert writer.songs() == OWN
    assert writer.songs(other) == NEW[1:2]
    assert [(change.song, change.problem) for change in receipt.refused] == [(NEW[0], Refused.GONE)]


@pytest.mark.parametrize("status", [400, 401, 408, 409, 418])
@pytest.mark.parametrize("line", [ADDING, "GET /v1/playlists/*", "GET /v1/me/library/contains"])
async def test_p41_one_odd_response_refuses_no_song_and_ends_no_write(
    writer: PlaylistWriter, line: str, status: int
) -> None:
    writer.stage.world.faults.append(Fault(line, "status", times=2 if status == 401 else 1, status=status))
    receipt = await writer.apply(await writer.add(NEW[0]))
    assert writer.songs() == [*OWN, NEW[0]]
    assert (receipt.refused, receipt.write.state) == ([], "done")


def emptied(answer: dict) -> dict:
    return answer | {"items": answer["items"] | {"items": [], "total": 0}}


@pytest.mark.parametrize("skip", [0, 1, 2])
async def test_p41_one_empty_response_creates_no_label(writer: PlaylistWriter, skip: int) -> None:
    """Before our write, after it, or at the next poll: no song counts as added or removed by hand."""
    async with writer.stage.store.writing() as tx:
        await songs.like(tx, MARA, [Like(Song(uri, uri, ()), START) for uri in (*OWN, *NEW)], START)
    writer.stage.world.faults.append(Fault("GET /v1/playlists/*", "edit", skip=skip, edit=emptied))
    await writer.apply(await writer.add(*NEW))
    writer.stage.clock.pass_by(minutes=2)
    writer.stage.world.add_by_hand("mara", writer.kept.ref, URIS[40])
    await manual_edits.detect(writer.stage.store, writer.music, MARA, writer.stage.clock())
    async with writer.stage.store.reading() as tx:
        assert await answers.verdicts(tx, MARA, writer.kept.layer) == {}
    assert writer.songs() == [*OWN, *NEW, URIS[40]]


async def test_p41_a_playlist_short_when_added_is_read_again(writer: PlaylistWriter) -> None:
    writer.stage.world.faults.append(Fault("GET /v1/playlists/*", "edit", edit=emptied))
    other = await writer.another("Pier", OWN)
    async with writer.stage.store.reading() as tx:
        assert [item.song for item in await playlists.items(tx, other.playlist)] == OWN


MISSED = {
    "reading": "GET /v1/playlists/*",
    "writing": ADDING,
    "its place in the library": "GET /v1/me/library/contains",
}


@pytest.mark.parametrize("line", MISSED.values(), ids=MISSED)
@pytest.mark.parametrize("status", [403, 404])
async def test_p41_one_response_that_a_playlist_is_gone_is_not_believed(
    writer: PlaylistWriter, line: str, status: int
) -> None:
    fault = Fault(line, "status", status=status)
    if line.endswith("contains"):
        fault = Fault(line, "edit", edit=lambda held: [False for _ in held])
    writer.stage.world.faults.append(fault)
    receipt = await writer.apply(await writer.add(*NEW))
    assert writer.songs() == OWN + NEW
    assert receipt.refused == []


async def test_p41_a_playlist_that_seemed_gone_long_ago_is_believed_no_sooner(writer: PlaylistWriter) -> None:
    """The write that missed it failed, so nothing noted that it was seen again."""
    world, stage = writer.stage.world, writer.stage
    world.faults.append(Fault(MISSED["reading"], "status", status=404))
    first = await writer.add(NEW[0])
    with pytest.raises(Unsettled):
        await sort.apply(stage.store, writer.music, first, stage.clock())
    async with stage.store.writing() as tx:
        await sort.give_up(tx, first, CratekeeperError())
    stage.clock.pass_by(days=30)
    world.faults.append(Fault(MISSED["reading"], "status", status=404))
    receipt = await writer.apply(await writer.add(NEW[1]))
    assert (receipt.refused, writer.songs()) == ([], [*OWN, NEW[1]])


@pytest.mark.slow
async def test_p41_a_readable_playlist_that_accepts_nothing_is_reported(writer: PlaylistWriter) -> None:
    writer.stage.world.faults.append(Fault(ADDING, "status", times=None, status=404))
    began = writer.stage.clock()
    receipt = await writer.apply(await writer.add(*NEW[:2]))
    assert {change.problem for change in receipt.refused} == {Refused.GONE}
    assert timedelta(seconds=30) < writer.stage.clock() - began < timedelta(minutes=2)
    assert writer.posts() < 10
    writer.stage.world.faults[:] = [Fault(ADDING, "status", status=404)]
    await writer.apply(await writer.add(NEW[3]))
    assert writer.songs() == [*OWN, NEW[3]], "a refusal isn't remembered forever"
