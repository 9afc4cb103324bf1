"""Rounds: the rules of a themed round: who is asked to vote, when it turns, and how it comes out. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from bot.core.social.records import Round, RoundEntry

FEWEST = 3  # entries, below which there is nothing to vote on
ENTERING, VOTING, CLOSED, CANCELLED = "entering", "voting", "closed", "cancelled"


@dataclass(frozen=True, slots=True)
class RoundVote:
    entry: int
    member: int


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry as it came out; entries with as many votes share a place."""

    place: int
    entry: RoundEntry
    votes: int


def shuffled(entries: Iterable[RoundEntry]) -> list[RoundEntry]:
    """Return the entries in an order that says nothing of who entered, or when: by a hash of round and song."""
    return sorted(entries, key=lambda each: blake2b(f"{each.round} {each.song}".encode(), digest_size=8).digest())


def counted(entries: Collection[RoundEntry], votes: Iterable[RoundVote]) -> Mapping[int, int]:
    """Return votes by entry: one of a member each, none for oneself, none for what is not there."""
    whose = {each.round_entry: each.member for each in entries}
    fair = {vote for vote in votes if vote.entry in whose and whose[vote.entry] != vote.member}
    return Counter(vote.entry for vote in fair)


def ranking(entries: Collection[RoundEntry], votes: Iterable[RoundVote]) -> list[Placed]:
    """Return how it came out, the best first."""
    found = counted(entries, votes)
    ordered = sorted(shuffled(entries), key=lambda each: -found.get(each.round_entry, 0))
    scores = [found.get(each.round_entry, 0) for each in ordered]
    return [Placed(1 + scores.index(score), entry, score) for entry, score in zip(ordered, scores, strict=True)]


def all_voted(entries: Collection[RoundEntry], voters: Collection[int]) -> bool:
    """Whether everybody who entered has voted; others may, and are not waited for."""
    return {each.member for each in entries} <= set(voters)


def next_state(found: Round, entries: Sequence[RoundEntry], voters: Collection[int], now: datetime) -> str | None:
    """Return the state that the round turns to by now; None while it stays."""
    if found.state == ENTERING and now >= found.enter_until:
        return VOTING if len(entries) >= FEWEST else CANCELLED
    if found.state == VOTING and (now >= found.vote_until or all_voted(entries, voters)):
        return CLOSED
    return None
