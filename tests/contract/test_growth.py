"""What one member does, and an idle tick, cost the same however many other members there are."""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.rows import CHUNK
from bot.adapters.store.sorting import playlists
from bot.core.sorting.labels import Kind
from bot.flows.account.status import status
from bot.flows.library import feature_lookup
from bot.flows.library.poll import Polls
from bot.flows.sorting.labelling import label
from bot.flows.sorting.labelling.label import Press, Question
from bot.flows.sorting.labelling.presses import Presses
from bot.flows.sorting.scored_library import ScoredLibraries
from tests.contract.feed.catalogue_stage import ADA, BEN, Stage, song, staged
from tests.contract.limits_stage import fill
from tests.contract.upkeep.stage import DAY, RHYTHM, Messenger, upkeep

FEW, MANY = 10, 1_000
# A step that reads every row of a table, except those that hold only what's under way or failed, or a row per version.
FEW_ROWS = r"making|takedown|setback|space"
READS_ALL = re.compile(rf"SCAN (?!\(|CONSTANT|anon|json_each|{FEW_ROWS})|.*Seq Scan on (?!{FEW_ROWS})")
Flow = Callable[[], Awaitable[object]]


class NoJobs:
    async def pending(self, member: int) -> list[Any]:
        return []


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Yield the statements that the store carries out, with their parameters."""
    engine, seen = store._engine.sync_engine, list[tuple[str, Any]]()

    def noted(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", noted)
    yield seen
    event.remove(engine, "before_cursor_execute", noted)


async def others(store: Store, numbers: Sequence[int], now: datetime) -> None:
    """Add members with an account, a layer, liked songs, answers and a told notice each; none is due for anything."""
    later = now + timedelta(days=1)
    async with store.writing() as tx:
        people = [{"member": other, "created_at": now, "joined": True, "next_poll_at": later} for other in numbers]
        await tx.execute(sa.insert(schema.member), people)
        for table, fixed in (
            (schema.account, {"consented_at": now, "warned_days": None}),
            (schema.layer, {"name": "main"}),
            (schema.notice, {"kind": "synced", "body": {}, "sent_at": now}),
        ):
            await fill(tx, table, len(numbers), now, **fixed, member=lambda at: numbers[at])
        layers = dict((await tx.execute(sa.select(schema.layer.c.member, schema.layer.c.layer))).tuples().all())
        liked = [{"member": other, "song": song(at).song, "liked_at": now} for other in numbers for at in range(20)]
        await tx.execute(sa.insert(schema.liked), liked)
        said = {"kind": "none", "playlists": [], "source": "button", "at": now}
        await tx.execute(
            sa.insert(schema.answer),
            [said | {"member": at, "layer": layers[at], "song": song(1).song, "event": at} for at in numbers],
        )


@pytest.fixture
async def stage(store: Store, tmp_path: Path, now: datetime) -> Stage:
    made = staged(store, tmp_path, now)
    await made.like(ADA, range(30))
    await made.like(BEN, range(100, 140))
    async with store.writing() as tx:
        layer = await playlists.ensure_layer(tx, ADA, "main")
        for name, emoji in (("Run", "🟦"), ("Calm", "🟩")):
            await playlists.add(tx, layer, name, name, emoji)
        await members.change(tx, ADA, next_poll_at=now + timedelta(days=1))
    return made


def flows(stage: Stage, libraries: ScoredLibraries) -> dict[str, Flow]:
    """What a member, or the clock, sets off."""
    store, now = stage.store, stage.now

    async def click() -> None:
        layer = await ask_layer()
        question = await label.ask(store, libraries, layer, now)
        assert isinstance(question, Question)
        said = Press(Kind.NONE, (), 10**18)
        await label.followed_up(store, await Presses(store).keep(ADA, question.card.card, said, now))

    async def ask_layer() -> Any:
        async with store.reading() as tx:
            return await playlists.ensure_layer(tx, ADA, "main")

    return {
        "click": click,
        "status": lambda: status(store, libraries, NoJobs(), (), ADA, now),  # type: ignore[arg-type]
        "recommend": lambda: stage.recommender.recommend(ADA, song(1).song, 5),
        "tick": upkeep(store, Messenger(), now, []).tick,
    }


async def counted(stage: Stage, libraries: ScoredLibraries) -> dict[str, list[tuple[str, Any]]]:
    """Run every flow twice, so that what's read once a process is read; return the second run's statements."""
    seen = {}
    for name, flow in flows(stage, libraries).items():
        await flow()
        with statements(stage.store) as noted:
            await flow()
        seen[name] = noted
    return seen


async def scans(store: Store, seen: Sequence[tuple[str, Any]]) -> list[str]:
    """Return the plans that read a whole table of the store."""
    found = []
    async with store.reading() as tx:
        explain = "EXPLAIN" if store.on_server else "EXPLAIN QUERY PLAN"
        if store.on_server:  # or it reads a small table whole, though there's an index
            await tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in seen:
            if statement.startswith("SELECT pg_advisory"):
                continue
            one = parameters[0] if isinstance(parameters, list) else parameters
            plan = await tx.exec_driver_sql(f"{explain} {statement}", one)
            found += [f"{step}: {statement}" for *_, step in plan if READS_ALL.match(step)]
    return found


async def test_a_plan_that_reads_a_whole_table_is_found(store: Store) -> None:
    """Or no plan would fail the tests below."""
    assert len(await scans(store, [("SELECT * FROM liked", ())])) == 1
    assert await scans(store, [("SELECT * FROM liked WHERE member = 1 AND song = 'x'", ())]) == []


@pytest.mark.slow
async def test_what_one_member_does_reads_nothing_that_grows_with_the_others(stage: Stage, tmp_path: Path) -> None:
    libraries = ScoredLibraries(stage.store, Scorer(Folder(tmp_path / "models")))
    await others(stage.store, range(2_000, 2_000 + FEW), stage.now)
    await stage.catalogue.points.refresh()
    few = await counted(stage, libraries)
    await others(stage.store, range(3_000, 3_000 + MANY), stage.now)
    await stage.catalogue.points.refresh()
    many = await counted(stage, libraries)
    async with stage.store.reading() as tx:
        assert (await tx.execute(sa.select(schema.setback))).all() == [], "every step of a tick was carried out"
    assert {name: len(seen) for name, seen in many.items()} == {name: len(seen) for name, seen in few.items()}
    assert [line for seen in many.values() for line in await scans(stage.store, seen)] == []


async def test_polls_of_members_who_are_due_read_nothing_that_grows_with_the_others(stage: Stage) -> None:
    polls, read = Polls(stage.store, RHYTHM), list[int]()
    for count in (FEW, MANY):
        await others(stage.store, range(10_000 + count, 10_000 + 2 * count), stage.now)
        async with stage.store.writing() as tx:
            few = range(10_000 + count, 10_000 + count + FEW)
            due = {"next_poll_at": stage.now, "turn_at": stage.now - DAY}
            await tx.execute(sa.update(schema.member).where(schema.member.c.member.in_(few)).values(due))
            each = {"client_id": sa.cast(schema.account.c.member, sa.String), "tokens": b"sealed"}
            await tx.execute(sa.update(schema.account).values(each))
        with statements(stage.store) as seen:
            polls.saw(10_000 + 2 * count - 1)
            await polls.bring_forward(stage.now)
            assert sorted(await polls.due(stage.now)) == [*few]
            await polls.put_off(few, stage.now)
            await polls.learn(few[0], stage.now)
        assert await scans(stage.store, seen) == []
        read.append(len(seen))
    assert read[0] == read[1]


def test_every_column_that_refers_to_a_row_begins_an_index() -> None:
    """Or deleting that row reads all of the referring table, and no plan says so on PostgreSQL."""
    for table in schema.metadata.sorted_tables:
        unique = [each for each in table.constraints if isinstance(each, sa.UniqueConstraint | sa.PrimaryKeyConstraint)]
        first = {next(iter(each.columns)).name for each in (*table.indexes, *unique)}
        assert {column.name for column in table.columns if column.foreign_keys} <= first, table.name


class Titles:
    """A source that could be asked about every song."""

    name, needs, batch = "titles", "title", 50

    async def since(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_start_finds_whose_songs_to_look_up_in_a_few_statements(stage: Stage) -> None:
    sources: Any = [Titles()]
    await others(stage.store, range(2_000, 2_000 + FEW), stage.now)
    with statements(stage.store) as few:
        assert len(await feature_lookup.with_open(stage.store, sources, stage.now)) == FEW + 2
    await others(stage.store, range(3_000, 3_000 + MANY), stage.now)
    with statements(stage.store) as many:
        assert len(await feature_lookup.with_open(stage.store, sources, stage.now)) == FEW + MANY + 2
    assert len(many) <= len(few) + 2 * (MANY // CHUNK)  # each chunk has a transaction
