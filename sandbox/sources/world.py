"""World of the sources: recordings, what each service knows about them, limits, faults and a log.

In memory; times come from the injected clock. A recording's fields decide which services know it: without `numbers`
ReccoBeats doesn't, without `preview` Deezer has no preview, and so on.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal

from sandbox.spotify.model import utc_now


@dataclass(frozen=True, slots=True)
class Artist:
    """`similar` are the MusicBrainz ids of artists with the same listeners, most similar first."""

    mbid: str
    name: str
    genres: Mapping[str, int] = field(default_factory=dict)  # votes by name
    similar: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    isrc: str
    mbid: str
    title: str
    artists: tuple[Artist, ...]
    spotify_id: str = ""
    released: str = ""  # YYYY, YYYY-MM or YYYY-MM-DD
    genres: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)  # ReccoBeats' audio features
    preview: bytes | None = None  # the clip that Deezer plays


@dataclass(slots=True)
class Fault:
    """What goes wrong with requests like `match`, written `service METHOD /path` with `*` for anything.

    status      answer `status` (with `retry_after` seconds) in the service's own format
    malformed   answer 200 with something that isn't JSON
    deep        answer 200 with JSON that's nested too deep to be read
    nonsense    answer 200 with unexpected JSON
    drop        hang up
    slow        wait `seconds`, then go on
    error       Deezer's way: answer 200 with the error `code`

    Affects the next `times` matching requests (None: all of them).
    """

    match: str
    kind: Literal["status", "malformed", "deep", "nonsense", "drop", "slow", "error"]
    times: int | None = 1
    status: int = 503
    retry_after: int | None = None
    seconds: float = 0.0
    code: int = 4

    def hits(self, line: str) -> bool:
        if self.times == 0 or not fnmatchcase(line, self.match):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Request:
    service: str
    method: str
    path: str
    agent: str
    at: datetime

    @property
    def line(self) -> str:
        return f"{self.service} {self.method} {self.path}"


Hook = Callable[[Request], Awaitable[None]]  # called after a request is carried out, before it's answered


@dataclass(slots=True)
class Window:
    """At most `requests` in any `window`; None: no limit."""

    requests: int | None
    window: timedelta
    _times: deque[datetime] = field(default_factory=deque, repr=False)

    def passes(self, now: datetime) -> bool:
        while self._times and self._times[0] <= now - self.window:
            self._times.popleft()
        self._times.append(now)
        return self.requests is None or len(self._times) <= self.requests


@dataclass(slots=True)
class World:
    now: Callable[[], datetime] = utc_now
    recordings: list[Recording] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)
    limits: dict[str, Window] = field(
        default_factory=lambda: {
            "musicbrainz": Window(1, timedelta(seconds=1)),
            "deezer": Window(50, timedelta(seconds=5)),
            "listenbrainz": Window(30, timedelta(seconds=10)),
            "reccobeats": Window(20, timedelta(seconds=5)),  # the real limit isn't published
        }
    )

    def unlimited(self) -> None:
        """Lift every limit."""
        for limit in self.limits.values():
            limit.requests = None

    def by_isrc(self, isrc: str) -> list[Recording]:
        return [recording for recording in self.recordings if recording.isrc == isrc.upper()]

    def artist(self, mbid: str) -> Artist | None:
        artists = (artist for recording in self.recordings for artist in recording.artists if artist.mbid == mbid)
        return next(artists, None)

    def asked(self, pattern: str = "*") -> list[str]:
        """Return the requests whose line matches `pattern`, in order."""
        return [request.line for request in self.requests if fnmatchcase(request.line, pattern)]
