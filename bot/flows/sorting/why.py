"""Why: the reason for a guess, by name: the labelled songs that are nearest in the model's own space."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.core.features import LIKED
from bot.core.records import Playlist, Song
from bot.core.sorting.labels import Verdict
from bot.core.sorting.why import nearest
from bot.errors import BadChoice
from bot.flows.sorting.scored_library import ScoredLibraries, ScoredLibrary


@dataclass(frozen=True, slots=True)
class Explanation:
    """The labelled songs nearest to one song: in the playlist in question, and the nearest of another."""

    near: tuple[Song, ...]
    than: Song | None
    than_playlist: int | None


def reason(outlook: ScoredLibrary, song: str, verdicts: Mapping[str, Verdict], playlist: int) -> Explanation | None:
    """Return why `song` seems to belong in `playlist`; None when nothing labelled is at hand."""
    if song not in outlook.place or outlook.scores is None:
        return None
    labelled: dict[int, list[int]] = {}
    for other, verdict in verdicts.items():
        if other != song and other in outlook.place:
            for each in verdict.yes:
                labelled.setdefault(each, []).append(outlook.place[other])
    ids = [each.song for each in outlook.songs]
    found = nearest(outlook.space, ids, outlook.place[song], labelled, playlist)
    if found is None:
        return None
    near = tuple(outlook.songs[outlook.place[each]] for each in found.near.songs)
    than = outlook.songs[outlook.place[found.than.songs[0]]] if found.than else None
    return Explanation(near, than, found.than.playlist if found.than else None)


@dataclass(frozen=True, slots=True)
class Explained:
    """What is known of one song in one layer, for /why."""

    song: Song
    guesses: tuple[tuple[Playlist, float], ...]
    reason: Explanation | None
    verdict: Verdict | None
    provenance: Mapping[str, str]


async def explain(store: Store, outlooks: ScoredLibraries, member: int, layer: int, song: str) -> Explained:
    """Return where a song would go and why. Raises BadChoice for a song outside the member's library."""
    outlook = await outlooks.of(member, layer)
    async with store.reading() as tx:
        found = await songs.get(tx, song, member)
        kept = await playlists.in_layer(tx, layer)
        verdicts = await answers.verdicts(tx, member, layer)
    if found is None or song not in outlook.place:
        raise BadChoice("That song is not in your library.")
    guesses: list[tuple[Playlist, float]] = []
    if outlook.scores is not None:
        scores = outlook.scores_of([song])
        by_class = dict(zip(scores.classes, scores.probabilities[0].tolist(), strict=True))
        known = [(each, by_class[each.playlist]) for each in kept if each.playlist in by_class]
        guesses = sorted(known, key=lambda each: -each[1])
    told = verdicts.get(song)
    about = next(iter(told.yes), None) if told and told.yes else (guesses[0][0].playlist if guesses else None)
    why = reason(outlook, song, verdicts, about) if about is not None else None
    # When a song was liked is left out: few models go by it, and it tells nothing of the song.
    sources = {name: source for name, source in outlook.features[song].provenance.items() if name != LIKED}
    return Explained(found, tuple(guesses), why, told, sources)


async def suggest(store: Store, member: int, typed: str, limit: int) -> list[Song]:
    """Return liked songs whose title contains what was typed."""
    async with store.reading() as tx:
        return await songs.search(tx, member, typed, limit)
