"""Shapes: Spotify's JSON as records. Pure. What is no song (an episode, a local file, a hole) is None.

The functions for whole answers raise SpotifyDown for one that is malformed.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bot.core.records import Item, Like, Song
from bot.errors import PlaylistGone, SpotifyDown
from bot.ports import Found, LikesPage, Profile

P = ParamSpec("P")
T = TypeVar("T")
TRACK = "spotify:track:"


def answer(reads: Callable[P, T]) -> Callable[P, T]:
    """Mark a function that reads a whole answer."""

    @wraps(reads)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return reads(*args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SpotifyDown(f"Spotify's answer is malformed: no {reads.__name__}, {type(error).__name__}") from None

    return guarded


@answer
def user_id(me: Any) -> str:
    """Return the id by which playlists name their owner; it may change, so an account is known by its key instead."""
    return str(me["id"])


@answer
def profile(me: Any) -> Profile:
    return Profile(me.get("account_id") or me["id"], me.get("display_name") or me["id"])


@answer
def likes_page(page: Any) -> LikesPage:
    """What cannot be put into a playlist is left out, but counts in the total."""
    rows = [row for row in page["items"] if row and song_id(row.get("track")) is not None]
    return LikesPage(tuple(Like(song(row["track"]), _moment(row.get("added_at"))) for row in rows), page["total"])


@answer
def playlists_page(page: Any, user_id: str) -> tuple[list[Found], int]:
    """Return the user's own and collaborative playlists, and how many rows the whole list has; some are null."""
    rows = [row for row in page["items"] if row and (row["owner"]["id"] == user_id or row.get("collaborative"))]
    return [playlist(row) for row in rows], page["total"]


@answer
def playlist(row: Any) -> Found:
    return Found(row["id"], row["name"], (row.get("items") or {}).get("total", 0), row.get("snapshot_id"))


@answer
def opened(playlist: Any) -> tuple[list[Item], int, str | None]:
    """Return a playlist's first places, how many there are, and its snapshot. Raises PlaylistGone for a stranger's."""
    if playlist.get("items") is None:
        raise PlaylistGone
    page = playlist["items"]
    return [_item(row) for row in page.get("items") or ()], page["total"], playlist.get("snapshot_id")


@answer
def items(page: Any) -> list[Item]:
    return [_item(row) for row in page["items"]]


def _item(row: Any) -> Item:
    return Item(song_id(row.get("item")), _moment(row.get("added_at"))) if row else Item(None, None)


def song_id(track: Any) -> str | None:
    """Return the URI that was saved or added, not that of its stand-in in the member's country."""
    if not track:
        return None
    uri = str((track.get("linked_from") or track).get("uri") or "")
    return uri if uri.startswith(TRACK) else None


def song(track: Any) -> Song:
    """A track in full. Every field but the URI and the name may be missing."""
    album = track.get("album") or {}
    covers = album.get("images") or [{}]
    return Song(
        song=song_id(track) or "",
        title=track["name"],
        artists=tuple(artist["name"] for artist in track.get("artists") or ()),
        album=album.get("name") or None,
        year=_year(album.get("release_date")),
        duration_ms=track.get("duration_ms"),
        isrc=(track.get("external_ids") or {}).get("isrc") or None,
        url=(track.get("external_urls") or {}).get("spotify"),
        cover=covers[0].get("url"),
    )


def _year(date: str | None) -> int | None:
    """The year of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; Spotify writes 0000 where it does not know."""
    year = (date or "")[:4]
    return int(year) or None if year.isdecimal() else None


def _moment(text: str | None) -> datetime | None:
    """ISO 8601 with a zone; very old playlists have none."""
    return datetime.fromisoformat(text) if text else None
