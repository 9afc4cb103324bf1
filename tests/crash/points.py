"""Points at which to kill a process: a request to Spotify, or a commit; and how to kill it at a request."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from multiprocessing.process import BaseProcess

from sandbox.spotify import World
from sandbox.spotify.faults import HangUp

COMMIT = "commit of "
QUEUE = "workflow_"  # what the tables of the jobs' queue begin with


@dataclass(frozen=True, slots=True)
class Point:
    """The `nth` time that the bot comes to a place: just before what it does there, or once it's `done`."""

    place: str  # "GET /v1/me", or "commit of answer, card"
    nth: int
    done: bool

    def __str__(self) -> str:
        return f"{'after' if self.done else 'before'} {self.place} ({self.nth})"

    @property
    def kind(self) -> str:
        if self.place.startswith(COMMIT):
            return "job" if QUEUE in self.place else "commit"
        return "read" if self.place.startswith("GET ") else "write"


def one_of_each_kind(points: Sequence[Point]) -> list[Point]:
    """Before the first read, after the last write, before a job is queued, before and after the store's last commit."""
    chosen: dict[tuple[str, bool], Point] = {}
    for point in points:
        match point.kind, point.done:
            case ("read" | "job", False):
                chosen.setdefault((point.kind, point.done), point)
            case ("write", True) | ("commit", _):
                chosen[point.kind, point.done] = point
    return list(chosen.values())


def ends(kinds: Sequence[Hashable]) -> list[int]:
    """The 1-based positions of the first and last of each kind."""
    places = sorted(range(1, len(kinds) + 1), key=lambda at: (str(kinds[at - 1]), at))
    runs = [list(run) for _, run in groupby(places, lambda at: kinds[at - 1])]
    return sorted({at for run in runs for at in (run[0], run[-1])})


def of_requests(lines: Sequence[str], *, every: bool) -> list[tuple[int, bool]]:
    """The number of each request to die at, and whether the server still applies it.

    Whether a read is applied makes no difference, so a read counts once. Unless `every`, only the first and the last
    request of each kind are used.
    """
    numbers = range(1, len(lines) + 1) if every else ends([line.partition(" ")[0] for line in lines])
    return [(at, done) for at in numbers for done in (False, True) if not (done and lines[at - 1].startswith("GET"))]


@contextmanager
def killed_at(spotify: World, number: int, applied: bool, victim: Sequence[BaseProcess]) -> Iterator[None]:
    """SIGKILL the process at its request `number`, after or before the server applied it."""
    hooks = spotify.after if applied else spotify.before

    async def kill(request: object) -> None:
        if len(spotify.requests) == number:
            victim[0].kill()
            raise HangUp

    hooks.append(kill)
    try:
        yield
    finally:
        hooks.remove(kill)
