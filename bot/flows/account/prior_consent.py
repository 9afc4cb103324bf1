"""Prior consent: members who let their answers train the prior for others, and what may be learned. Off by default.

They teach their own answers, by button, reaction or manual edit, and features from files; never the songs that were in
their playlists before, nor Spotify's content. A prior isn't used for members it was trained on: it would repeat their
own answers, and a model tested on those would look better than it is.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.store import Store, Tx, personal_data
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.adapters.store.sorting.answers import STANDING
from bot.core.features import REFUSED, SongFeatures
from bot.core.sorting.labels import fold


@dataclass(frozen=True, slots=True)
class TaughtPlaylists:
    """What one member teaches: playlists under neutral names, as their answers fill them, and the songs' features."""

    member: int
    songs: Mapping[str, SongFeatures]
    playlists: Mapping[str, frozenset[str]]


async def choose(store: Store, member: int, teaches: bool, now: datetime) -> None:
    """Let the member's answers train the next prior, or stop."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, teaches=teaches)


async def taught_playlists(tx: Tx) -> list[TaughtPlaylists]:
    """Return what each consenting member teaches, leaving out members who are being erased."""
    erased = set(await personal_data.erasures(tx))
    taught = [await _taught_by(tx, member) for member in await members.teachers(tx) if member not in erased]
    return [each for each in taught if each.playlists]


async def _taught_by(tx: Tx, member: int) -> TaughtPlaylists:
    held: dict[str, set[str]] = defaultdict(set)
    for layer in await playlists.layers(tx, member):
        kept = {playlist.playlist for playlist in await playlists.in_layer(tx, layer.layer)}
        own = [answer for answer in await answers.standing(tx, member, layer.layer) if answer.event != STANDING]
        for song, verdict in fold(own).items():
            for playlist in verdict.yes & kept:
                held[str(playlist)].add(song)
    named = await songs.some(tx, set().union(*held.values()), member)
    known = {
        song: _ours(features) for song, features in (await songs.features(tx, member, list(named.values()))).items()
    }
    return TaughtPlaylists(
        member, known, {name: frozenset(songs_held & known.keys()) for name, songs_held in sorted(held.items())}
    )


def _ours(song: SongFeatures) -> SongFeatures:
    """Return the song without features from a source that no model may use."""
    refused = {name for name, source in song.provenance.items() if source.partition(":")[0] in REFUSED}
    numbers = {name: value for name, value in song.numbers.items() if name not in refused}
    sets = {name: tokens for name, tokens in song.sets.items() if name not in refused}
    return SongFeatures(numbers, sets, {name: song.provenance[name] for name in (*numbers, *sets)})


async def record_teachers(tx: Tx, version: str, taught_by: set[int]) -> None:
    """Record whose answers trained the prior of that version."""
    await members.note_taught(tx, version, taught_by)


async def left(tx: Tx, version: str, taught_by: int) -> int:
    """Return how many members that a prior was trained on have withdrawn or are gone."""
    return max(0, taught_by - await members.count_taught(tx, version))
