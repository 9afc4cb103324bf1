"""Listening: a member's Spotify as they see it, and what they do there by hand."""

from collections import deque
from collections.abc import Iterable, Iterator

from sandbox.discord.model import Json
from sandbox.page.asking import Ask
from sandbox.spotify import Account, Change, Playlist, Track, World
from sandbox.spotify.model import HAND

SHOWN = 50  # likes that a page loads at first
REMEMBERED = 500  # changes kept, over all accounts
RECENT = 12  # changes listed
COVERS = "/spotify/covers"


class Listening:
    """The page's calls; each returns JSON. Remembers recent changes, to list and highlight them."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=REMEMBERED)
        self._linked: set[str] = set()

    def note(self, change: Change) -> None:
        self._changes.append(change)
        if change.kind == "linked":
            self._linked.add(change.user)
        if change.kind == "revoked":
            self._linked.discard(change.user)

    # Reading

    async def account(self, ask: Ask) -> Json:
        """Return likes (the first `limit` that match `search`), playlists without their songs, and what changed."""
        world, account = ask.stage.spotify, _account(ask)
        changes = [change for change in self._changes if change.user == account.id]
        matching = list(_matching(world, account, str(ask.given.get("search", ""))))
        liked = _latest_by_song(change for change in changes if change.kind == "liked")
        touched = {change.playlist: change for change in changes}
        return {
            "name": account.display_name,
            "linked": account.id in self._linked,
            "likes": len(account.likes),
            "matching": len(matching),
            "songs": [_song(world, uri, liked.get(uri)) for uri in matching[: ask.number("limit", SHOWN)]],
            "playlists": [_playlist(playlist, touched.get(playlist.id)) for playlist in _playlists_of(world, account)],
            "changes": [_told(world, change) for change in changes[: -RECENT - 1 : -1]],
        }

    async def playlist(self, ask: Ask) -> list[Json]:
        """Return a playlist's songs, in order."""
        world, playlist = ask.stage.spotify, ask.stage.spotify.playlist(ask.text("playlist"))
        added = _latest_by_song(
            change for change in self._changes if change.playlist == playlist.id and change.kind == "added"
        )
        return [_song(world, uri, added.get(uri)) for uri in playlist.uris]

    async def held_back(self, ask: Ask) -> list[Json]:
        """Return songs that this member could like next."""
        account = _account(ask)
        fresh = (track for track in ask.stage.songs_held_back if not account.has_saved(track.uri))
        return [_song(ask.stage.spotify, track.uri) for track in fresh]

    # By hand

    async def like(self, ask: Ask) -> Json:
        ask.stage.spotify.like(ask.member.account, ask.text("uri"))
        return {}

    async def unlike(self, ask: Ask) -> Json:
        ask.stage.spotify.unlike(ask.member.account, ask.text("uri"))
        return {}

    async def add(self, ask: Ask) -> Json:
        ask.stage.spotify.add_by_hand(ask.member.account, ask.text("playlist"), ask.text("uri"))
        return {}

    async def remove(self, ask: Ask) -> Json:
        ask.stage.spotify.remove_by_hand(ask.member.account, ask.text("playlist"), ask.text("uri"))
        return {}

    async def move(self, ask: Ask) -> Json:
        ask.stage.spotify.move_by_hand(ask.member.account, ask.text("uri"), ask.text("playlist"), ask.text("target"))
        return {}

    async def create(self, ask: Ask) -> Json:
        """Create a playlist. Raises ValueError for a blank name."""
        name = ask.text("name").strip()
        if not name:
            raise ValueError("a playlist needs a name")
        return {"playlist": ask.stage.spotify.create_playlist(ask.member.account, name).id}

    async def revoke(self, ask: Ask) -> Json:
        ask.stage.spotify.revoke(ask.member.account)
        return {}


def _account(ask: Ask) -> Account:
    return ask.stage.spotify.accounts[ask.member.account]


def _matching(world: World, account: Account, search: str) -> Iterator[str]:
    """Yield the liked songs, newest first, whose title, artists or album contain every word of `search`."""
    words = search.casefold().split()
    for like in account.likes:
        track = world.tracks[like.uri]
        text = " ".join((track.name, *track.artists, track.album)).casefold()
        if all(word in text for word in words):
            yield like.uri


def _playlists_of(world: World, account: Account) -> Iterator[Playlist]:
    return (world.playlists[playlist] for playlist in account.playlists if playlist is not None)


def _latest_by_song(changes: Iterable[Change]) -> dict[str, Change]:
    return {uri: change for change in changes for uri in change.uris}


def _song(world: World, uri: str, change: Change | None = None) -> Json:
    """Return a song, with when and by whom it was added if that was recent."""
    return {"uri": uri, **_named(world.on_offer(uri), uri), **_lately(change)}


def _lately(change: Change | None) -> Json:
    return {"changed": change.at.isoformat(), "by": _by(change)} if change else {"changed": None, "by": None}


def _named(track: Track | None, uri: str) -> Json:
    """Return title, artists and cover; for what isn't an available track, the last part of its address."""
    if track is None:
        return {"title": uri.rsplit(":", 1)[-1], "artists": "no longer available", "cover": None}
    return {"title": track.name, "artists": ", ".join(track.artists), "cover": f"{COVERS}/{track.id}.png"}


def _playlist(playlist: Playlist, change: Change | None) -> Json:
    return {
        "id": playlist.id,
        "name": playlist.name,
        "count": len(playlist.rows),
        "snapshot": playlist.snapshot,
        **_lately(change),
    }


def _told(world: World, change: Change) -> Json:
    """Return a change for the list of what just happened."""
    playlist = world.playlists.get(change.playlist)
    titles = [_named(world.on_offer(uri), uri)["title"] for uri in change.uris[:3]]
    return {
        "kind": change.kind,
        "at": change.at.isoformat(),
        "by": _by(change),
        "count": len(change.uris),
        "titles": titles,
        "playlist": playlist.name if playlist else None,
    }


def _by(change: Change) -> str:
    return "hand" if change.by == HAND else "app"
