"""Plan: the smallest change that turns a playlist into what its member wants.

Pure. A playlist is an ordered sequence of song ids; positions count from 0.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

BATCH = 100  # items; the most Spotify takes in one call (Web API, playlist items)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to append, put back and remove. Empty if the playlist is already as wanted."""

    append: tuple[str, ...] = ()
    insert: tuple[tuple[int, str], ...] = ()
    remove: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.append or self.insert or self.remove)

    @property
    def requests(self) -> int:
        """The calls this plan costs: ceil(n / BATCH) for each kind, plus one per run of neighbours put back."""
        return len(list(batches(self.append))) + len(list(batches(self.remove))) + len(list(runs(self.insert)))


def batches(songs: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut `songs` into the largest pieces that fit in one call."""
    return (songs[start : start + BATCH] for start in range(0, len(songs), BATCH))


def runs(inserts: Sequence[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Join inserts at neighbouring positions into (first position, songs), at most BATCH songs each."""
    start, songs = 0, list[str]()
    for position, song in inserts:
        if songs and (position != start + len(songs) or len(songs) == BATCH):
            yield start, songs
            songs = []
        if not songs:
            start = position
        songs.append(song)
    if songs:
        yield start, songs


def plan(
    current: Sequence[str | None], add: Iterable[tuple[str, int | None]], remove: Iterable[str], ours: frozenset[str]
) -> Plan:
    """Return the plan that adds `add` (song, position or None for the end) to `current` and removes `remove`.

    None in `current` is a place without a song (an episode, an empty entry): it counts as a place and is left alone.
    Only songs in `ours` (those we added and the member left alone) are ever removed: what a person added stays,
    whatever the model thinks (promise P4). Songs already there aren't added again. A position beyond the playlist means
    the end.
    """
    present = frozenset(current)
    missing = {song: position for song, position in add if song not in present}
    gone = frozenset(remove) & ours & present
    places = sum(song not in gone for song in current)
    inserts, ends = list[tuple[int, str]](), list[str]()
    for position, song in sorted((position, song) for song, position in missing.items() if position is not None):
        if position <= places + len(inserts):
            inserts.append((position, song))
        else:
            ends.append(song)
    return Plan(
        append=(*ends, *(song for song, position in missing.items() if position is None)),
        insert=tuple(inserts),
        remove=tuple(dict.fromkeys(song for song in current if song is not None and song in gone)),
    )
