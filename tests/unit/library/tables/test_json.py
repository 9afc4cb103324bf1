"""Any JSON a member sends takes little memory, and one odd value affects nothing else."""

import json
import tracemalloc

import pytest

from bot.core.library.tables import BadRow, NotATable, Problem, Table, as_csv
from bot.core.library.tables.formats.json_stream import MOST_VALUE
from tests.unit.library.tables.forms import URI, read

TIMES = 8  # times the file's size: a copy as text, plus the decoder's memory
SIZE = 200_000  # bytes
TRACK = json.dumps({"artist": "Lena Ohm", "track": "Nachtbus", "uri": URI})
FILLERS = {"empty lists": "[]", "empty objects": "{}", "numbers": "1", "nested": "[[[[]]]]", "texts": '"ab"'}


@pytest.mark.slow
@pytest.mark.parametrize("filler", FILLERS.values(), ids=FILLERS.keys())
@pytest.mark.parametrize(
    "form", ['{{"tracks": [{0}]}}', '{{"shows": [{0}], "tracks": []}}', "[{0}]", '{{"playlist": {{"track": [{0}]}}}}']
)
def test_any_json_file_takes_memory_in_proportion_to_its_size(filler: str, form: str) -> None:
    many = ",".join([filler] * (SIZE // (len(filler) + 1)))
    data = form.format(many).encode()
    tracemalloc.start()
    try:
        for _ in Table(as_csv(data) or data):
            pass
    except NotATable:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < TIMES * len(data)


@pytest.mark.parametrize(
    "odd",
    ["[" * 2_000 + "]" * 2_000, "9" * 5_000, "1e999", "-0", "NaN", json.dumps("x" * 2 * MOST_VALUE), '{"uri": [{}]}'],
    ids=["deep", "huge number", "infinite", "zero", "no number", "long text", "another type"],
)
def test_an_odd_value_affects_nothing_else(odd: str) -> None:
    songs, bad, _ = read(f'{{"odd": {odd}, "tracks": [{odd}, {TRACK}, {{"odd": {odd}}}], "more": {odd}}}')
    assert ([song.like.song.song for song in songs], len(bad)) == ([URI], 2)


@pytest.mark.parametrize("number", ["9" * 5_000, "1e999", "-0.5", "true"])
def test_a_song_with_a_number_of_any_length_is_read(number: str) -> None:
    songs, bad, _ = read(f'{{"tracks": [{TRACK[:-1]}, "plays": {number}}}]}}')
    assert ([song.like.song.song for song in songs], bad) == ([URI], [])


def test_if_a_key_occurs_twice_both_lists_are_read() -> None:
    other = TRACK.replace(URI, URI[:-1] + ("a" if URI[-1] != "a" else "b"))
    songs, bad, _ = read(f'{{"tracks": [{TRACK}], "tracks": [{other}], "name": 1, "name": 2}}')
    assert (len(songs), bad) == (2, [])


@pytest.mark.parametrize("rest", ["", "}", '{"artist": "Len', "nonsense"])
def test_a_truncated_file_yields_the_songs_before_and_says_so(rest: str) -> None:
    songs, bad, _ = read(f'{{"tracks": [{TRACK}, {rest}')
    assert [song.like.song.song for song in songs] == [URI]
    assert bad
    assert all(isinstance(row, BadRow) for row in bad)
    assert bad[-1].problem == Problem.BROKEN_OFF
