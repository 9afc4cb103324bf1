"""The rules of shared playlists: what votes do, and what nobody can do alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import limits
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, KeepVote, Refusal, SongState
from bot.core.sorting.writing.journal import judge
from bot.core.sorting.writing.plan import Plan, plan
from tests.unit.plans import carry_out

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(days=3)
ADA, BOB, CYD, TROLL = 1, 2, 3, 666
FRIENDS = (ADA, BOB, CYD)
SONGS = [f"spotify:track:{number:022d}" for number in range(30)]


def record(count: int, *by: int, at: datetime = EARLIER) -> list[Brought]:
    return [Brought(song, by[number % len(by)], at) for number, song in enumerate(SONGS[:count])]


def outcome(songs: list[Brought], song: str, *votes: KeepVote) -> Brought:
    return rules.after_votes(songs, song, votes, NOW)


def test_one_member_alone_cannot_drop_a_song() -> None:
    assert outcome(record(9, ADA), SONGS[0], KeepVote(SONGS[0], BOB, False)).stands


def test_a_song_is_dropped_by_two_votes_if_they_outnumber_keeps() -> None:
    two = [KeepVote(SONGS[0], BOB, False), KeepVote(SONGS[0], CYD, False)]
    assert outcome(record(9, ADA), SONGS[0], *two).dropped_at == NOW
    assert outcome(record(9, ADA), SONGS[0], *two, KeepVote(SONGS[0], ADA, True)).dropped_at == NOW
    assert outcome(record(9, ADA), SONGS[0], *two, KeepVote(SONGS[0], ADA, True), KeepVote(SONGS[0], 4, True)).stands


def test_a_dropped_song_returns_if_more_vote_to_keep_it() -> None:
    gone = [Brought(SONGS[0], ADA, EARLIER, dropped_at=EARLIER), *record(9, ADA)[1:]]
    drops = [KeepVote(SONGS[0], BOB, False), KeepVote(SONGS[0], CYD, False)]
    keeps = [KeepVote(SONGS[0], member, True) for member in (ADA, 4, 5)]
    assert not outcome(gone, SONGS[0], *drops, *keeps[:2]).stands
    assert outcome(gone, SONGS[0], *drops, *keeps).stands


def test_the_last_five_songs_cannot_be_voted_out() -> None:
    two = [KeepVote(SONGS[0], BOB, False), KeepVote(SONGS[0], CYD, False)]
    assert outcome(record(rules.STAYING, ADA), SONGS[0], *two).stands
    assert not outcome(record(rules.STAYING + 1, ADA), SONGS[0], *two).stands


@pytest.mark.parametrize(
    ("age", "kept_by", "may"),
    [(1, None, True), (1, BOB, True), (48, None, True), (48, ADA, True), (48, BOB, False)],
)
def test_a_member_can_remove_their_song_within_a_day_or_until_others_keep_it(
    age: int, kept_by: int | None, may: bool
) -> None:
    brought = Brought(SONGS[0], ADA, NOW - timedelta(hours=age))
    votes = [KeepVote(SONGS[0], kept_by, True)] if kept_by else []
    assert rules.may_take_back(brought, ADA, votes, NOW) is may
    assert not rules.may_take_back(brought, BOB, votes, NOW)


def test_a_member_can_add_ten_songs_a_day_including_dropped_ones() -> None:
    ten = [Brought(song, TROLL, NOW, dropped_at=NOW) for song in SONGS[: limits.SHARED_ADDS_A_DAY]]
    assert rules.refusal(ten, SONGS[20], TROLL, [], NOW) is Refusal.TODAY
    assert rules.refusal(ten, SONGS[20], TROLL, [], NOW + rules.DAY) is None
    assert rules.refusal(ten, SONGS[20], ADA, [], NOW) is None


def test_from_twenty_songs_on_at_most_half_are_one_members() -> None:
    assert rules.refusal(record(19, TROLL), SONGS[25], TROLL, [], NOW) is None
    assert rules.refusal(record(20, TROLL), SONGS[25], TROLL, [], NOW) is Refusal.HALF
    assert rules.refusal(record(20, TROLL, ADA), SONGS[25], TROLL, [], NOW) is Refusal.HALF
    assert rules.refusal(record(21, ADA, TROLL), SONGS[25], TROLL, [], NOW) is None


def test_a_song_is_added_once_and_not_again_after_being_voted_out() -> None:
    gone = Brought(SONGS[1], ADA, EARLIER, dropped_at=EARLIER)
    out = [KeepVote(SONGS[1], BOB, False), KeepVote(SONGS[1], CYD, False)]
    assert rules.refusal(record(3, ADA), SONGS[0], BOB, [], NOW) is Refusal.THERE
    assert rules.refusal([gone], SONGS[1], ADA, out, NOW) is Refusal.VOTED_OUT
    assert rules.refusal([gone], SONGS[1], BOB, [], NOW) is None, "the member who added it removed it"


def play(songs: list[Brought], presses: list[tuple[int, int, bool]]) -> list[Brought]:
    """Apply a day's votes (member, song, keep) to a list, in order."""
    votes: dict[tuple[int, str], KeepVote] = {}
    for member, number, keep in presses:
        song = songs[number % len(songs)].song
        votes[member, song] = KeepVote(song, member, keep)
        after = rules.after_votes(songs, song, list(votes.values()), NOW)
        songs = [after if brought.song == song else brought for brought in songs]
    return songs


presses = st.lists(st.tuples(st.sampled_from([TROLL, 667, ADA]), st.integers(0, 29), st.booleans()), max_size=80)


@given(st.integers(1, 30), presses)
def test_whatever_three_members_vote_in_a_day_five_songs_stay(count: int, pressed: list) -> None:
    before = record(count, BOB)
    after = play(before, pressed)
    standing = sum(song.stands for song in after)
    assert [song.song for song in after] == [song.song for song in before], "every song stays on record"
    assert standing >= min(count, rules.STAYING)


@given(st.integers(1, 30), st.lists(st.integers(0, 29), max_size=40))
def test_two_trolls_can_drop_at_most_three_songs_a_day(count: int, numbers: list[int]) -> None:
    pressed = [(troll, number, False) for number in numbers for troll in (TROLL, 667)]
    after = play(record(count, ADA), pressed)
    assert sum(not song.stands for song in after) <= rules.DROPS_A_DAY


@given(st.lists(st.tuples(st.integers(0, 29), st.booleans()), max_size=40))
def test_one_member_alone_never_drops_others_songs(numbers: list[tuple[int, bool]]) -> None:
    after = play(record(30, *FRIENDS), [(TROLL, number, keep) for number, keep in numbers])
    assert all(song.stands for song in after)


brought = st.builds(
    Brought,
    st.sampled_from(SONGS),
    st.just(ADA),
    st.just(EARLIER),
    st.sampled_from([None, EARLIER]),
    st.sampled_from(list(SongState)),
)


@given(
    st.lists(brought, unique_by=lambda song: song.song, max_size=12),
    st.lists(st.sampled_from(SONGS), max_size=12, unique=True),
)
def test_p04_a_write_removes_only_our_songs_and_adds_none_twice(songs: list[Brought], current: list[str]) -> None:
    ours = {song.song for song in songs if song.state in OURS}
    todo = to_write(songs, current)
    after = carry_out(todo, current)
    assert set(current) - set(after) <= ours
    assert len(after) == len(set(after))
    sent = [_sent(song, todo) for song in songs]
    assert not to_write(sent, after), "one write is enough"


OURS = (SongState.WRITTEN, SongState.ATTEMPTED, SongState.SENT, SongState.LEAVING)


def to_write(songs: list[Brought], current: list[str], ref: str = "ref") -> Plan:
    """The plan to send, given the songs read."""
    lines = [line for song in songs if (line := rules.line(song, ref)) is not None]
    removing = frozenset(line.song for line in lines if line.action == "remove")
    todo = judge(lines, current, removing, NOW).todo
    adding = [(line.song, None) for line in todo if line.action == "add"]
    return plan(current, adding, [line.song for line in todo if line.action == "remove"], removing)


def _sent(brought: Brought, todo: Plan) -> Brought:
    if brought.song in todo.remove:
        return replace(brought, state=SongState.LEAVING)
    return replace(brought, state=SongState.SENT) if brought.song in todo.append else brought


def test_a_song_the_host_removed_by_hand_is_not_put_back() -> None:
    gone = rules.seen(Brought(SONGS[0], ADA, EARLIER, state=SongState.WRITTEN), False)
    assert gone.state == SongState.TAKEN
    assert not to_write([gone], [])
    assert rules.waiting([gone], "ref") == []


def test_files_are_written_only_to_local_playlists() -> None:
    files = [Brought("local:abc", ADA, EARLIER), Brought("file:abc", ADA, EARLIER)]
    assert not to_write(files, [], "spotifyid")
    assert to_write(files, [], "shelf:1").append == ("local:abc", "file:abc")


def test_the_wait_counts_from_the_oldest_change() -> None:
    songs = [Brought(SONGS[0], ADA, EARLIER, state=SongState.WRITTEN), Brought(SONGS[1], ADA, NOW)]
    assert rules.waiting_since(songs, "ref") == NOW
    assert rules.waiting_since(songs[:1], "ref") is None
