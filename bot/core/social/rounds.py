"""Rounds: the rules of a themed round: who votes, when it moves on, and who wins. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from bot.core.social.records import Round, RoundEntry, RoundState

FEWEST = 3  # entries needed for a vote


@dataclass(frozen=True, slots=True)
class RoundVote:
    entry: int
    member: int


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry's final place; entries with equally many votes share one."""

    place: int
    entry: RoundEntry
    votes: int


def shuffled(entries: Iterable[RoundEntry]) -> list[RoundEntry]:
    """Return the entries in an order that reveals neither who entered nor when: by a hash of round and song."""
    return sorted(entries, key=lambda entry: blake2b(f"{entry.round} {entry.song}".encode(), digest_size=8).digest())


def counted(entries: Collection[RoundEntry], votes: Iterable[RoundVote]) -> Mapping[int, int]:
    """Return the number of votes by entry: one per member and entry, none for one's own, none for missing entries."""
    whose = {entry.round_entry: entry.member for entry in entries}
    fair = {vote for vote in votes if vote.entry in whose and whose[vote.entry] != vote.member}
    return Counter(vote.entry for vote in fair)


def ranking(entries: Collection[RoundEntry], votes: Iterable[RoundVote]) -> list[Placed]:
    """Return the final places, best first."""
    totals = counted(entries, votes)
    ordered = sorted(shuffled(entries), key=lambda entry: -totals.get(entry.round_entry, 0))
    scores = [totals.get(entry.round_entry, 0) for entry in ordered]
    return [Placed(1 + scores.index(score), entry, score) for entry, score in zip(ordered, scores, strict=True)]


def all_voted(entries: Collection[RoundEntry], voters: Collection[int]) -> bool:
    """Return whether everybody who entered has voted. Others may vote too, but we don't wait for them."""
    return {entry.member for entry in entries} <= set(voters)


def next_state(themed: Round, entries: Sequence[RoundEntry], voters: Collection[int], now: datetime) -> str | None:
    """Return the state the round moves to now; None if it stays as it is."""
    if themed.state == RoundState.ENTERING and now >= themed.enter_until:
        return RoundState.VOTING if len(entries) >= FEWEST else RoundState.CANCELLED
    if themed.state == RoundState.VOTING and (now >= themed.vote_until or all_voted(entries, voters)):
        return RoundState.CLOSED
    return None
