"""Music: a member's playlists and liked songs at Spotify, as the ports define them.

Reading a playlist takes one call for its snapshot id and first 100 places, then one per further 50: never more than
ceil(n / 50). The snapshot is never newer than the contents, so a change in between is noticed the next time. Answers
are turned into records in the thread that fetched them.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import spotipy

from bot.adapters.spotify import shapes
from bot.adapters.spotify.wire import Refusal
from bot.core.records import Account, Item
from bot.errors.spotify import PlaylistFull, PlaylistGone, SongsRefused, SpotifyDown, Unreadable
from bot.ports import Contents, LikesPage, ListedPlaylist

if TYPE_CHECKING:
    from bot.adapters.spotify.client import Spotify

T = TypeVar("T")
READS = 3  # reads of an incomplete or changing playlist
APART = 3.0  # seconds between them
PAGE = 50  # rows; the maximum per page of a list
MOST_PLAYLISTS = 10_000  # playlists considered; a list may claim never to end
MALFORMED = 400  # for songs that Spotify doesn't know
FORBIDDEN, MISSING = 403, 404  # for a playlist that was deleted, or is no longer the member's to change
AT_ONCE = 40  # URIs per question about the library
PLAYLIST = "spotify:playlist:"
ID = re.compile(r"[0-9A-Za-z]+")
KINDS = ("track", "episode")  # otherwise Spotify returns episodes as broken tracks


class _Forbidden(PlaylistGone):
    """Spotify answered 403: the playlist isn't theirs, or (to an addition) it's full."""


class _Malformed(SpotifyDown):
    """Spotify answered 400: to a change, it rejects these songs; to a question, it means nothing."""


class SpotifyMusic:
    """Implements `ports.Music` and `ports.Likes` for one account."""

    def __init__(self, spotify: "Spotify", account: Account) -> None:
        self._spotify = spotify
        self._account = account

    def __repr__(self) -> str:
        return f"SpotifyMusic({self._account.member})"

    async def likes(self, offset: int) -> LikesPage:
        """Return up to 50 liked songs from `offset`. One call."""
        return await self._ask(
            lambda client: shapes.likes_page(client.current_user_saved_tracks(limit=PAGE, offset=offset))
        )

    async def saved(self, songs: Sequence[str]) -> set[str]:
        """Return which of at most 40 songs (or playlists, by URI) are in the library. One call.

        Raises Unreadable if Spotify refuses to say: that means neither yes nor no.
        """
        try:
            return await self._ask(
                lambda client: shapes.saved(client._get("me/library/contains", uris=",".join(songs)), songs)
            )
        except Refusal as refusal:
            raise Unreadable(str(refusal)) from None

    async def playlists(self) -> list[ListedPlaylist]:
        """Return the playlists that the member may write to. One call per 50 that the member has or follows."""
        user_id, listed = await self._spotify.user_id(self._account), dict[str, ListedPlaylist]()
        for offset in range(0, MOST_PLAYLISTS, PAGE):
            page, rows, total = await self._playlists_page(offset, user_id)
            listed |= {playlist.id: playlist for playlist in page}
            if not rows or (rows < PAGE if total is None else offset + PAGE >= total):
                break
        return list(listed.values())

    async def _playlists_page(self, offset: int, user_id: str) -> tuple[list[ListedPlaylist], int, int | None]:
        """Request a page, and again if it has too few rows."""
        for _ in range(READS):
            page, rows, total = await self._ask(
                lambda client: shapes.playlists_page(client.current_user_playlists(limit=PAGE, offset=offset), user_id)
            )
            if total is not None and rows >= min(PAGE, total - offset):
                break
        return page, rows, total

    async def create(self, name: str, mark: str = "") -> ListedPlaylist:
        """Make a playlist with `mark` in its description.

        It's requested as private; whether Spotify honours that is unverified.
        """
        described = f"Made by Cratekeeper ({mark})" if mark else ""
        return await self._ask(
            lambda client: shapes.playlist(
                client.current_user_playlist_create(name, public=False, description=described)
            )
        )

    async def listed(self, playlists: Sequence[str]) -> frozenset[str]:
        """Return which of the playlists are in the member's library. One call per 40."""
        by_uri = {PLAYLIST + playlist: playlist for playlist in sorted(filter(ID.fullmatch, playlists))}
        uris, held = list(by_uri), set[str]()
        for start in range(0, len(uris), AT_ONCE):
            held |= await self.saved(uris[start : start + AT_ONCE])
        return frozenset(by_uri[uri] for uri in held)

    async def contents(self, playlist: str, known: Contents | None = None) -> Contents:
        """Read every place of a playlist, unless its snapshot equals that of `known`. Raises PlaylistGone.

        If it's incomplete, or has lost songs in `known`, it's read again: only what two reads agree on counts (promise
        P41). Reads are APART, because two quick ones may see the same stale copy. Raises Unreadable if no two agree.
        """
        before: Contents | None = None
        for attempt in range(READS):
            if attempt:
                await self._spotify.sleep(APART)
            contents, is_short = await self._read(playlist, known)
            lost = _has_lost(known, contents)
            if not (lost or is_short) or (contents == before and not (lost and is_short)):
                return contents
            before = contents
        raise Unreadable("Spotify answers a playlist in part, or differently each time")

    async def _read(self, playlist: str, known: Contents | None) -> tuple[Contents, bool]:
        """Read a playlist once; return also whether fewer places came than it reports."""
        items, total, snapshot = await self._open(playlist)
        if known is not None and snapshot is not None and known.snapshot == snapshot:
            return known, False
        while len(items) < total:
            more = await self._items(playlist, len(items))
            if not more:
                break
            items += more
        return Contents(tuple(items), snapshot), len(items) < total

    async def _open(self, playlist: str) -> tuple[list[Item], int, str | None]:
        return await self._ask_of(
            playlist, lambda client: shapes.opened(client.playlist(playlist, additional_types=KINDS))
        )

    async def _items(self, playlist: str, offset: int) -> list[Any]:
        return await self._ask_of(
            playlist,
            lambda client: shapes.items(
                client.playlist_items(playlist, limit=PAGE, offset=offset, additional_types=KINDS), offset
            ),
        )

    async def add(self, playlist: str, songs: Sequence[str], position: int | None) -> None:
        """Add at most 100 songs. Doesn't use spotipy's method, which sends a bare array.

        Raises SongsRefused, PlaylistFull, PlaylistGone: then nothing was added.
        """
        payload: dict[str, Any] = {"uris": list(songs)}
        if position is not None:
            payload["position"] = position
        try:
            await self._write(playlist, lambda client: client._post(f"playlists/{playlist}/items", payload=payload))
        except _Forbidden:
            await self._open(playlist)  # raises PlaylistGone if it isn't theirs (any more)
            raise PlaylistFull from None

    async def remove(self, playlist: str, songs: Sequence[str], snapshot: str | None) -> None:
        """Remove every occurrence of at most 100 songs, as of `snapshot`. Raises SongsRefused, PlaylistGone.

        A snapshot id may be too new for the server that answers: if it's refused, the current contents apply.
        """

        def take_out(client: spotipy.Spotify, of: str | None) -> Any:
            return client.playlist_remove_all_occurrences_of_items(playlist, songs, snapshot_id=of)

        try:
            await self._write(playlist, partial(take_out, of=snapshot))
        except SongsRefused:
            if snapshot is None:
                raise
            await self._write(playlist, partial(take_out, of=None))

    async def _write(self, playlist: str, ask: Callable[[spotipy.Spotify], Any]) -> None:
        """Send a change to a playlist. Raises SongsRefused, PlaylistGone, and _Forbidden, which is a PlaylistGone."""
        try:
            await self._ask_of(playlist, ask)
        except _Malformed:
            raise SongsRefused from None

    async def save(self, songs: Sequence[str]) -> None:
        """Add at most 40 songs to the member's likes. The URIs go into the query: Spotify refuses a body here.

        Raises SongsRefused: then nothing was added.
        """
        await self._keep(lambda client: client._put("me/library", uris=",".join(songs)))

    async def unsave(self, songs: Sequence[str]) -> None:
        """Remove at most 40 songs from the member's likes. Raises SongsRefused: then nothing was removed."""
        await self._keep(lambda client: client._delete("me/library", uris=",".join(songs)))

    async def _keep(self, ask: Callable[[spotipy.Spotify], Any]) -> None:
        """Change the member's likes. Refusals of anything but songs, such as missing scopes, are raised unchanged."""
        try:
            await self._ask(ask)
        except Refusal as refusal:
            if refusal.status in (MALFORMED, MISSING):
                raise SongsRefused from None
            raise

    async def _ask(self, ask: Callable[[spotipy.Spotify], T]) -> T:
        return await self._spotify.call(self._account.member, ask)

    async def _ask_of(self, playlist: str, ask: Callable[[spotipy.Spotify], T]) -> T:
        """Ask about one playlist, whose id may be anything that somebody typed.

        Rare statuses (408, 409, a 401 for a new token) say nothing about the playlist: SpotifyDown.
        """
        if not ID.fullmatch(playlist):
            raise PlaylistGone
        try:
            return await self._ask(ask)
        except Refusal as refusal:
            if refusal.status == FORBIDDEN:
                raise _Forbidden from None
            if refusal.status == MISSING:
                raise PlaylistGone from None
            raise (_Malformed if refusal.status == MALFORMED else SpotifyDown)(str(refusal)) from None


def _has_lost(known: Contents | None, contents: Contents) -> bool:
    """Whether a song that was there is missing, or occurs less often."""
    return known is not None and bool(Counter(known.songs) - Counter(contents.songs))
