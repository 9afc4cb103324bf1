"""Rows: what we read and change in DBOS's table of jobs ourselves. Every call blocks, and raises a StoreError."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.adapters.jobs import tables
from bot.adapters.jobs.tables import GIVEN_UP
from bot.adapters.store.problems import typed_errors

LONGEST = timedelta(hours=1)  # longest wait of a job after the clock was moved back
MS = timedelta(milliseconds=1)


class Rows:
    """The rows of one queue. A job's id is its workflow's."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine, self._jobs = engine, tables.jobs_in(engine)

    def not_of(self, executor: str, running: Collection[str]) -> list[str]:
        """Return those of the jobs that were cancelled, or that another process took over."""
        jobs = self._jobs
        its = sa.and_(tables.is_in(jobs, "PENDING"), jobs.c.executor_id == executor)
        return self._ids(jobs.c.workflow_uuid.in_(running), ~its) if running else []

    def unended(self, member: int) -> dict[str, str]:
        """Return the ids and states of a member's jobs that wait or run."""
        jobs = self._jobs
        return dict(self._all(tables.unended(jobs, [jobs.c.workflow_uuid, jobs.c.status], self._theirs(member))))

    def given_up(self, member: int) -> list[str]:
        """Return a member's jobs that were started as often as they may be, and never ended."""
        return self._ids(self._theirs(member), self._jobs.c.status == GIVEN_UP)

    def of_member(self, member: int) -> list[str]:
        """Return all of a member's jobs, also those that ended."""
        return self._ids(self._theirs(member))

    def begun(self) -> dict[str, str]:
        """Return the ids of all jobs that were begun and haven't ended, each with the executor that did."""
        jobs = self._jobs
        return dict(self._all(sa.select(jobs.c.workflow_uuid, jobs.c.executor_id).where(tables.is_in(jobs, "PENDING"))))

    def due(self, now: datetime) -> dict[str, float]:
        """Return the due jobs that haven't started, and how long each has been due (s)."""
        jobs, moment = self._jobs, _ms(now)
        until = sa.func.coalesce(jobs.c.delay_until_epoch_ms, 0)
        since = sa.case((until > jobs.c.created_at, until), else_=jobs.c.created_at)
        query = tables.unended(jobs, [jobs.c.workflow_uuid, since], jobs.c.status != "PENDING", since <= moment)
        return {str(job): (moment - int(then)) / 1000 for job, then in self._all(query)}

    def begin_again(self, lost: Collection[str]) -> None:
        """Have jobs that were begun start over."""
        self._begin_again(self._jobs.c.workflow_uuid.in_(lost))

    def begin_again_of(self, executor: str) -> None:
        """Have all jobs that an executor has begun start over."""
        self._begin_again(self._jobs.c.executor_id == executor)

    def _begin_again(self, which: sa.ColumnElement[bool]) -> None:
        waiting = {"status": "ENQUEUED", "owner_xid": None, "started_at_epoch_ms": None}  # as DBOS's own recovery does
        self._execute(sa.update(self._jobs).where(which, tables.is_in(self._jobs, "PENDING")).values(waiting))

    def pull_in(self, now: datetime, back: timedelta) -> None:
        """Have postponed jobs start `back` earlier if they still wait after that, and at LONGEST from now."""
        jobs = self._jobs
        until, latest = jobs.c.delay_until_epoch_ms, _ms(now + LONGEST)
        delayed, moved = sa.update(jobs).where(tables.is_in(jobs, "DELAYED")), max(back, timedelta())
        self._execute(delayed.where(until > _ms(now + moved)).values(delay_until_epoch_ms=until - moved // MS))
        self._execute(delayed.where(until > latest).values(delay_until_epoch_ms=latest))

    def wait_for_the_writer(self) -> None:
        """Return once nothing else writes to a file. Raises StoreBusy if that takes longer than the engine waits."""
        with typed_errors(), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.rollback()

    def _theirs(self, member: int) -> sa.ColumnElement[bool]:
        return self._jobs.c.queue_partition_key == str(member)

    def _ids(self, *which: sa.ColumnElement[bool]) -> list[str]:
        return [job for (job,) in self._all(sa.select(self._jobs.c.workflow_uuid).where(*which))]

    def _all(self, query: sa.Select[Any] | sa.CompoundSelect[Any]) -> list[Any]:
        with typed_errors(), self._engine.connect() as connection:
            return list(connection.execute(query))

    def _execute(self, statement: sa.Update) -> None:
        with typed_errors(), self._engine.begin() as connection:
            connection.execute(statement)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
