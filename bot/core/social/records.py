"""Social: what the feed showed, and what members show and do together, as values. Fields are named as columns. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A song that the feed showed a member, and what they said of it: "skip", "like", "add", or nothing (yet).

    saving: "save" or "drop" is still to be done to their likes; "saved": we put it there; "refused": Spotify
    doesn't take it.
    """

    member: int
    song: str
    key: str
    at: datetime
    said: str | None
    said_at: datetime | None
    saving: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A channel that those who run its server gave to a purpose. due_at: of the digest, when the next one is."""

    channel: int
    purpose: str
    server: int
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Repost:
    """A song that a member posted in a server. message: None while it is being posted."""

    repost: int
    member: int
    server: int
    channel: int
    message: int | None
    song: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Takedown:
    """A message of ours that is to be deleted. tries: how often Discord refused."""

    message: int
    channel: int
    tries: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member shows to others: some of their playlists, a map of their taste, what they reposted."""

    member: int
    playlists: tuple[int, ...] = ()
    map: bool = False
    reposts: bool = False


@dataclass(frozen=True, slots=True)
class Reposted:
    """A song that a member passed on in a server, and the message in which they did."""

    member: int
    song: str
    server: int
    channel: int
    message: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """`member` asked `other` to compare their tastes. declined_at: `member` was told no, or had it ended."""

    agreement: int
    member: int
    other: int
    asked_at: datetime
    agreed_at: datetime | None = None
    declined_at: datetime | None = None

    def beside(self, member: int) -> int:
        """The other of the two."""
        return self.other if member == self.member else self.member


@dataclass(frozen=True, slots=True)
class Round:
    """A themed round. state: "entering", "voting", "closed" or "cancelled"; told: the one that was last told of."""

    round: int
    host: int
    server: int | None
    channel: int
    message: int | None
    told: str | None
    theme: str
    state: str
    enter_until: datetime
    vote_until: datetime
    shared: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RoundEntry:
    """A song that a member entered. What says so is shown at the end only."""

    round_entry: int
    round: int
    member: int
    song: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A song that a member found amiss, and on which message, if others could see it."""

    report: int
    member: int
    server: int | None
    channel: int | None
    message: int | None
    song: str
    key: str
    reason: str
    at: datetime
