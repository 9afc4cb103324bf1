"""Hands: what a member's own edits of a playlist teach. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.labels import Answer, Kind, Source


@dataclass(frozen=True, slots=True)
class Seen:
    """One playlist: what stood in it when we last looked, what stands in it now, and which of it we put there."""

    before: frozenset[str]
    now: frozenset[str]
    ours: frozenset[str]

    @property
    def taken_out(self) -> frozenset[str]:
        """Songs of ours that somebody took out."""
        return (self.before & self.ours) - self.now

    @property
    def put_in(self) -> frozenset[str]:
        """Songs that somebody put in."""
        return self.now - self.before - self.ours


def blanked(before: Sequence[str | None], now: Sequence[str | None]) -> frozenset[str]:
    """Return the songs in whose places there is nothing any more: Spotify took them down, nobody took them out."""
    emptied = {was for was, is_ in zip(before, now, strict=False) if was is not None and is_ is None}
    return frozenset(emptied - set(now))


def lessons(seen: Mapping[int, Seen], liked: frozenset[str], several: bool, event: int) -> list[Answer]:
    """Return what the hand edits in one layer's playlists say, as answers of `event`.

    Taken out of P: it does not belong in P. Put into P by hand, and liked: it belongs there, and (where a song has one
    playlist) nowhere else. A song moved from P to Q says both.
    """
    kind = Kind.ALSO if several else Kind.ONLY
    out_of: dict[str, list[int]] = {}  # one answer a song: two of one event would be one
    for playlist, each in seen.items():
        for song in each.taken_out:
            out_of.setdefault(song, []).append(playlist)
    removed = [Answer(song, Kind.NOT, tuple(out_of[song]), Source.HAND, event) for song in sorted(out_of)]
    added = [
        Answer(song, kind, (playlist,), Source.HAND, event + 1 + playlist)
        for playlist, each in seen.items()
        for song in sorted(each.put_in & liked)
    ]
    return removed + added


def standing_as_lessons(standing: Mapping[int, Sequence[str]], liked: frozenset[str], event: int) -> list[Answer]:
    """Return what already stands in playlists as answers; only for members who switched that on."""
    where: dict[str, list[int]] = {}
    for playlist, songs in standing.items():
        for song in dict.fromkeys(songs):
            where.setdefault(song, []).append(playlist)
    return [Answer(song, Kind.ONLY, tuple(found), Source.HAND, event) for song, found in where.items() if song in liked]
