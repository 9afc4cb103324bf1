"""What spreadsheets do to a file when they save it: encodings, delimiters, commas, dates and broken rows."""

import tracemalloc
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.library.tables import MOST_CELL, MOST_COLUMNS, BadRow, NotATable, Problem, Row, Table
from bot.core.library.tables.cells import MOST_LINE
from tests.unit.library.tables.forms import EXPORTIFY, NACHTBUS, REGEN, URI, named, only, read, song, table, titles

TITLE = "“Don’t Wait” – Café"
CURLY = table(EXPORTIFY, NACHTBUS.replace("Nachtbus", TITLE).replace("Lena Ohm", "Zoë Œuvre"))


@pytest.mark.parametrize(
    "encoding",
    [
        *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *("cp1252", "mac_roman", "cp1250"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_delimiter_and_line_ending_is_read(encoding: str, delimiter: str, end: str) -> None:
    text = CURLY.replace("Œuvre", "Vale") if encoding == "cp1250" else CURLY
    kept = song(text.replace(",", delimiter).replace("\n", end).encode(encoding))
    assert (kept.song, kept.title) == (URI, TITLE)


@pytest.mark.parametrize(
    ("encoding", "title"),
    [("cp1251", "Кино — Группа крови"), ("cp932", "夜のバス"), ("utf-16-be", "夜のバス"), ("utf-32", "🌙 夜")],
)
def test_titles_in_other_scripts_are_read_below_english_headers(encoding: str, title: str) -> None:
    assert titles(table(EXPORTIFY, *[NACHTBUS.replace("Nachtbus", title)] * 2).encode(encoding)) == [title] * 2


def test_concatenated_files_with_different_encodings_are_read_line_by_line() -> None:
    other = REGEN.replace("Regen", "Café")
    data = "\ufeff".encode() + CURLY.encode() + table(other).encode("cp1252")
    assert titles(data) == [TITLE, "Café"]


@pytest.mark.parametrize("first", ["sep=,", "sep=,\r", "\ufeffSEP=,", '"sep=,"'])
def test_excels_sep_line_is_skipped(first: str) -> None:
    table_song = only(table(first, EXPORTIFY, NACHTBUS))
    assert table_song.line == 3


def test_the_first_line_determines_the_delimiter() -> None:
    assert song("sep=^\ntitle^artist\nA, B; C^Maren\n").title == "A, B; C"


def test_decimal_commas_and_yes_or_no_words_are_read() -> None:
    text = table(f"{EXPORTIFY},Explicit,Loudness".replace(",", ";"), f"{NACHTBUS},WAHR,-8,5e0".replace(",", ";", 10))
    numbers = only(text.replace("0.5", "0,5").replace("0.4", "0,4")).features.numbers
    assert (numbers["danceability"], numbers["energy"], numbers["explicit"]) == (0.5, 0.4, 1)
    assert numbers["loudness"] == -8.5


@pytest.mark.parametrize(
    ("released", "year"),
    [
        ("0000", None),
        ("0000-00-00", None),
        ("1999-00-00", 1999),
        ("17.05.1999", 1999),
        ("5/17/1999", 1999),
        ("1999.0", 1999),
        ("1.999E3", 1999),
        ("1.999e+03", 1999),
        ("2.02E+03", None),  # rounded
        ("May 1999", 1999),
        ("99999", None),
        ("9999", None),
        ("-1", None),
        ("", None),
    ],
)
def test_a_year_is_valid_or_unknown(released: str, year: int | None) -> None:
    table_song = only(table(EXPORTIFY, NACHTBUS.replace("2019-05-17", released)))
    assert table_song.like.song.year == year
    assert ("year" in table_song.features.numbers) == (year is not None)


@pytest.mark.parametrize(
    ("length", "milliseconds"),
    [
        ("200000.0", 200_000),
        ("-1", None),
        ("0", None),
        ("nan", None),
        ("inf", None),
        ("9" * 5000, None),
        ("1e99", None),
    ],
)
def test_a_length_is_valid_or_unknown(length: str, milliseconds: int | None) -> None:
    table_song = only(table(EXPORTIFY, NACHTBUS.replace("200000", length)))
    assert table_song.like.song.duration_ms == milliseconds
    assert table_song.features.numbers.get("duration") == (milliseconds and milliseconds / 1000)


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("3:20", 200_000), ("1:00:03", 3_603_000), ("200s", 200_000), ("200", 200_000)]
)
def test_lengths_are_read_in_many_formats(text: str, milliseconds: int) -> None:
    assert song(f"Title,Artist,Duration\nNachtbus,Lena Ohm,{text}\n").duration_ms == milliseconds
    assert song("Title,Artist,Duration\nNachtbus,Lena Ohm,200588\n").duration_ms == 200_588


@pytest.mark.parametrize(
    ("added", "moment"),
    [
        ("2024-01-02T10:00:00Z", datetime(2024, 1, 2, 10, tzinfo=UTC)),
        ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2024-01-02 12:00:00+02:00", datetime(2024, 1, 2, 10, tzinfo=UTC)),
        ("02.01.2024 10:00", datetime(2024, 1, 2, 10, tzinfo=UTC)),
        ("9999-12-31T23:59:59-23:59", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("1024-01-01", None),
        ("1/2/2024", None),
        ("soon", None),
        ("9" * 5000, None),
    ],
)
def test_a_moment_out_of_range_is_unknown(added: str, moment: datetime | None) -> None:
    table_song = only(table(EXPORTIFY, NACHTBUS.replace("2024-01-02T10:00:00Z", added)))
    assert table_song.like.added_at == moment


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e400", "9" * 400, "1_000", "٣", "0x10", "1e12"])
def test_a_number_out_of_range_is_ignored(number: str) -> None:
    assert "energy" not in only(table(EXPORTIFY, NACHTBUS.removesuffix("0.4") + number)).features.numbers


HEADER = "Track URI,Track Name,Artist Name(s),Genres,Record Label,Danceability,Energy"


def row(label: str, number: int = 1) -> str:
    return f'spotify:track:{number:022d},"Song {number}","Maren","pop",{label},0.{number},0.9'


@pytest.mark.parametrize("label", [r'"\"Quay\" Llc"', '""Quay", Inc."', r'"\"Quay\", Inc."', ' "Quay" ', '12" Quay'])
def test_broken_quotes_shift_no_cells(label: str) -> None:
    songs, bad, _ = read(table(HEADER, row(label), row('"Own"', 2)))
    assert [song.features.numbers["danceability"] for song in songs] == [0.1, 0.2]
    assert bad == []


@pytest.mark.parametrize("label", ['"Quay', '"Quay" "Inc', "Quay, Inc.", '"a"b"c'])
def test_a_broken_row_is_reported_and_spoils_no_other(label: str) -> None:
    songs, bad, _ = read(table(HEADER, row('"Own"'), row(label, 2), row('"Own"', 3), row("", 4)))
    assert [song.like.song.title for song in songs] == ["Song 1", "Song 3", "Song 4"]
    assert [song.features.numbers["danceability"] for song in songs] == [0.1, 0.3, 0.4]
    assert named(bad) == [3]


def test_a_row_split_in_two_is_not_a_song() -> None:
    half, rest = row("Own", 2).split("Song 2")
    songs, bad, _ = read(table(HEADER, row("Own"), f"{half}Song".replace('"', ""), f"2{rest}".replace('"', "")))
    assert [song.like.song.title for song in songs] == ["Song 1"]
    assert named(bad) == [3, 4]


def test_trailing_empty_cells_may_be_missing_or_extra() -> None:
    short, long = ",".join(row("Own").split(",")[:4]), row("Own", 2) + ",,"
    songs, bad, _ = read(table(HEADER + ",", short, long, ",,,", ""))
    assert ([song.like.song.title for song in songs], bad) == (["Song 1", "Song 2"], [])


def test_an_unclosed_quote_does_not_end_at_a_later_rows_quote() -> None:
    songs, bad, _ = read('Title,Artist,Album\nWind,"Otis,1\n", live",Ann,Quay\nRain,Ben,Quay\n')
    assert [song.like.song.title for song in songs] == [", live", "Rain"]
    assert named(bad) == [2]


def test_quoted_line_endings_and_nul_bytes_do_no_harm() -> None:
    table_song = only(table(HEADER, row('"Quay\nInc."')).replace("Maren", "Ma\0ren"))
    assert table_song.like.song.artists == ("Maren",)
    assert table_song.features.numbers["energy"] == 0.9


@pytest.mark.parametrize("after", ["", ";;;", ","])
def test_lines_saved_as_one_cell_each_are_read(after: str) -> None:
    lines = table(HEADER, row('"Quay, Inc."'), row("Own", 2)).splitlines()
    wrapped = table(*('"' + line.replace('"', '""') + '"' + after for line in lines))
    songs, bad, _ = read(wrapped)
    assert ([song.features.numbers["danceability"] for song in songs], bad) == ([0.1, 0.2], [])


def test_a_header_may_contain_line_endings() -> None:
    table_song = only(table('Track URI,"Track\nName","Artist\r\nName(s)",Energy', f"{URI},Nachtbus,Lena Ohm,0.5"))
    assert (table_song.like.song.title, table_song.features.numbers["energy"]) == ("Nachtbus", 0.5)


@pytest.mark.parametrize("rule", ["\x1a", "---,---", ",,", " ; ; "])
def test_separator_lines_and_end_of_file_marks_are_skipped(rule: str) -> None:
    assert song(f"Title,Artist\nNachtbus,Lena Ohm\n{rule.replace(';', ',')}").title == "Nachtbus"


def test_a_rows_missing_values_are_reported_with_its_line() -> None:
    _, bad, _ = read("Title,Artist\n,Maren\nBoats,\nWind,Otis\n")
    assert [str(row) for row in bad] == ["line 2: no title", "line 3: no artist (Boats)"]


@given(data=st.binary(max_size=200), at=st.integers(0, 400), encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_no_input_breaks_the_reader(data: bytes, at: int, encoding: str) -> None:
    text = CURLY.encode(encoding)
    try:
        songs, _, _ = read(text[:at] + data + text[at:])
    except NotATable:
        return
    for table_song in songs:
        assert table_song.like.song.line.encode()
        assert all(abs(value) < 1e10 for value in table_song.features.numbers.values())


def test_rows_columns_and_cells_are_bounded() -> None:
    rows = list(Table(("Title,Artist\n" + "a,b\n" * 30).encode(), most_rows=10))
    assert sum(isinstance(row, Row) for row in rows) == 10
    assert rows[-1] == BadRow(12, Problem.MANY_ROWS)
    wide = ",".join(["Title", "Artist", *(f"x{at}" for at in range(200))])
    rows = list(Table(table(wide, ",".join(["1"] * 202)).encode()))
    assert rows[0] == BadRow(1, Problem.MANY_COLUMNS)
    assert isinstance(rows[1], Row)
    assert len(rows[1].fields) == MOST_COLUMNS
    (long,) = Table(table("Title,Artist,Note", f"a,b,{'x' * 5000}").encode())
    assert isinstance(long, Row)
    assert len(long.fields["note"]) == MOST_CELL
    assert [type(row) for row in Table(table("Title,Artist", "a" * 300_000 + ",b").encode())] == [BadRow]


@pytest.mark.parametrize("length", [MOST_LINE // 2, 2 * MOST_LINE])
def test_a_long_line_that_looks_like_one_cell_takes_little_memory(length: int) -> None:
    rows = Table(b'"Title,Artist"\n"a,b"\n"' + b"x" * length)
    tracemalloc.start()
    try:
        assert [type(row) for row in rows] == [Row, BadRow]
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 20 * length


@pytest.mark.parametrize("idle", ["\n", "-,-\n", f"{EXPORTIFY}\n"])
@pytest.mark.parametrize("tail", ["", ";"])  # with a semicolon, the artists are checked first
def test_a_file_of_lines_without_songs_is_abandoned(idle: str, tail: str) -> None:
    data = table(EXPORTIFY, NACHTBUS) + idle * 100 + table(REGEN) + tail
    song, rest = Table(data.encode(), most_rows=10)
    assert isinstance(song, Row)
    assert rest == BadRow(51, Problem.MANY_LINES)


def test_accents_in_the_form_of_macos_are_the_same_song() -> None:
    form = "Title,Artist\nCafé,Zoë\n"
    assert song(unicodedata.normalize("NFD", form)) == song(form)
