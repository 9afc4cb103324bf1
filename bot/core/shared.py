"""Shared: the rules of a playlist that several keep, and what of it is to be written where.

Pure. Songs are dropped by votes; what was dropped stays on record. The rules are there so that nobody can empty a
list, fill it, or stand in it alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import limits
from bot.core.plan import Plan, plan

DAY = timedelta(days=1)
AT_LEAST = 2  # members who say drop before a song is dropped
DROPS_A_DAY = 3  # songs that one member's votes may help to bring down
STAYING = 5  # songs that votes leave in a list, whatever they say
SHARE_FROM = 20  # songs in a list, from which on no more than half of it are one member's
SHELF = "shelf:"  # what references begin with of playlists that the bot keeps itself


class State(StrEnum):
    """What we know of a song in the host's playlist."""

    WANTED = "wanted"  # not there, as far as we did
    ATTEMPTED = "attempted"  # being put in or taken out; whether that arrived, reading again tells
    WRITTEN = "written"  # there, and by us
    THEIRS = "theirs"  # there before we came: never taken out (promise P4)
    TAKEN = "taken"  # the host took it out: never put back


@dataclass(frozen=True, slots=True)
class Shared:
    """A playlist that several keep. server: whose members keep it; None: its partners. ref: None until it is made.

    making: it was asked for, and what came of that is not known yet.
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


@dataclass(frozen=True, slots=True)
class Brought:
    """A song on record. brought_by: None where they are gone."""

    song: str
    brought_by: int | None
    at: datetime
    dropped_at: datetime | None = None
    state: str = State.WANTED

    @property
    def stands(self) -> bool:
        return self.dropped_at is None


@dataclass(frozen=True, slots=True)
class Vote:
    song: str
    member: int
    keep: bool


def refusal(record: Sequence[Brought], song: str, member: int, votes: Iterable[Vote], now: datetime) -> str | None:
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
        return f"You've brought {limits.SHARED_ADDS_A_DAY} songs in 24 hours, the most there is. More tomorrow."
    if len(standing) >= SHARE_FROM and 2 * (mine + 1) > len(standing) + 1:
        return "Half of it would be more than half yours. It is somebody else's turn."
    return None


def counted(votes: Iterable[Vote], song: str, without: frozenset[int] = frozenset()) -> tuple[int, int]:
    """Return how many say keep, and how many say drop; drops of the members `without` do not count."""
    here = [each for each in votes if each.song == song]
    return sum(each.keep for each in here), sum(not each.keep and each.member not in without for each in here)


def voted_out(votes: Iterable[Vote], song: str, without: frozenset[int] = frozenset()) -> bool:
    """Whether more say drop than keep, and at least two do."""
    keep, drop = counted(votes, song, without)
    return drop > keep and drop >= AT_LEAST


def spent(record: Sequence[Brought], votes: Sequence[Vote], now: datetime) -> frozenset[int]:
    """Return the members whose votes brought down as many songs within a day as they may."""
    lately = {each.song for each in record if each.dropped_at is not None and each.dropped_at > now - DAY}
    downs = [each.member for each in votes if not each.keep and each.song in lately]
    return frozenset(member for member in downs if downs.count(member) >= DROPS_A_DAY)


def may_take_back(brought: Brought, member: int, votes: Iterable[Vote], now: datetime) -> bool:
    """Whether who brought a song may take it back by themselves: within the day, or while nobody else keeps it."""
    others = any(each.song == brought.song and each.keep and each.member != member for each in votes)
    return brought.brought_by == member and brought.stands and (brought.at > now - DAY or not others)


def after_votes(record: Sequence[Brought], song: str, votes: Sequence[Vote], now: datetime) -> Brought:
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
    """Return the song with what a look at the host's playlist says of it."""
    states = {
        State.WANTED: State.THEIRS if there else State.WANTED,
        State.ATTEMPTED: State.WRITTEN if there else State.WANTED,
        State.WRITTEN: State.WRITTEN if there else State.TAKEN,
        State.THEIRS: State.THEIRS if there else State.TAKEN,
        State.TAKEN: State.THEIRS if there else State.TAKEN,
    }
    return replace(brought, state=states[State(brought.state)])


def todo(record: Sequence[Brought], current: Sequence[str | None], ref: str | None) -> Plan:
    """Return what is to be written, given songs as they were just `seen`."""
    add = [
        (each.song, None) for each in record if each.stands and each.state == State.WANTED and writable(each.song, ref)
    ]
    ours = frozenset(each.song for each in record if each.state == State.WRITTEN)
    return plan(current, add, [each.song for each in record if not each.stands], ours)


def waiting(record: Iterable[Brought], ref: str | None) -> list[Brought]:
    """Return the songs that the next write would put in or take out, by what is known."""
    into = (State.WANTED, State.ATTEMPTED)
    out_of = (State.WRITTEN, State.ATTEMPTED)
    return [each for each in record if each.state in (into if each.stands else out_of) and writable(each.song, ref)]


def waiting_since(record: Iterable[Brought], ref: str | None) -> datetime | None:
    """Return since when something waits to be written; None where nothing does."""
    return min((each.dropped_at or each.at for each in waiting(record, ref)), default=None)
