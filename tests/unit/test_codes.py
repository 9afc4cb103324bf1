"""Codes are normalised, however they're written."""

import pytest

from bot.core.codes import isrc, no_song, track_uri
from bot.core.records import Song

ID = "4N42ow0h4JoK68OQwOzsQn"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("QZAAA2500001", "QZAAA2500001"),
        ("qz-aaa-25-00001", "QZAAA2500001"),
        ("ISRC QZ AAA 25 00001", "QZAAA2500001"),
        ("QZAAA2500001; QZAAA2500002", "QZAAA2500001"),
        ("zz-s01-00001", "ZZS0100001"),
        ("", None),
        (None, None),
        ("n/a", None),
        ("unknown", None),
        ("x" * 5000, None),
        *(
            (f"QZ{dash}AAA{dash}25{dash}00001", "QZAAA2500001")
            for dash in "-\u2010\u2011\u2013\u2212\u00a0._/\u00ad\u200b"
        ),
        *(
            (f"{before}QZAAA2500001", "QZAAA2500001")
            for before in ("ISRC", "isrc:", "'", "“", "['", "urn:isrc:", "\ufeff")
        ),
        ("ＱＺＡＡＡ２５００００１", "QZAAA2500001"),
        *(
            (word, None)
            for word in ("NOT FOUND", "FALSE", "empty", "no isrc", "unavailable", "#REF!", "TBD00", "1.23E+11")
        ),
        *((code, None) for code in ("000000000000", "XXXXXXXXXXXX", "QZAAA0000000", "1234567")),
    ],
)
def test_an_isrc_has_one_spelling(written: str | None, code: str | None) -> None:
    assert isrc(written) == code
    assert Song("a", "A", (), isrc=written).isrc == code


@pytest.mark.parametrize(
    "written",
    [
        ID,
        f"spotify:track:{ID}",
        f"https://open.spotify.com/track/{ID}?si=x",
        f" open.spotify.com/intl-pt/track/{ID} ",
        f"https://open.spotify.com/intl-pt-BR/track/{ID}?si=x",
        f"SPOTIFY:TRACK:{ID}",
        f"spotify://track/{ID}",
        f"'spotify:track:{ID}'",
        f"<https://open.spotify.com/track/{ID}>",
        f"\u200bhttps://www.open.spotify.com/track/{ID}&si=1",
        f"spotify%3Atrack%3A{ID}",
        f"https%3A%2F%2Fopen.spotify.com%2Ftrack%2F{ID}",
    ],
)
def test_a_track_is_recognised_by_uri_link_and_id(written: str) -> None:
    assert track_uri(written) == f"spotify:track:{ID}"
    assert not no_song(written)


@pytest.mark.parametrize(
    "written",
    [
        f"spotify:episode:{ID}",
        f"https://open.spotify.com/intl-de/episode/{ID}",
        f"https://open.spotify.com/album/{ID}",
        "spotify:local:Ann:Demos:Sketch:61",
        f"SPOTIFY:EPISODE:{ID}",
        f"https://open.spotify.com/intl-pt-BR/episode/{ID}?si=x",
        "spotify:local:::a:61",
        f"spotify:chapter:{ID}",
    ],
)
def test_links_to_other_things_are_not_songs(written: str) -> None:
    assert track_uri(written) is None
    assert no_song(written)


@pytest.mark.parametrize(
    "written", ["", "x", ID[1:], "é" * 22, f"spotify:track:{ID}x", f"https://example.com/track/{ID}"]
)
def test_other_text_is_not_a_track(written: str) -> None:
    assert track_uri(written) is None
    assert not no_song(written)
