"""Teach: members who let their answers help others, and what may be learnt from those. Off unless switched on.

What they teach are their own answers, by button, reaction or hand, and features of files: nothing that stood in their
playlists, and nothing of Spotify's content. Whoever taught a prior is served without it: what it says of their songs
would be their own answers once more, and a model that is tested on those finds itself surer than it is.
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
    """What one member teaches: playlists by a name of their own, as the member's answers fill them, and the songs."""

    member: int
    songs: Mapping[str, SongFeatures]
    playlists: Mapping[str, frozenset[str]]


async def choose(store: Store, member: int, teaches: bool, now: datetime) -> None:
    """Let the member's answers teach the next prior, or no longer."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, teaches=teaches)


async def lessons(tx: Tx) -> list[TaughtPlaylists]:
    """Return what each member teaches who switched it on; not of those who are just being erased."""
    erased = set(await personal_data.erasures(tx))
    found = [await _lessons(tx, member) for member in await members.teachers(tx) if member not in erased]
    return [each for each in found if each.playlists]


async def _lessons(tx: Tx, member: int) -> TaughtPlaylists:
    held: dict[str, set[str]] = defaultdict(set)
    for layer in await playlists.layers(tx, member):
        kept = {each.playlist for each in await playlists.in_layer(tx, layer.layer)}
        own = [each for each in await answers.standing(tx, member, layer.layer) if each.event != STANDING]
        for song, verdict in fold(own).items():
            for playlist in verdict.yes & kept:
                held[str(playlist)].add(song)
    found = await songs.some(tx, set().union(*held.values()), member)
    known = {song: _ours(each) for song, each in (await songs.features(tx, member, list(found.values()))).items()}
    return TaughtPlaylists(member, known, {name: frozenset(each & known.keys()) for name, each in sorted(held.items())})


def _ours(song: SongFeatures) -> SongFeatures:
    """Return the song without what comes from a source that no model may see."""
    refused = {name for name, source in song.provenance.items() if source.partition(":")[0] in REFUSED}
    numbers = {name: value for name, value in song.numbers.items() if name not in refused}
    sets = {name: tokens for name, tokens in song.sets.items() if name not in refused}
    return SongFeatures(numbers, sets, {name: song.provenance[name] for name in (*numbers, *sets)})


async def learnt(tx: Tx, version: str, taught_by: set[int]) -> None:
    """Note whose answers the prior of that version was learnt from."""
    await members.note_taught(tx, version, taught_by)


async def left(tx: Tx, version: str, taught_by: int) -> int:
    """Return how many of the members that a prior was learnt from teach no longer, or are gone."""
    return max(0, taught_by - await members.count_taught(tx, version))
