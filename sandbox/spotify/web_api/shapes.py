"""The Web API's objects as JSON. Pure: from stored values to Spotify's responses.

`root` is the stand-in's address, without a trailing slash.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.spotify.model import Account, Like, Playlist, Row, Track, spotify_id

Json = dict[str, Any]
OPEN = "https://open.spotify.com"
COVER = 300  # pixels, each side


def timestamp(at: datetime) -> str:
    """Format as ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def reference(kind: str, made: str, root: str) -> Json:
    """Return the fields that every object has: id, type, uri and links."""
    return {
        "external_urls": {"spotify": f"{OPEN}/{kind}/{made}"},
        "href": f"{root}/v1/{kind}s/{made}",
        "id": made,
        "type": kind,
        "uri": f"spotify:{kind}:{made}",
    }


def image(url: str) -> Json:
    return {"url": url, "height": COVER, "width": COVER}


def artist(name: str, root: str) -> Json:
    return {**reference("artist", spotify_id("artist", name), root), "name": name}


def album(track: Track, root: str) -> Json:
    """Return the track's album; since its other songs aren't known, it counts as having one."""
    precision = ("year", "month", "day")[track.release_date.count("-")] if track.release_date else "day"
    return {
        **reference("album", spotify_id("album", track.album, track.artists[:1]), root),
        "name": track.album,
        "artists": [artist(name, root) for name in track.artists[:1]],
        "album_type": "album",
        "available_markets": [],
        "images": [image(f"{root}/covers/{track.id}.png")],
        "release_date": track.release_date or "0000",
        "release_date_precision": precision if track.release_date else "year",
        "total_tracks": 1,
    }


def track(track: Track, root: str) -> Json:
    return {
        **reference("track", track.id, root),
        "name": track.name,
        "artists": [artist(name, root) for name in track.artists],
        "album": album(track, root),
        "disc_number": 1,
        "duration_ms": track.duration_ms,
        "explicit": track.explicit,
        "external_ids": {"isrc": track.isrc} if track.isrc else {},
        "is_local": False,
        "is_playable": True,
        "track_number": 1,
    }


def local_file(uri: str) -> Json:
    """Return a file on somebody's computer: `spotify:local:ARTIST:ALBUM:TITLE:SECONDS`, without id, links or cover."""
    *_, artist_name, album_name, title, seconds = uri.replace("+", " ").split(":")
    return {
        "album": {"name": album_name, "images": [], "artists": [], "type": "album"},
        "artists": [{"name": artist_name, "type": "artist"}],
        "disc_number": 0,
        "duration_ms": int(seconds) * 1000,
        "explicit": False,
        "external_ids": {},
        "external_urls": {},
        "id": None,
        "is_local": True,
        "name": title,
        "track_number": 0,
        "type": "track",
        "uri": uri,
    }


def episode(uri: str, root: str) -> Json:
    """Return an episode of some show; only the fields that distinguish it from a track are realistic."""
    made = uri.rsplit(":", 1)[-1]
    return {
        **reference("episode", made, root),
        "name": "An episode",
        "description": "",
        "html_description": "",
        "audio_preview_url": None,
        "duration_ms": 1_800_000,
        "explicit": False,
        "images": [],
        "is_externally_hosted": False,
        "is_playable": True,
        "languages": ["en"],
        "release_date": "2026-01-01",
        "release_date_precision": "day",
        "show": show(root),
    }


def show(root: str) -> Json:
    return {
        **reference("show", spotify_id("show"), root),
        "name": "A show",
        "publisher": "Somebody",
        "description": "",
        "html_description": "",
        "available_markets": [],
        "copyrights": [],
        "explicit": False,
        "images": [],
        "is_externally_hosted": False,
        "languages": ["en"],
        "media_type": "audio",
        "total_episodes": 1,
    }


def item(uri: str, on_offer: Callable[[str], Track | None], root: str) -> Json | None:
    """Return whatever a playlist's row holds; None if the song is no longer available."""
    match uri.split(":")[1]:
        case "local":
            return local_file(uri)
        case "episode":
            return episode(uri, root)
        case _:
            offered = on_offer(uri)
            return track(offered, root) if offered else None


def row(row: Row, on_offer: Callable[[str], Track | None], root: str) -> Json:
    return {
        "added_at": timestamp(row.added_at),
        "added_by": reference("user", row.added_by, root),
        "is_local": row.uri.startswith("spotify:local:"),
        "item": item(row.uri, on_offer, root),
    }


def saved(like: Like, tracks: Mapping[str, Track], root: str) -> Json:
    return {"added_at": timestamp(like.added_at), "track": track(tracks[like.uri], root)}


def me(account: Account, root: str) -> Json:
    """Return the profile without `product`, `email` and `country`, which were removed."""
    return {
        **reference("user", account.id, root),
        "account_id": account.account_id,
        "display_name": account.display_name,
        "images": [],
    }


def playlist(playlist: Playlist, rows: Sequence[Row], owner: Account, root: str) -> Json:
    """Return a playlist without its contents, as in a list of playlists; rows: its rows as currently read."""
    return {
        **reference("playlist", playlist.id, root),
        "name": playlist.name,
        "description": playlist.description,
        "owner": {**reference("user", owner.id, root), "display_name": owner.display_name},
        "public": playlist.public,
        "collaborative": playlist.collaborative,
        "images": playlist_images(playlist, root),
        "items": {"href": f"{root}/v1/playlists/{playlist.id}/items", "total": len(rows)},
        "snapshot_id": playlist.snapshot,
    }


def playlist_images(playlist: Playlist, root: str) -> list[Json]:
    """Return the uploaded cover, or else the first track's; none for an empty playlist."""
    if playlist.cover:
        return [image(f"{root}/covers/{playlist.id}.jpg")]
    first = next((uri for uri in playlist.uris if uri.startswith("spotify:track:")), None)
    return [image(f"{root}/covers/{first.rsplit(':', 1)[-1]}.png")] if first else []
