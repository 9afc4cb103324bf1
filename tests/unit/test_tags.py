"""Tags: what a file says of itself is read from every form, and its name stands in for a title that it does not say."""

from pathlib import Path

import mutagen
import pytest
from mutagen.id3 import TALB, TDRC, TIT2, TPE1, TSRC, UFID
from mutagen.wave import WAVE

from bot.audio.tags import Tags, read_tags
from tests.unit.sounds import tune, write

MBID = "4b0b7a6c-8f5b-4f0e-9f7d-0a1b2c3d4e5f"
WANTED = Tags("Öl", ("Ada", "Ben"), "An Album", 1999, "DEAB12345678", MBID)


@pytest.mark.parametrize("ending", [".mp3", ".m4a", ".flac", ".ogg", ".opus"])
def test_tags_are_read_from_every_form(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"song{ending}", tune(1))
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file["title"], file["artist"], file["album"], file["date"] = ["Öl"], ["Ada", "Ben"], ["An Album"], ["1999-02-03"]
    file["isrc"], file["musicbrainz_trackid"] = ["DE-AB1-23-45678"], [MBID]
    file.save()
    assert read_tags(path) == WANTED


def test_tags_of_a_wav_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "song.wav", tune(1))
    file = WAVE(path)
    file.add_tags()
    for frame in (TIT2(text="Öl"), TPE1(text=["Ada", "Ben"]), TALB(text="An Album"), TDRC(text="1999")):
        file.tags.add(frame)
    file.tags.add(TSRC(text="DEAB12345678"))
    file.tags.add(UFID(owner="http://musicbrainz.org", data=MBID.encode()))
    file.save()
    assert read_tags(path) == WANTED


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Ada - Öl.flac", Tags("Öl", ("Ada",))), ("Öl.flac", Tags("Öl")), ("A - B - C.flac", Tags("B - C", ("A",)))],
)
def test_a_name_stands_in_for_a_title(tmp_path: Path, name: str, wanted: Tags) -> None:
    assert read_tags(write(tmp_path / name, tune(1))) == wanted


@pytest.mark.parametrize("isrc", ["", "nonsense", "DE-AB1-23-4567"])
def test_what_is_no_isrc_is_none(tmp_path: Path, isrc: str) -> None:
    path = write(tmp_path / "song.flac", tune(1))
    file = mutagen.File(path)
    file["isrc"], file["date"] = [isrc], ["once upon a time"]
    file.save()
    assert read_tags(path) == Tags("song")


def test_damaged_tags_are_none(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7fTIT2" + b"\xff" * 100)
    assert read_tags(path) == Tags("song")
    assert read_tags(tmp_path / "missing.mp3") == Tags("missing")
