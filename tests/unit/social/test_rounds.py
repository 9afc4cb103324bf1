"""The rules of a round, as property tests."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.social.records import Round, RoundEntry, RoundState
from bot.core.social.rounds import FEWEST, RoundVote, all_voted, counted, next_state, ranking, shuffled

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VOTES = st.lists(st.builds(RoundVote, st.integers(0, 12), st.integers(0, 12)), max_size=60)


def entry(number: int, member: int | None = None, *, after: int = 0) -> RoundEntry:
    """An entry; its id and moment show when it was made."""
    who = number if member is None else member
    return RoundEntry(number, 7, who, f"song {number}", NOW + timedelta(minutes=after))


def entries(count: int) -> list[RoundEntry]:
    return [entry(number) for number in range(count)]


def a_round(state: str) -> Round:
    until = NOW + timedelta(hours=24)
    return Round(7, 1, 5, 6, None, state, "Rain", state, until, until + timedelta(hours=24), None, NOW)


@given(count=st.integers(0, 10), votes=VOTES)
def test_nobody_votes_twice_or_for_themselves(count: int, votes: list[RoundVote]) -> None:
    tally = counted(entries(count), [*votes, *votes])
    fair = {vote for vote in votes if vote.entry < count and vote.entry != vote.member}
    assert sum(tally.values()) == len(fair)
    assert all(tally[number] <= 12 for number in tally)


@given(count=st.integers(0, 10), votes=VOTES)
def test_more_votes_never_rank_lower_and_ties_share_a_place(count: int, votes: list[RoundVote]) -> None:
    standing = ranking(entries(count), votes)
    assert sorted(placed.entry.round_entry for placed in standing) == list(range(count))
    for one in standing:
        better = sum(other.votes > one.votes for other in standing)
        assert one.place == better + 1


@given(order=st.permutations(range(8)))
def test_the_order_does_not_reveal_when_a_song_was_entered(order: list[int]) -> None:
    as_entered = [RoundEntry(at, 7, song, f"song {song}", NOW + timedelta(minutes=at)) for at, song in enumerate(order)]
    assert [entry.song for entry in shuffled(as_entered)] == [entry.song for entry in shuffled(entries(8))]


@given(count=st.integers(FEWEST, 8), voters=st.sets(st.integers(0, 12)))
def test_a_round_closes_early_only_when_all_players_have_voted(count: int, voters: set[int]) -> None:
    state = next_state(a_round(RoundState.VOTING), entries(count), voters, NOW + timedelta(hours=25))
    assert (state == RoundState.CLOSED) == all_voted(entries(count), voters) == (set(range(count)) <= voters)
    assert state in (RoundState.CLOSED, None)


@given(count=st.integers(0, 8), hours=st.integers(0, 100))
def test_entering_ends_on_time_and_voting_needs_enough_entries(count: int, hours: int) -> None:
    state = next_state(a_round(RoundState.ENTERING), entries(count), (), NOW + timedelta(hours=hours))
    assert state == (None if hours < 24 else RoundState.VOTING if count >= FEWEST else RoundState.CANCELLED)


@given(state=st.sampled_from([RoundState.CLOSED, RoundState.CANCELLED]), voters=st.sets(st.integers(0, 12)))
def test_an_ended_round_never_changes_again(state: str, voters: set[int]) -> None:
    assert next_state(a_round(state), entries(4), voters, NOW + timedelta(days=400)) is None
