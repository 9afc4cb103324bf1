"""Moving everything stored from one engine to another, and back: each row the same, cut short or not."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import insert, select, update

from bot.adapters import home
from bot.adapters.jobs import Jobs
from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.copying import copy
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists
from bot.cli.migrate_store import migrate_store
from bot.config import parse
from bot.core.jobs import Job, JobKind
from bot.core.records import Like, Song
from bot.errors import AlreadyRuns, SettingsError, StoreTaken
from tests import postgresql
from tests.databases import carry_out, new_store
from tests.filled import fill

T = TypeVar("T")
ADA, BEN = 1001, 1002
MANY = 1_203  # likes: more than two slices


@pytest.fixture
def url() -> Iterator[str]:
    made = postgresql.empty_url()
    yield made
    postgresql.drop(made)


async def full(store: Store, now: datetime) -> Store:
    """Rows in every table, and more likes than a slice holds."""
    async with store.writing() as tx:
        for member in (ADA, BEN):
            await fill(tx, member, f"word of {member}")
        await songs.like(
            tx, ADA, [Like(Song(f"s{number}", "Naïve\x00 🎵", ("A",)), now) for number in range(MANY)], now
        )
    return store


async def rows(store: Store) -> dict[str, list[str]]:
    async with store.reading() as tx:
        return {
            table.name: sorted(map(repr, await tx.execute(select(table)))) for table in schema.metadata.sorted_tables
        }


async def copied(source: Store, target: Store, tables: int | None = None) -> dict[str, tuple[int, int]]:
    """Copy, or only so many tables; return how many rows each has, and how many of them were new."""
    done = {}
    async with aclosing(copy(source, target)) as copying:
        async for table in copying:
            done[table.table] = (table.rows, table.new)
            if len(done) == tables:
                break
    return done


@pytest.mark.slow
async def test_every_row_is_the_same_there_and_back(tmp_path: Path, url: str, now: datetime) -> None:
    there, back = Store(url), new_store(tmp_path / "back.db")
    source = await full(new_store(tmp_path / "test.db"), now)
    await there.migrate()
    before = await rows(source)
    assert all(before.values()), "every table has rows"
    assert (await copied(source, there))["liked"] == (MANY + 2, MANY + 2)
    await copied(there, back)
    assert await rows(there) == before == await rows(back) == await rows(source)
    async with there.writing() as tx:
        layer = await playlists.ensure_layer(tx, ADA, "another")
    assert layer.layer > 2, "new rows are numbered after those that came"
    for store in (source, there, back):
        await store.close()


@pytest.mark.slow
async def test_a_copy_cut_short_goes_on_where_it_stopped(tmp_path: Path, url: str, now: datetime) -> None:
    source, there = await full(new_store(tmp_path / "test.db"), now), Store(url)
    await there.migrate()
    names = list(await copied(source, there, tables=9))
    again = await copied(source, there)
    assert all(again[name][1] == 0 for name in names)
    assert await rows(there) == await rows(source)
    assert all(new == 0 for _, new in (await copied(source, there)).values())
    await source.close()
    await there.close()


@pytest.mark.slow
@pytest.mark.parametrize("other", ["more", "another"])
async def test_a_database_with_other_rows_is_refused(tmp_path: Path, url: str, now: datetime, other: str) -> None:
    source, there = await full(new_store(tmp_path / "test.db"), now), Store(url)
    await there.migrate()
    await copied(source, there)
    async with there.writing() as tx:
        if other == "more":
            await tx.execute(insert(schema.member).values(member=7, created_at=now))
        else:
            await tx.execute(update(schema.song).where(schema.song.c.song == "s7").values(title="Other"))
    with pytest.raises(StoreTaken, match="member" if other == "more" else "song"):
        await copied(source, there)
    await source.close()
    await there.close()


@pytest.mark.slow
async def test_the_command_moves_the_jobs_too_and_each_once(
    tmp_path: Path, url: str, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = parse({"DISCORD_TOKEN": "x", "DATA_DIR": str(tmp_path / "data")})
    home.prepare(settings)
    async with Store(settings.database_url) as store:
        await home.upgrade(store, settings)
        async with store.writing() as tx:
            await members.ensure(tx, ADA, now)
    wanted = [Job(JobKind.TRAIN, ADA, 3), Job(JobKind.POLL, BEN, 0, 2)]
    await aside(with_jobs(settings.jobs_url, wanted))
    for _ in range(2):
        assert await migrate_store(settings, url) == 0
        said = f"Delete {settings.database_path} and {tmp_path / 'data' / 'jobs.db'} once you don't need it"
        assert said in capsys.readouterr().out
    waiting = "select workflow_uuid, queue_name, queue_partition_key, delay_until_epoch_ms > ? from workflow_status"
    assert sorted((job.rsplit(":", 1)[0], *rest) for job, *rest in carry_out(url, waiting, [1e12])) == [
        (f"{ADA}:train:3", "members", str(ADA), True),
        (f"{BEN}:poll:0", "members", str(BEN), True),
    ]
    carry_out(url, "update workflow_status set delay_until_epoch_ms = 1 where status = 'DELAYED'")
    assert sorted(await aside(done(url, len(wanted))), key=lambda job: job.member) == wanted


async def aside(work: Coroutine[Any, Any, T]) -> T:
    """Do work on an event loop of its own: DBOS ends the executor of the one that it runs on."""
    with ThreadPoolExecutor(1) as thread:
        return await asyncio.wrap_future(thread.submit(asyncio.run, work))


async def done(url: str, count: int) -> list[Job]:
    """Have the jobs of a queue done, and return them."""
    ran, jobs = list[Job](), Jobs(url)

    async def note(job: Job) -> None:
        ran.append(job)

    await jobs.start(note)
    async with asyncio.timeout(30):
        while len(ran) < count:  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.05)
    await jobs.stop(1)
    return ran


async def with_jobs(url: str, wanted: Sequence[Job]) -> None:
    """Leave jobs waiting for an hour in a queue."""
    jobs = Jobs(url)
    await jobs.start(lambda job: asyncio.sleep(0))
    for job in wanted:
        await jobs.enqueue(job.kind, job.member, job.argument, tries=job.tries, delay=3600)
    await jobs.stop(1)


async def test_a_bot_that_runs_or_the_same_database_is_refused(tmp_path: Path, url: str) -> None:
    settings = parse({"DISCORD_TOKEN": "x", "DATA_DIR": str(tmp_path / "data")})
    home.prepare(settings)
    with home.lived_in(settings), pytest.raises(AlreadyRuns):
        await migrate_store(settings, url)
    beside = tmp_path / "data" / ".." / "data" / "cratekeeper.db"
    for same in (settings.database_url, f"sqlite+aiosqlite:///{beside}"):
        with pytest.raises(SettingsError, match="already"):
            await migrate_store(settings, same)
    with pytest.raises(SettingsError, match="already") as told:
        secret = "postgresql+psycopg://bot:hunter2@db/crate"
        await migrate_store(parse({"DISCORD_TOKEN": "x", "DATABASE_URL": secret}), secret)
    assert "hunter2" not in str(told.value)
    with pytest.raises(SettingsError, match=r"^--to must be"):
        await migrate_store(settings, "mysql://x")
