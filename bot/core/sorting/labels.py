"""Labels: what a member's answers about a song add up to.

An answer is one press, reaction or manual edit. Answers are kept in the order of their events and never changed, only
undone. A verdict is the result of all answers about one song in one layer. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What an answer says about a song."""

    ONLY = "only"  # it belongs in exactly these playlists
    ALSO = "also"  # it belongs in these, too
    NONE = "none"  # it belongs in none of the layer's playlists
    NOT = "not"  # it doesn't belong in these
    SKIP = "skip"  # no answer; do not ask again soon


class Source(StrEnum):
    """Where an answer came from."""

    BUTTON = "button"
    BULK = "bulk"  # a button, for several songs at once: one opinion
    REACTION = "reaction"
    RECEIPT = "receipt"
    HAND = "hand"
    FEED = "feed"  # added there, by a member who lets that count


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `event` orders answers: a Discord snowflake, or a moment converted to one."""

    song: str
    kind: Kind
    playlists: tuple[int, ...]
    source: Source
    event: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What's known about one song in one layer: playlists it belongs in, and playlists it doesn't.

    among: whether it may belong in others as well: the member never said that these are all.
    bulk_answer: the event of the bulk answer that placed it, if one did: all of its songs have the same one.
    """

    yes: frozenset[int] = frozenset()
    no: frozenset[int] = frozenset()
    none: bool = False
    among: bool = False
    skipped: bool = False
    source: Source = Source.BUTTON
    bulk_answer: int | None = None

    @property
    def settled(self) -> bool:
        """Whether the member said where the song goes (nowhere counts); a skip or a bare "not there" isn't enough."""
        return bool(self.yes) or self.none

    def excludes(self, playlist: int, *, several: bool) -> bool:
        """Whether the member said that it doesn't belong there. several: whether songs may be in several playlists."""
        elsewhere = bool(self.yes) and playlist not in self.yes
        return self.none or playlist in self.no or (elsewhere and not (several and self.among))

    @property
    def corrects(self) -> bool:
        """Whether the member put right where the bot had put the song: on a receipt, or by taking it out by hand."""
        return self.source is Source.RECEIPT or (self.source is Source.HAND and bool(self.no))

    @property
    def answered(self) -> bool:
        """Whether the member was asked and reacted: said where it goes, or skipped it."""
        return self.settled or self.skipped


UNSAID = Verdict()  # on a song that the member has said nothing about


def fold(answers: Iterable[Answer]) -> dict[str, Verdict]:
    """Return the verdict on each song in `answers`, given in any order; the newest event wins."""
    verdicts: dict[str, Verdict] = {}
    for answer in sorted(answers, key=lambda given: given.event):
        verdicts[answer.song] = _after(verdicts.get(answer.song, UNSAID), answer)
    return verdicts


def _after(before: Verdict, answer: Answer) -> Verdict:
    named, source = frozenset(answer.playlists), answer.source
    bulk_answer = answer.event if source is Source.BULK else None
    match answer.kind:
        case Kind.ONLY:
            return Verdict(yes=named, no=before.no - named, source=source, bulk_answer=bulk_answer)
        case Kind.ALSO:
            among = before.among or not before.settled
            yes, no = before.yes | named, before.no - named
            return Verdict(yes=yes, no=no, among=among, source=source, bulk_answer=bulk_answer)
        case Kind.NONE:
            return Verdict(none=True, source=source, bulk_answer=bulk_answer)
        case Kind.NOT:
            yes, no = before.yes - named, before.no | named
            return Verdict(yes=yes, no=no, none=before.none, among=before.among, source=source)
        case Kind.SKIP:
            return replace(before, skipped=True)


DISCORD_EPOCH = 1_420_070_400_000  # ms; snowflakes count from the first second of 2015


def event_at(milliseconds: float) -> int:
    """Return a moment (ms since 1970) as a snowflake, so that it sorts among Discord's event ids."""
    return (int(milliseconds) - DISCORD_EPOCH) << 22
