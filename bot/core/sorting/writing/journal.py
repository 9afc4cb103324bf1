"""Journal: what reading a playlist says about each line of a write, and what to send now.

Pure. Spotify is eventually consistent: it may carry out a request after we gave up waiting for the answer, and the
change may be readable only some time later. So an addition is never repeated while it may still appear, and nothing
counts as written until it was read in the playlist.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.core.records import Item
from bot.core.sorting.writing.writes import Action, LineState

SETTLE = timedelta(seconds=50)  # reading lags up to 30 s behind; late requests were carried out up to 12 s late
PATIENCE = timedelta(minutes=10)  # for a confirmed addition, which only needs waiting; also how long a miss counts
TRIES = 3  # attempts per line
MOST_SENDS = 2 * TRIES  # of a song we removed because it was duplicated: putting it back has its own tries
SOON = timedelta(seconds=1)  # the first pause before reading again; each pause doubles the time waited so far
LONGEST = timedelta(minutes=5)  # pause of a line that waits for another write


class Refused(StrEnum):
    """Why a line was refused."""

    UNKNOWN = "unknown"  # Spotify doesn't know that song (any more)
    FULL = "full"  # the playlist is full
    UNANSWERED = "unanswered"  # sent TRIES times without success
    CHANGED = "changed"  # confirmed, and undone by somebody before we read it
    GONE = "gone"  # the playlist was deleted or unfollowed, or isn't the member's to change
    NOT_KEPT = "let go"  # the playlist is no longer kept here
    SAME = "same"  # untouched: the same recording is there under another id
    UNMOVED = "unmoved"  # it stays, because it couldn't be added where it should go


RETRIABLE = (Refused.FULL, Refused.UNANSWERED)  # may be tried again when somebody asks
IN_FLIGHT = (LineState.ATTEMPTED, LineState.SENT)
OPEN = (LineState.WANTED, *IN_FLIGHT)
TOUCHED = (*IN_FLIGHT, LineState.WRITTEN)  # lines whose change took effect, or may have


@dataclass(frozen=True, slots=True)
class Line:
    """One song to add to or remove from one playlist. `key` is the journal's own.

    position: where it goes (None: the end), or where it was. sent_at: when it was last sent; a line that reverses
    another starts with that one's time, so that it waits until that one has settled. shown_as: the id under which
    Spotify shows the song, if different (`core.sorting.writing.relinking`).
    """

    key: int | str
    song: str
    action: Action
    state: str = LineState.WANTED
    position: int | None = None
    sent_at: datetime | None = None
    sends: int = 0
    problem: str | None = None
    shown_as: str | None = None

    @property
    def ids(self) -> list[str]:
        """The ids to remove at Spotify for this song."""
        return [self.song] if self.shown_as is None else [self.song, self.shown_as]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def settled(self) -> bool:
        """Whether there's nothing more to find out; a song that was sent twice may appear twice."""
        return self.state not in OPEN and not (self.state == LineState.WRITTEN and self.sends > 1)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The updated lines, those to send, those we duplicated, and when to read again."""

    lines: Sequence[Line]
    todo: Sequence[Line]
    doubled: Sequence[Line]
    again: datetime | None


def judge(
    lines: Sequence[Line], songs: Sequence[str | None], ours: frozenset[str], now: datetime, *, unchanged: bool = True
) -> Judgement:
    """Judge each line by what was just read.

    ours: the songs that we added and may remove (promise P4). unchanged: whether this is what was read the time before;
    while it isn't, an unconfirmed addition waits up to twice as long. Nothing is sent while anything waits, so songs
    keep their order.
    """
    here = Counter(songs)
    caught_up = caught_up_with(lines, here)
    judged: list[Line] = []
    again: list[datetime] = []
    for line in lines:
        met = (here[line.song] > 0) == (line.action == Action.ADD)
        sent = (
            replace(line, sent_at=min(line.sent_at, now)) if line.sent_at else line
        )  # the clock may have been moved back
        until = _until(sent, met, unchanged, caught_up)
        waits = until is not None and now < until
        judged.append(sent if waits and not met else _judged(sent, met, line.song in ours, waits))
        again += [_next_read(sent.sent_at or now, until, now)] if until is not None and waits else []
    if again:
        return Judgement(judged, (), (), min(again))
    todo = [line for line in judged if line.state == LineState.WANTED]
    return Judgement(judged, todo, () if todo else [line for line in judged if surplus(line, here[line.song])], None)


class Sent(Protocol):
    """The parts of a line that say what was sent when."""

    @property
    def song(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def sent_at(self) -> datetime | None: ...


def caught_up_with(lines: Iterable[Sent], there: Container[str | None]) -> datetime | None:
    """Return the time of our newest addition that was read there: everything confirmed before it is readable, too."""
    read = [
        line.sent_at for line in lines if line.action == Action.ADD and line.state in TOUCHED and line.song in there
    ]
    return max(filter(None, read), default=None)


def unsettled(lately: Iterable[Sent], there: Container[str | None]) -> frozenset[str]:
    """Return the recently sent songs that reading the playlist says nothing about yet."""
    sent = list(lately)
    caught_up = caught_up_with(sent, there)
    return frozenset(line.song for line in sent if not _is_read(line, caught_up))


def _is_read(sent: Sent, caught_up: datetime | None) -> bool:
    confirmed = sent.state in (LineState.SENT, LineState.WRITTEN, LineState.TAKEN)
    return confirmed and sent.sent_at is not None and caught_up is not None and sent.sent_at <= caught_up


def _until(line: Line, met: bool, unchanged: bool, caught_up: datetime | None) -> datetime | None:
    """Return until when a line's reading may still change by itself; None if it's final."""
    if line.sent_at is None:
        return None
    match line.state:
        case LineState.WANTED if met and not line.sends:
            return line.sent_at + SETTLE  # the line it reverses may not be readable yet
        case LineState.ATTEMPTED if not met:
            return line.sent_at + (SETTLE if unchanged else 2 * SETTLE)
        case LineState.SENT if not met:
            if _is_read(line, caught_up):
                return None
            return line.sent_at + (PATIENCE if line.action == Action.ADD else SETTLE)
        case LineState.ATTEMPTED | LineState.SENT | LineState.WRITTEN if line.sends > 1 and line.action == Action.ADD:
            return line.sent_at + SETTLE  # its twin may still appear
        case _:
            return None


def _judged(line: Line, met: bool, ours: bool, waits: bool) -> Line:
    match line.state:
        case LineState.ATTEMPTED | LineState.SENT if met:
            return replace(line, state=LineState.WRITTEN)
        case LineState.SENT:
            return replace(line, state=LineState.REFUSED, problem=Refused.CHANGED)
        case LineState.ATTEMPTED if line.sends == TRIES or line.sends > MOST_SENDS:
            return replace(line, state=LineState.REFUSED, problem=Refused.UNANSWERED)
        case LineState.ATTEMPTED:
            return replace(line, state=LineState.WANTED)
        case LineState.WANTED if met and not waits:
            return replace(line, state=LineState.WRITTEN if line.sends else LineState.UNTOUCHED)
        case LineState.WANTED if line.action == Action.REMOVE and not (met or ours or line.sends):
            return replace(line, state=LineState.UNTOUCHED)
        case _:
            return line


def _next_read(since: datetime, until: datetime, now: datetime) -> datetime:
    """Return when to read again: after as long as has passed since `since`, but no later than it settles."""
    return now + min(max(SOON, now - since), until - now)


def read_again(since: datetime, now: datetime) -> datetime:
    """Return when to look again at what has waited for another write since `since`."""
    return _next_read(since, now + LONGEST, now)


def missing_since(noted: datetime | None, now: datetime) -> datetime:
    """Return since when a playlist that's missing now has been. noted: when it was missed before.

    A note from long ago is of another time: since then it was seen, or nobody looked.
    """
    return noted if noted is not None and timedelta() <= now - noted < PATIENCE else now


def missing(since: datetime, now: datetime) -> datetime | None:
    """Return when to read a playlist again that has been missing since `since`; None once it counts as gone.

    One answer proves nothing: Spotify may briefly not know a playlist that it showed before or just made.
    """
    until = since + SETTLE
    return None if now >= until else _next_read(since, until, now)


def surplus(line: Line, count: int) -> int:
    """Return how many of a song's `count` places we duplicated: at most what we sent beyond the first."""
    mendable = line.action == Action.ADD and line.state == LineState.WRITTEN and line.sends <= MOST_SENDS
    return max(0, min(count, line.sends) - 1) if mendable else 0


def without_doubles(items: Sequence[Item], doubled: Sequence[Line]) -> list[tuple[int, str]]:
    """Return where the songs of `doubled` should be, as (position, song) by position, without our duplicates.

    Spotify removes every place of a song at once, so all are removed and those that stay are put back. The oldest place
    by Spotify's dates stays, the next `surplus` go, and what somebody added later stays.
    """
    gone: set[int] = set()
    for line in doubled:
        places = [at for at, item in enumerate(items) if item.song == line.song]
        places.sort(key=lambda at: (items[at].added_at is not None, items[at].added_at or 0, at))
        gone.update(places[1 : 1 + surplus(line, len(places))])
    kept = [item.song for at, item in enumerate(items) if at not in gone]
    songs = {line.song for line in doubled}
    return [(at, song) for at, song in enumerate(kept) if song is not None and song in songs]
