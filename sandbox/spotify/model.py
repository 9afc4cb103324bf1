"""What the Spotify stand-in stores: tracks, playlists, accounts, apps. Plain data, no HTTP, no clock."""

from base64 import b64encode
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

from sandbox.spotify.errors import Refused

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # Spotify's base 62
ID_LENGTH = 22  # base-62 digits of every Spotify id
SEATS = 5  # users of an app in development mode
ChangeKind = Literal[
    "liked", "unliked", "created", "followed", "unfollowed", "added", "removed", "moved", "linked", "revoked"
]
HAND = "hand"  # who made a change, if it was a person in Spotify's own client


def utc_now() -> datetime:
    return datetime.now(UTC)


def spotify_id(*parts: object) -> str:
    """Return a 22-digit base-62 id that depends only on `parts`."""
    number = int.from_bytes(sha256(":".join(map(str, parts)).encode()).digest())
    digits = []
    for _ in range(ID_LENGTH):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(digits)


@dataclass(frozen=True, slots=True)
class Track:
    """A recording in the catalogue. `release_date` is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""

    id: str
    name: str
    artists: tuple[str, ...]
    album: str
    release_date: str
    duration_ms: int
    isrc: str = ""
    explicit: bool = False

    @property
    def uri(self) -> str:
        return f"spotify:track:{self.id}"


@dataclass(frozen=True, slots=True)
class Like:
    """A saved track and when it was saved."""

    uri: str
    added_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a playlist. Rows are compared by identity: the same song twice is two rows."""

    uri: str
    added_at: datetime
    added_by: str  # user id


@dataclass(frozen=True, slots=True)
class Version:
    """What a playlist contained from a moment on."""

    rows: tuple[Row, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """Moves the `length` rows from `start` before the row at `before`."""

    start: int
    before: int
    length: int = 1


@dataclass(slots=True)
class Playlist:
    """A playlist and all its earlier versions, each known by a snapshot id."""

    id: str
    name: str
    owner: str
    public: bool = True
    collaborative: bool = False
    description: str = ""
    rows: tuple[Row, ...] = ()
    cover: bytes = b""  # JPEG, if someone uploaded one
    revision: int = 1
    now: Callable[[], datetime] = field(default=utc_now, repr=False)
    versions: dict[str, Version] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.versions[self.snapshot] = Version(self.rows, self.now())

    @property
    def uri(self) -> str:
        return f"spotify:playlist:{self.id}"

    @property
    def uris(self) -> tuple[str, ...]:
        return tuple(row.uri for row in self.rows)

    @property
    def snapshot(self) -> str:
        """The current version's id; like Spotify's, base64 of the revision and a digest."""
        digest = sha256(f"{self.id}:{self.revision}".encode()).hexdigest()[:40]
        return b64encode(f"{self.revision},{digest}".encode()).decode()

    def rows_at(self, moment: datetime) -> tuple[Row, ...]:
        """Return its rows at that moment; none before it was created."""
        return next((version.rows for version in reversed(self.versions.values()) if version.since <= moment), ())

    def knows(self, snapshot: str, moment: datetime) -> bool:
        """Whether a version with that id existed at that moment."""
        return snapshot in self.versions and self.versions[snapshot].since <= moment

    def insert(self, rows: Sequence[Row], position: int | None = None) -> None:
        """Insert `rows` before `position`, or at the end. Songs that are already there are added again."""
        place = len(self.rows) if position is None else position
        if not 0 <= place <= len(self.rows):
            raise Refused(400, "Index out of bounds")
        self._commit((*self.rows[:place], *rows, *self.rows[place:]))

    def drop(self, uris: Collection[str], snapshot: str | None = None) -> None:
        """Remove every occurrence of `uris` in the version `snapshot`; rows added since then stay."""
        doomed = {row for row in self._version(snapshot) if row.uri in uris}
        self._commit(row for row in self.rows if row not in doomed)

    def reorder(self, move: Move, snapshot: str | None = None) -> None:
        """Move rows, by their positions in the version `snapshot`."""
        seen, start, before, length = self._version(snapshot), move.start, move.before, move.length
        if not (0 <= start < len(seen) and 0 <= before <= len(seen) and length > 0):
            raise Refused(400, "Index out of bounds")
        moving = [row for row in seen[start : start + length] if row in self.rows]
        staying = [row for row in self.rows if row not in moving]
        anchor = next((row for row in seen[before:] if row in staying), None)
        place = staying.index(anchor) if anchor else len(staying)
        self._commit((*staying[:place], *moving, *staying[place:]))

    def replace(self, rows: Sequence[Row]) -> None:
        """Replace all rows."""
        self._commit(rows)

    def _version(self, snapshot: str | None) -> tuple[Row, ...]:
        try:
            return self.versions[snapshot or self.snapshot].rows
        except KeyError:
            raise Refused(400, "Invalid snapshot_id") from None

    def _commit(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(rows)
        self.revision += 1
        self.versions[self.snapshot] = Version(self.rows, self.now())


@dataclass(slots=True)
class Account:
    """A person on Spotify. `likes` are newest first; `playlists` are ids in library order, own and followed.

    None among `playlists` is a null entry, which the real list sometimes has.
    """

    id: str
    display_name: str
    account_id: str
    likes: list[Like] = field(default_factory=list)
    playlists: list[str | None] = field(default_factory=list)
    premium: bool = True
    device: bool = True  # a player is open somewhere
    playing: tuple[str, ...] = ()
    queue: list[str] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"spotify:user:{self.id}"

    def has_saved(self, uri: str) -> bool:
        return any(like.uri == uri for like in self.likes)


@dataclass(slots=True)
class App:
    """An app in development mode: its redirect addresses (matched exactly), its secret if any, its five seats."""

    client_id: str
    redirect_uris: frozenset[str]
    secret: str | None = field(default=None, repr=False)
    users: set[str] = field(default_factory=set)
    premium: bool = True  # whether its owner has Premium

    def __post_init__(self) -> None:
        if refused := [uri for uri in self.redirect_uris if not redirect_allowed(uri)]:
            raise ValueError(f"redirect address neither https nor http on 127.0.0.1 or [::1]: {refused[0]}")
        if len(self.users) > SEATS:
            raise ValueError(f"an app in development mode has {SEATS} seats, not {len(self.users)}")

    def allow(self, user: str) -> None:
        """Add `user` to the allow-list; ValueError if all seats are taken."""
        if user not in self.users and len(self.users) == SEATS:
            raise ValueError(f"all {SEATS} seats are taken")
        self.users.add(user)


def redirect_allowed(uri: str) -> bool:
    """Whether an app may register `uri`: https anywhere, http on a loopback address (not `localhost`)."""
    parts = urlsplit(uri)
    loopback = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1"}
    return not parts.fragment and (loopback or (parts.scheme == "https" and bool(parts.hostname)))


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened in an account, for watchers. `by` is HAND or an app's client id."""

    kind: ChangeKind
    user: str
    at: datetime
    by: str = HAND
    uris: tuple[str, ...] = ()
    playlist: str = ""
