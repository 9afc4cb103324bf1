"""Numbers, lengths and dates as spreadsheets and phones write them."""

from datetime import UTC, datetime

import pytest

from bot.core.library.tables.values import milliseconds, number
from bot.core.moments import moment, year_of
from tests.unit.library.tables.forms import only


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, 1234.5) for text in ("1234.5", "1234,5", "1.234,5", "1,234.5", "1 234,5", "1\u202f234,5", "1'234.5")),
        *((text, 1_234_567) for text in ("1.234.567", "1,234,567", "1 234 567", "1.234567e6", "1,234567E+06")),
        *((text, -8.5) for text in ("-8.5", "-8,5", "\u22128.5", "'-8.5")),
        *((text, 0.5) for text in ("50%", "50 %", "50,0%", "'0.5")),
        *((text, 1.234) for text in ("1.234", "1,234")),  # ambiguous
        *((text, None) for text in ("1.23.4", "1,2,3", "%", "50%%", "1 2", "'", "--1", "1e5e5", "12'3", "")),
    ],
)
def test_numbers_are_read_in_many_formats(text: str, value: float | None) -> None:
    assert number(text) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        *((text, 200_000) for text in ("3:20", "03:20", "0:03:20", "00:03:20", "3m 20s", "3 min 20 s", "3min20sec")),
        *((text, 200_000) for text in ("PT3M20S", "PT200S", "3'20\"", "3′20″", "200 sec", "200.0", "200")),
        *((text, 200_500) for text in ("3:20.5", "3:20,500", "200,5", "200500", "200500 ms", "200500ms")),
        *((text, 3_603_000) for text in ("1:00:03", "1h 0m 3s", "PT1H3S")),
        *((text, None) for text in ("-3:20", "0:00", "PT", "25h", "m", "3:2", "3:20:5:1")),
    ],
)
def test_lengths_are_read_in_many_formats(text: str, length: int | None) -> None:
    assert milliseconds({"duration": text}) == length


@pytest.mark.parametrize(
    "text",
    [
        "200588",
        "200588.0",
        "200588,0",
        "2.00588e5",
        "200,588",
        "200.588",
        "200 588",
        "200'588",
        "200588 ms",
        "3:20.588",
    ],
)
def test_milliseconds_are_whole_so_a_separator_in_them_groups_thousands(text: str) -> None:
    assert milliseconds({"duration_ms": text}) == 200_588


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2019-05-17",
            "2019/05/17",
            "2019.5.17",
            "20190517",
            "2019年5月17日",
            "17.05.2019",
            "17/05/2019",
            "5/17/2019",
        ),
        *("17.05.19", "17-May-19", "17 May 2019", "May 17, 2019", "2019-05-17T00:00:00+14:00", "43602", "43602.0"),
    ],
)
def test_dates_are_read_in_many_formats(text: str) -> None:
    assert year_of(text) == pytest.approx(year_of("2019-05-17"))
    assert str(moment(text)).startswith(
        ("2019-05-17", "2019-05-16 10")
    )  # the day before, for time zones up to 14 hours ahead


@pytest.mark.parametrize("text", ["2,019", "2.019", "2 019", "2019,0", "c. 2019", "2019?", "2019-00-00"])
def test_a_year_alone_becomes_its_middle(text: str) -> None:
    assert year_of(text) == 2019.5


@pytest.mark.parametrize("text", ["10000", "99999", "2101", "0999", "-1", "1e5", "nan", "12/31/9999", "9" * 13])
def test_an_out_of_range_number_is_not_a_year(text: str) -> None:
    assert year_of(text) is None
    assert moment(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("2024-01-13T13:05:00Z", "2024-01-13 13:05:00 UTC", "2024-01-13 15:05:00 +0200", "2024-01-13T13:05:00+00"),
        *("2024/01/13 13:05", "1/13/2024 1:05 PM", "1/13/24 1:05 p.m.", "13.01.24 13:05", "13 Jan 2024, 13:05"),
        *("Jan 13, 2024 1:05 PM", "2024年1月13日 13:05", "1705151100", "1705151100000", "45304,5451388889"),
    ],
)
def test_timestamps_are_read_in_many_formats(text: str) -> None:
    assert moment(text) == datetime(2024, 1, 13, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2024-02-30", "2024-01-13 25:61", "13/13/2024", "Foo 13, 2024", "0", "17.05."])
def test_invalid_timestamps_are_none(text: str) -> None:
    assert moment(text) is None


def test_no_song_was_liked_before_there_were_likes() -> None:
    table_song = only("Title,Artist,Added At\nNachtbus,Lena Ohm,1970-01-01T00:00:00Z\n")
    assert (table_song.like.added_at, table_song.features.numbers) == (None, {})


@pytest.mark.parametrize("cell", ['"=""Nachtbus"""', '="Nachtbus"', "Nachtbus"])
def test_text_formulas_for_spreadsheets_are_read_as_text(cell: str) -> None:
    table_song = only(f'Title,Artist,ISRC,Energy\n{cell},="Lena Ohm",="QZAAA2500001",="0.5"\n')
    assert (table_song.like.song.title, table_song.like.song.artists) == ("Nachtbus", ("Lena Ohm",))
    assert (table_song.like.song.isrc, table_song.features.numbers) == ("QZAAA2500001", {"energy": 0.5})
