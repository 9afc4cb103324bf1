"""No statement of a running bot reads all of a table that grows with members, on either engine.

The bot does what members and the clock set off, and notes every statement. Then the engine says how it would carry out
each of them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from bot.adapters.store.schema.base import OneOf
from tests.databases import ENGINES
from tests.e2e.chat_stage import answer, with_file
from tests.e2e.checked_stack import PATIENCE, CheckedStack
from tests.e2e.process.noting import Statement, noted_in
from tests.e2e.process.parts_stage import Parts
from tests.e2e.trained_stage import Trained, plain, trained
from tests.filled import TABLES, filled_in, value

pytestmark = pytest.mark.slow
SHARED = plain(60, seed=131)
METRICS_TOKEN = "canary-metrics-90c4"
NOTING = ("-m", "tests.e2e.process.noting")
OTHERS = range(10_000, 12_000, 2)  # members; tests.filled halves some numbers
ENDED_JOBS = """
    INSERT INTO dbos.workflow_status (workflow_uuid, status, name, queue_name, queue_partition_key, executor_id)
    SELECT number || ':poll:0:x', 'SUCCESS', 'job', 'members', number, 'worker-1'
    FROM generate_series(10000, 12000) number
"""
SCANS = ("Seq Scan", "Index Scan", "Index Only Scan")
NO_TABLES = r"json_each|anon|CONSTANT|\d|partitions|chosen"  # the last two are DBOS's names for parts of a query
SCAN = re.compile(rf"SCAN (?!{NO_TABLES})(?:main\.)?(\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
PARTIAL = {"idx_workflow_status_pending", "idx_workflow_status_delayed"}  # indexes of what is under way alone
READS_OR_WRITES = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
FEW_ROWS = {  # tables that hold only what's under way or failed, a row per version or queue, or the operator's files
    *("recording", "match"),
    *("making", "takedown", "setback", "space", "cooldown", "erasure", "alembic_version"),
    *("queues", "application_versions", "workflow_schedules", "dbos_migrations", "sqlite_master"),
}
MAY = {  # what may read a whole table, and why
    "bot.adapters.jobs.queue.start": "once at a start: DBOS brings its tables up to date",
    "bot.adapters.jobs.rows.of_member": "only for a deletion, which rewrites the table afterwards",
    "bot.upkeep._go_on_opening": "once at a start",
    "bot.adapters.store.moments.pull_in": "at a start, and when the clock was put back",
    "bot.flows.social.server_channels.keep_only": "once when it connects: which servers it has left meanwhile",
    "bot.flows.feed.catalogue_index.refresh": "it reads what it keeps in memory; the more that is, the less often",
    "bot.flows.feed.catalogue_index.index": "the same, once a process",
    "bot.flows.account.erase.forget_unused": "the files are rewritten after it, with every row there is",
    "bot.flows.account.erase.sweep_models": "as above",
    "bot.adapters.store.account.members.count_linked": "a metric: one count each time that Prometheus asks",
}
MAY_ON_POSTGRESQL = {
    "bot.adapters.store.feed.catalogue.draw": "with few members, it reads who joined once instead of for each song",
}


class Noting(CheckedStack):
    """A stack with one process, which notes its statements."""

    async def start_bot(self) -> None:
        self.program = (*NOTING, str(self.folder / "noted"))
        await super().start_bot()


class NotingParts(Parts):
    """A stack with a process for each part; each notes its statements."""

    async def start_bot(self) -> None:
        self.program = (*NOTING, str(self.folder / "noted"))
        await self.begin_all()


def stack_on(engine: str, folder: Path) -> CheckedStack:
    (folder / "noted").mkdir(parents=True)
    metrics = {"METRICS": "on", "METRICS_TOKEN": METRICS_TOKEN}
    return NotingParts(folder, **metrics) if engine == "postgresql" else Noting(folder, FEED_PAGE="on", **metrics)


async def live(stack: CheckedStack) -> None:
    """Have a member use the bot, from linking to deleting their data."""
    await stack.described(SHARED)
    await answer((await with_file(stack, "pia", library=SHARED)).command("feed join"))
    ada = await trained(stack)
    person = ada.person
    await answer(person.command("status"))
    receipt = await ada.apply(await ada.dry_run())
    sorted_ = ada.contents()
    ada.likes()
    await stack.until(lambda: ada.contents() != sorted_)
    await ada.undo(receipt)
    await answer(person.command("feed join"))
    card = await answer(person.command("feed play"))
    await answer(person.click(card, "Next"))
    await answer(person.command("discover songs"))
    await use_pages(stack, ada)
    deleting = await person.submit(await person.command("data delete"), word="delete")
    await deleting.until(lambda message: "is deleted" in message.text(), PATIENCE)


async def use_pages(stack: CheckedStack, ada: Trained) -> None:
    said = await answer(ada.person.command("feed web"))
    link = next(button.url for button in said.buttons() if button.url).partition("#")[2]
    site = f"http://127.0.0.1:{stack.bot_port}"
    async with aiohttp.ClientSession(site, headers={"X-Cratekeeper": "1"}, raise_for_status=True) as http:
        async with http.post("/feed/session", json={"link": link}) as session:
            opened = {"Authorization": f"Bearer {session.cookies['ck_feed'].value}"}
        await http.post("/feed/api/cards", json={"count": 5}, headers=opened)
        await http.post("/feed/api/questions", json={"layer": 0}, headers=opened)
        await http.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
        await http.get("/health")


@pytest.mark.parametrize("engine", ENGINES)
async def test_no_statement_reads_all_of_a_table_that_grows_with_members(engine: str, tmp_path: Path) -> None:
    stack = stack_on(engine, tmp_path / "stack")
    async with stack:
        stack.discord.rules = replace(stack.discord.rules, answer_within=timedelta(seconds=PATIENCE))
        await stack.start_bot()
        await live(stack)
        await stack.stop_bot()
    noted = [each for each in noted_in(stack.folder / "noted") if READS_OR_WRITES.match(each.text)]
    assert len({each.text for each in noted}) > 300
    with explaining(stack) as whole:
        found = {
            (*sorted(tables), " < ".join(each.asked_by[:4]), each.text)
            for each in noted
            if not may_read_whole(stack, each) and (tables := whole(each) - FEW_ROWS)
        }
        known = [whole(each) for each in noted if "bot.adapters.store.account.members.count_linked" in each.asked_by]
    assert {"account"} in known, "or it would find nothing"
    assert sorted(found) == []


def may_read_whole(stack: CheckedStack, statement: Statement) -> bool:
    """Whether it's asked for by what may, or by DBOS when it starts: it begins again what this process had begun."""
    may = {**MAY, **MAY_ON_POSTGRESQL} if stack.on_server else MAY
    return bool(may.keys() & {*statement.asked_by}) or (not statement.asked_by and "executor_id IN" in statement.text)


@contextmanager
def explaining(stack: CheckedStack) -> Iterator[Callable[[Statement], set[str]]]:
    """Yield what returns the tables that a statement would read whole in the bot's databases."""
    urls = {stack.database_url, stack.jobs_url}
    engines = [sa.create_engine(url.replace("+aiosqlite", "")) for url in urls]
    with ExitStack() as opened:
        databases = [opened.enter_context(engine.connect()) for engine in engines]
        if stack.on_server:
            fill(databases[0])
        yield partial(on_postgresql, databases[0]) if stack.on_server else partial(on_sqlite, databases)
    for engine in engines:
        engine.dispose()


def fill(database: sa.Connection) -> None:
    """Add a row of each table for many members, and jobs that ended; and have the server see how they lie."""
    for table in [table for table in TABLES if table.name not in FEW_ROWS]:
        columns = {column.name: cells(database, column) for column in filled_in(table)}
        rows = zip(*columns.values(), strict=True)
        database.execute(sa.insert(table), [dict(zip(columns, row, strict=True)) for row in rows])
    database.exec_driver_sql(ENDED_JOBS)
    database.exec_driver_sql("ANALYZE")


def cells(database: sa.Connection, column: sa.Column[Any]) -> list[Any]:
    """Return the column's value for each of the members: of one's rows that refer to others, each to another."""
    if isinstance(column.type, OneOf):
        return [[*column.type.kind][-1]] * len(OTHERS)  # what has ended
    if isinstance(column.type, sa.Boolean):
        return [member % 4 == 0 for member in OTHERS]
    values = [value(column, member, f"word {member}") for member in OTHERS]
    if not isinstance(values[0], sa.ScalarSelect):
        return values
    (referred,) = (key.column for key in column.foreign_keys)
    return [*database.execute(sa.select(referred).order_by(referred.desc()).limit(len(OTHERS))).scalars()]


def on_sqlite(databases: Sequence[sa.Connection], statement: Statement) -> set[str]:
    """Return the tables that a statement would read whole; SQLite doesn't go by how many rows there are."""
    steps = [step for *_, step in explained(databases, f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters)]
    return {scan[1] for step in steps if (scan := SCAN.match(step)) and scan[2] not in PARTIAL}


def explained(databases: Sequence[sa.Connection], text: str, parameters: Any) -> list[Any]:
    """Ask the database that has the statement's tables."""
    try:
        return list(databases[0].exec_driver_sql(text, parameters))
    except OperationalError:
        return explained(databases[1:], text, parameters)


def on_postgresql(database: sa.Connection, statement: Statement) -> set[str]:
    """Return the tables that a statement would read whole, though that's made to seem dear."""
    for way in ("seqscan", "hashjoin", "mergejoin"):
        database.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    said = database.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement.text}", statement.parameters).scalar_one()
    return {name for name in scanned(said[0]["Plan"], few=False) if not name.startswith("pg_")}


def scanned(node: dict[str, Any], *, few: bool) -> Iterator[str]:
    """Yield the tables that a plan reads whole. few: whether it stops after the first rows."""
    few = node["Node Type"] == "Limit" or (few and "Filter" not in node)
    if node["Node Type"] in SCANS and not (few or "Index Cond" in node or node.get("Index Name") in PARTIAL):
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from scanned(child, few=few)
