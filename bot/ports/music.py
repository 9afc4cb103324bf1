"""Music: a member's playlists and likes, at Spotify or here.

A member who imported a file has playlists in our own database (`adapters.local_playlists`); both pass the same contract
tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.core.records import Item, Like


@dataclass(frozen=True, slots=True)
class ListedPlaylist:
    """A playlist as a member's collection lists it. `snapshot` changes whenever the playlist does.

    total: places in it; None if Spotify didn't say.
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
    """Up to 50 liked songs, newest first. rows: how many came, including those that aren't songs.

    total: rows in the whole list; None if Spotify didn't say.
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
        """Create a playlist in the member's account, with `mark` in its description."""
        ...

    async def listed(self, playlists: Sequence[str]) -> frozenset[str]:
        """Return those of the playlists that the member still has: not deleted, not unfollowed."""
        ...

    async def contents(self, playlist: str, known: Contents | None = None) -> Contents:
        """Read a playlist: one call per 50 places; a single one if its snapshot is still that of `known`."""
        ...

    async def add(self, playlist: str, songs: Sequence[str], position: int | None) -> None:
        """Insert at most 100 songs at `position`, or append them. One call, sent once.

        Raises SongsRefused or PlaylistFull if nothing was added, SpotifyDown if that isn't known.
        """
        ...

    async def remove(self, playlist: str, songs: Sequence[str], snapshot: str | None) -> None:
        """Remove every occurrence of at most 100 songs. Raises SongsRefused, or SpotifyDown, as `add` does."""
        ...

    async def save(self, songs: Sequence[str]) -> None:
        """Add at most 40 songs to the likes; those already there stay as they are. Raises SongsRefused."""
        ...

    async def unsave(self, songs: Sequence[str]) -> None:
        """Remove at most 40 songs from the likes. Raises SongsRefused."""
        ...


class Likes(Protocol):
    """A member's liked songs, if their library comes from Spotify."""

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
