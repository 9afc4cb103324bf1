"""Endings: whether a file is complete, by the length it states; a partial download isn't a shorter song.

Lengths that a writer never filled in (0, or the maximum) are ignored.
"""

import io
import mmap
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Literal, cast

SHORTFALL = 0.02  # of the stated length may be missing: encoder delays, and estimated lengths
BYTE_ORDER: Mapping[bytes, Literal["little", "big"]] = {b"RIFF": "little", b"FORM": "big"}  # of the header's length
UNFILLED = (
    range(0x7FFFF000 - 1024, 0x80000000 + 1024),
    range(2**32 - 2**16, 2**64),
)  # bytes that writers to a pipe put for an unknown length
LARGE = (b"RF64", b"BW64")  # WAV with 64-bit lengths in a chunk of its own (EBU Tech 3306)
PAGE_HEADER = 27  # bytes of an Ogg page before its segment table (RFC 3533, section 6)
FIRST_PAGE = 2  # the header bit that marks the start of a stream
HEAD = 64 * 2**10  # bytes, after the tags, in which to look for an MP3's first frame
LENGTH_OF_MP3 = re.compile(  # a frame of layer III, its side information of that many bytes, and a marker of the length
    rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][^\xf0-\xff].(?:.{32}(?P<vbri>VBRI)|(?:.{9}|.{17}|.{32})(?:..)?(?P<xing>Xing|Info))",
    re.DOTALL,
)
SEGMENT = b"\x18\x53\x80\x67"  # the id of the element that holds all of a Matroska file but its head (RFC 9559)


@dataclass(frozen=True, slots=True)
class OggPage:
    """A page of Ogg: its start and end in the file (which may be shorter), and whether a stream begins in it."""

    start: int
    end: int
    begins: bool


def is_torn(file: BinaryIO, size: int) -> bool:
    """Whether a file of `size` bytes is cut off at the end; False for formats that don't state their length."""
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"OggS"):
        *_, last = pages(file)
        return last.end > size
    claimed = _claimed(file, head)
    return claimed is not None and size < claimed * (1 - SHORTFALL)


def says_length(name: str, file: BinaryIO) -> bool:
    """Whether `is_torn` works for a format, named as in libav."""
    file.seek(0)
    return name == "ogg" or _claimed(file, file.read(HEAD)) is not None


def _claimed(file: BinaryIO, head: bytes) -> int | None:
    """Return the size in bytes that a file states; None if it doesn't."""
    if order := BYTE_ORDER.get(head[:4]):
        whole = int.from_bytes(head[4:8], order)
        claimed: int | None = min(whole, _end_of_sound(head, order) or whole)  # what follows the sound may be missing
    elif head[:4] in LARGE and head[12:16] == b"ds64":
        claimed = int.from_bytes(head[20:28], "little")
    elif head.startswith(b"caff"):
        claimed = _end_of_caf(head)
    elif (at := head[:1024].find(SEGMENT)) >= 0:
        claimed = _after_number(head, at + len(SEGMENT))
    else:
        claimed = length_of_mp3(file)
    return None if not claimed or any(claimed in unfilled for unfilled in UNFILLED) else claimed


def _end_of_sound(head: bytes, order: Literal["little", "big"]) -> int | None:
    """Return where the samples of a WAV or AIFF end; None if they begin later, or it doesn't say."""
    at = 12
    while at + 8 <= len(head):
        length = int.from_bytes(head[at + 4 : at + 8], order)
        if head[at : at + 4] in (b"data", b"SSND"):
            return at + 8 + length if length else None
        at += 8 + length + length % 2
    return None


def _end_of_caf(head: bytes) -> int | None:
    """Return where the samples of a Core Audio file end; None if left open."""
    at = 8
    while at + 12 <= len(head):
        length = int.from_bytes(head[at + 4 : at + 12], "big", signed=True)
        if head[at : at + 4] == b"data":
            return at + 12 + length if length >= 0 else None
        at += 12 + max(0, length)
    return None


def _after_number(head: bytes, at: int) -> int | None:
    """Return where the EBML element ends whose length is at `at`; None if left open (RFC 8794)."""
    width = 9 - head[at].bit_length()
    length = int.from_bytes(head[at : at + width], "big") & ((1 << 7 * width) - 1)
    return None if length == (1 << 7 * width) - 1 else at + width + length


def length_of_mp3(file: BinaryIO) -> int | None:
    """Return the bytes of sound that an MP3 states; None if it doesn't."""
    file.seek(0)
    head = file.read(10)
    tag = 10 + sum((byte & 0x7F) << 7 * (3 - at) for at, byte in enumerate(head[6:10])) if head[:3] == b"ID3" else 0
    file.seek(tag)
    frame = LENGTH_OF_MP3.search(file.read(HEAD))
    if frame is None:
        return None
    after = frame.string[frame.end() :]
    if frame["vbri"]:
        return int.from_bytes(after[6:10], "big")
    flags = int.from_bytes(after[:4], "big")
    where = 8 if flags & 1 else 4
    return int.from_bytes(after[where : where + 4], "big") if flags & 2 else None


def without_length(file: BinaryIO) -> BinaryIO:
    """Present a large WAV (RF64) as a plain one that runs to the file's end, since its length may not be filled in."""
    file.seek(0)
    head = file.read(64)
    if head[:4] not in LARGE:
        file.seek(0)
        return file
    return cast(BinaryIO, Unnamed(file, b"RIFF" + head[4:].replace(b"ds64", b"JUNK", 1)))


class Unnamed(io.RawIOBase):
    """A file without its name, so only its content says what it is; optionally with a different header."""

    def __init__(self, file: BinaryIO, head: bytes = b"") -> None:
        self._file, self._head = file, head
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        at = self._file.tell()
        content = self._file.read(size)
        return self._head[at : at + len(content)] + content[max(0, len(self._head) - at) :]

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def pages(file: BinaryIO) -> Iterator[OggPage]:
    """Yield the pages of an Ogg file in order, skipping whatever is between them."""
    size = file.seek(0, io.SEEK_END)
    with mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) as content:  # a shared one is refused
        at = content.find(b"OggS")
        while at >= 0:
            segments = content[at + PAGE_HEADER - 1] if at + PAGE_HEADER <= size else 0
            table = content[at + PAGE_HEADER : at + PAGE_HEADER + segments]
            end = at + PAGE_HEADER + segments + sum(table)
            is_followed = end == size or content[end : end + 4] == b"OggS"
            following = content.find(b"OggS", end if is_followed else at + 4)
            is_whole = is_followed or (end < size and not at < following < end)
            if is_whole or following < 0:  # one that breaks off isn't the end if pages follow
                yield OggPage(at, end, is_whole and bool(content[at + 5] & FIRST_PAGE))
            at = following


def links(file: BinaryIO) -> list[tuple[int, int]]:
    """Return the start and end of each song in a chained Ogg file (RFC 3533, section 4)."""
    all_pages = list(pages(file))
    goes_on = [True, *(not page.begins for page in all_pages)]  # streams begun side by side are one song
    starts = [page.start for page, after in zip(all_pages, goes_on, strict=False) if page.begins and after]
    return list(pairwise([*starts, file.seek(0, io.SEEK_END)]))
