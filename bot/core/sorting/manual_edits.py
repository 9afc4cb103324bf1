"""Manual edits: what a member's own changes to a playlist teach. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.sorting.labels import UNSAID, Answer, Kind, Source, Verdict


@dataclass(frozen=True, slots=True)
class Seen:
    """One playlist: the songs when we last read it, the songs now, and those that we added.

    replaced: songs whose recording is there now under another id.
    """

    before: frozenset[str]
    now: frozenset[str]
    ours: frozenset[str]
    replaced: frozenset[str] = frozenset()

    @property
    def taken_out(self) -> frozenset[str]:
        """Songs we added and somebody removed."""
        return self.gone & self.ours

    @property
    def gone(self) -> frozenset[str]:
        """Songs that somebody removed, whoever added them."""
        return self.before - self.now

    @property
    def put_in(self) -> frozenset[str]:
        """Songs that somebody added."""
        return self.now - self.before - self.ours


def blanked(before: Sequence[str | None], now: Sequence[str | None]) -> frozenset[str]:
    """Return the songs whose places are now empty: Spotify took them down, nobody removed them."""
    emptied = {was for was, is_ in zip(before, now, strict=False) if was is not None and is_ is None}
    return frozenset(emptied - set(now))


def edit_answers(
    seen: Mapping[int, Seen], verdicts: Mapping[str, Verdict], liked: frozenset[str], several: bool, event: int
) -> list[Answer]:
    """Return what the manual edits in one layer's playlists say, as answers of `event`.

    Removed from P, where we added it, an answer would put it back, or a sort might: it doesn't belong in P. Added to P,
    and liked: it belongs there and, where a song has one playlist, nowhere else. A song moved from P to Q says both if
    we added it to P.
    """
    kind = Kind.ALSO if several else Kind.ONLY
    put_in = frozenset().union(*(edits.put_in & liked for edits in seen.values())) if seen else frozenset[str]()
    out_of: dict[str, list[int]] = {}  # one answer a song: two of one event would be one
    for playlist, edits in seen.items():
        told = frozenset(song for song in edits.gone if playlist in verdicts.get(song, UNSAID).yes)
        open_ = frozenset(song for song in edits.gone & liked if not verdicts.get(song, UNSAID).settled)
        for song in edits.taken_out | told | (open_ - put_in - edits.replaced):
            out_of.setdefault(song, []).append(playlist)
    removed = [Answer(song, Kind.NOT, tuple(out_of[song]), Source.HAND, event) for song in sorted(out_of)]
    added = [
        Answer(song, kind, (playlist,), Source.HAND, event + 1 + playlist)
        for playlist, edits in seen.items()
        for song in sorted(edits.put_in & liked)
    ]
    return removed + added


def standing_answers(
    standing: Mapping[int, Sequence[str]], liked: frozenset[str], several: bool, event: int
) -> list[Answer]:
    """Return the songs already in playlists as answers; only for members who switched that on."""
    where: dict[str, list[int]] = {}
    for playlist, songs in standing.items():
        for song in dict.fromkeys(songs):
            where.setdefault(song, []).append(playlist)
    kind = Kind.ALSO if several else Kind.ONLY
    return [Answer(song, kind, tuple(holding), Source.HAND, event) for song, holding in where.items() if song in liked]
