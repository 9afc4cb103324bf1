"""Library: a person's liked songs, the playlists each song belongs to, and its audio features.

Either drawn (`drawn`: songs from `sandbox.music.songs`) or a real person's, loaded from a CSV file like Exportify's
(`load`). The audio columns of such files are Spotify's former features; only evaluations use them, in place of ours.
"""

import gzip
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from math import cos, pi, sin
from pathlib import Path

import numpy as np

from bot.core.library import tables
from bot.core.library.automatic import is_automatic
from bot.core.library.tables import Row, uri_of
from bot.core.library.tables.values import milliseconds, number
from bot.core.moments import moment as moment_of
from sandbox.music.songs import Features, Song
from sandbox.spotify import Account, Like, Track, World

SIZES = range(30, 1501)  # songs in a playlist worth keeping
ARTIST_SHARE = 0.4  # maximum share of a playlist by one artist
OVERLAP = 0.35  # maximum share of the smaller of two playlists that's also in the other
NUMBERS = (
    "danceability", "energy", "loudness", "mode", "speechiness", "acousticness", "instrumentalness", "liveness",
    "valence", "tempo", "time_signature", "duration_ms",
)  # fmt: skip

Cells = Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Library:
    """`likes` are newest first; `later` are songs to be liked afterwards, in order.

    `truth` maps each playlist's name to what belongs in it; liked songs in none of them belong nowhere.
    """

    tracks: tuple[Track, ...]
    likes: tuple[Like, ...]
    truth: Mapping[str, tuple[str, ...]]
    features: tuple[Cells, ...] = field(repr=False)
    later: tuple[str, ...] = ()

    def belongs(self, uri: str) -> tuple[str, ...]:
        """Return the names of the playlists that the song belongs in."""
        return tuple(name for name, uris in self.truth.items() if uri in uris)

    def hold_back(self, share: float) -> "Library":
        """Move the newest `share` of the likes to `later`."""
        cut = round(share * len(self.likes))
        held = tuple(like.uri for like in reversed(self.likes[:cut]))
        return replace(self, likes=self.likes[cut:], later=held + self.later)

    def open_account(self, world: World, user: str, display_name: str) -> Account:
        """Add the tracks to the catalogue of `world` and open an account that likes them."""
        world.publish(self.tracks)
        return world.open_account(user, display_name, self.likes)

    def write_features(self, path: Path) -> None:
        """Write `track_id,isrc,<numbers…>,genres,artists,year`, as read by `python -m bot import features`."""
        columns = dict.fromkeys(chain.from_iterable(self.features))
        with path.open("w", newline="", encoding="utf-8") as out:
            tables.write(out, tuple(columns), ([row.get(column, "") for column in columns] for row in self.features))


# ---------------------------------------------------------------- drawn
def drawn(
    songs: Sequence[Song], heard: Mapping[str, Features], now: datetime, *, styles: Sequence[str] = ()
) -> Library:
    """Return the library of somebody who liked all `songs` in the two years before `now`, with a playlist per style.

    `heard` are the songs' features by id. Without `styles`, every style of the songs is a playlist.
    """
    names = styles or tuple(dict.fromkeys(name for song in songs for name in song.styles))
    likes = zip((song.track.uri for song in songs), _moments(len(songs), now), strict=True)
    return Library(
        tracks=tuple(song.track for song in songs),
        likes=_newest_first(Like(uri, moment) for uri, moment in likes),
        truth={name: tuple(song.track.uri for song in songs if name in song.styles) for name in names},
        features=tuple(_cells(song.track, heard[song.id], song.words) for song in songs),
    )


def _moments(count: int, now: datetime) -> Iterator[datetime]:
    """Yield random times in the two years before `now`."""
    seconds = np.random.default_rng(count).uniform(0, timedelta(days=730).total_seconds(), count)
    return (now - timedelta(seconds=round(age)) for age in seconds.tolist())


# ---------------------------------------------------------------- a real person's
def load(path: Path, *, playlists: int = 5, seed: int = 0, most: int | None = None) -> Library:
    """Load the library from a CSV file, plain or gzipped; every distinct song is liked.

    The truth is `playlists` of the person's own playlists, drawn with `seed` from the good ones (see `good_playlists`).
    `most` limits the number of songs, by leaving out the oldest ones in no playlist. Raises ValueError.
    """
    rows = [row for row in _rows(path) if uri_of(row) and row.fields.get("title") and row.artists]
    if not rows:
        raise ValueError(f"{path.name}: no song with a track id, a name and artists")
    tracks = {track.uri: track for track in map(_track, reversed(rows))}
    contents = _contents(rows)
    names = good_playlists(contents, tracks, playlists, seed)
    truth = {name: contents[name] for name in names}
    kept = _fewest(_likes(rows), truth, most)
    wanted = {like.uri for like in kept}
    features = {_uri(row): _features(tracks[_uri(row)], row) for row in reversed(rows)}
    return Library(
        tracks=tuple(tracks[uri] for uri in tracks if uri in wanted),
        likes=kept,
        truth=truth,
        features=tuple(cells for uri, cells in features.items() if uri in wanted),
    )


def good_playlists(
    contents: Mapping[str, Sequence[str]], tracks: Mapping[str, Track], count: int, seed: int
) -> tuple[str, ...]:
    """Draw up to `count` self-made playlists of 30 to 1,500 songs, with little overlap and no artist above 40 %."""
    rng = np.random.default_rng(seed)
    chosen: list[str] = []
    for name in rng.permutation(sorted(contents)).tolist():
        uris = contents[name]
        apart = all(_overlap(uris, contents[other]) <= OVERLAP for other in chosen)
        if len(chosen) < count and apart and _worth_keeping(name, [tracks[uri] for uri in uris]):
            chosen.append(name)
    return tuple(chosen)


def _worth_keeping(name: str, tracks: Sequence[Track]) -> bool:
    if len(tracks) not in SIZES or is_automatic(name):
        return False
    (_, most), *_ = Counter(track.artists[0] for track in tracks).most_common(1)
    return most <= ARTIST_SHARE * len(tracks)


def _overlap(some: Sequence[str], others: Sequence[str]) -> float:
    return len(set(some) & set(others)) / min(len(some), len(others))


def _rows(path: Path) -> Iterator[Row]:
    """Yield the file's rows, skipping those that can't be read."""
    packed = path.read_bytes()
    table = tables.Table(gzip.decompress(packed) if path.suffix == ".gz" else packed, most_rows=sys.maxsize)
    return (row for row in table if isinstance(row, Row))


def _uri(row: Row) -> str:
    return uri_of(row) or ""


def _track(row: Row) -> Track:
    said = row.fields
    return Track(
        id=_uri(row).rsplit(":", 1)[-1],
        name=said["title"],
        artists=row.artists,
        album=said.get("album", ""),
        release_date=said.get("year", ""),
        duration_ms=milliseconds(said) or 0,
        isrc=said.get("isrc", ""),
        explicit=number(said.get("explicit", "")) == 1,
    )


def _contents(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """Return the playlists by name, each song once, in the file's order."""
    contents: dict[str, dict[str, None]] = {}
    for row in rows:
        if name := " ".join(_playlist(row).replace("_", " ").split()):
            contents.setdefault(name, {})[_uri(row)] = None
    return {name: tuple(uris) for name, uris in contents.items()}


def _playlist(row: Row) -> str:
    return row.fields.get("playlist") or row.fields.get("playlist_name", "")


def _likes(rows: Sequence[Row]) -> tuple[Like, ...]:
    """Return every song, liked when first added anywhere; in a file without dates, an hour apart in its order."""
    first: dict[str, datetime] = {}
    for at, row in enumerate(rows):
        moment = moment_of(row.fields.get("added_at", "")) or datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=at)
        first[_uri(row)] = min(moment, first.get(_uri(row), moment))
    return _newest_first(Like(uri, moment) for uri, moment in first.items())


def _fewest(likes: tuple[Like, ...], truth: Mapping[str, Sequence[str]], most: int | None) -> tuple[Like, ...]:
    """Return all songs in the truth, plus the newest others, up to `most` in all."""
    needed = set(chain.from_iterable(truth.values()))
    others = [like.uri for like in likes if like.uri not in needed]
    spare = set(others[max(0, most - len(needed)) :]) if most is not None else set()
    return tuple(like for like in likes if like.uri not in spare)


def _features(track: Track, row: Row) -> Cells:
    read = {name: number(row.fields.get(name, "")) for name in (*NUMBERS, "key")}
    numbers = {name: value for name, value in read.items() if value is not None}
    if (key := numbers.pop("key", None)) is not None:
        angle = 2 * pi * (7 * int(key) % 12) / 12
        numbers |= {"key_cos": round(cos(angle), 5), "key_sin": round(sin(angle), 5)}
    return _cells(track, numbers, tuple(filter(None, row.fields.get("genres", "").split(","))))


# ---------------------------------------------------------------- both
def _newest_first(likes: Iterator[Like]) -> tuple[Like, ...]:
    return tuple(sorted(likes, key=lambda like: like.added_at, reverse=True))


def _cells(track: Track, numbers: Mapping[str, float], genres: Sequence[str]) -> Cells:
    """Return a row of the feature file."""
    words = {"genres": ";".join(genres), "artists": ";".join(track.artists), "year": track.release_date[:4]}
    return {"track_id": track.id, "isrc": track.isrc, **numbers, **words}
