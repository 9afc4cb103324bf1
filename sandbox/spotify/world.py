"""World of Spotify: catalogue, accounts, playlists, consents, and what people do by hand.

In memory and without HTTP. Times come from the injected clock, ids from the seed: the same calls build the same world.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.spotify.accounts.tokens import Tokens
from sandbox.spotify.errors import SEATLESS, Refused
from sandbox.spotify.faults import Fault, Hook, Lag, Late, Request
from sandbox.spotify.limits import Limit
from sandbox.spotify.model import (
    HAND,
    Account,
    App,
    Change,
    ChangeKind,
    Like,
    Move,
    Playlist,
    Row,
    Track,
    spotify_id,
    utc_now,
)


@dataclass(slots=True)
class World:
    """Everything in the stand-in. `by` is HAND for a person in Spotify's client, or else a client id."""

    seed: int = 0
    now: Callable[[], datetime] = utc_now
    limit: Limit = field(default_factory=Limit)
    keeps_private: bool = True  # whether `public: false` works on a new playlist; we couldn't find out
    seatless: str = SEATLESS[0]  # what a member without a seat in the app is refused with
    tracks: dict[str, Track] = field(default_factory=dict)  # by URI
    taken_down: set[str] = field(default_factory=set)  # URIs that playlists show as null
    accounts: dict[str, Account] = field(default_factory=dict)
    playlists: dict[str, Playlist] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    lag: Lag = field(default_factory=Lag)
    late: list[Late] = field(default_factory=list)  # requests given up on but yet to be carried out
    catching_up: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while late requests are carried out
    requests: list[Request] = field(default_factory=list)
    before: list[Hook] = field(default_factory=list)  # run before a request is carried out
    after: list[Hook] = field(default_factory=list)  # run after a request is carried out, before it's answered
    tokens: Tokens = field(init=False)
    _watchers: list[Callable[[Change], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.seed, lambda: self.now())

    # ---------------------------------------------------------------- setting the scene
    def publish(self, tracks: Iterable[Track]) -> None:
        """Put tracks in the catalogue."""
        self.tracks.update((track.uri, track) for track in tracks)

    def open_account(self, user: str, display_name: str, likes: Iterable[Like] = ()) -> Account:
        """Open an account with these `likes`, in any order."""
        newest_first = sorted(likes, key=lambda like: like.added_at, reverse=True)
        account = Account(user, display_name, spotify_id(self.seed, "account", user)[:10], newest_first)
        self.accounts[user] = account
        return account

    def register(self, app: App) -> App:
        self.apps[app.client_id] = app
        return app

    def subscribe(self, watcher: Callable[[Change], None]) -> Callable[[], None]:
        """Call `watcher` with every change from now on; return a function that unsubscribes it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    # ---------------------------------------------------------------- likes
    def like(self, user: str, uri: str, by: str = HAND) -> None:
        """Like a song now, at the top of the liked songs; one that's already liked keeps its place and date."""
        account = self.accounts[user]
        if not account.has_saved(self._known(uri)):
            account.likes.insert(0, Like(uri, self.now()))
            self._tell("liked", user, by, (uri,))

    def unlike(self, user: str, uri: str, by: str = HAND) -> None:
        account = self.accounts[user]
        if account.has_saved(uri):
            account.likes = [like for like in account.likes if like.uri != uri]
            self._tell("unliked", user, by, (uri,))

    # ---------------------------------------------------------------- playlists
    def create_playlist(
        self,
        user: str,
        name: str,
        *,
        public: bool = True,
        collaborative: bool = False,
        description: str = "",
        by: str = HAND,
    ) -> Playlist:
        """Create an empty playlist at the top of the user's library."""
        made = spotify_id(self.seed, "playlist", len(self.playlists))
        shown = public or not self.keeps_private
        playlist = Playlist(made, name, user, shown, collaborative, description, now=lambda: self.now())
        self.playlists[made] = playlist
        self.accounts[user].playlists.insert(0, made)
        self._tell("created", user, by, playlist=made)
        return playlist

    def follow(self, user: str, playlist: str, by: str = HAND) -> None:
        account = self.accounts[user]
        if self.playlist(playlist).id not in account.playlists:
            account.playlists.insert(0, playlist)
            self._tell("followed", user, by, playlist=playlist)

    def unfollow(self, user: str, playlist: str, by: str = HAND) -> None:
        """Remove a playlist from the user's library; for its owner, that's how playlists are deleted."""
        account = self.accounts[user]
        if playlist in account.playlists:
            account.playlists.remove(playlist)
            self._tell("unfollowed", user, by, playlist=playlist)

    def playlist(self, playlist: str) -> Playlist:
        """Return the playlist with this id. Raises Refused 404."""
        try:
            return self.playlists[playlist]
        except KeyError:
            raise Refused(404, "Resource not found") from None

    def editable(self, user: str, playlist: str) -> Playlist:
        """Return the playlist if `user` owns it or collaborates on it. Raises Refused 403 or 404."""
        known = self.playlist(playlist)
        if not self.takes_part(user, known):
            raise Refused(403, "You cannot access a playlist you don't own.")
        return known

    def takes_part(self, user: str, playlist: Playlist) -> bool:
        """Whether `user` owns `playlist`, or follows it and it's collaborative."""
        return playlist.owner == user or (playlist.collaborative and playlist.id in self.accounts[user].playlists)

    def shown_rows(self, playlist: Playlist) -> tuple[Row, ...]:
        """Return the playlist's rows as currently read: those from `lag.items` seconds ago."""
        return playlist.rows_at(self.now() - timedelta(seconds=self.lag.items))

    def check_snapshot(self, playlist: Playlist, snapshot: str | None) -> None:
        """Raise Refused 400 for a snapshot id that isn't known `lag.snapshots` seconds after it was created."""
        moment = self.now() - timedelta(seconds=self.lag.snapshots)
        if snapshot is not None and not playlist.knows(snapshot, moment):
            raise Refused(400, "Invalid snapshot_id")

    def on_offer(self, uri: str) -> Track | None:
        """Return the track in a playlist's row; None if it's no longer available."""
        return None if uri in self.taken_down else self.tracks.get(uri)

    def add(
        self, user: str, playlist: str, uris: Sequence[str], position: int | None = None, by: str = HAND
    ) -> Playlist:
        """Add songs to a playlist, before `position` or at the end; not idempotent, as on Spotify."""
        target = self.editable(user, playlist)
        target.insert(self._rows(user, uris), position)
        self._tell("added", user, by, uris, playlist)
        return target

    def remove(
        self, user: str, playlist: str, uris: Sequence[str], snapshot: str | None = None, by: str = HAND
    ) -> Playlist:
        """Remove every occurrence of `uris`."""
        target = self.editable(user, playlist)
        self.check_snapshot(target, snapshot)
        target.drop(frozenset(uris), snapshot)
        self._tell("removed", user, by, uris, playlist)
        return target

    def reorder(self, user: str, playlist: str, move: Move, snapshot: str | None = None, by: str = HAND) -> Playlist:
        target = self.editable(user, playlist)
        self.check_snapshot(target, snapshot)
        target.reorder(move, snapshot)
        self._tell("moved", user, by, playlist=playlist)
        return target

    def replace(self, user: str, playlist: str, uris: Sequence[str], by: str = HAND) -> Playlist:
        """Replace all of the playlist's songs with `uris`."""
        target = self.editable(user, playlist)
        gone = target.uris
        target.replace(self._rows(user, uris))
        self._tell("removed", user, by, gone, playlist)
        self._tell("added", user, by, uris, playlist)
        return target

    # ---------------------------------------------------------------- by hand
    def add_by_hand(self, user: str, playlist: str, uri: str, position: int | None = None) -> None:
        """Add a song (or an episode, or a local file) to a playlist in Spotify's own client."""
        self.add(user, playlist, (uri,), position)

    def remove_by_hand(self, user: str, playlist: str, uri: str) -> None:
        self.remove(user, playlist, (uri,))

    def move_by_hand(self, user: str, uri: str, source: str, target: str) -> None:
        """Drag a song from one playlist to another; refused as a whole if either may not be edited."""
        self.editable(user, target)
        self.remove(user, source, (uri,))
        self.add(user, target, (uri,))

    def agree(self, app: App, user: str, scopes: frozenset[str], redirect_uri: str, challenge: str) -> str:
        """Press Agree on the consent page; return the authorization code."""
        code = self.tokens.agree(app, user, scopes, redirect_uri, challenge)
        self._tell("linked", user, HAND)
        return code

    def revoke(self, user: str) -> None:
        """Revoke access for every app, on the account page."""
        self.tokens.revoke(user)
        self._tell("revoked", user, HAND)

    # ---------------------------------------------------------------- internals
    def _rows(self, user: str, uris: Sequence[str]) -> list[Row]:
        now = self.now()
        return [Row(self._known(uri), now, user) for uri in uris]

    def _known(self, uri: str) -> str:
        if uri.startswith("spotify:track:") and uri not in self.tracks:
            raise Refused(400, "Payload contains a non-existing ID")
        return uri

    def _tell(self, kind: ChangeKind, user: str, by: str, uris: Sequence[str] = (), playlist: str = "") -> None:
        change = Change(kind, user, self.now(), by, tuple(uris), playlist)
        for watcher in tuple(self._watchers):
            watcher(change)
