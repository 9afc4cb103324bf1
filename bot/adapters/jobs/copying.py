"""Copying: the jobs that haven't ended, from one queue into another on whatever engine."""

import time
from dataclasses import astuple
from typing import Any

from dbos import DBOS, DBOSClient, EnqueueOptions, WorkflowStatus

from bot.adapters.jobs.queue import NAME, VERSION, WAITING, queue_of
from bot.adapters.jobs.tables import Json
from bot.adapters.store.problems import typed_errors
from bot.core.jobs import Job
from bot.errors import StoreTaken


def copy(source: str, target: str) -> int:
    """Enqueue them in another queue, each once; return how many there are. Blocks.

    Raises StoreTaken if that queue has others, StoreError.
    """
    with typed_errors():
        DBOS.migrate(target)
        ours, theirs = _unended(source), _unended(target)
        if not theirs.keys() <= ours.keys():
            raise StoreTaken(
                "The queue there (jobs.db, for SQLite) has jobs that aren't in this one: move it away first."
            )
        client = DBOSClient(system_database_url=target, serializer=Json())
        for name in ours.keys() - theirs.keys():
            client.enqueue(*_again(ours[name]))
        client.destroy()
        return len(ours)


def _unended(url: str) -> dict[str, WorkflowStatus]:
    """Return the jobs that haven't ended, by id."""
    client = DBOSClient(system_database_url=url, serializer=Json())
    try:
        found = client.list_workflows(status=["PENDING", *WAITING], load_output=False)
        return {workflow.workflow_id: workflow for workflow in found}
    finally:
        client.destroy()


def _again(workflow: WorkflowStatus) -> tuple[Any, ...]:
    """Return what enqueues a job anew under its id, to start when it was to start."""
    wanted = Job(*(workflow.input or {"args": ()})["args"])
    delay = max(0.0, (workflow.delay_until_epoch_ms or 0) / 1000 - time.time())
    options: EnqueueOptions = {
        "workflow_name": NAME,
        "queue_name": queue_of(wanted.kind),
        "queue_partition_key": str(wanted.member),
        "workflow_id": workflow.workflow_id,
        "app_version": VERSION,
    }
    if delay:
        options["delay_seconds"] = delay
    return options, *astuple(wanted)
