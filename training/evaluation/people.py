"""People: real people's playlists from files, the members simulated from them, and what others may teach.

A simulated member is k playlists of one person. Songs in exactly one of them count; the others are in the library
too, as they would be for a member.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from bot.core.features import SongFeatures
from bot.core.library.automatic import is_automatic
from bot.core.library.tables import features_of
from bot.core.sorting.learning.columns import keys_of
from bot.core.sorting.learning.dataset import OtherPlaylist
from training.evaluation.studies.dates import undated
from training.files import read_rows, song_of
from training.pretrain import Corpus
from training.problems import InputProblem

KEYS = ("playlist_id", "playlist", "playlist_name")  # columns that may identify playlists, best first
SIZES = range(30, 1501)  # songs in a playlist that may be drawn
LEAST_TESTED = 5  # songs that must be left in each playlist beyond the labels
ONE_ARTIST, OVERLAP = 0.4, 0.35  # above: a discography rather than a playlist; one playlist rather than two
NOWHERE = 20  # songs in no playlist to test, for each of the member's playlists
TRIES = 20  # draws at most for each member wanted; some draws leave too few songs
TAUGHT_FROM, RIVAL_FROM = 3, 5  # songs in a playlist that may teach; in one that another may have copied
COPIED = 0.4  # overlap, as a share of the smaller, above which another's playlist would give answers away


@dataclass(frozen=True)
class Person:
    """A real person's songs, and all their playlists by name, including those that can't be drawn."""

    name: str
    songs: Mapping[str, SongFeatures]
    playlists: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class SimulatedMember:
    """A simulated member.

    songs: the library. playlists: for each, its songs in the order in which they're labelled, then tested.
    nowhere: songs from the person's other playlists, in the order in which they're labelled "none", then tested.
    others: those playlists, except automatic ones and near-copies of the member's own.
    """

    person: str
    draw: int
    songs: Mapping[str, SongFeatures]
    playlists: Sequence[Sequence[str]]
    names: Mapping[int, str]
    nowhere: Mapping[str, SongFeatures]
    others: Sequence[OtherPlaylist]

    @property
    def k(self) -> int:
        """The number of playlists."""
        return len(self.playlists)


def read_person(path: Path) -> Person:
    """Read a library that has a column for the playlist. Raises InputProblem if it has none.

    Ignores when songs were added: whole playlists were filled within a minute, which would give them away.
    """
    sheet = read_rows(path)
    key = sheet.first_of(KEYS)
    songs: dict[str, SongFeatures] = {}
    playlists: dict[str, set[str]] = defaultdict(set)
    for row in sheet.rows if key else ():
        if key and (song := song_of(row)):
            if song not in songs:
                songs[song] = undated(features_of(row, "csv"))
            playlists[row.fields.get(key, "")].add(song)
    if not songs:
        raise InputProblem(f"{path}: needs columns for the song and its playlist")
    named = {name: frozenset(held) for name, held in sorted(playlists.items()) if name}
    return Person(path.name.partition(".")[0], songs, named)


def read_people(paths: Iterable[Path]) -> list[Person]:
    """Read several files with distinct names. Raises InputProblem."""
    people = [read_person(path) for path in paths]
    refuse_twice(person.name for person in people)
    return people


def refuse_twice(names: Iterable[str]) -> None:
    """Raise InputProblem if two files have the same name."""
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise InputProblem(f"two files are named {twice[0]}: a file's name identifies the person")


def drawable(person: Person) -> dict[str, frozenset[str]]:
    """Return the playlists that show what a person means by them, no two of them nearly the same."""
    kept: dict[str, frozenset[str]] = {}
    for name, held in person.playlists.items():
        twin = any(len(held & other) > OVERLAP * min(len(held), len(other)) for other in kept.values())
        if len(held) in SIZES and not (is_automatic(name) or twin or _of_one_artist(held, person.songs)):
            kept[name] = held
    return kept


def in_two(person: Person) -> float:
    """Return the share of songs that stand in two or more of the playlists that can be drawn; 0 if there are none."""
    times = Counter(song for held in drawable(person).values() for song in held)
    return sum(count > 1 for count in times.values()) / max(1, len(times))


def _of_one_artist(held: Iterable[str], songs: Mapping[str, SongFeatures]) -> bool:
    billed = [keys_of("artists", songs[song]) for song in held]
    artists = Counter(artist for keys in billed for artist in keys)
    return max(artists.values(), default=0) > ONE_ARTIST * len(billed)


def draw_members(person: Person, k: int, draws: int, most_labels: int, seed: int) -> list[SimulatedMember]:
    """Draw up to `draws` members with k playlists of `most_labels` labels each; more draws only add to the first ones.

    A draw that leaves too few songs to test doesn't count.
    """
    choices = drawable(person)
    if len(choices) < k:
        return []

    def member(draw: int) -> SimulatedMember | None:
        rng = np.random.default_rng([seed, k, draw, zlib.crc32(person.name.encode())])
        chosen = [str(name) for name in rng.choice(list(choices), k, replace=False)]
        return _drawn(person, draw, {name: choices[name] for name in chosen}, most_labels, rng)

    return list(islice(filter(None, map(member, range(TRIES * draws))), draws))


def _drawn(
    person: Person, draw: int, chosen: Mapping[str, frozenset[str]], most_labels: int, rng: np.random.Generator
) -> SimulatedMember | None:
    times = Counter(song for held in chosen.values() for song in held)
    own = [[song for song in held if times[song] == 1] for held in chosen.values()]
    if min(map(len, own)) < most_labels + LEAST_TESTED:
        return None
    others = set().union(*person.playlists.values()) - set(times)
    nowhere = _shuffled(others, rng)[: 2 * most_labels + NOWHERE * len(chosen)]
    library = {song: person.songs[song] for song in sorted(times)}
    shuffled = [_shuffled(songs, rng) for songs in own]
    names = dict(enumerate(chosen))
    unplaced = {song: person.songs[song] for song in nowhere}
    return SimulatedMember(person.name, draw, library, shuffled, names, unplaced, _others(person, chosen.values()))


def _others(person: Person, own: Collection[frozenset[str]]) -> list[OtherPlaylist]:
    return [
        {song: keys_of("artists", person.songs[song]) for song in sorted(held)}
        for name, held in person.playlists.items()
        if len(held) >= TAUGHT_FROM
        and not is_automatic(name)
        and not any(len(held & kept) > OVERLAP * min(len(held), len(kept)) for kept in own)
    ]


def _shuffled(songs: Iterable[str], rng: np.random.Generator) -> list[str]:
    ordered = sorted(songs)
    return [ordered[at] for at in rng.permutation(len(ordered))]


def corpora_without(person: Person, others: Iterable[Person]) -> list[Corpus]:
    """Return what all but `person` may teach: their playlists, except near-copies of the person's."""
    given = [other for other in others if other.name != person.name]
    kept = ((other, dict(_teaching(other, person))) for other in given)
    return [_corpus(other, playlists) for other, playlists in kept if playlists]


def _corpus(person: Person, playlists: Mapping[str, frozenset[str]]) -> Corpus:
    heard = sorted(set().union(*playlists.values()))
    return Corpus(person.name, {song: person.songs[song] for song in heard}, playlists)


def _teaching(other: Person, person: Person) -> Iterator[tuple[str, frozenset[str]]]:
    rivals = [held for held in person.playlists.values() if len(held) >= RIVAL_FROM]
    where: dict[str, list[int]] = defaultdict(list)
    for at, held in enumerate(rivals):
        for song in held:
            where[song].append(at)
    for name, held in other.playlists.items():
        shared = Counter(at for song in held for at in where.get(song, ()))
        copies = any(count > COPIED * min(len(held), len(rivals[at])) for at, count in shared.items())
        if len(held) >= TAUGHT_FROM and not copies:
            yield name, held
