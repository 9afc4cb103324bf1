"""Shared: the rules of a playlist that several keep, and what of it is to be written where.

Pure. Songs are dropped by votes; what was dropped stays on record. The rules are there so that nobody can empty a
list, fill it, or stand in it alone.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from bot.core import limits
from bot.core.sorting import journal
from bot.core.sorting.journal import RETRIABLE, Line, Refused

DAY = timedelta(days=1)
AT_LEAST = 2  # members who say drop before a song is dropped
DROPS_A_DAY = 3  # songs that one member's votes may help to bring down
STAYING = 5  # songs that votes leave in a list, whatever they say
SHARE_FROM = 20  # songs in a list, from which on no more than half of it are one member's
SHELF = "shelf:"  # what references begin with of playlists that the bot keeps itself


class SongState(StrEnum):
    """What we know of a song in the host's playlist."""

    WANTED = "wanted"  # not there, as far as we did
    ATTEMPTED = "attempted"  # being put in; whether Spotify carried that out is not known
    SENT = "sent"  # Spotify confirmed that; not read there yet
    LEAVING = "leaving"  # being taken out
    WRITTEN = "written"  # there, and by us
    THEIRS = "theirs"  # there before we came: never taken out (promise P4)
    SAME = "same"  # not there, but the same recording is, under another id
    TAKEN = "taken"  # the host took it out: never put back
    REFUSED = "refused"  # Spotify does not take it


@dataclass(frozen=True, slots=True)
class Shared:
    """A playlist that several keep. server: whose members keep it; None: its partners. ref: None until it is made.

    making: it is being made, or its first songs are being put in; its host has not been told yet.
    """

    shared: int
    host: int | None
    server: int | None
    name: str
    ref: str | None
    making: bool
    snapshot: str | None
    created_at: datetime
    ended_at: datetime | None
    missed_at: datetime | None = None  # since when Spotify has said that it is not there


@dataclass(frozen=True, slots=True)
class Brought:
    """A song on record. brought_by: None where they are gone."""

    song: str
    brought_by: int | None
    at: datetime
    dropped_at: datetime | None = None
    state: str = SongState.WANTED
    sent_at: datetime | None = None  # when it was last sent to Spotify
    sends: int = 0  # how often it was sent
    problem: str | None = None
    shown_as: str | None = None  # the id under which Spotify shows it, where that is another (`core.stand_ins`)

    @property
    def action(self) -> str:
        """What was last sent: a song that is (being) taken out has no addition to go by."""
        return "remove" if self.state in (SongState.LEAVING, SongState.WANTED) else "add"

    @property
    def stands(self) -> bool:
        return self.dropped_at is None


@dataclass(frozen=True, slots=True)
class KeepVote:
    song: str
    member: int
    keep: bool


@dataclass(frozen=True, slots=True)
class PutOut:
    """Somebody who may not be in a group any more. by: whose vote it was; None where they are gone."""

    member: int
    by: int | None
    at: datetime


def refusal(record: Sequence[Brought], song: str, member: int, votes: Iterable[KeepVote], now: datetime) -> str | None:
    """Return why the member may not bring this song now; None where they may."""
    earlier = next((each for each in record if each.song == song), None)
    standing = [each for each in record if each.stands]
    mine = sum(each.brought_by == member for each in standing)
    if earlier is not None and earlier.stands:
        return "That song is in it already."
    if earlier is not None and voted_out(votes, song):
        return "That song was voted out. It comes back when more say keep than drop."
    if len(record) >= limits.SHARED_SONGS:
        return f"It is full: {limits.SHARED_SONGS} songs are on record, the most there is. /shared new begins another."
    if sum(each.brought_by == member and each.at > now - DAY for each in record) >= limits.SHARED_ADDS_A_DAY:
        return (
            f"You've brought {limits.SHARED_ADDS_A_DAY} songs in 24 hours. You can go on when the first is a day old."
        )
    if len(standing) >= SHARE_FROM and 2 * (mine + 1) > len(standing) + 1:
        return "Half of it would be more than half yours. It is somebody else's turn."
    return None


def counted(votes: Iterable[KeepVote], song: str, without: frozenset[int] = frozenset()) -> tuple[int, int]:
    """Return how many say keep, and how many say drop; drops of the members `without` do not count."""
    here = [each for each in votes if each.song == song]
    return sum(each.keep for each in here), sum(not each.keep and each.member not in without for each in here)


def voted_out(votes: Iterable[KeepVote], song: str, without: frozenset[int] = frozenset()) -> bool:
    """Whether more say drop than keep, and at least two do."""
    keep, drop = counted(votes, song, without)
    return drop > keep and drop >= AT_LEAST


def spent(record: Sequence[Brought], votes: Sequence[KeepVote], now: datetime) -> frozenset[int]:
    """Return the members whose votes brought down as many songs within a day as they may."""
    lately = {each.song for each in record if each.dropped_at is not None and each.dropped_at > now - DAY}
    downs = [each.member for each in votes if not each.keep and each.song in lately]
    return frozenset(member for member in downs if downs.count(member) >= DROPS_A_DAY)


def may_take_back(brought: Brought, member: int, votes: Iterable[KeepVote], now: datetime) -> bool:
    """Whether who brought a song may take it back by themselves: within the day, or while nobody else keeps it."""
    others = any(each.song == brought.song and each.keep and each.member != member for each in votes)
    return brought.brought_by == member and brought.stands and (brought.at > now - DAY or not others)


def after_votes(record: Sequence[Brought], song: str, votes: Sequence[KeepVote], now: datetime) -> Brought:
    """Return what becomes of a song by the votes as they are: it is dropped, comes back, or stays as it is."""
    (brought,) = [each for each in record if each.song == song]
    standing = sum(each.stands for each in record)
    if brought.stands and standing > STAYING and voted_out(votes, song, spent(record, votes, now)):
        return replace(brought, dropped_at=now)
    keep, drop = counted(votes, song)
    return replace(brought, dropped_at=None) if not brought.stands and keep > drop else brought


# What is written


def writable(song: str, ref: str | None) -> bool:
    """Whether a song can stand in that playlist: Spotify takes its own songs alone, the shelf takes all."""
    return song.startswith("spotify:") or (ref or "").startswith(SHELF)


def seen(brought: Brought, there: bool) -> Brought:
    """Return a song that is not being written with what a look at the host's playlist says of it."""
    state = SongState(brought.state)
    if state in (SongState.THEIRS, SongState.TAKEN):
        state = SongState.THEIRS if there else SongState.TAKEN
    elif state == SongState.WRITTEN and not there:
        state = SongState.TAKEN
    elif state == SongState.REFUSED and there == brought.stands:  # the host saw to it
        state = SongState.THEIRS if there else SongState.WANTED
    return replace(brought, state=state)


def again(brought: Brought) -> Brought:
    """Return a song that Spotify did not take, or did not give back, as one to be tried once more."""
    if brought.state != SongState.REFUSED or brought.problem not in RETRIABLE:
        return brought
    return replace(brought, state=SongState.WANTED if brought.stands else SongState.LEAVING, sent_at=None, sends=0)


def line(brought: Brought, ref: str | None) -> Line | None:
    """Return what is to be written of a song; None where nothing is."""
    state = _TO_PUT_IN.get(SongState(brought.state)) if brought.stands else _TO_TAKE_OUT.get(SongState(brought.state))
    if state is None or (brought.stands and not writable(brought.song, ref)):
        return None
    sends = 0 if state == journal.LineState.WANTED and brought.state != SongState.WANTED else brought.sends
    action: Literal["add", "remove"] = "add" if brought.stands else "remove"
    return Line(brought.song, brought.song, action, state, None, brought.sent_at, sends, None, brought.shown_as)


_TO_PUT_IN = {
    SongState.WANTED: journal.LineState.WANTED,
    SongState.LEAVING: journal.LineState.WANTED,
    SongState.ATTEMPTED: journal.LineState.ATTEMPTED,
    SongState.SENT: journal.LineState.SENT,
}
_TO_TAKE_OUT = {
    SongState.WRITTEN: journal.LineState.WANTED,
    SongState.ATTEMPTED: journal.LineState.WANTED,
    SongState.SENT: journal.LineState.WANTED,
    SongState.LEAVING: journal.LineState.ATTEMPTED,
}


def noted(brought: Brought, line: Line) -> Brought:
    """Return a song with what has become of its line."""
    states = _PUT_IN if line.action == "add" else _TAKEN_OUT
    state = states.get(journal.LineState(line.state), SongState(brought.state))
    if (
        line.action == "remove" and line.state == journal.LineState.UNTOUCHED
    ):  # the host was faster, or it never arrived
        state = SongState.TAKEN if brought.state == SongState.WRITTEN else SongState.WANTED
    if line.problem == Refused.CHANGED:  # done, and undone by the host before it was read
        state = SongState.TAKEN if line.action == "add" else SongState.THEIRS
    shown_as = None if state in (SongState.WANTED, SongState.TAKEN) else line.shown_as
    return replace(
        brought, state=state, sent_at=line.sent_at, sends=line.sends, problem=line.problem, shown_as=shown_as
    )


def beside_twins(record: Sequence[Brought], same: Container[str], out: Container[str]) -> list[Brought]:
    """Return the record with what is the case of songs whose recording is in the host's playlist under another id.

    same: the songs of which that is so. out: those of which another release was dropped from the list. Such a song
    goes in when the other came out that way, and not when the host took it out by hand.
    """
    return [_beside_twin(each, each.song in same, each.song in out) for each in record]


def _beside_twin(brought: Brought, same: bool, out: bool) -> Brought:
    if brought.stands and same and brought.state == SongState.WANTED:
        return replace(brought, state=SongState.SAME)
    if brought.stands and brought.state == SongState.SAME and not same:
        return replace(brought, state=SongState.WANTED if out else SongState.TAKEN)
    return brought


_PUT_IN = {
    journal.LineState.WANTED: SongState.WANTED,
    journal.LineState.ATTEMPTED: SongState.ATTEMPTED,
    journal.LineState.SENT: SongState.SENT,
    journal.LineState.WRITTEN: SongState.WRITTEN,
    journal.LineState.UNTOUCHED: SongState.THEIRS,
    journal.LineState.REFUSED: SongState.REFUSED,
}
_TAKEN_OUT = {
    journal.LineState.ATTEMPTED: SongState.LEAVING,
    journal.LineState.SENT: SongState.LEAVING,
    journal.LineState.WRITTEN: SongState.WANTED,
    journal.LineState.REFUSED: SongState.REFUSED,
}


def waiting(record: Iterable[Brought], ref: str | None) -> list[Brought]:
    """Return the songs that the next write would put in or take out, by what is known."""
    return [each for each in record if line(each, ref) is not None and writable(each.song, ref)]


def waiting_since(record: Iterable[Brought], ref: str | None) -> datetime | None:
    """Return since when something waits to be written; None where nothing does."""
    return min((each.dropped_at or each.at for each in waiting(record, ref)), default=None)
