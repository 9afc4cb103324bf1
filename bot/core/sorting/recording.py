"""Recording: whether two songs are one recording under different ids, such as a single and its album version. Pure.

Recordings match by ISRC, or by title, artists and length.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

BETWEEN = "|"  # title and artists of a naming
SLACK = 2_000  # milliseconds by which releases of one recording differ in length


class KnownRecording(Protocol):
    """What's known of a recording. `naming`: see the function below; None if the name is unknown."""

    @property
    def isrc(self) -> str | None: ...
    @property
    def naming(self) -> str | None: ...
    @property
    def duration_ms(self) -> int | None: ...


def naming(title: str, artists: Sequence[str]) -> str | None:
    """Return title and artists in one spelling, in any order of the artists; None if either is missing."""
    names = sorted(filter(None, map(_plain, artists)))
    plain = _plain(title)
    return BETWEEN.join([plain, *names]) if plain and names else None


def artists_in(naming: str | None) -> list[str]:
    """Return the artists of a naming."""
    return naming.split(BETWEEN)[1:] if naming else []


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def same(one: KnownRecording, other: KnownRecording) -> bool:
    """Whether two songs are the same recording."""
    if one.isrc and one.isrc == other.isrc:
        return True
    if one.naming is None or one.naming != other.naming or one.duration_ms is None or other.duration_ms is None:
        return False
    return abs(one.duration_ms - other.duration_ms) <= SLACK


class Recordings:
    """An index of songs by recording. Lookup time doesn't depend on the number of songs."""

    def __init__(self, songs: Iterable[KnownRecording] = ()) -> None:
        self._by_isrc: dict[str, KnownRecording] = {}
        self._by_length: dict[
            tuple[str, int], list[KnownRecording]
        ] = {}  # of each name and bucket: shortest and longest
        for song in songs:
            self.add(song)

    def add(self, song: KnownRecording) -> None:
        if song.isrc:
            self._by_isrc.setdefault(song.isrc, song)
        if (key := _bucket(song)) is not None:
            known = sorted([*self._by_length.get(key, ()), song], key=lambda other: other.duration_ms or 0)
            self._by_length[key] = [known[0], known[-1]]

    def of(self, song: KnownRecording) -> KnownRecording | None:
        """Return a song that is the same recording as `song`, if there is one."""
        if song.isrc and song.isrc in self._by_isrc:
            return self._by_isrc[song.isrc]
        near = (candidate for key in _near(song) for candidate in self._by_length.get(key, ()))
        return next((candidate for candidate in near if same(song, candidate)), None)


def _bucket(song: KnownRecording) -> tuple[str, int] | None:
    """Return the song's name and length bucket; songs in one bucket count as equally long."""
    naming, length = song.naming, song.duration_ms
    return None if naming is None or length is None else (naming, length // SLACK)


def _near(song: KnownRecording) -> list[tuple[str, int]]:
    """Return the buckets that can hold songs of the same name and length."""
    key = _bucket(song)
    return [] if key is None else [(key[0], key[1] + step) for step in (0, -1, 1)]


def standing(songs: Mapping[str, KnownRecording], there: Iterable[KnownRecording]) -> set[str]:
    """Return those of `songs` whose recording is in `there`, under any id."""
    held = Recordings(there)
    return {song for song, known in songs.items() if held.of(known) is not None}


def repeated(songs: Mapping[str, KnownRecording], there: Iterable[KnownRecording]) -> set[str]:
    """Return those of `songs` whose recording is in `there` or earlier in `songs`."""
    held, again = Recordings(there), set[str]()
    for song, known in songs.items():
        if held.of(known) is not None:
            again.add(song)
        else:
            held.add(known)
    return again


def doubles(there: Sequence[KnownRecording]) -> list[list[int]]:
    """Return groups of positions (from 0) in `there` that hold the same recording, in order."""
    groups: list[list[int]] = []
    group_of: dict[object, list[list[int]]] = {}
    for at, song in enumerate(there):
        near = [group for key in (song.isrc, *_near(song)) for group in group_of.get(key, ())]
        own_group = next((group for group in near if same(there[group[0]], song)), None)
        if own_group is None:
            own_group = []
            groups.append(own_group)
        own_group.append(at)
        for key in filter(None, (song.isrc, _bucket(song))):
            if not any(own_group is group for group in group_of.setdefault(key, [])):
                group_of[key].append(own_group)
    return [group for group in groups if len(group) > 1]
