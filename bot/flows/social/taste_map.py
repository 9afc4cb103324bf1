"""Taste map: a picture of what a member likes, for the people they show it to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists
from bot.core.records import Playlist
from bot.core.social import taste_map
from bot.core.social.taste_map import Finding, Plane
from bot.errors.audio import AudioError
from bot.errors.social import MapNotDrawn, TooFewForMap
from bot.flows.feed.catalogue import Catalogue
from bot.ports import SoundReader

MOST_LIKES = 1_000  # on a map: the newest whose sound we know
LEAST = 10
LATEST = 10  # likes that are marked


@dataclass(frozen=True, slots=True)
class TasteMap:
    """A PNG, and what it shows. songs: how many are on it."""

    png: bytes
    finding: Finding
    songs: int


async def draw(
    store: Store, catalogue: Catalogue, hearing: SoundReader, member: int, shown: Sequence[Playlist]
) -> TasteMap:
    """Return the map of what a member likes; the playlists they show, at most five, are clouds of their own.

    Raises NothingThereYet, TooFewForMap, MapNotDrawn.
    """
    index = await catalogue.points.index()
    async with store.reading() as tx:
        library = await songs.library(tx, member)
        newest = library[:MOST_LIKES]
        features = await songs.features(tx, member, newest)
        held: dict[str, set[str | None]] = {playlist.name: set() for playlist in shown}
        for playlist in shown:
            held[playlist.name] |= {item.song for item in await playlists.items(tx, playlist.playlist)}
    points = index.space.points([features[song.song] for song in newest])
    known = np.flatnonzero(points.any(axis=1))
    if len(known) < LEAST:
        raise TooFewForMap(LEAST)
    plane = taste_map.flat(points[known])
    laid = dict(zip([newest[at].song for at in known], plane, strict=True))
    return await _drawn(hearing, laid, held)


async def _drawn(hearing: SoundReader, laid: Mapping[str, Plane], held: Mapping[str, set[str | None]]) -> TasteMap:
    """Draw the map. laid: where each song is, the newest first; held: the songs of each playlist."""
    home = {song: next((name for name, own in held.items() if song in own), None) for song in laid}
    clouds = {name: _plane(at for song, at in laid.items() if home[song] == name) for name in held}
    rest, everything = _plane(at for song, at in laid.items() if home[song] is None), _plane(laid.values())
    latest = everything[:LATEST]
    try:
        png = await hearing.draw(clouds, rest, latest)
    except AudioError as failed:
        raise MapNotDrawn from failed
    return TasteMap(png, taste_map.finding(clouds, everything, latest), len(laid))


def _plane(songs: Iterable[Plane]) -> Plane:
    return np.array(list(songs), np.float64).reshape(-1, 2)
