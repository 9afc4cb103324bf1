"""Records: stored data as values. Fields are named as the store's columns; moments are UTC. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.core import codes
from bot.core.notices import NoticeKind
from bot.core.sorting import recording
from bot.core.sorting.writing.writes import Action, LineState, WriteKind, WriteState

UNTITLED = "Untitled song"  # title of a song that came without one
UNNAMED = "Untitled playlist"  # name of a playlist that came without one
MISSING = (None, "", (), UNTITLED)  # values that say nothing
LOCAL = "shelf:"  # prefix of references to playlists in our own database; stored, so it keeps its first name


@dataclass(frozen=True, slots=True)
class Actor:
    """A member who does something: where (None: outside servers) and when."""

    member: int
    server: int | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Member:
    member: int
    created_at: datetime
    source: str | None = None  # "spotify", "file", "unlinking", or None
    updates: str = "dm"  # "dm", "channel" or "off"
    updates_channel: int | None = None
    muted_until: datetime | None = None
    daily_cap: int = 3
    quiet_from: int | None = None  # hour of the day in their time zone
    quiet_to: int | None = None
    learn_from_playlists: bool = False
    learn_from_others: bool = False  # from playlists that the bot doesn't keep
    next_poll_at: datetime | None = None
    polls: int = 0
    teaches: bool = False  # whether their answers may teach the prior
    taught: str | None = None  # version of the prior that was trained on their answers, among others
    joined: bool = False  # whether the songs they like are in the catalogue
    hidden: bool = False  # invisible to everybody; overrides everything they share
    saves: bool | None = None  # whether feed likes go to their liked songs; None: not asked yet
    feed_teaches: bool = False  # whether feed additions count as labels
    only_sound: bool = False  # whether their feed only plays songs that can be heard
    language: str | None = None  # what their Discord last spoke, as "en-GB"
    chosen_language: str | None = None  # what they chose instead, as "de"
    time_zone: str | None = None  # IANA's name; None: UTC

    @property
    def speaks(self) -> str | None:
        return self.chosen_language or self.language


@dataclass(frozen=True, slots=True)
class Account:
    """A member's Spotify account. `tokens` are encrypted by the vault."""

    member: int
    client_id: str
    user_key: str
    name: str
    tokens: bytes = field(repr=False)
    consented_at: datetime
    warned_days: int | None = None
    synced_at: datetime | None = None
    total: int | None = None  # likes by Spotify's own count at the last sync
    holes: int | None = None  # likes that we don't hold; None: the next sync reads everything
    doubted_at: datetime | None = None  # when a sync first showed less than is kept


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When a member is polled next, and the values that decide it (`core.library.polling`)."""

    member: int
    client_id: str
    next_poll_at: datetime | None
    turn_at: datetime | None  # of the next poll, or of the last one
    polls: int  # so far
    poll_pause: int | None  # seconds
    free_at: datetime | None  # of their app
    stretch: float | None


@dataclass(frozen=True, slots=True)
class Song:
    """A song by its URI. `isrc` is always normalised (`core.codes.isrc`)."""

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
        """Return this song with values from `other` where its own are missing."""
        missing = [name for name in Song.__slots__ if getattr(self, name) in MISSING]
        return replace(self, **{name: getattr(other, name) for name in missing})

    @property
    def naming(self) -> str | None:
        """Title and artists in one spelling, for recognising the same recording."""
        return recording.naming(self.title, self.artists)

    @property
    def line(self) -> str:
        """Title and artists in one plain line; not escaped."""
        return f"{self.title} – {', '.join(self.artists)}" if self.artists else self.title

    @property
    def page(self) -> str | None:
        """Where the song can be found: its own link, or Spotify's page for its URI; None for others."""
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
    tried: int = 0  # labels at the last training, successful or not
    learnt_at: datetime | None = None  # when the last training read the songs' features
    training: bool = False  # whether a training is running
    standing: bool | None = None  # whether songs already in its playlists count as labels; None: not asked yet


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist that the member asked the bot to sort into. `mistakes`: how many wrong songs in 20 they accept."""

    playlist: int
    member: int
    layer: int
    name: str
    ref: str  # or "shelf:…" for a member without Spotify
    emoji: str
    automatic: bool
    mistakes: int
    snapshot: str | None
    removed_at: datetime | None
    doubles: bool = False  # whether a recording may be added again under another id
    missed_at: datetime | None = None  # since when Spotify has reported it missing
    recorded_from: datetime | None = None  # how far back its history goes

    @property
    def is_local(self) -> bool:
        """Whether it's in our own database: of a member who had no Spotify account when it was made."""
        return self.ref.startswith(LOCAL)


@dataclass(frozen=True, slots=True)
class Card:
    """A question about one song in one layer. Its buttons carry only the random id `card`."""

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
class NewModel:
    """A model that's to serve. labels: how many it was trained on."""

    member: int
    layer: int
    digest: str
    labels: int
    card: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Write:
    """A write to a member's playlists, and its receipt."""

    write: int
    member: int
    layer: int
    kind: WriteKind
    state: WriteState
    undoes: int | None
    total: int
    model: str | None
    problem: str | None
    created_at: datetime
    superseded: int | None = None  # lines that an old write lost to later ones; None: it's kept whole


@dataclass(frozen=True, slots=True)
class NewWrite:
    """A write that begins. total: songs considered; model: the digest of the one that decided; undoes: a write."""

    member: int
    layer: int
    kind: WriteKind
    total: int = 0
    model: str | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a write: a song to add, to remove, or to ask the member about."""

    change: int
    write: int
    playlist: int
    song: str
    action: Action
    position: int | None
    state: LineState
    probability: float | None
    certainty: str | None
    sent_at: datetime | None = None
    sends: int = 0
    problem: str | None = None
    shown_as: str | None = None  # the id Spotify shows in the playlist, if different


@dataclass(frozen=True, slots=True)
class Revision:
    """A change that was found when a playlist was read. edits: how many it has."""

    revision: int
    member: int
    playlist: int
    at: datetime
    edits: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a member, kept until it's sent."""

    notice: int
    member: int
    kind: NoticeKind
    body: Mapping[str, Any]
    created_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Item:
    """One position of a playlist as it was read. `song` is None if it isn't a song (an episode, an empty entry)."""

    song: str | None
    added_at: datetime | None
    isrc: str | None = field(default=None, compare=False)
    naming: str | None = field(default=None, compare=False)  # core.sorting.recording.naming
    duration_ms: int | None = field(default=None, compare=False)
    playable: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Clip:
    """A file to send: bytes, name, media type, length in seconds, and the waveform that a voice message needs.

    highlight: seconds from the start of the clip; None if it wasn't looked for.
    """

    data: bytes
    name: str
    mime: str
    seconds: float
    waveform: str
    highlight: float | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Something that's retried until it succeeds: its kind, its subject, and its member if it has one."""

    kind: str
    subject: int
    member: int | None = None


@dataclass(frozen=True, slots=True)
class Setback:
    """The state of failed work. tries: failures in a row; reference: as in the log; told: whether its member knows."""

    kind: str
    subject: int
    member: int | None
    tries: int
    due: datetime
    reference: str
    told: bool
