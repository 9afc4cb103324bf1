"""What we write reads back unchanged, and no spreadsheet runs any cell as a formula, whatever the delimiter."""

import csv
import io
import re
from datetime import UTC, datetime
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.codes import name_uri
from bot.core.library.tables.write import armed, disarmed
from bot.core.records import Song
from bot.flows.library.exports import csv_of
from tests.unit.library.tables.forms import URI, read

SIGNS = "=+-@＝＋－＠"
MOMENT = datetime(2024, 1, 2, 10, 30, 1, 250_000, tzinfo=UTC)
letters = st.one_of(
    st.sampled_from("=+-@'\"\\,;|[] \ufeffa"), st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
)
names = st.text(letters, min_size=1, max_size=12).map(lambda name: normalize("NFC", name).strip()).filter(bool)


def song(title: str, artists: list[str], album: str | None, uri: str | None) -> Song:
    return Song(uri or name_uri(title, artists), title, tuple(artists), album)


songs = st.builds(
    song,
    names,
    st.lists(names, min_size=1, max_size=3, unique=True),
    st.none() | names,
    st.sampled_from([URI, f"file:{'0' * 24}", None]),
)


@given(song=songs)
@example(song=song("-Ing", ["+44"], "=", URI))
@example(song=song("@ Home", ["Tyler, The Creator"], None, None))
@example(song=song("A;=B", ["AC\\", ";", "['x']"], "'=C", None))
def test_exported_songs_are_imported_unchanged(song: Song) -> None:
    _, data = csv_of("Mix", 1, [(song, MOMENT)])
    songs, bad, spoken = read(data)
    assert (bad, spoken) == ([], 0)
    assert [(row.like.song, row.like.added_at) for row in songs] == [(song, MOMENT)]


@given(cell=st.text(st.sampled_from("=+-@'\" ,;|\t\na")))
def test_a_cell_is_escaped_and_unescaped_again(cell: str) -> None:
    assert armed(disarmed(cell)) == cell


@given(song=songs)
@example(song=song("A;=B", ["C|+D"], "E\t@F,-G", None))
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_no_spreadsheet_runs_a_cell_as_a_formula(delimiter: str, song: Song) -> None:
    text = csv_of("Mix", 1, [(song, None)])[1].decode("utf-8-sig")
    row = text.split("\r\n")[1]
    parsed = next(csv.reader(io.StringIO(row, newline=""), delimiter=delimiter))
    cells = [*parsed, *re.split(f"[{re.escape(delimiter)}]", row)]
    assert not [cell for cell in cells if cell.strip(' "').startswith(tuple(SIGNS))]
