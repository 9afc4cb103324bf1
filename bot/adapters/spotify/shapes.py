"""Shapes: turn Spotify's JSON into records. Pure. Its answers are sanitised only here.

Anything that isn't a song (an episode, a local file, an empty entry) is None. An odd field costs no more than itself;
readers of whole answers raise Unreadable only if nothing can be read.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.core import untrusted
from bot.core.moments import year_of
from bot.core.records import UNNAMED, UNTITLED, Item, Like, Song
from bot.errors.spotify import PlaylistGone, Unreadable
from bot.ports import LikesPage, ListedPlaylist, SpotifyProfile

TRACK = re.compile(r"spotify:track:[0-9A-Za-z]{1,64}")
ID = re.compile(r"[0-9A-Za-z]{1,64}")  # a playlist's id


def _malformed(reads: Callable[..., Any], error: Exception) -> Unreadable:
    return Unreadable(f"Spotify's answer is malformed: no {reads.__name__}, {type(error).__name__}")


answer = untrusted.answer(_malformed)  # marks a reader of a whole answer


@answer
def user_id(me: Any) -> str:
    """Return the id by which playlists name their owner; it may change, so accounts are known by their key instead."""
    return untrusted.needed(untrusted.text(me["id"]))


@answer
def profile(me: Any) -> SpotifyProfile:
    user, account = untrusted.text(me.get("id")), untrusted.text(me.get("account_id"))
    key = untrusted.needed(account or user)
    return SpotifyProfile(key, untrusted.text(me.get("display_name")) or user or key, user)


@answer
def likes_page(page: Any) -> LikesPage:
    """Read a page of likes. Songs that can't be in a playlist are left out, but count in rows and total."""
    rows = untrusted.rows(page["items"])
    likes = [
        Like(song(row["track"]), untrusted.moment(row.get("added_at")))
        for row in map(untrusted.thing, rows)
        if song_id(row.get("track")) is not None
    ]
    return LikesPage(tuple(likes), untrusted.count(page.get("total")), len(rows))


@answer
def saved(flags: Any, songs: Sequence[str]) -> set[str]:
    """Return which of `songs` are liked, from an answer of true and false in their order."""
    if len(flags) != len(songs) or not all(isinstance(flag, bool) for flag in flags):
        raise ValueError
    return {song for song, is_saved in zip(songs, flags, strict=True) if is_saved}


@answer
def playlists_page(page: Any, user_id: str) -> tuple[list[ListedPlaylist], int, int | None]:
    """Return the user's own and collaborative playlists, the number of rows, and the list's total."""
    rows = untrusted.rows(page["items"])
    return [playlist(row) for row in rows if _is_writable(untrusted.thing(row), user_id)], len(rows), _total(page)


def _is_writable(row: Mapping[str, Any], user_id: str) -> bool:
    mine = untrusted.thing(row.get("owner")).get("id") == user_id or row.get("collaborative") is True
    return mine and _id(row) is not None


def _id(row: Mapping[str, Any]) -> str | None:
    playlist_id = row.get("id")
    return playlist_id if isinstance(playlist_id, str) and ID.fullmatch(playlist_id) else None


@answer
def playlist(row: Any) -> ListedPlaylist:
    total = _total(untrusted.thing(_contents(row)))
    name, snapshot = untrusted.text(row.get("name")), untrusted.text(row.get("snapshot_id"))
    return ListedPlaylist(
        untrusted.needed(_id(row)), name or UNNAMED, total, snapshot, untrusted.text(row.get("description")) or ""
    )


@answer
def opened(playlist: Any) -> tuple[list[Item], int, str | None]:
    """Return a playlist's first places, their total number, and its snapshot. Raises PlaylistGone for a stranger's."""
    if isinstance(playlist, dict) and _id(playlist) is not None and not {"items", "tracks"} & playlist.keys():
        raise PlaylistGone
    page = _contents(playlist)
    return items(page, 0), untrusted.needed(_total(page)), untrusted.text(playlist.get("snapshot_id"))


def _contents(playlist: Mapping[str, Any]) -> Any:
    return playlist.get("items", playlist.get("tracks"))  # "tracks" is its older name


@answer
def items(page: Any, offset: int) -> list[Item]:
    """Return the places of the page that starts at `offset`; an unreadable entry is a place, too."""
    if untrusted.count(page.get("offset")) not in (None, offset):
        raise ValueError
    return [_item(row) for row in map(untrusted.thing, untrusted.rows(page["items"]))]


def _item(row: Mapping[str, Any]) -> Item:
    entry = untrusted.thing(row.get("item") or row.get("track"))  # "track" is its older name
    added_at = untrusted.moment(row.get("added_at"))
    uri = song_id(entry)
    if uri is None:
        return Item(None, added_at)
    known = song(entry)
    playable = entry.get("is_playable") is not False
    return Item(uri, added_at, known.isrc, known.naming, known.duration_ms, playable)


def _total(page: Any) -> int | None:
    return untrusted.count(page.get("total"))


def song_id(track: Any) -> str | None:
    """Return the URI that was saved or added, not that of the song it's relinked to in the member's country."""
    fields = untrusted.thing(track)
    uris = (untrusted.thing(fields.get("linked_from")).get("uri"), fields.get("uri"))
    return next((uri for uri in uris if isinstance(uri, str) and TRACK.fullmatch(uri)), None)


def song(track: Any) -> Song:
    """Read a full track. Every field but the URI may be missing; a missing title is replaced."""
    fields, album = untrusted.thing(track), untrusted.thing(track.get("album"))
    names = [untrusted.text(artist.get("name")) for artist in untrusted.things(fields.get("artists"))]
    covers = [untrusted.url(image.get("url")) for image in untrusted.things(album.get("images"))]
    return Song(
        song=song_id(track) or "",
        title=untrusted.text(fields.get("name")) or UNTITLED,
        artists=tuple(name for name in names if name),
        album=untrusted.text(album.get("name")),
        year=_year(untrusted.text(album.get("release_date")) or ""),
        duration_ms=untrusted.count(fields.get("duration_ms")) or None,
        isrc=untrusted.text(untrusted.thing(fields.get("external_ids")).get("isrc")),
        url=untrusted.url(untrusted.thing(fields.get("external_urls")).get("spotify")),
        cover=next((cover for cover in covers if cover), None),
    )


def _year(date: str) -> int | None:
    """Return the year of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; Spotify writes 0000 for unknown."""
    year = year_of(date)
    return None if year is None else int(year)
