"""Rate limits, injected faults, hooks around requests, and the log."""

import aiohttp
import pytest

from sandbox.spotify import Fault, Playlist, World
from sandbox.spotify.accounts.tokens import s256
from sandbox.spotify.faults import HangUp, Request
from tests.contract.sandbox_spotify.client import URIS, VERIFIER, Client, Clock


async def test_the_rate_limit_window_rolls(mara: Client, world: World, clock: Clock) -> None:
    world.limit.requests = 3
    for _ in range(3):
        assert (await mara.call("GET /me"))[0] == 200
        clock.pass_by(seconds=5)
    headers = {"Authorization": f"Bearer {mara.access}"}
    async with mara.session.get(f"{mara.root}/v1/me", headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "15")
    clock.pass_by(seconds=15)
    assert (await mara.call("GET /me"))[0] == 200


async def test_the_quota_locks_out_for_a_day(mara: Client, world: World) -> None:
    world.faults.append(Fault("GET /v1/*", "quota"))
    headers = {"Authorization": f"Bearer {mara.access}"}
    async with mara.session.get(f"{mara.root}/v1/me", headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "86400")
        assert (await answer.json())["error"]["reason"] == "QUOTA_EXCEEDED"


async def test_p02_the_stand_in_can_apply_an_add_and_then_answer_502(mara: Client, world: World, run: Playlist) -> None:
    world.faults.append(Fault("POST /v1/playlists/*/items", "apply-then", status=502))
    assert (await mara.call(f"POST /playlists/{run.id}/items", {"uris": URIS[:1]}))[0] == 502
    assert run.uris == (URIS[0],)


@pytest.mark.parametrize(
    ("fault", "held"),
    [
        (Fault("POST *", "drop"), 0),
        (Fault("POST *", "apply-then", status=0), 1),
    ],
)
async def test_the_stand_in_can_hang_up_before_or_after(
    mara: Client, world: World, run: Playlist, fault: Fault, held: int
) -> None:
    world.faults.append(fault)
    with pytest.raises(aiohttp.ClientError):
        await mara.call(f"POST /playlists/{run.id}/items", {"uris": URIS[:1]})
    assert len(run.rows) == held
    assert world.requests[-1].status == 0


async def test_faults_strike_as_often_and_as_late_as_configured(mara: Client, world: World) -> None:
    world.faults.append(Fault("GET /v1/me", "status", status=503, skip=1, times=2, retry_after=7))
    assert [(await mara.call("GET /me"))[0] for _ in range(4)] == [200, 503, 503, 200]


async def test_a_slow_response_still_arrives(mara: Client, world: World) -> None:
    world.faults.append(Fault("GET /v1/me", "slow", seconds=0.05))
    assert (await mara.call("GET /me"))[0] == 200
    assert world.faults[0].times == 0


async def test_p01_hooks_can_stop_any_request_before_or_after_it_is_applied(
    mara: Client, world: World, run: Playlist
) -> None:
    async def stop(request: Request) -> None:
        if request.method == "POST":
            raise HangUp

    add = f"POST /playlists/{run.id}/items"
    for hooks, held in ((world.before, 0), (world.after, 1)):
        hooks.append(stop)
        with pytest.raises(aiohttp.ClientError):
            await mara.call(add, {"uris": URIS[:1]})
        hooks.clear()
        assert len(run.rows) == held


async def test_p34_the_log_has_every_request_and_no_secret(mara: Client, world: World, run: Playlist) -> None:
    await mara.call(f"POST /playlists/{run.id}/items", {"uris": URIS[:1]})
    await mara.token(grant_type="refresh_token", refresh_token=mara.refresh)
    add = next(request for request in world.requests if request.line == f"POST /v1/playlists/{run.id}/items")
    assert (add.client_id, add.user, add.status, add.body) == ("app", "mara", 201, {"uris": URIS[:1]})
    assert [request.number for request in world.requests] == list(range(1, len(world.requests) + 1))
    assert [request.status for request in world.requests[:2]] == [302, 200]  # consent, then the token
    log = repr(world.requests)
    assert not [secret for secret in (mara.access, mara.refresh, VERIFIER, s256(VERIFIER)) if secret in log]
