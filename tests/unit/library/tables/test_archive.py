"""Archive: the tables in a ZIP, within bounds, whatever its entries are called."""

import io
import resource
import struct
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from bot.core.library.tables import TooMuch, parts
from bot.core.library.tables.formats.archive import MOST_ENTRIES, playlist_of

MOST = 1_000_000


def packed(**files: bytes) -> bytes:
    return zipped({f"{name}.csv": data for name, data in files.items()})


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def test_each_file_is_the_playlist_that_it_is_named_after_and_the_likes_are_none() -> None:
    found = parts(packed(Cycling=b"a", Late_night=b"b", Liked_Songs=b"c"), MOST)
    assert [(part.playlist, part.data) for part in found] == [("Cycling", b"a"), ("Late night", b"b"), (None, b"c")]
    assert playlist_of("liked.csv") is None
    assert len(playlist_of("x" * 300 + ".csv") or "") == 80


def test_names_are_only_names_and_what_macs_and_others_add_is_passed_over() -> None:
    strange = {"../../etc/Run.csv": b"1", "C:\\music\\Rest.csv": b"2", "__MACOSX/._Run.csv": b"3", "cover.png": b"4"}
    found = parts(zipped({**strange, "Account/YourLibrary.json": b"5"}), MOST)
    assert [(part.name, part.playlist) for part in found] == [
        ("Run.csv", "Run"),
        ("Rest.csv", "Rest"),
        ("YourLibrary.json", None),
    ]


@pytest.mark.parametrize("name", ["Café", "Fußball", "Ação", "Łódź", "Лето", "Über alles"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp850", "cp852", "cp866"])
def test_a_name_reads_as_it_was_written_on_any_system(name: str, encoding: str) -> None:
    """macOS doesn't say that its names are UTF-8, and Windows writes them in a code page."""
    with suppress(UnicodeEncodeError):
        written = unicodedata.normalize("NFD" if encoding == "utf-8" else "NFC", name).encode(encoding)
        plain = b"x" * len(written)
        (part,) = parts(packed(**{plain.decode(): b"1"}).replace(plain, written), MOST)
        assert part.playlist == name


def test_every_kind_of_file_that_is_read_alone_is_read_in_an_archive() -> None:
    names = ["a.tsv", "b.txt", "c.m3u", "d.M3U8", "e.jspf", "Spotify Account Data/Playlist1.json"]
    assert len(parts(zipped(dict.fromkeys([*names, "Userdata.json", "cover.png"], b"")), MOST)) == len(names)


def test_what_unpacks_to_too_much_or_into_too_many_files_is_refused() -> None:
    bomb = packed(Zeros=bytes(MOST + 1))
    assert len(bomb) < 5_000
    with pytest.raises(TooMuch):
        parts(bomb, MOST)
    with pytest.raises(TooMuch):
        parts(packed(One=bytes(MOST // 2 + 1), Two=bytes(MOST // 2)), MOST)
    with pytest.raises(TooMuch):
        parts(zipped({f"{number}.txt": b"" for number in range(MOST_ENTRIES + 1)}), MOST)
    assert len(parts(packed(One=bytes(MOST // 2), Two=bytes(MOST // 2)), MOST)) == 2


@pytest.mark.parametrize("cut", [3, 30, 60, -1])
def test_a_damaged_archive_has_no_tables(cut: int) -> None:
    whole = packed(Cycling=b"Track Name,Artist Name(s)\n" * 50)
    assert parts(whole[:cut], MOST) == []
    at = len(whole) // 3
    torn = whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :]
    assert parts(torn, MOST) in ([], parts(whole, MOST))


def test_a_damaged_archive_that_points_before_its_beginning_has_no_tables() -> None:
    whole = packed(Pier=b"one,two\n")
    assert parts(whole[:4] + whole[5:], 1_000) == []


def test_an_entry_without_a_name_costs_only_itself() -> None:
    whole = packed(Pier=b"one,two\n", Quay=b"three,four\n")
    nameless = whole.replace(b"Quay.csv", b"\0uay.csv")  # its name ends at the zero
    assert [part.name for part in parts(nameless, MOST)] == ["Pier.csv"]


@contextmanager
def _a_gigabyte_left() -> Iterator[None]:
    before, pages = resource.getrlimit(resource.RLIMIT_AS), int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**30, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't limit it")
def test_a_file_that_wants_a_dictionary_of_four_gigabytes_is_passed_over() -> None:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_LZMA) as archive:
        archive.writestr("a.csv", b"title\n" * 100)
    named, begins = made.getvalue(), struct.pack("<BBHB", 9, 4, 5, 93)  # version, size of the properties, the first
    before, _, after = named.partition(begins)
    with _a_gigabyte_left():
        assert parts(before + begins + b"\xff" * 4 + after[4:], MOST) == []
    assert parts(named, MOST) != []
