"""Faults to inject, as data: which requests, how often, and what goes wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

QUOTA_LOCKOUT = 86_400  # seconds; the longest lockout seen so far


@dataclass(slots=True)
class Fault:
    """What goes wrong with requests like `match`, written `METHOD /path` with `*` for anything.

    status              answer `status` (and `retry_after` seconds) without carrying out the request
    apply-then          carry it out, then answer `status`, or hang up if `status` is 0
    drop                hang up without carrying it out
    slow                wait `seconds`, then go on
    late                hang up at once, and carry it out `seconds` later
    quota               429 with the reason QUOTA_EXCEEDED
    cut                 carry it out, and hang up in the middle of the answer
    dribble             carry it out, and answer with a byte every `seconds`
    omit-refresh-token  answer a token request without `refresh_token`
    edit                carry it out, then let `edit` change the JSON

    The first `skip` matching requests pass; the next `times` are affected (None: all of them).
    """

    match: str
    kind: Literal[
        "status", "apply-then", "drop", "slow", "late", "quota", "cut", "dribble", "omit-refresh-token", "edit"
    ]
    times: int | None = 1
    skip: int = 0
    status: int = 502
    retry_after: int | None = None
    seconds: float = 0.0
    edit: Callable[[Any], Any] | None = None

    def hits(self, line: str) -> bool:
        """Whether this fault affects the request `line`; counts it if it matches."""
        if self.times == 0 or not fnmatchcase(line, self.match):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Lag:
    """How far reads lag behind writes, in seconds.

    items: playlists are read as they were that long ago, under the newest snapshot id; snapshots: writes refuse a
    new snapshot id for that long.
    """

    items: float = 0.0
    snapshots: float = 0.0


@dataclass(slots=True)
class Request:
    """One line of the log. Never has a token, a code or a secret; `status` is 0 while open, and if we hung up."""

    number: int  # from 1, in the order they arrive
    method: str
    path: str  # starting with /v1 or /accounts
    query: dict[str, str]
    body: Any  # decoded JSON, or None
    at: datetime
    client_id: str = ""
    user: str = ""
    status: int = 0
    duration: float = 0.0  # seconds, including delays by faults

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


class HangUp(Exception):
    """Raised by a hook to close the connection; before a request, that prevents it."""


@dataclass(frozen=True, slots=True)
class Late:
    """A request to carry out after its client has given up on it."""

    due: datetime
    carry_out: Callable[[], Awaitable[object]]

    def moment(self) -> datetime:
        return self.due


Hook = Callable[[Request], Awaitable[None]]  # called around a request; may kill the bot or raise HangUp
