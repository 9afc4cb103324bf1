"""Recording: whether two songs are the same recording under different ids: a single and its album, a re-release.

Pure. The same by its ISRC, or by name, artists and length.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

SLACK = 2_000  # milliseconds by which releases of one recording differ in length


class KnownRecording(Protocol):
    """What is known of a recording. `naming`: as the function below makes it; None where the name is not known."""

    @property
    def isrc(self) -> str | None: ...
    @property
    def naming(self) -> str | None: ...
    @property
    def duration_ms(self) -> int | None: ...


def naming(title: str, artists: Sequence[str]) -> str | None:
    """Return name and artists in one spelling, whatever the artists' order; None without both."""
    names = sorted(filter(None, map(_plain, artists)))
    plain = _plain(title)
    return "|".join([plain, *names]) if plain and names else None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def same(one: KnownRecording, other: KnownRecording) -> bool:
    """Whether two songs are one recording."""
    if one.isrc and one.isrc == other.isrc:
        return True
    if one.naming is None or one.naming != other.naming or one.duration_ms is None or other.duration_ms is None:
        return False
    return abs(one.duration_ms - other.duration_ms) <= SLACK


class Recordings:
    """Songs by what they are recordings of. Asking takes as long however many there are."""

    def __init__(self, songs: Iterable[KnownRecording] = ()) -> None:
        self._by_isrc: dict[str, KnownRecording] = {}
        self._by_length: dict[
            tuple[str, int], list[KnownRecording]
        ] = {}  # of each name and bucket: shortest and longest
        for each in songs:
            self.add(each)

    def add(self, song: KnownRecording) -> None:
        if song.isrc:
            self._by_isrc.setdefault(song.isrc, song)
        if (key := _bucket(song)) is not None:
            known = sorted([*self._by_length.get(key, ()), song], key=lambda each: each.duration_ms or 0)
            self._by_length[key] = [known[0], known[-1]]

    def of(self, song: KnownRecording) -> KnownRecording | None:
        """Return one that is the same recording as `song`."""
        if song.isrc and song.isrc in self._by_isrc:
            return self._by_isrc[song.isrc]
        near = (each for key in _near(song) for each in self._by_length.get(key, ()))
        return next((each for each in near if same(song, each)), None)


def _bucket(song: KnownRecording) -> tuple[str, int] | None:
    """The songs of one name in a bucket are of one length, as far as that counts."""
    naming, length = song.naming, song.duration_ms
    return None if naming is None or length is None else (naming, length // SLACK)


def _near(song: KnownRecording) -> list[tuple[str, int]]:
    """Return the buckets in which songs of the same name and length may be."""
    key = _bucket(song)
    return [] if key is None else [(key[0], key[1] + step) for step in (0, -1, 1)]


def standing(songs: Mapping[str, KnownRecording], there: Iterable[KnownRecording]) -> set[str]:
    """Return those of `songs` of which some place `there` holds the recording, under whatever id."""
    held = Recordings(there)
    return {song for song, known in songs.items() if held.of(known) is not None}


def repeated(songs: Mapping[str, KnownRecording], there: Iterable[KnownRecording]) -> set[str]:
    """Return those of `songs` of which the recording stands `there`, or comes before them in `songs`."""
    held, found = Recordings(there), set[str]()
    for song, known in songs.items():
        if held.of(known) is not None:
            found.add(song)
        else:
            held.add(known)
    return found


def doubles(there: Sequence[KnownRecording]) -> list[list[int]]:
    """Return the places (from 0) that hold the same recording, group by group, in their order."""
    groups: list[list[int]] = []
    group_of: dict[object, list[list[int]]] = {}
    for at, each in enumerate(there):
        near = [group for key in (each.isrc, *_near(each)) for group in group_of.get(key, ())]
        found = next((group for group in near if same(there[group[0]], each)), None)
        if found is None:
            found = []
            groups.append(found)
        found.append(at)
        for key in filter(None, (each.isrc, _bucket(each))):
            if not any(found is group for group in group_of.setdefault(key, [])):
                group_of[key].append(found)
    return [group for group in groups if len(group) > 1]
