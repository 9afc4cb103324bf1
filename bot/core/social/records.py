"""Records: the values behind the feed and everything members do together. Fields are named like columns. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reaction(StrEnum):
    SKIP = "skip"
    LIKE = "like"
    ADD = "add"  # to one of their playlists


class Saving(StrEnum):
    """What becomes of a song from the feed in the member's likes on Spotify."""

    SAVE = "save"  # to be saved
    SAVED = "saved"  # we put it there
    DROP = "drop"  # to be removed again
    REFUSED = "refused"  # Spotify doesn't accept it


@dataclass(frozen=True, slots=True)
class Shown:
    """A song that the feed showed a member, and how they reacted, if they did."""

    member: int
    song: str
    key: str
    at: datetime
    said: Reaction | None
    said_at: datetime | None
    saving: Saving | None


@dataclass(frozen=True, slots=True)
class Place:
    """A channel that a server's managers gave to a purpose. due_at: when the next digest is due."""

    channel: int
    purpose: str
    server: int
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Repost:
    """A song that a member posted in a server. message: None while it's being posted."""

    repost: int
    member: int
    server: int
    channel: int
    message: int | None
    song: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NewRepost:
    """A repost that begins: its message isn't posted yet."""

    member: int
    server: int
    channel: int
    song: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Takedown:
    """A message of ours that must be deleted. tries: how often Discord refused."""

    message: int
    channel: int
    tries: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member shows others: some of their playlists, a map of their taste, their reposts."""

    member: int
    playlists: tuple[int, ...] = ()
    map: bool = False
    reposts: bool = False


@dataclass(frozen=True, slots=True)
class Reposted:
    """A song that a member reposted in a server, and the message."""

    member: int
    song: str
    server: int
    channel: int
    message: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """`member` asked `other` to compare tastes. declined_at: when it was declined or ended."""

    agreement: int
    member: int
    other: int
    asked_at: datetime
    agreed_at: datetime | None = None
    declined_at: datetime | None = None

    def beside(self, member: int) -> int:
        """Return the other of the two."""
        return self.other if member == self.member else self.member


class RoundState(StrEnum):
    ENTERING = "entering"
    VOTING = "voting"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Round:
    """A themed round; told: the last state posted."""

    round: int
    host: int
    server: int | None
    channel: int
    message: int | None
    told: RoundState | None
    theme: str
    state: RoundState
    enter_until: datetime
    vote_until: datetime
    shared: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RoundEntry:
    """A song that a member entered. Who entered it stays secret until the end."""

    round_entry: int
    round: int
    member: int
    song: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A song that a member reported, and the message it was on, if others could see it."""

    report: int
    member: int
    server: int | None
    channel: int | None
    message: int | None
    song: str
    key: str
    reason: str
    at: datetime
