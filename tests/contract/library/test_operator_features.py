"""The operator's feature table: read in every format, refused with a clear error, and used for every member."""

from datetime import datetime
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.core.features import SongFeatures
from bot.core.records import Like, Song
from bot.errors import BadFile
from bot.flows.library.operator.features import import_features

ID = "0000000000000000000101"
URI = f"spotify:track:{ID}"


async def kept(store: Store, file: Path, now: datetime, song: Song) -> dict[str, float]:
    """The features that a member who likes the song gets from an imported table."""
    await import_features(store, file, now)
    async with store.writing() as tx:
        await members.ensure(tx, 1, now)
        await songs.like(tx, 1, [Like(song, now)], now)
    async with store.reading() as tx:
        (features,) = (await songs.features(tx, 1, await songs.library(tx, 1))).values()
    return dict(features.numbers)


@pytest.mark.parametrize(
    "data",
    [
        f"track_id,tempo\n{ID},120\n".encode(),
        f"track_id,tempo\nhttps://open.spotify.com/track/{ID}?si=abc,120\n".encode(),
        f"Track URI,Tempo\n{URI},120\n".encode(),
        f"Spotify ID;Tempo\n{ID};120,0\n".encode(),
        f"track_id,tempo,note\n{ID},120,café\n".encode("latin-1"),
        f"track_id\ttempo\n{ID}\t120\n".encode("utf-16"),
        f"\ufeffID|BPM\n{ID}|120\n".encode(),
    ],
)
async def test_the_operators_table_is_read_in_every_format(
    store: Store, now: datetime, tmp_path: Path, data: bytes
) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(data)
    assert await kept(store, file, now, Song(URI, "Nachtbus", ("Lena Ohm",))) == {"tempo": 120}


@pytest.mark.parametrize("theirs", ["USQZA2500001", "us-qza-25-00001", "ISRC US QZA 25 00001"])
@pytest.mark.parametrize("ours", ["USQZA2500001", "usqza2500001", "US-QZA-25-00001", "US-QZA-25-00001; QZAAA2500002"])
async def test_a_recording_is_found_however_its_isrc_is_written(
    store: Store, now: datetime, tmp_path: Path, theirs: str, ours: str
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"isrc,tempo\n{ours},120\n")
    assert await kept(store, file, now, Song(URI, "Nachtbus", ("Lena Ohm",), isrc=theirs)) == {"tempo": 120}


async def test_two_rows_for_a_song_add_up(store: Store, now: datetime, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"track_id,tempo,energy\n{ID},120,0.1\n{ID},,0.5\n")
    assert await kept(store, file, now, Song(URI, "Nachtbus", ("Lena Ohm",))) == {"tempo": 120, "energy": 0.5}


async def test_rows_that_name_no_song_are_reported_with_line_numbers(
    store: Store, now: datetime, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    rows = [
        "track_id,isrc,tempo",
        f"{ID},,120",
        "mine-1,,90",
        ",QZAAA2500002,80",
        "spotify:episode:x,,70",
        f"{ID[:-1]}2,,",
        "a",
    ]
    file.write_text("\n".join(rows))
    imported = await import_features(store, file, now)
    assert (imported.songs, len(imported.bad)) == (2, 4)
    assert imported.report.splitlines()[:3] == [
        "songs kept: 2",
        "rows left out: 4",
        "  line 3: neither a Spotify ID nor an ISRC",
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"name,tempo\nBoats,120\n", "no column with a Spotify ID"),
        (b"track_id,tempo\nmine-1,120\n", "line 2: neither"),
        (f"track_id,note\n{ID},lovely\n".encode(), "line 2: no features"),
        (b"PK\x03\x04", "ZIP archive"),
    ],
)
async def test_a_table_without_features_is_refused_clearly(
    store: Store, now: datetime, tmp_path: Path, data: bytes, says: str
) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(data)
    with pytest.raises(BadFile, match=says):
        await import_features(store, file, now)


def test_the_command_needs_no_token_or_other_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"track_id,tempo\n{ID},120\nmine-1,90\n")
    env = {"DATA_DIR": str(tmp_path / "data"), "SPOTIFY_CLIENT_ID": "wrong", "POLL_SECONDS": "soon"}
    assert main(["import", "features", str(file)], env) == 0
    assert "mine.csv: songs kept: 1\nrows left out: 1\n  line 3: " in capsys.readouterr().out
    assert main(["import", "features", str(tmp_path / "none.csv")], env) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


async def test_a_large_table_is_written_in_slices(store: Store, now: datetime, tmp_path: Path) -> None:
    """So the bot can write in between."""
    file = tmp_path / "mine.csv"
    file.write_text("track_id,tempo\n" + "".join(f"{at:022d},120\n" for at in range(1200)))
    assert (await import_features(store, file, now)).songs == 1200
    async with store.reading() as tx:
        assert await songs.changed_at(tx, schema.OPERATOR) == now
        known = await songs.features(tx, 1, [Song(f"spotify:track:{1199:022d}", "x", ("y",))])
    assert list(known.values()) == [SongFeatures({"tempo": 120.0}, {}, {"tempo": "operator:mine"})]
