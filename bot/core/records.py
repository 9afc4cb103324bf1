"""Records: what is kept, as values. Fields are named as the store's columns; moments are UTC. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.core import codes, recording

UNTITLED = "Untitled song"  # stands in for the title of a song that came without one
MISSING = (None, "", (), UNTITLED)  # what says nothing of a song


@dataclass(frozen=True, slots=True)
class Member:
    member: int
    created_at: datetime
    source: str | None = None  # "spotify", "file", "unlinking", or nothing yet
    updates: str = "dm"  # "dm", "channel" or "off"
    updates_channel: int | None = None
    muted_until: datetime | None = None
    daily_cap: int = 3
    quiet_from: int | None = None
    quiet_to: int | None = None
    learn_from_playlists: bool = False
    next_poll_at: datetime | None = None
    polls: int = 0
    teaches: bool = False  # whether their answers may teach the prior
    taught: str | None = None  # version of the prior that was learnt from them, among others
    joined: bool = False  # whether the songs they like are in the catalogue
    hidden: bool = False  # seen by nobody, anywhere; takes precedence over all that they show
    saves: bool | None = None  # whether what they like in the feed goes to their likes; None: not asked yet
    feed_teaches: bool = False  # whether what they add in the feed is a label


@dataclass(frozen=True, slots=True)
class Account:
    """A member's Spotify account. `tokens` are sealed."""

    member: int
    client_id: str
    user_key: str
    name: str
    tokens: bytes = field(repr=False)
    consented_at: datetime
    warned_days: int | None = None
    synced_at: datetime | None = None
    total: int | None = None  # likes by Spotify's own count at the last look
    holes: int | None = None  # those of them that aren't kept; None: the next look reads everything
    doubted_at: datetime | None = None  # when a look first showed less than is kept


@dataclass(frozen=True, slots=True)
class Song:
    """A song by its URI. `isrc` has the one spelling that everything is compared by, whatever it was made with."""

    song: str
    title: str
    artists: tuple[str, ...]
    album: str | None = None
    year: int | None = None
    duration_ms: int | None = None
    isrc: str | None = None
    url: str | None = None
    cover: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "isrc", codes.isrc(self.isrc))

    def filled_from(self, other: "Song") -> "Song":
        """Return the song with `other`'s values where its own are missing."""
        missing = [name for name in Song.__slots__ if getattr(self, name) in MISSING]
        return replace(self, **{name: getattr(other, name) for name in missing})

    @property
    def naming(self) -> str | None:
        """Name and artists in one spelling, to tell the same recording by."""
        return recording.naming(self.title, self.artists)

    @property
    def line(self) -> str:
        """Title and artists in one plain line; not escaped."""
        return f"{self.title} – {', '.join(self.artists)}" if self.artists else self.title

    @property
    def page(self) -> str | None:
        """Where it can be found: the link that came with it, else Spotify's page for its URI; None for others."""
        track = self.song.removeprefix("spotify:track:")
        return self.url or (f"https://open.spotify.com/track/{track}" if track != self.song else None)


@dataclass(frozen=True, slots=True)
class Like:
    song: Song
    added_at: datetime | None


@dataclass(frozen=True, slots=True)
class Layer:
    layer: int
    member: int
    name: str
    several: bool
    everything: bool
    tried: int = 0  # labels at the last training, whatever came of it
    learnt_at: datetime | None = None  # when the last training read what is known of songs
    training: bool = False  # one is under way


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist that the member handed over ("crate"). `mistakes` are the bearable ones in 20."""

    playlist: int
    member: int
    layer: int
    name: str
    ref: str  # Spotify's id, or "shelf:…" for a member with a file
    emoji: str
    automatic: bool
    mistakes: int
    snapshot: str | None
    removed_at: datetime | None
    doubles: bool = False  # whether a recording may go in again under another id
    missed_at: datetime | None = None  # since when Spotify has said that it is not there


@dataclass(frozen=True, slots=True)
class Card:
    """A question that was asked: which song in which layer. What its buttons carry is only the random `card`."""

    card: str
    member: int
    layer: int
    song: str
    write: int | None  # the receipt that asks, if any
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Prompt:
    message: int
    member: int
    channel: int
    layer: int
    song: str
    shown: tuple[tuple[str, int], ...]  # (emoji, playlist) as the message says
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Model:
    model: int
    member: int
    layer: int
    digest: str
    labels: int
    card: Mapping[str, Any]
    created_at: datetime
    serving: bool


@dataclass(frozen=True, slots=True)
class Write:
    """One write to a member's playlists and its receipt."""

    write: int
    member: int
    layer: int
    kind: str
    state: str
    undoes: int | None
    total: int
    model: str | None
    problem: str | None
    created_at: datetime
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a write: a song that goes into or out of a playlist, or that the member is asked about."""

    change: int
    write: int
    playlist: int
    song: str
    action: str
    position: int | None
    state: str
    probability: float | None
    certainty: str | None
    sent_at: datetime | None = None
    sends: int = 0
    problem: str | None = None
    shown_as: str | None = None  # the id under which Spotify shows it in the playlist, where that is another


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a member; kept until it was sent."""

    notice: int
    member: int
    kind: str
    body: Mapping[str, Any]
    created_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of the HTTP API, without what makes it one: that is only shown when it is made."""

    token: int
    member: int
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """One place of a playlist as it was read. `song` is None for what is no song (an episode, a hole)."""

    song: str | None
    added_at: datetime | None
    isrc: str | None = field(default=None, compare=False)
    naming: str | None = field(default=None, compare=False)  # core.recording.naming
    duration_ms: int | None = field(default=None, compare=False)
    playable: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Clip:
    """A file to send: its bytes, name and media type, its length, and the picture that a voice message wants.

    peak: seconds from its beginning to where the highlight sets in; None where that was not looked for.
    """

    data: bytes
    name: str
    mime: str
    seconds: float
    waveform: str
    peak: float | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Something that is tried until it succeeds: its kind, what it's about, and whose it is, if anybody's."""

    kind: str
    subject: int
    member: int | None = None


@dataclass(frozen=True, slots=True)
class Setback:
    """What became of work so far. tries: failures in a row; reference: the log's; told: its member knows of it."""

    kind: str
    subject: int
    member: int | None
    tries: int
    due: datetime
    reference: str
    told: bool


@dataclass(frozen=True, slots=True)
class Making:
    """A playlist that was asked for at Spotify. `mark` stands in its description; asked_at: None before that."""

    member: int
    purpose: str
    name: str
    mark: str
    asked_at: datetime | None = None
