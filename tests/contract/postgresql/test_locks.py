"""Locks that processes hold on PostgreSQL: turns, members' jobs, names and parts."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from bot import app
from bot.adapters import home, parts
from bot.adapters.store import Store, member_locks
from bot.adapters.store.lease import WHOLE, Lease
from bot.adapters.store.member_locks import MemberLocks
from bot.chat.gateway.identifying import Turns
from bot.config import parse
from bot.errors import AlreadyRuns, StoreBusy, StoreError
from tests import postgresql
from tests.contract.postgresql.server_stage import ADA, kill_all


@pytest.mark.slow
async def test_a_shard_whose_connection_broke_while_it_waited_for_its_turn_still_gets_it(
    url: str, store: Store, other: Engine
) -> None:
    waiting = Store(url)
    async with store.lock("identify"):
        turn = asyncio.create_task(Turns(waiting).take())
        await wait_for_lock(other)
        kill_all(other)
    async with asyncio.timeout(30):
        await turn
    await waiting.close()


async def wait_for_lock(other: Engine) -> None:
    """Wait until a connection of ours waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
    with other.execution_options(isolation_level="AUTOCOMMIT").connect() as looking:  # each look sees what's new
        while not looking.exec_driver_sql(waiting).scalar_one():  # noqa: ASYNC110 - nothing else says so
            await asyncio.sleep(0.05)


async def test_p35_a_deletion_waits_for_a_job_whose_lock_broke_with_its_connection(url: str, other: Engine) -> None:
    working, deleting = MemberLocks(url), MemberLocks(url)

    async def delete() -> None:
        async with deleting.alone(ADA):
            pass

    async with working.shared(ADA):
        kill_all(other)
        with pytest.raises(StoreError):
            await working.renew()
        await working.renew()
        deletion = asyncio.create_task(delete())
        done, _ = await asyncio.wait({deletion}, timeout=0.5)
        assert not done
    await deletion
    working.close()
    deleting.close()


async def test_p35_a_deletion_gives_up_for_now_if_a_job_elsewhere_does_not_end(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_locks, "PATIENCE_MS", 100)
    working, deleting = MemberLocks(url), MemberLocks(url)
    async with working.shared(ADA):
        with pytest.raises(StoreBusy):
            async with asyncio.timeout(10), deleting.alone(ADA):
                pass
    async with deleting.alone(ADA):
        pass
    working.close()
    deleting.close()


def test_a_name_is_held_by_one_process_until_it_ends_or_another_was_faster(url: str, other: Engine) -> None:
    with Lease(url, "bot") as lease, Lease(url, "worker 1"):
        with pytest.raises(AlreadyRuns), Lease(url, "bot"):
            pass
        kill_all(other)
        lease.renew()
        with pytest.raises(AlreadyRuns), Lease(url, "bot"):
            pass
        kill_all(other)
        with Lease(url, "bot"), pytest.raises(AlreadyRuns):
            lease.renew()
    with Lease(url, "bot"):
        pass


def test_parts_share_a_bot_and_a_whole_one_runs_alone(url: str) -> None:
    with Lease(url, WHOLE, shared=True), Lease(url, WHOLE, shared=True), pytest.raises(AlreadyRuns), Lease(url, WHOLE):
        pass
    with Lease(url, WHOLE), pytest.raises(AlreadyRuns), Lease(url, WHOLE, shared=True):
        pass


@pytest.mark.parametrize(
    ("running", "starting", "clash"),
    [
        ("0-3/8", "3-7/8", True),
        ("0-7/8", "0-15/16", True),
        ("", "0-0/2", True),
        ("1-1/2", "", True),
        ("0-3/8", "4-7/8", False),
    ],
)
async def test_a_gateway_with_the_shards_of_another_does_not_start(
    url: str, tmp_path: Path, running: str, starting: str, clash: bool
) -> None:
    settings = parse({"DISCORD_TOKEN": "x", "DATABASE_URL": url, "DATA_DIR": str(tmp_path)})
    home.prepare(settings)
    async with AsyncExitStack() as closing:
        await app._opened(closing, settings, parts.gateway(running))
        with pytest.raises(AlreadyRuns, match="Another gateway") if clash else nullcontext():
            await app._opened(closing, settings, parts.gateway(starting))


async def test_p23_no_schema_changes_under_a_part_that_runs_on_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = postgresql.empty_url()
    settings = parse({"DISCORD_TOKEN": "x", "DATABASE_URL": empty, "DATA_DIR": str(tmp_path)})
    store, store_elsewhere = Store(empty), Store(empty)
    monkeypatch.setattr(app, "UPGRADE", 0.1)
    with Lease(empty, WHOLE, shared=True):
        with pytest.raises(AlreadyRuns, match="older Cratekeeper runs on this database"):
            await home.migrate(store, settings)
        async with AsyncExitStack() as closing:
            with pytest.raises(AlreadyRuns, match="older"):
                await app._opened(closing, settings, parts.worker("1", ""))
    assert await store.behind()
    await asyncio.gather(*(home.migrate(each, settings, patience=60) for each in (store, store_elsewhere)))
    assert not await store.behind()
    for each in (store, store_elsewhere):
        await each.close()
    postgresql.drop(empty)


def test_a_name_is_waited_for_as_long_as_its_new_holder_is_patient(url: str) -> None:
    """Whoever takes over what a dead process had begun holds its name for a moment."""
    with ThreadPoolExecutor(1) as aside, Lease(url, "worker-1") as held:
        waiting = aside.submit(Lease(url, "worker-1", patience=30).__enter__)
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        held.__exit__(None, None, None)
        waiting.result(30).__exit__(None, None, None)
