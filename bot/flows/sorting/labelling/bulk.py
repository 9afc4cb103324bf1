"""Bulk: one answer about all songs by an artist, or on an album, that aren't sorted yet.

The list is shown before anything is answered, and no song that already has its place is touched. Its answers share one
event: they're one opinion to the model, and one undo takes them all back.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists
from bot.core.records import Card, Layer, Playlist, Song
from bot.core.sorting.groups import Group, group_of, groups_of
from bot.core.sorting.labels import UNSAID, Answer, Kind, Source, Verdict
from bot.core.sorting.learning.identities import spelt
from bot.errors import BadChoice, NoPlaylists
from bot.errors.sorting import AllSorted, AlreadySorted, NoneOfThat, NoSuchLayer, NotInLibrary, PlaylistNotKept
from bot.flows.sorting.labelling import label
from bot.flows.sorting.labelling.label import Press, Pressed
from bot.flows.sorting.labelling.readiness import why_no_songs
from bot.flows.sorting.scored_library import ScoredLibraries, ScoredLibrary
from bot.flows.sorting.writing import taps

T = TypeVar("T")
MOST = 100  # songs in a list: four selects of 25


@dataclass(frozen=True, slots=True)
class Bulk:
    """A list of songs to answer about at once. songs: the group's first MOST that aren't sorted; total: all of them.

    others: the card's song's other groups with several songs that aren't sorted.
    """

    card: Card
    layer: Layer
    playlists: Sequence[Playlist]
    group: Group
    songs: Sequence[Song]
    total: int
    others: Sequence[Group]


@dataclass(frozen=True, slots=True)
class Answered:
    """The result of a bulk answer. songs: those that it labelled; total: of the group, not sorted before it."""

    pressed: Pressed
    group: Group
    songs: Sequence[str]
    total: int


async def named(
    store: Store, libraries: ScoredLibraries, layer: Layer, artist: str | None, album: str | None, now: datetime
) -> Bulk:
    """Return the list for an artist or album by name, or an album by one of its songs, on a new card.

    Raises NoneOfThat if the member likes no such song, AllSorted if nothing is left to sort; else as `label.ask` does.
    """
    scored = await libraries.of(layer.member, layer.layer)
    if not scored.songs:
        async with store.reading() as tx:
            raise await why_no_songs(tx, layer.member)
    group = await asyncio.to_thread(_named, scored.songs, artist, album)
    if group is None:
        raise NoneOfThat(album or artist or "")
    async with store.reading() as tx:
        if not await playlists.in_layer(tx, layer.layer):
            raise NoPlaylists
        left = await _open(tx, layer, scored, group, await answers.verdicts(tx, layer.member, layer.layer))
    if not left:
        raise AllSorted(group.name)
    asked = await label.put(store, scored, label.new_card(layer, left[0].song, now))
    return await more(store, libraries, layer.member, asked.card.card, group.key_in(left[0]))


def _named(known: Iterable[Song], artist: str | None, album: str | None) -> Group | None:
    by, on = spelt(artist or ""), _plain(album)
    groups = (group for song in known for group in groups_of(song) if group.is_album == bool(on))
    return next((group for group in groups if _is(group, by, on)), None)


def _plain(name: str | None) -> str:
    return name.strip().casefold() if name else ""


def _is(group: Group, artist: str, album: str) -> bool:
    by = not artist or artist in map(spelt, group.song.artists if group.is_album else [group.name])
    return by and (not album or album in (_plain(group.name), group.song.song.casefold()))


async def more(store: Store, libraries: ScoredLibraries, member: int, card: str, key: int) -> Bulk:
    """Return the list for one of the groups of a card's song.

    Raises NotYours, QuestionGone, NoSuchLayer, NotInLibrary, and AllSorted if nothing is left to sort.
    """
    async with store.reading() as tx:
        asked = await label.mine(tx, member, card)
        layer, song = await playlists.layer(tx, asked.layer), await songs.get(tx, asked.song, member)
    if layer is None:
        raise NoSuchLayer
    group = group_of(song, key) if song is not None else None
    if song is None or group is None:
        raise NotInLibrary
    scored = await libraries.of(member, layer.layer)
    async with store.reading() as tx:
        kept = await playlists.in_layer(tx, layer.layer)
        verdicts = await answers.verdicts(tx, member, layer.layer)
        left = [(each, await _open(tx, layer, scored, each, verdicts)) for each in groups_of(song)]
    found = next(songs for each, songs in left if each == group)
    if not found:
        raise AllSorted(group.name)
    others = [each for each, several in left if each != group and len(several) > 1]
    return Bulk(asked, layer, kept, group, found[:MOST], len(found), others)


async def _open(
    tx: Tx, layer: Layer, scored: ScoredLibrary, group: Group, verdicts: Mapping[str, Verdict]
) -> list[Song]:
    return await label.not_sorted(tx, layer.layer, group.of(scored.songs), verdicts)


async def answer(
    store: Store, member: int, listed: Bulk, said: Press, ticked: Sequence[str], now: datetime
) -> Answered:
    """Store one answer about the ticked songs of a list. Raises as `keep` does."""
    async with store.writing() as tx:
        answered = await keep(tx, member, listed, said, ticked, now)
    return replace(answered, pressed=await label.followed_up(store, answered.pressed))


async def keep(tx: Tx, member: int, listed: Bulk, said: Press, ticked: Sequence[str], now: datetime) -> Answered:
    """Store one answer about the ticked songs of a list, except those that have found their place since.

    Raises NotYours, QuestionGone, PlaylistNotKept, AlreadySorted if none is left, and BadChoice for what no answer can
    say.
    """
    if said.kind not in (Kind.ONLY, Kind.NONE) or bool(said.chosen) != (said.kind is Kind.ONLY):
        raise BadChoice
    wanted = [song for song in listed.songs if song.song in ticked]
    asked = await label.mine(tx, member, listed.card.card)
    if not {playlist.playlist for playlist in await playlists.in_layer(tx, asked.layer)}.issuperset(said.chosen):
        raise PlaylistNotKept
    verdicts = await answers.verdicts(tx, member, asked.layer)
    told = [song.song for song in await label.not_sorted(tx, asked.layer, wanted, verdicts)]
    if not told:
        raise AlreadySorted
    chosen = tuple(said.chosen)
    given = [Answer(song, said.kind, chosen, Source.BULK, said.event) for song in told]
    await answers.add_all(tx, member, asked.layer, given)
    write = await taps.carry_out(tx, listed.layer, told, chosen, now) if asked.write else None
    return Answered(Pressed(member, asked.layer, asked.song, True, False, write), listed.group, told, listed.total)


async def suggest_artists(store: Store, libraries: ScoredLibraries, layer: Layer, typed: str, limit: int) -> list[str]:
    """Return artists whose names contain what was typed, those with the most songs to place first."""
    names = [artist for song in await _unplaced(store, libraries, layer) for artist in song.artists]
    firsts = {spelt(artist): artist for artist in reversed(names)}
    return _likeliest(Counter(firsts[spelt(artist)] for artist in names), lambda artist: artist, typed, limit)


async def suggest_albums(store: Store, libraries: ScoredLibraries, layer: Layer, typed: str, limit: int) -> list[Song]:
    """Return a song of each album whose name or artist contains what was typed, the fullest first."""
    firsts: dict[tuple[str, str], Song] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for song in await _unplaced(store, libraries, layer):
        if song.album:
            key = (song.album, song.artists[0] if song.artists else "")
            counts[key] += 1
            firsts.setdefault(key, song)
    return [firsts[key] for key in _likeliest(counts, " ".join, typed, limit)]


async def _unplaced(store: Store, libraries: ScoredLibraries, layer: Layer) -> list[Song]:
    scored = await libraries.of(layer.member, layer.layer)
    async with store.reading() as tx:
        verdicts = await answers.verdicts(tx, layer.member, layer.layer)
    return [song for song in scored.songs if not verdicts.get(song.song, UNSAID).settled]


def _likeliest(counts: Counter[T], name: Callable[[T], str], typed: str, limit: int) -> list[T]:
    """Return the commonest whose name contains what was typed, as written or in its one spelling ("beyonce")."""
    plain, wanted = _plain(typed), spelt(typed)
    said = ((key, name(key)) for key, _count in counts.most_common())
    return list(islice((key for key, name in said if plain in name.casefold() or wanted in spelt(name)), limit))
