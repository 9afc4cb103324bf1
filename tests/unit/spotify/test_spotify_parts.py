"""The adapter's pure parts: the rate limit, the backoff, and reading Spotify's JSON."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.spotify import oauth, shapes
from bot.adapters.spotify.outage import LONGEST, Outage
from bot.errors.spotify import PlaylistGone, SpotifyDown, Unreadable

NOW = 1_000.0  # seconds


def test_the_backoff_grows_to_five_minutes_and_only_one_caller_retries() -> None:
    outage, now, waits = Outage(), NOW, []
    for _ in range(200):
        assert outage.wait(now) == 0
        outage.failed(now)
        waits.append(outage.wait(now))
        now += waits[-1] + 0.001
    assert max(waits) <= LONGEST
    assert max(waits[50:]) > LONGEST / 2
    assert outage.wait(now) == 0
    assert outage.wait(now) > 0  # only the first caller may retry
    outage.answered()
    assert outage.wait(now) == 0


def test_a_song_is_identified_by_what_was_saved_even_if_it_is_relinked() -> None:
    track = {"uri": "spotify:track:relinked", "name": "Song", "linked_from": {"uri": "spotify:track:saved"}}
    assert shapes.song_id(track) == shapes.song(track).song == "spotify:track:saved"


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("2019", 2019),
        ("2019-05", 2019),
        ("2019-05-03", 2019),
        ("0000", None),
        ("0001", None),
        ("1999-00-00", 1999),
        ("", None),
        (None, None),
    ],
)
def test_a_year_is_read_from_any_precision(date: str | None, year: int | None) -> None:
    track = {"uri": "spotify:track:x", "name": "Song", "album": {"release_date": date}}
    assert shapes.song(track).year == year


def test_nulls_in_lists_are_not_songs() -> None:
    rows: list[Any] = [None, {"item": None, "added_at": None}, {"item": {"uri": "spotify:episode:x"}}]
    assert [item.song for item in shapes.items({"items": rows}, 0)] == [None, None, None]
    likes = shapes.likes_page({"items": [None, {"track": None}, {"track": {"uri": "spotify:local:::x:1"}}], "total": 3})
    assert (likes.likes, likes.total) == ((), 3)


def test_a_strangers_playlist_has_no_items_and_counts_as_gone() -> None:
    with pytest.raises(PlaylistGone):
        shapes.opened({"id": "x", "snapshot_id": "y"})


@pytest.mark.parametrize("answer", [{}, {"error": {"status": 500}}, [], None])
def test_a_malformed_playlist_response_does_not_mean_it_is_gone(answer: Any) -> None:
    with pytest.raises(Unreadable):
        shapes.opened(answer)


@pytest.mark.parametrize("lives", [None, 0, -1, "3600", [], 1.5])
def test_tokens_without_a_lifetime_are_kept(lives: Any) -> None:
    """Discarding them would lose the only valid refresh token."""
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    made = oauth.tokens({"access_token": "a", "refresh_token": "r", "expires_in": lives}, now)
    assert (made.refresh, made.expires_at) == ("r", now + timedelta(hours=1))


FIELDS = st.sampled_from(["items", "item", "track", "total", "uri", "id", "name", "owner", "added_at", "album"])
ANSWERS = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda answers: st.lists(answers, max_size=3) | st.dictionaries(FIELDS, answers, max_size=4),
    max_leaves=6,
)


@settings(max_examples=60)
@given(ANSWERS)
def test_any_error_response_gives_a_typed_error(answer: Any) -> None:
    page = partial(shapes.items, offset=0)
    for read in (shapes.likes_page, page, shapes.opened, shapes.playlist, shapes.profile, shapes.user_id):
        try:
            read(answer)
        except (SpotifyDown, PlaylistGone):
            continue


def test_a_playlists_contents_are_read_by_their_older_names_too() -> None:
    """Spotify renamed them in 2026, in development mode first."""
    page = {"offset": 0, "total": 1, "items": [{"track": {"uri": "spotify:track:a", "name": "A"}}]}
    answer = {"id": "p", "name": "Run", "snapshot_id": "s", "tracks": page}
    items, total, snapshot = shapes.opened(answer)
    assert ([item.song for item in items], total, snapshot) == (["spotify:track:a"], 1, "s")
    assert shapes.playlist(answer).total == 1
