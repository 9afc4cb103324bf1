"""A playlist is created once, even if the response is lost or the bot is killed (promises P1 and P2, for playlists)."""

import asyncio
from contextlib import suppress

import pytest

from bot.adapters.spotify import SpotifyMusic
from bot.core.sorting.writing.journal import SETTLE
from bot.errors.spotify import SpotifyDown, SpotifyError, Unsettled
from bot.flows.sorting import playlists
from sandbox.spotify import Fault
from tests.contract.spotify.stage import MARA, Stage

MAKING = "POST /v1/me/playlists"


@pytest.fixture
async def music(stage: Stage) -> SpotifyMusic:
    return await stage.link(MARA, "mara")


async def make(stage: Stage, music: SpotifyMusic) -> str:
    return (await playlists.make(stage.store, music, MARA, "main", "Quay", stage.clock())).ref


def at_spotify(stage: Stage) -> list[str]:
    return [playlist.id for playlist in stage.world.playlists.values() if playlist.name == "Quay"]


async def resumed(stage: Stage, music: SpotifyMusic) -> list[str]:
    """Resume as the worker does, waiting whenever it's postponed. Returns the kept playlists."""
    for _ in range(20):
        try:
            await playlists.resume(stage.store, music, MARA, stage.clock())
        except Unsettled as wait:
            stage.clock.now = max(wait.until, stage.clock())
        else:
            break
    assert await playlists.unfinished(stage.store) == []
    await music.playlists()  # the stand-in carries out what's late before it answers
    return [playlist.ref for _, playlist in await playlists.kept(stage.store, MARA)]


async def test_p01_after_a_kill_the_playlist_spotify_created_is_kept(stage: Stage, music: SpotifyMusic) -> None:
    making = asyncio.create_task(make(stage, music))

    async def kill(request) -> None:
        if request.line == MAKING:
            making.cancel()

    stage.world.after.append(kill)
    with pytest.raises(asyncio.CancelledError):
        await making
    stage.world.after.clear()
    assert len(at_spotify(stage)) == 1
    assert await playlists.unfinished(stage.store) == [MARA]
    assert await resumed(stage, music) == at_spotify(stage)
    assert len(at_spotify(stage)) == 1


@pytest.mark.parametrize("seconds", [1.5, 12])
async def test_p02_a_playlist_created_after_our_timeout_is_not_created_twice(
    stage: Stage, music: SpotifyMusic, seconds: float
) -> None:
    stage.world.faults.append(Fault(MAKING, "late", seconds=seconds))
    with pytest.raises(SpotifyDown):
        await make(stage, music)
    with suppress(Unsettled):  # raised unless the pause after the outage was long enough
        await make(stage, music)
    stage.clock.pass_by(seconds=seconds)
    assert await resumed(stage, music) == at_spotify(stage)
    assert len(at_spotify(stage)) == 1


async def test_p02_a_playlist_created_despite_an_error_is_kept_at_once(stage: Stage, music: SpotifyMusic) -> None:
    stage.world.create_playlist("mara", "Quay", description="Made by Cratekeeper (somebody else's)")
    stage.world.faults.append(Fault(MAKING, "apply-then", status=502))
    assert await make(stage, music) == at_spotify(stage)[1]
    assert len(at_spotify(stage)) == 2


async def test_a_playlist_certainly_not_created_is_requested_again(stage: Stage, music: SpotifyMusic) -> None:
    stage.world.faults.append(Fault(MAKING, "status", status=502))
    before = stage.clock()
    with pytest.raises(SpotifyDown):
        await make(stage, music)
    assert await resumed(stage, music) == at_spotify(stage)
    assert len(at_spotify(stage)) == 1
    assert stage.clock() - before >= SETTLE


async def test_a_clock_set_back_causes_no_second_request(stage: Stage, music: SpotifyMusic) -> None:
    stage.world.faults.append(Fault(MAKING, "late", seconds=30))
    with pytest.raises(SpotifyDown):
        await make(stage, music)
    stage.clock.pass_by(minutes=-10)
    with pytest.raises(Unsettled):
        await make(stage, music)
    stage.clock.pass_by(minutes=11)
    assert await resumed(stage, music) == at_spotify(stage)
    assert len(at_spotify(stage)) == 1


async def test_p41_one_empty_list_creates_no_second_playlist(stage: Stage, music: SpotifyMusic) -> None:
    stage.world.faults.append(Fault(MAKING, "late", seconds=1))
    with pytest.raises(SpotifyDown):
        await make(stage, music)
    stage.clock.pass_by(minutes=2)
    stage.world.faults.append(Fault("GET /v1/me/playlists", "edit", edit=lambda page: page | {"items": [], "total": 0}))
    assert await resumed(stage, music) == at_spotify(stage)
    assert len(at_spotify(stage)) == 1


async def test_a_refused_playlist_is_not_requested_again(stage: Stage, music: SpotifyMusic) -> None:
    stage.world.faults.append(Fault(MAKING, "status", status=400))
    with pytest.raises(SpotifyError):
        await make(stage, music)
    assert await resumed(stage, music) == []
    assert at_spotify(stage) == []
