"""Unsorted: liked songs in no playlist of a layer, songs in several, doubles, and songs that can't be played."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.adapters.store import Store
from bot.adapters.store.sorting import answers, playlists
from bot.core.records import Item, Layer, Playlist, Song
from bot.core.sorting import recording
from bot.core.sorting.labels import Verdict
from bot.flows.sorting.scored_library import ScoredLibraries, ScoredLibrary


@dataclass(frozen=True, slots=True)
class Unsorted:
    """What a layer leaves open, as its playlists were last seen. trained: whether a model could place songs.

    loose: liked songs in none of its playlists, without those that the member said belong nowhere. several: liked songs
    in more than one, where the layer gives each song one playlist. doubles, unplayable: how many recordings are in a
    playlist twice, and how many places hold a song that can't be played.
    """

    layer: Layer
    playlists: int
    trained: bool
    loose: Sequence[Song] = ()
    several: Sequence[tuple[Song, Sequence[Playlist]]] = ()
    doubles: int = 0
    unplayable: int = 0

    @property
    def any(self) -> bool:
        return bool(self.loose or self.several or self.doubles or self.unplayable)


async def unsorted(store: Store, libraries: ScoredLibraries, layer: Layer) -> Unsorted:
    """Return what the layer leaves open; nothing if it has no playlists, since no song could be in one."""
    scored = await libraries.of(layer.member, layer.layer)
    async with store.reading() as tx:
        kept = await playlists.in_layer(tx, layer.layer)
        held = {playlist: await playlists.places(tx, playlist.playlist) for playlist in kept}
        verdicts = await answers.verdicts(tx, layer.member, layer.layer)
    return await asyncio.to_thread(_found, layer, scored, held, verdicts)


def _found(
    layer: Layer, scored: ScoredLibrary, held: Mapping[Playlist, Sequence[Item]], verdicts: Mapping[str, Verdict]
) -> Unsorted:
    liked, trained = scored.songs, scored.scores is not None
    if not held:
        return Unsorted(layer, 0, trained)
    where = _where(liked, held)
    nowhere = {song for song, verdict in verdicts.items() if verdict.none}
    every = [place for places in held.values() for place in places]
    return Unsorted(
        layer,
        len(held),
        trained,
        loose=[song for song in liked if not where[song.song] and song.song not in nowhere],
        several=[] if layer.several else [(song, where[song.song]) for song in liked if where[song.song][1:]],
        doubles=sum(len(recording.doubles(places)) for places in held.values()),
        unplayable=sum(place.song is not None and not place.playable for place in every),
    )


def _where(liked: Sequence[Song], held: Mapping[Playlist, Sequence[Item]]) -> dict[str, list[Playlist]]:
    """Return the playlists that hold each song, under its own id or another release's."""
    library: dict[str, recording.KnownRecording] = {song.song: song for song in liked}
    where: dict[str, list[Playlist]] = {song: [] for song in library}
    for playlist, places in held.items():
        there = {place.song for place in places} | recording.standing(library, places)
        for song in there & library.keys():
            where[song or ""].append(playlist)
    return where
