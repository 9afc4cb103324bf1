"""Shared playlists: the rules of a playlist that several members keep, and what to write to its host's account.

Pure. Votes drop songs, and dropped songs stay on record. The rules stop any one member from emptying a playlist,
flooding it, or owning it.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import limits, records
from bot.core.sorting.writing.journal import RETRIABLE, Line, Refused
from bot.core.sorting.writing.writes import Action, LineState

DAY = timedelta(days=1)
AT_LEAST = 2  # votes needed to drop a song
DROPS_A_DAY = 3  # songs that one member's votes can help to drop
STAYING = 5  # songs that no vote can drop below
SHARE_FROM = 20  # songs; from here on at most half may be one member's
LOCAL = records.LOCAL


class SongState(StrEnum):
    """What we know about a song in the host's playlist."""

    WANTED = "wanted"  # not there, and we haven't tried yet
    ATTEMPTED = "attempted"  # being added; we don't know yet whether Spotify did it
    SENT = "sent"  # Spotify confirmed the addition; not read back yet
    LEAVING = "leaving"  # being removed
    WRITTEN = "written"  # there, added by us
    THEIRS = "theirs"  # there before us: never removed (promise P4)
    SAME = "same"  # not there, but the same recording is, with another id
    TAKEN = "taken"  # the host removed it: never added again
    REFUSED = "refused"  # Spotify doesn't accept it


@dataclass(frozen=True, slots=True)
class Shared:
    """A playlist that several members keep. server: whose members keep it; None: a group. ref: None until it exists.

    making: it's to be created, or filled for the first time; its host doesn't have the receipt yet.
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
    missed_at: datetime | None = None  # since when Spotify has said it doesn't exist


@dataclass(frozen=True, slots=True)
class Brought:
    """A song on record. brought_by: None if that member is gone."""

    song: str
    brought_by: int | None
    at: datetime
    dropped_at: datetime | None = None
    state: str = SongState.WANTED
    sent_at: datetime | None = None  # when we last sent it to Spotify
    sends: int = 0  # how often we sent it
    problem: str | None = None
    shown_as: str | None = None  # the id Spotify shows it with, if another (`core.sorting.writing.relinking`)

    @property
    def action(self) -> str:
        """What we last sent: ADD, or REMOVE for a dropped song."""
        return Action.REMOVE if self.state in (SongState.LEAVING, SongState.WANTED) else Action.ADD

    @property
    def stands(self) -> bool:
        return self.dropped_at is None


@dataclass(frozen=True, slots=True)
class KeepVote:
    song: str
    member: int
    keep: bool


@dataclass(frozen=True, slots=True)
class Removal:
    """A member removed from a group. by: who removed them; None if that member is gone."""

    member: int
    by: int | None
    at: datetime


class Refusal(StrEnum):
    """Why a member may not add a song."""

    THERE = "there"  # it's in the playlist
    VOTED_OUT = "voted out"
    FULL = "full"  # the record holds as many songs as it may
    TODAY = "today"  # the member has added as many songs in 24 hours as they may
    HALF = "half"  # more than half the songs would be theirs


def refusal(
    record: Sequence[Brought], song: str, member: int, votes: Iterable[KeepVote], now: datetime
) -> Refusal | None:
    """Return why the member may not add this song now; None if they may."""
    earlier = next((brought for brought in record if brought.song == song), None)
    standing = [brought for brought in record if brought.stands]
    mine = sum(brought.brought_by == member for brought in standing)
    if earlier is not None and earlier.stands:
        return Refusal.THERE
    if earlier is not None and voted_out(votes, song):
        return Refusal.VOTED_OUT
    if len(record) >= limits.SHARED_SONGS:
        return Refusal.FULL
    if sum(brought.brought_by == member and brought.at > now - DAY for brought in record) >= limits.SHARED_ADDS_A_DAY:
        return Refusal.TODAY
    if len(standing) >= SHARE_FROM and 2 * (mine + 1) > len(standing) + 1:
        return Refusal.HALF
    return None


def counted(votes: Iterable[KeepVote], song: str, without: frozenset[int] = frozenset()) -> tuple[int, int]:
    """Return the votes to keep and to drop; votes to drop by members in `without` don't count."""
    here = [vote for vote in votes if vote.song == song]
    return sum(vote.keep for vote in here), sum(not vote.keep and vote.member not in without for vote in here)


def voted_out(votes: Iterable[KeepVote], song: str, without: frozenset[int] = frozenset()) -> bool:
    """Return whether there are more votes to drop than to keep, and at least AT_LEAST."""
    keep, drop = counted(votes, song, without)
    return drop > keep and drop >= AT_LEAST


def spent(record: Sequence[Brought], votes: Sequence[KeepVote], now: datetime) -> frozenset[int]:
    """Return the members whose votes have dropped as many songs within a day as allowed."""
    lately = {brought.song for brought in record if brought.dropped_at is not None and brought.dropped_at > now - DAY}
    downs = [vote.member for vote in votes if not vote.keep and vote.song in lately]
    return frozenset(member for member in downs if downs.count(member) >= DROPS_A_DAY)


def may_take_back(brought: Brought, member: int, votes: Iterable[KeepVote], now: datetime) -> bool:
    """Return whether the member may remove their own song: within a day, or while nobody else votes to keep it."""
    others = any(vote.song == brought.song and vote.keep and vote.member != member for vote in votes)
    return brought.brought_by == member and brought.stands and (brought.at > now - DAY or not others)


def after_votes(record: Sequence[Brought], song: str, votes: Sequence[KeepVote], now: datetime) -> Brought:
    """Return the song as the current votes leave it: dropped, back in, or unchanged."""
    (brought,) = [one for one in record if one.song == song]
    standing = sum(one.stands for one in record)
    if brought.stands and standing > STAYING and voted_out(votes, song, spent(record, votes, now)):
        return replace(brought, dropped_at=now)
    keep, drop = counted(votes, song)
    return replace(brought, dropped_at=None) if not brought.stands and keep > drop else brought


# Writing to the host's playlist


def writable(song: str, ref: str | None) -> bool:
    """Return whether the playlist can hold the song: on Spotify only Spotify's songs, in our own database any."""
    return song.startswith("spotify:") or (ref or "").startswith(LOCAL)


def seen(brought: Brought, there: bool) -> Brought:
    """Return a song that isn't being written, updated by whether it's in the host's playlist."""
    state = SongState(brought.state)
    if state in (SongState.THEIRS, SongState.TAKEN):
        state = SongState.THEIRS if there else SongState.TAKEN
    elif state == SongState.WRITTEN and not there:
        state = SongState.TAKEN
    elif state == SongState.REFUSED and there == brought.stands:  # the host did it themselves
        state = SongState.THEIRS if there else SongState.WANTED
    return replace(brought, state=state)


def again(brought: Brought) -> Brought:
    """Return the song ready to be tried again, after Spotify refused it or didn't show it."""
    if brought.state != SongState.REFUSED or brought.problem not in RETRIABLE:
        return brought
    return replace(brought, state=SongState.WANTED if brought.stands else SongState.LEAVING, sent_at=None, sends=0)


def line(brought: Brought, ref: str | None) -> Line | None:
    """Return what to write for a song; None if nothing."""
    state = _TO_PUT_IN.get(SongState(brought.state)) if brought.stands else _TO_TAKE_OUT.get(SongState(brought.state))
    if state is None or (brought.stands and not writable(brought.song, ref)):
        return None
    sends = 0 if state == LineState.WANTED and brought.state != SongState.WANTED else brought.sends
    action = Action.ADD if brought.stands else Action.REMOVE
    return Line(brought.song, brought.song, action, state, None, brought.sent_at, sends, None, brought.shown_as)


_TO_PUT_IN = {
    SongState.WANTED: LineState.WANTED,
    SongState.LEAVING: LineState.WANTED,
    SongState.ATTEMPTED: LineState.ATTEMPTED,
    SongState.SENT: LineState.SENT,
}
_TO_TAKE_OUT = {
    SongState.WRITTEN: LineState.WANTED,
    SongState.ATTEMPTED: LineState.WANTED,
    SongState.SENT: LineState.WANTED,
    SongState.LEAVING: LineState.ATTEMPTED,
}


def noted(brought: Brought, line: Line) -> Brought:
    """Return the song, updated by what became of its line."""
    states = _PUT_IN if line.action == Action.ADD else _TAKEN_OUT
    state = states.get(LineState(line.state), SongState(brought.state))
    if (
        line.action == Action.REMOVE and line.state == LineState.UNTOUCHED
    ):  # the host was faster, or the write never arrived
        state = SongState.TAKEN if brought.state == SongState.WRITTEN else SongState.WANTED
    if line.problem == Refused.CHANGED:  # we wrote it, and the host undid it before we read it
        state = SongState.TAKEN if line.action == Action.ADD else SongState.THEIRS
    shown_as = None if state in (SongState.WANTED, SongState.TAKEN) else line.shown_as
    return replace(
        brought, state=state, sent_at=line.sent_at, sends=line.sends, problem=line.problem, shown_as=shown_as
    )


def beside_twins(record: Sequence[Brought], same: Container[str], out: Container[str]) -> list[Brought]:
    """Return the record, updated for songs whose recording is in the host's playlist with another id.

    same: those songs. out: songs of which another release was dropped from the list. We add such a song once the
    other release has left because it was dropped, but not if the host removed it by hand.
    """
    return [_beside_twin(brought, brought.song in same, brought.song in out) for brought in record]


def _beside_twin(brought: Brought, same: bool, out: bool) -> Brought:
    if brought.stands and same and brought.state == SongState.WANTED:
        return replace(brought, state=SongState.SAME)
    if brought.stands and brought.state == SongState.SAME and not same:
        return replace(brought, state=SongState.WANTED if out else SongState.TAKEN)
    return brought


_PUT_IN = {
    LineState.WANTED: SongState.WANTED,
    LineState.ATTEMPTED: SongState.ATTEMPTED,
    LineState.SENT: SongState.SENT,
    LineState.WRITTEN: SongState.WRITTEN,
    LineState.UNTOUCHED: SongState.THEIRS,
    LineState.REFUSED: SongState.REFUSED,
}
_TAKEN_OUT = {
    LineState.ATTEMPTED: SongState.LEAVING,
    LineState.SENT: SongState.LEAVING,
    LineState.WRITTEN: SongState.WANTED,
    LineState.REFUSED: SongState.REFUSED,
}


def waiting(record: Iterable[Brought], ref: str | None) -> list[Brought]:
    """Return the songs that the next write would add or remove."""
    return [brought for brought in record if line(brought, ref) is not None and writable(brought.song, ref)]


def waiting_since(record: Iterable[Brought], ref: str | None) -> datetime | None:
    """Return since when something has been waiting to be written; None if nothing is."""
    return min((brought.dropped_at or brought.at for brought in waiting(record, ref)), default=None)
