"""Cursors, entity tags and byte ranges: they read back as written, and nothing else is accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.api import cursor
from bot.web.http import parts
from bot.web.http.parts import Unsatisfiable

DATA = bytes(range(256)) * 4
TAG = parts.etag(DATA)
SIZE = len(DATA)


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable()))
def test_a_cursor_is_read_as_it_was_written(after: str) -> None:
    written = cursor.write(after)
    assert cursor.read(written) == after
    assert written.isascii()
    assert written.replace("-", "").replace("_", "").isalnum()


@given(st.text("AQYgkw-_=", max_size=4) | st.text(max_size=60))
def test_any_other_text_is_no_cursor_or_a_canonical_one(text: str) -> None:
    try:
        after = cursor.read(text)
    except cursor.NoCursor:
        return
    assert cursor.write(after) == text


@pytest.mark.parametrize("text", ["", "=", "YQ==", "YR", "_", "a b", "/w", "_w", "é", "A" * 2_000, "\ud800"])
def test_text_that_no_cursor_was_written_as_is_refused(text: str) -> None:
    with pytest.raises(cursor.NoCursor):
        cursor.read(text)


@given(st.integers(0, 2 * SIZE), st.integers(0, 2 * SIZE))
def test_a_range_gives_the_bytes_it_names(first: int, last: int) -> None:
    wanted = f"bytes={first}-{last}"
    if first > last:
        assert parts.part(wanted, None, TAG, SIZE) is None  # not a range, so the whole is served
    elif first >= SIZE:
        with pytest.raises(Unsatisfiable):
            parts.part(wanted, None, TAG, SIZE)
    else:
        piece = parts.part(wanted, None, TAG, SIZE)
        assert piece is not None
        assert piece.of(DATA) == DATA[first : last + 1]
        assert piece.content_range == f"bytes {first}-{min(last, SIZE - 1)}/{SIZE}"


@given(st.integers(0, 2 * SIZE))
def test_open_ended_and_suffix_ranges_reach_the_end(count: int) -> None:
    if count < SIZE:
        rest = parts.part(f"bytes={count}-", None, TAG, SIZE)
        assert rest is not None
        assert rest.of(DATA) == DATA[count:]
    if count:
        tail = parts.part(f"bytes=-{count}", None, TAG, SIZE)
        assert tail is not None
        assert tail.of(DATA) == DATA[-count:]


@given(st.integers(1, 8), st.integers(1, 300))
def test_consecutive_ranges_make_up_the_whole(pieces: int, size: int) -> None:
    data, step = DATA[:size], -(-size // pieces)
    laid = [parts.part(f"bytes={at}-{at + step - 1}", None, TAG, size) for at in range(0, size, step)]
    assert b"".join(piece.of(data) for piece in laid if piece is not None) == data


@given(st.text(max_size=40))
def test_anything_else_asks_for_the_whole(header: str) -> None:
    if parts.RANGE.fullmatch(header) is None:
        assert parts.part(header, None, TAG, SIZE) is None


@pytest.mark.parametrize("header", ["bytes=0-1,3-4", "items=0-1", "bytes=", "bytes=-", "bytes=a-b", "bytes=٣-٤", "0-1"])
def test_multiple_ranges_other_units_and_nonsense_get_the_whole(header: str) -> None:
    assert parts.part(header, None, TAG, SIZE) is None


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_outside_the_file_is_unsatisfiable(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parts.part(header, None, TAG, SIZE)


def test_a_range_is_served_only_if_if_range_matches() -> None:
    assert parts.part("bytes=0-1", TAG, TAG, SIZE) is not None
    for other in ('"another"', f"W/{TAG}", "Sun, 22 Nov 2026 12:00:00 GMT", ""):
        assert parts.part("bytes=0-1", other, TAG, SIZE) is None


def test_an_empty_file_has_no_satisfiable_range() -> None:
    with pytest.raises(Unsatisfiable):
        parts.part("bytes=0-0", None, TAG, 0)


@pytest.mark.parametrize("header", [TAG, f"W/{TAG}", "*", f'"a", {TAG}', f'W/"x" ,{TAG}', f'{TAG},"b"'])
def test_if_none_match_is_understood_in_all_these_forms(header: str) -> None:
    assert parts.has_it(header, TAG)


@pytest.mark.parametrize("header", [None, "", '"a"', TAG.strip('"'), f"{TAG} {TAG}", f"x{TAG}", TAG.upper()])
def test_without_a_matching_tag_the_file_is_sent(header: str | None) -> None:
    assert not parts.has_it(header, TAG)


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_different_bytes_have_different_tags(one: bytes, other: bytes) -> None:
    assert (parts.etag(one) == parts.etag(other)) == (one == other)
