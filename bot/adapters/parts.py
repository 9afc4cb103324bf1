"""Parts: what one process does of a bot's work, where several processes share it on a PostgreSQL server.

A gateway is connected to Discord and answers members; a worker runs the jobs and what falls due by the clock; a web
process serves the pages. `cratekeeper run` is all of that in one process.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.jobs import EXECUTOR, QUEUES
from bot.errors import SettingsError

SHARDS = re.compile(r"(\d+)-(\d+)/(\d+)", re.ASCII)
TIMESTAMP = 22  # bit of a snowflake where its time begins
OF_GATEWAY = re.compile(r"gateway(?:-(\d+)-(\d+)-of-(\d+))?", re.ASCII)  # the name of one
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shards:
    """Discord's gateway in pieces, by server: this process has those from `first` to `last`, of `count` in all."""

    first: int
    last: int
    count: int

    @property
    def ids(self) -> list[int]:
        return list(range(self.first, self.last + 1))

    def clash(self, other: "Shards") -> bool:
        """Whether a server may be on shards of both, so that two processes would answer its members."""
        return self.count != other.count or (self.first <= other.last and other.first <= self.last)

    def hold(self, server: int) -> bool:
        """Whether a server is on one of them, by Discord's formula."""
        return self.first <= (server >> TIMESTAMP) % self.count <= self.last


@dataclass(frozen=True, slots=True)
class Part:
    """name: the same at each start, and no other process's. queues: whose jobs it runs."""

    name: str
    gateway: bool = False
    queues: Sequence[str] = ()
    pages: bool = False
    shards: Shards | None = None

    @property
    def is_whole(self) -> bool:
        return self.name == EXECUTOR

    def is_told_of(self, server: int) -> bool:
        """Whether its gateway is told of a server that the bot is in."""
        return self.gateway and (self.shards is None or self.shards.hold(server))

    def clashes_with(self, name: str) -> bool:
        """Whether the part of that name is another gateway, and Discord may tell both about the same server."""
        theirs = _shards_of(name) if self.gateway and name != self.name else None
        return theirs is not None and (self.shards or ALONE).clash(theirs)

    @property
    def kind(self) -> str | None:
        """Which processes choose one among them that leads; None for one that has nobody to lead."""
        if self.is_whole:
            return None
        return "gateway" if self.gateway else "worker" if self.queues else None


ALONE = Shards(0, 0, 1)
EVERYTHING = Part(EXECUTOR, gateway=True, queues=QUEUES, pages=True)


def gateway(shards: str) -> Part:
    """Return the part that is connected to Discord. shards: "A-B/N", or "" for all. Raises SettingsError."""
    if not shards:
        return Part("gateway", gateway=True)
    match = SHARDS.fullmatch(shards)
    first, last, count = map(int, match.groups()) if match else (1, 0, 0)
    if not first <= last < count:
        raise SettingsError(f"--shards {shards}: must be A-B/N with A ≤ B < N, such as 0-3/16")
    return Part(f"gateway-{first}-{last}-of-{count}", gateway=True, shards=Shards(first, last, count))


def _shards_of(name: str) -> Shards | None:
    """Return the shards of the gateway of that name; None if it's no gateway's."""
    match = OF_GATEWAY.fullmatch(name)
    if match is None:
        return None
    return Shards(*map(int, match.groups())) if match[1] else ALONE


def worker(name: str, queues: str) -> Part:
    """Return a part that runs jobs. queues: names with commas in between, or "" for all. Raises SettingsError."""
    wanted = [queue.strip() for queue in queues.split(",") if queue.strip()] or QUEUES
    if unknown := [queue for queue in wanted if queue not in QUEUES]:
        raise SettingsError(f"--queues {unknown[0]}: must be {' or '.join(QUEUES)}")
    return Part(f"worker-{_named(name)}", queues=wanted)


def web(name: str) -> Part:
    """Return a part that serves the pages. Raises SettingsError."""
    return Part(f"web-{_named(name)}", pages=True)


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise SettingsError(f"--name {name}: only lowercase letters, digits and hyphens are allowed")
    return name
