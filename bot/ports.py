"""Ports: what the flows need from outside, where there is more than one implementation.

`Music` is where a member's playlists live: their Spotify account (`adapters.spotify`) or, for a member who imported a
file, our own database (`adapters.local_playlists`). Both pass the same contract tests. `FeatureSource` looks up the
features of songs: a web service, a local index, the operator's music folder (`adapters.sources`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from bot.core.features import SongFeatures
from bot.core.records import Item, Like, Song


@dataclass(frozen=True, slots=True)
class ListedPlaylist:
    """A playlist as a member's collection lists it. `snapshot` changes whenever the playlist does.

    total: places in it; None where Spotify did not say.
    """

    id: str
    name: str
    total: int | None
    snapshot: str | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """A playlist as it was read: every place in order, holes included, and the snapshot they belong to."""

    items: tuple[Item, ...]
    snapshot: str | None

    @property
    def songs(self) -> list[str | None]:
        return [item.song for item in self.items]


@dataclass(frozen=True, slots=True)
class LikesPage:
    """Up to 50 liked songs, newest first. rows: how many came, those that are no songs too.

    total: rows in the whole list; None where Spotify did not say.
    """

    likes: tuple[Like, ...]
    total: int | None
    rows: int


class Music(Protocol):
    """A member's playlists. Writes are not idempotent: read again after a failure, never repeat.

    Every call may raise a SpotifyError: CoolingDown, ConsentEnded, NotOnAllowList, SpotifyDown, PlaylistGone.
    """

    async def playlists(self) -> list[ListedPlaylist]:
        """Return the playlists that the member may write to (their own, or collaborative)."""
        ...

    async def create(self, name: str, mark: str = "") -> ListedPlaylist:
        """Make a playlist at the member's, with `mark` in its description."""
        ...

    async def listed(self, playlists: Sequence[str]) -> frozenset[str]:
        """Return those of the playlists that the member still has: not deleted, not unfollowed."""
        ...

    async def contents(self, playlist: str, known: Contents | None = None) -> Contents:
        """Read a playlist: one call per 50 places; a single one where its snapshot is still that of `known`."""
        ...

    async def add(self, playlist: str, songs: Sequence[str], position: int | None) -> None:
        """Put at most 100 songs in at `position`, or at the end. One call, sent once.

        Raises SongsRefused or PlaylistFull where nothing was put in, SpotifyDown where that is not known.
        """
        ...

    async def remove(self, playlist: str, songs: Sequence[str], snapshot: str | None) -> None:
        """Take every occurrence of at most 100 songs out. Raises SongsRefused, or SpotifyDown, as `add` does."""
        ...

    async def save(self, songs: Sequence[str]) -> None:
        """Put at most 40 songs among their likes. Saving what is saved changes nothing. Raises SongsRefused."""
        ...

    async def unsave(self, songs: Sequence[str]) -> None:
        """Take at most 40 songs out of their likes. Raises SongsRefused."""
        ...


class Likes(Protocol):
    """A member's liked songs, where they can be asked for."""

    async def likes(self, offset: int) -> LikesPage:
        """Return the page that begins at `offset` (0 is the newest)."""
        ...

    async def saved(self, songs: Sequence[str]) -> set[str]:
        """Return which of at most 40 songs are among the likes. One call."""
        ...


class AccountMusic(Music, Likes, Protocol):
    """A member's Spotify account: their playlists and their likes."""


class Accounts(Protocol):
    """Opens what members linked or imported."""

    async def music(self, member: int) -> Music:
        """Return the member's playlists: Spotify's, or our own for an imported file. Raises NotLinked, ConsentEnded."""
        ...

    async def account_music(self, member: int) -> AccountMusic:
        """Return the member's Spotify account. Raises NotLinked, ConsentEnded."""
        ...


@dataclass(frozen=True, slots=True)
class SpotifyProfile:
    """Who a Spotify account says it is."""

    user_key: str  # `account_id`, or `id` where that is absent
    name: str
    id: str | None  # by which playlists name their owner; None where Spotify left it out


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Spotify's accounts service hands out. Secret; never shown."""

    access: str
    refresh: str
    expires_at: datetime
    scopes: str

    def __repr__(self) -> str:
        return "Tokens(…)"


Ids = Mapping[str, Sequence[str]]  # MusicBrainz ids of a song by kind: "recording", "artist"
Needs = Literal["title", "isrc", "uri", "recording", "artist"]  # what a source knows songs by; the last two are Ids


@dataclass(frozen=True, slots=True)
class Subject:
    """A song that a source is asked about, and what others said it is called.

    owner: the member whose file alone describes it, so that the answer is theirs alone; 0: it is everybody's.
    """

    song: Song
    ids: Ids = field(default_factory=dict)
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a source said of a song. `ids` are for other sources to go by; no model sees them."""

    features: SongFeatures
    ids: Ids = field(default_factory=dict)


class FeatureSource(Protocol):
    """Somebody who knows songs: a service, an index on this disk, the operator's music folder.

    name: as it stands in `core.merge.PRECEDENCE`; needs: what a song must have to be asked about; batch: songs a call.
    """

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> Needs: ...

    @property
    def batch(self) -> int: ...

    async def since(self) -> datetime | None:
        """Return when what it knows last changed, so that it is asked again; None: it has nothing to say now."""
        ...

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, Learnt]:
        """Return what it knows, by song; a song it knows nothing of is left out.

        Raises SourceWaits (nobody is to ask before a moment), SourceFailed (these songs, and perhaps only these).
        """
        ...
