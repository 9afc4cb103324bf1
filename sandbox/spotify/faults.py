"""Faults on request, as data: which requests, how often, and what goes wrong with them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

QUOTA_LOCKOUT = 86_400  # seconds; the longest lockout that was seen


@dataclass(slots=True)
class Fault:
    """What goes wrong with requests like `match`, written `METHOD /path` with `*` for anything.

    status              answer `status` (and `retry_after` seconds) without carrying the request out
    apply-then          carry it out, then answer `status`, or hang up when `status` is 0
    drop                hang up without carrying it out
    slow                wait `seconds`, then carry on
    late                hang up at once, and carry it out `seconds` later (with the first request after that)
    quota               429 with the reason QUOTA_EXCEEDED
    omit-refresh-token  a token answer without `refresh_token`
    edit                carry it out, then answer what `edit` makes of the JSON

    The first `skip` matching requests pass, the next `times` are hit (None: all of them).
    """

    match: str
    kind: Literal["status", "apply-then", "drop", "slow", "late", "quota", "omit-refresh-token", "edit"]
    times: int | None = 1
    skip: int = 0
    status: int = 502
    retry_after: int | None = None
    seconds: float = 0.0
    edit: Callable[[Any], Any] | None = None

    def hits(self, line: str) -> bool:
        """Whether this fault strikes the request `line`; counts it down where it matches."""
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
    """How far reading stays behind writing, in seconds.

    items: playlists are read as they were so long ago, under the newest snapshot id; snapshots: a snapshot id is
    refused by writes for so long.
    """

    items: float = 0.0
    snapshots: float = 0.0


@dataclass(slots=True)
class Request:
    """One line of the log. Never holds a token, a code or a secret; `status` is 0 while open and where we hung up."""

    number: int  # from 1, in order of arrival
    method: str
    path: str  # from /v1 or /accounts on
    query: dict[str, str]
    body: Any  # decoded JSON, or None
    at: datetime
    client_id: str = ""
    user: str = ""
    status: int = 0
    duration: float = 0.0  # seconds, the faults' waiting included

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


class HangUp(Exception):
    """Raised by a hook: close the connection here. A hook before a request thereby keeps it from being carried out."""


@dataclass(frozen=True, slots=True)
class Late:
    """A request that is carried out after its client gave up on it."""

    due: datetime
    carry_out: Callable[[], Awaitable[object]]


Hook = Callable[[Request], Awaitable[None]]  # called around a request; may kill the bot, may raise HangUp
