"""Checks: whether everything that was acknowledged is stored, and what became of the jobs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.load.acting import Books
from benchmarks.load.deployment import Deployed
from bot.core.jobs import IN_BACKGROUND, JobKind
from bot.core.sorting.labels import Source
from bot.core.sorting.writing.writes import Action, LineState
from tests.databases import carry_out

LABELS = f"select event from answer where source = '{Source.BUTTON}'"  # noqa: S608 - constants
LIKES = "select member, song from liked"
PLACED = f"""
select playlist.ref, change.song from change join playlist on playlist.playlist = change.playlist
where change.action = '{Action.ADD}' and change.state in ('{LineState.SENT}', '{LineState.WRITTEN}')
"""  # noqa: S608 - constants
JOBS = "select workflow_uuid, status, created_at, delay_until_epoch_ms, started_at_epoch_ms from workflow_status"
OPEN = frozenset({"ENQUEUED", "DELAYED", "PENDING"})
WELL = "SUCCESS"
READ = "select count(*) from account where synced_at is not null"


class Lost(Exception):
    """Something that was acknowledged isn't stored, or a job has failed; each is named on a line of its own."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """ended: how many of each kind have; open: how many haven't, polls aside, which never end.

    failed: how many of those that ended did so with an error;
    waited: seconds that each job was due before it was begun; lookups of features aside.
    """

    ended: Mapping[str, int]
    open: int
    failed: int
    waited: list[float]


def verify(stack: Deployed, books: Books, ended: Jobs) -> None:
    """Raise Lost if anything that was acknowledged isn't stored, or a job has failed."""
    failed = [f"{ended.failed} of the jobs failed"] if ended.failed else []
    if wrong := [*lost(stack, books), *failed]:
        raise Lost("\n".join([f"{stack.deployment.name}:", *wrong]))


def lost(stack: Deployed, books: Books) -> list[str]:
    """Return what was acknowledged and isn't stored, a sentence for each; nothing if all is well."""
    labels = {event for (event,) in carry_out(stack.database_url, LABELS)}
    likes = set(carry_out(stack.database_url, LIKES))
    return [
        *(f"the label by interaction {press.id} is lost" for press in books.labels if press.id not in labels),
        *(f"member {member}'s like of {song} is lost" for member, song in books.likes if (member, song) not in likes),
        *(f"{song} was placed, and isn't in {ref}" for ref, song in placed(stack) if song not in _songs(stack, ref)),
    ]


def read(stack: Deployed) -> int:
    """Return how many members' likes have been read."""
    return int(carry_out(stack.database_url, READ)[0][0])


def left(stack: Deployed, books: Books, since: float) -> bool:
    """Whether a poll has yet to find a like, or another job is open."""
    return bool(jobs(stack, since).open) or not set(carry_out(stack.database_url, LIKES)).issuperset(books.likes)


def placed(stack: Deployed) -> list[tuple[str, str]]:
    """Return the songs that the bot says it has placed: playlists' ids at Spotify, and songs."""
    return [(ref, song) for ref, song in carry_out(stack.database_url, PLACED)]


def _songs(stack: Deployed, ref: str) -> Sequence[str]:
    return stack.spotify.playlist(ref).uris


def jobs(stack: Deployed, since: float = 0) -> Jobs:
    """Return the jobs that were enqueued after a moment (s)."""
    rows = [row for row in carry_out(stack.jobs_url, JOBS) if row[2] >= 1000 * since]
    kinds = Counter(_kind(job) for job, status, *_ in rows if status not in OPEN)
    waited = [
        (started - max(made, until or 0)) / 1000
        for job, _, made, until, started in rows
        if started is not None and _kind(job) not in IN_BACKGROUND
    ]
    open_ = sum(status in OPEN and _kind(job) != JobKind.POLL for job, status, *_ in rows)
    return Jobs(kinds, open_, sum(status not in (*OPEN, WELL) for _, status, *_ in rows), waited)


def _kind(job: str) -> str:
    return job.split(":")[1]
