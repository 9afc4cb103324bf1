"""Why: explain a guess by name, with the labelled songs nearest in the model's own space."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.core.features import LIKED
from bot.core.records import Playlist, Song
from bot.core.sorting.labels import Verdict
from bot.core.sorting.why import nearest
from bot.errors.sorting import NotInLibrary
from bot.flows.sorting.scored_library import ScoredLibraries, ScoredLibrary, known_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """The labelled songs nearest to one song: in the playlist in question, and the nearest in another."""

    near: tuple[Song, ...]
    than: Song | None
    than_playlist: int | None


def reason(scored: ScoredLibrary, song: str, verdicts: Mapping[str, Verdict], playlist: int) -> Explanation | None:
    """Return why `song` seems to belong in `playlist`; None if nothing labelled is available."""
    if song not in scored.place or scored.scores is None:
        return None
    labelled: dict[int, list[int]] = {}
    for other, verdict in verdicts.items():
        if other != song and other in scored.place:
            for placed_in in verdict.yes:
                labelled.setdefault(placed_in, []).append(scored.place[other])
    ids = [known.song for known in scored.songs]
    nearest_songs = nearest(scored.space, ids, scored.place[song], labelled, playlist)
    if nearest_songs is None:
        return None
    near = tuple(scored.songs[scored.place[neighbour]] for neighbour in nearest_songs.near.songs)
    than = scored.songs[scored.place[nearest_songs.than.songs[0]]] if nearest_songs.than else None
    return Explanation(near, than, nearest_songs.than.playlist if nearest_songs.than else None)


@dataclass(frozen=True, slots=True)
class Explained:
    """What's known about one song in one layer, for /why."""

    song: Song
    guesses: tuple[tuple[Playlist, float], ...]
    reason: Explanation | None
    verdict: Verdict | None
    provenance: Mapping[str, str]


async def explain(store: Store, libraries: ScoredLibraries, member: int, layer: int, song: str) -> Explained:
    """Return where a song would go and why. Raises NotInLibrary."""
    scored = await libraries.of(member, layer)
    async with store.reading() as tx:
        known_song = await songs.get(tx, song, member)
        if known_song is None or song not in scored.place:
            raise NotInLibrary
        kept = await playlists.in_layer(tx, layer)
        verdicts = await answers.verdicts(tx, member, layer)
        provenance = (await known_of(tx, member, scored, known_song)).provenance
    guesses: list[tuple[Playlist, float]] = []
    if scored.scores is not None:
        scores = scored.scores_of([song])
        by_class = dict(zip(scores.classes, scores.probabilities[0].tolist(), strict=True))
        known = [(playlist, by_class[playlist.playlist]) for playlist in kept if playlist.playlist in by_class]
        guesses = sorted(known, key=lambda pair: -pair[1])
    told = verdicts.get(song)
    about = next(iter(told.yes), None) if told and told.yes else (guesses[0][0].playlist if guesses else None)
    why = reason(scored, song, verdicts, about) if about is not None else None
    # The date of the like is left out: few models use it, and it says nothing about the song.
    sources = {name: source for name, source in provenance.items() if name != LIKED}
    return Explained(known_song, tuple(guesses), why, told, sources)


async def suggest(store: Store, member: int, typed: str, limit: int) -> list[Song]:
    """Return liked songs whose title contains what was typed."""
    async with store.reading() as tx:
        return await songs.search(tx, member, typed, limit)
