"""Responses in which each field is missing, null, empty or of the wrong type are read, and the valid rest is kept."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.adapters.sources import deezer, listenbrainz, musicbrainz, reccobeats
from bot.adapters.spotify import oauth, shapes
from bot.adapters.ytdlp import _videos
from bot.core import untrusted
from bot.core.records import UNTITLED, Song
from bot.errors import SourceFailed
from bot.errors.spotify import PlaylistGone, SpotifyDown
from bot.ports import ListedPlaylist, Tokens
from tests.oddities import odd

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPEC = Path(__file__).parents[3].parent / "shared" / "specs" / "spotify-openapi.yml"
TRACK: dict[str, Any] = {
    "album": {
        "name": "Album", "release_date": "2019-05-03", "release_date_precision": "day", "album_type": "album",
        "artists": [{"name": "Ann", "id": "a", "uri": "spotify:artist:a"}], "total_tracks": 9,
        "images": [{"url": "https://covers.example/1.jpg", "height": 300, "width": 300}],
    },
    "artists": [{"name": "Ann", "id": "a", "uri": "spotify:artist:a"}, {"name": "Bob", "id": "b"}],
    "disc_number": 1, "duration_ms": 200_000, "explicit": False, "external_ids": {"isrc": "ZZAAA1900001"},
    "external_urls": {"spotify": "https://open.spotify.com/track/abc"}, "href": "https://api.example/abc", "id": "abc",
    "is_local": False, "is_playable": True, "linked_from": {"uri": "spotify:track:saved", "id": "saved"},
    "name": "Song", "popularity": 1, "preview_url": None, "restrictions": {"reason": "market"},
    "track_number": 1, "type": "track", "uri": "spotify:track:abc",
}  # fmt: skip
OTHER = {"added_at": "2020-01-01T00:00:00Z", "track": {"uri": "spotify:track:other", "name": "Other", "artists": []}}
PAGING = {"href": "x", "limit": 50, "next": None, "offset": 0, "previous": None, "total": 2}
LIKES = {**PAGING, "items": [{"added_at": "2020-01-01T00:00:00Z", "track": TRACK}, OTHER]}
PLAYLIST = {
    "collaborative": False, "description": "", "external_urls": {"spotify": "https://open.spotify.com/playlist/p"},
    "href": "x", "id": "p", "images": None, "name": "Run", "owner": {"id": "mara", "display_name": "Mara"},
    "primary_color": None, "public": False, "snapshot_id": "s1", "items": {"href": "x", "total": 3}, "type": "playlist",
    "uri": "spotify:playlist:p",
}  # fmt: skip
SECOND = {"id": "q", "name": "Second", "owner": {"id": "mara"}, "items": {"total": 1}, "snapshot_id": "s2"}
PLACES = {
    **PAGING,
    "items": [
        {"added_at": "2020-01-01T00:00:00Z", "added_by": {"id": "mara"}, "is_local": False, "item": TRACK},
        {"added_at": "2020-01-01T00:00:00Z", "item": {"uri": "spotify:track:other"}},
    ],
}
ME = {"id": "mara", "account_id": "key", "display_name": "Mara", "images": [], "uri": "spotify:user:mara"}
GRANT = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "scope": "x y", "token_type": "Bearer"}
KNOWN = Tokens("old", "kept", NOW, "x")
READS: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "me": (shapes.profile, ME),
    "likes": (shapes.likes_page, LIKES),
    "saved": (lambda answer: shapes.saved(answer, ["a", "b"]), [True, False]),
    "playlists": (lambda page: shapes.playlists_page(page, "mara"), {**PAGING, "items": [PLAYLIST, SECOND]}),
    "playlist": (shapes.playlist, PLAYLIST),
    "opened": (shapes.opened, {**PLAYLIST, "items": PLACES}),
    "items": (lambda page: shapes.items(page, 0), PLACES),
    "tokens": (lambda answer: oauth.tokens(answer, NOW, KNOWN), GRANT),
}


def is_sound(song: Song) -> bool:
    """Whether every field has its type and can be stored and shown."""
    texts = [song.title, *song.artists, *(text for text in (song.album, song.isrc, song.url, song.cover) if text)]
    numbers = [number for number in (song.year, song.duration_ms) if number is not None]
    return (
        all(isinstance(text, str) and text.strip() and text.encode() and "\0" not in text for text in texts)
        and all(type(number) is int and 0 < number < 2**31 for number in numbers)
        and song.song.startswith("spotify:track:")
        and song.line != ""
    )


@pytest.mark.parametrize("name", READS)
def test_p39_every_field_of_spotifys_responses_may_be_odd(name: str) -> None:
    read, answer = READS[name]
    for _, _, made in odd(answer):
        try:
            read(made)
        except (SpotifyDown, PlaylistGone):
            continue


def test_p39_an_odd_song_affects_only_itself() -> None:
    for path, value, made in odd(LIKES):
        if path[:2] != ("items", 0):
            continue
        page = shapes.likes_page(made)
        assert page.likes[-1].song.title == "Other", (path, value)
        assert page.total == 2
        assert all(is_sound(like.song) for like in page.likes), (path, value)
        if path[2:3] == ("track",) and path[3:] not in ((), ("uri",), ("linked_from",), ("linked_from", "uri")):
            assert page.likes[0].song.song == "spotify:track:saved", (path, value)


def test_a_song_without_its_names_is_kept_without_them() -> None:
    names: list[Any] = [{"name": None, "id": None}, None, {}, {"name": ""}, {"name": "Ann"}, "Bob", {"name": 7}]
    bare = shapes.song({"uri": "spotify:track:x", "name": None, "artists": names, "album": {"images": [None]}})
    assert (bare.title, bare.artists, bare.album, bare.cover) == (UNTITLED, ("Ann",), None, None)
    assert shapes.song({"uri": "spotify:track:x"}).line == UNTITLED


def test_an_odd_playlist_affects_only_itself() -> None:
    answer = {**PAGING, "items": [PLAYLIST, SECOND]}
    for path, value, made in odd(answer):
        if path[:2] == ("items", 0):
            listed, _, total = shapes.playlists_page(made, "mara")
            assert listed[-1] == ListedPlaylist("q", "Second", 1, "s2"), (path, value)
            assert total == 2
            assert all(playlist.name.strip() and playlist.name.encode() for playlist in listed)


def test_an_odd_refresh_response_keeps_the_old_token() -> None:
    for path, value, made in odd(GRANT):
        if path in (("refresh_token",), ("scope",), ("token_type",)):
            read = oauth.tokens(made, NOW, KNOWN)
            assert read.access == "a", (path, value)
            if not isinstance(value, str):
                assert read.refresh == ("kept" if path == ("refresh_token",) else "r"), (path, value)


def example(schema: Any, spec: Any, depth: int = 0) -> Any:
    """A value with every field in the document."""
    if "$ref" in schema:
        return (
            {} if depth > 8 else example(spec["components"]["schemas"][schema["$ref"].split("/")[-1]], spec, depth + 1)
        )
    if "allOf" in schema:
        parts = [example(part, spec, depth) for part in schema["allOf"]]
        return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}
    if "oneOf" in schema:
        return example(schema["oneOf"][0], spec, depth)
    if "properties" in schema:
        return {key: example(part, spec, depth + 1) for key, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example(schema["items"], spec, depth + 1)]
    return schema.get("example", {"integer": 1, "boolean": False, "number": 1.0, "object": {}}.get(schema["type"], "x"))


DESCRIBED = {
    "PagingSavedTrackObject": "likes",
    "PagingPlaylistObject": "playlists",
    "PlaylistObject": "opened",
    "PagingPlaylistTrackObject": "items",
    "PrivateUserObject": "me",
}


@pytest.mark.parametrize("schema", DESCRIBED)
def test_p39_every_documented_spotify_field_may_be_odd(schema: str) -> None:
    if not SPEC.exists():
        pytest.skip("needs the Web API's document: ../shared/specs/spotify-openapi.yml")
    spec = yaml.load(SPEC.read_text(), Loader=yaml.CSafeLoader)
    read, _ = READS[DESCRIBED[schema]]
    answer = example({"$ref": f"#/components/schemas/{schema}"}, spec)
    for _, _, made in odd(answer):
        try:
            read(made)
        except (SpotifyDown, PlaylistGone):
            continue


RECORDING = {
    "artist-credit": [{"artist": {"id": "a", "name": "Ann", "genres": [{"name": "folk", "count": 2}], "tags": []}}],
    "first-release-date": "1988-07-11", "genres": [{"name": "indie", "count": 1}], "id": "m",
    "tags": [{"name": "sea", "count": 3}],
}  # fmt: skip
SOURCES: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "musicbrainz": (musicbrainz.result_of, {"recordings": [RECORDING]}),
    "listenbrainz": (listenbrainz.similar_artists, [{"reference_mbid": "a", "artist_mbid": "b", "score": 3}]),
    "reccobeats": (reccobeats.audio_features, {"content": [{"href": "https://x.example/track/abc", "tempo": 120.0}]}),
    "deezer": (deezer.preview, {"id": 7, "preview": "https://cdn.example/7.mp3"}),
    "deezer's refusal": (deezer.preview, {"error": {"type": "DataException", "code": 800, "message": "no data"}}),
}


@pytest.mark.parametrize("name", SOURCES)
def test_p39_every_field_of_a_services_responses_may_be_odd(name: str) -> None:
    read, answer = SOURCES[name]
    for _, _, made in odd(answer):
        try:
            read(made)
        except SourceFailed:
            continue


def test_an_odd_row_from_a_service_affects_only_itself() -> None:
    rows: list[Any] = [
        None,
        7,
        {"reference_mbid": None, "artist_mbid": "x"},
        {"reference_mbid": "a", "artist_mbid": "b"},
    ]
    assert listenbrainz.similar_artists(rows) == {"a": ["b"]}
    content: list[Any] = [None, {"href": None}, {"href": "https://x.example/track/abc", "tempo": 120.0}]
    assert set(reccobeats.audio_features({"content": content})) == {"abc"}
    credited: list[Any] = [None, {"artist": None}, {"artist": {"name": None, "id": "a"}}, {"artist": {"name": "Bob"}}]
    result = musicbrainz.result_of({"recordings": [None, RECORDING | {"artist-credit": credited}]})
    assert result is not None
    assert result.features.sets["artists"] == {"Bob"}
    assert result.ids == {"recording": ["m"], "artist": ["a"]}


def test_a_video_with_an_odd_field_is_skipped() -> None:
    deep = b'{"id": ' + b"[" * 100_000
    odd = b'{"id": null, "title": "x", "duration": 3, "heatmap": []}', b'{"id": 1}', b'{"id": "a"}', deep
    assert list(_videos(b"\n".join(odd))) == []


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "", 7, None, "soon"])
def test_an_invalid_moment_is_none(value: Any) -> None:
    assert untrusted.moment(value) is None
    assert untrusted.moment("2020-01-01T00:00:00Z") == datetime(2020, 1, 1, tzinfo=UTC)
