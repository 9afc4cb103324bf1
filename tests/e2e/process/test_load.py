"""The load driver: a small load is borne by the bot in one process and in four, and what is lost has a name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.load import checks, run, tables
from benchmarks.load.acting import MIX
from benchmarks.load.deployment import DEPLOYMENTS, Deployed, Deployment, deployed
from benchmarks.load.members import move_in
from tests.databases import carry_out

SETTINGS = {**run.SETTINGS, "POLL_SECONDS": "2", "POLL_LONGEST": "2"}
LOAD = run.Load(members=4, servers=2, actions=len(MIX), rate=4)
CLAIM = """
insert into change (member, write, playlist, song, action, state, sends)
select playlist.member, write.write, playlist.playlist, 'spotify:track:never', 'add', 'written', 1
from playlist join write on write.layer = playlist.layer order by playlist.playlist limit 1
"""
RECEIPT = """
insert into write (member, layer, kind, state, total, created_at)
select member, layer, 'tap', 'applied', 1, 0 from layer
"""


@pytest.mark.slow
@pytest.mark.parametrize("deployment", [DEPLOYMENTS[0], DEPLOYMENTS[-1]], ids=lambda deployment: deployment.name)
async def test_a_load_is_borne_and_whatever_is_lost_is_named(deployment: Deployment, tmp_path: Path) -> None:
    async with deployed(tmp_path / "stack", deployment, SETTINGS) as stack:
        residents = await move_in(stack, LOAD.members, LOAD.servers)
        assert len({resident.listener.person.channel.guild for resident in residents}) == LOAD.servers
        measured = await run.borne(stack, residents, LOAD, await run.begun(stack, LOAD.members))
        await stack.end()
        assert measured.books.actions == LOAD.members * LOAD.actions
        assert len(measured.books.likes) == 2 * LOAD.members
        assert measured.used.writes > len(measured.books.labels) > 0 < min(measured.memory, measured.used.processor)
        assert (measured.used.transactions > measured.used.writes) is (deployment.engine == "postgresql")
        shown = {name: value for columns in tables.ALL for name, value in columns(deployment, measured).items()}
        said = [shown[name] for name in ("processes", "actions", "labels", "likes")]
        assert said == [len(deployment.commands), LOAD.members * LOAD.actions, len(measured.books.labels), 8]
        for harm, named in harms(stack, measured):
            harm()
            with pytest.raises(checks.Lost) as told:
                checks.verify(stack, measured.books, checks.jobs(stack))
            assert named in str(told.value)


def test_99_of_100_gestures_are_acknowledged_by_the_99th_percentile() -> None:
    assert tables.p99([seconds / 100 for seconds in range(100, 0, -1)]) == 0.99
    assert tables.p99([0.5]) == 0.5


def harms(stack: Deployed, measured: run.Measured) -> list[tuple[Callable[[], object], str]]:
    """What could have gone wrong, and what is to be said of it."""
    label, (member, song) = measured.books.labels[0], measured.books.likes[0]
    url, jobs = stack.database_url, stack.jobs_url
    return [
        (lambda: carry_out(url, "delete from answer where event = ?", [label.id]), f"interaction {label.id} is lost"),
        (lambda: carry_out(url, "delete from liked where song = ?", [song]), f"{member}'s like of {song} is lost"),
        (lambda: [carry_out(url, each) for each in (RECEIPT, CLAIM)], "spotify:track:never was placed, and isn't in"),
        (lambda: carry_out(jobs, "update workflow_status set status = 'ERROR'"), "of the jobs failed"),
    ]
