"""Superseded: which lines of old writes nothing needs any more, because later ones say the same or undid it. Pure."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from bot.core.sorting.writing.journal import RETRIABLE, TOUCHED, Refused
from bot.core.sorting.writing.writes import LineState

CARRIED_OUT = (*TOUCHED, LineState.TAKEN)  # lines that say whether a song is ours


@dataclass(frozen=True, slots=True)
class PastLine:
    """A line of a write that has ended.

    undoes: the write that its write undoes, while that one can still be undone. old: its write is no longer kept whole.
    """

    change: int
    write: int
    playlist: int
    song: str
    state: str
    problem: str | None
    undoes: int | None
    old: bool

    @property
    def carried_out(self) -> bool:
        return self.state in CARRIED_OUT

    @property
    def tells(self) -> Hashable:
        """What's read from the line; the last one that tells the same about a song and playlist is enough."""
        if self.carried_out:
            return "whose song it is"
        if self.problem == Refused.UNKNOWN:
            return "that Spotify doesn't know it"
        if self.undoes is not None and self.problem in RETRIABLE:
            return "that the undo may be tried again", self.undoes
        return "what came of it"


def superseded(lines: Iterable[PastLine]) -> list[PastLine]:
    """Return the old lines that a later one supersedes. `lines` are all that have ended, about any songs, by number."""
    last: dict[Hashable, PastLine] = {}
    gone: list[PastLine] = []
    for line in lines:
        about = (line.playlist, line.song, line.tells)
        if about in last and last[about].old:
            gone.append(last[about])
        last[about] = line
    return gone
