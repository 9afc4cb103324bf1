"""Endings: whether a file is complete, by the length it states; half a download isn't a shorter song.

Lengths that a writer never came back to fill in (0, or the most that there is) say nothing.
"""

import io
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Literal, cast

SHORTFALL = 0.02  # of what a file promises may be missing: encoders' delays, and lengths that are estimates
BYTE_ORDER: Mapping[bytes, Literal["little", "big"]] = {b"RIFF": "little", b"FORM": "big"}  # of the length at its head
UNFILLED = (
    range(0x7FFFF000 - 1024, 0x80000000 + 1024),
    range(2**32 - 2**16, 2**64),
)  # bytes that pipes are said to hold
LARGE = (b"RF64", b"BW64")  # WAV with lengths of 64 bits in a chunk of its own (EBU Tech 3306)
PAGE_HEADER = 27  # bytes of an Ogg page before its table of segments (RFC 3533, section 6)
FIRST_PAGE = 2  # the bit of its header that says that a stream begins
HEAD = 64 * 2**10  # bytes in which the first frame of an MP3 is looked for, behind its tags
XING, VBRI = (b"Xing", b"Info"), b"VBRI"  # what says an MP3's length begins with
SEGMENT = b"\x18\x53\x80\x67"  # the id of what holds all of a Matroska file but its head (RFC 9559)


@dataclass(frozen=True, slots=True)
class OggPage:
    """A page of Ogg: where it begins and ends in the file (which may be shorter), and whether a stream begins in it."""

    start: int
    end: int
    begins: bool


def is_torn(file: BinaryIO, size: int) -> bool:
    """Whether a file of `size` bytes lacks its end; of kinds whose files do not say, this is not known here."""
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"OggS"):
        *_, last = pages(file)
        return last.end > size
    claimed = _claimed(file, head)
    return claimed is not None and size < claimed * (1 - SHORTFALL)


def says_length(name: str, file: BinaryIO) -> bool:
    """Whether `is_torn` knows of files of a kind, named as libav does."""
    file.seek(0)
    return name == "ogg" or _claimed(file, file.read(HEAD)) is not None


def _claimed(file: BinaryIO, head: bytes) -> int | None:
    """The bytes that a file says it has; None where it does not."""
    if order := BYTE_ORDER.get(head[:4]):
        claimed: int | None = int.from_bytes(head[4:8], order)
    elif head[:4] in LARGE and head[12:16] == b"ds64":
        claimed = int.from_bytes(head[20:28], "little")
    elif head.startswith(b"caff"):
        claimed = _end_of_caf(head)
    elif (at := head[:1024].find(SEGMENT)) >= 0:
        claimed = _after_number(head, at + len(SEGMENT))
    else:
        claimed = length_of_mp3(file)
    return None if not claimed or any(claimed in each for each in UNFILLED) else claimed


def _end_of_caf(head: bytes) -> int | None:
    """Where the samples of a Core Audio file end; None where that is left open."""
    at = 8
    while at + 12 <= len(head):
        length = int.from_bytes(head[at + 4 : at + 12], "big", signed=True)
        if head[at : at + 4] == b"data":
            return at + 12 + length if length >= 0 else None
        at += 12 + max(0, length)
    return None


def _after_number(head: bytes, at: int) -> int | None:
    """Where an element of EBML ends, whose length stands at `at`; None where that is left open (RFC 8794)."""
    width = 9 - head[at].bit_length()
    length = int.from_bytes(head[at : at + width], "big") & ((1 << 7 * width) - 1)
    return None if length == (1 << 7 * width) - 1 else at + width + length


def length_of_mp3(file: BinaryIO) -> int | None:
    """Return the bytes of sound that an MP3 says it has; None where it does not."""
    file.seek(0)
    head = file.read(10)
    tag = 10 + sum((each & 0x7F) << 7 * (3 - at) for at, each in enumerate(head[6:10])) if head[:3] == b"ID3" else 0
    file.seek(tag)
    found = file.read(HEAD)
    if (at := found.find(VBRI)) >= 0:
        return int.from_bytes(found[at + 10 : at + 14], "big")
    at = min((place for name in XING if (place := found.find(name)) >= 0), default=-1)
    flags = int.from_bytes(found[at + 4 : at + 8], "big") if at >= 0 else 0
    where = at + 8 + (4 if flags & 1 else 0)
    return int.from_bytes(found[where : where + 4], "big") if flags & 2 else None


def without_length(file: BinaryIO) -> BinaryIO:
    """A large WAV (RF64) as a plain one that goes to its end: who writes it may never have filled its length in."""
    file.seek(0)
    head = file.read(64)
    if head[:4] not in LARGE:
        file.seek(0)
        return file
    return cast(BinaryIO, Unnamed(file, b"RIFF" + head[4:].replace(b"ds64", b"JUNK", 1)))


class Unnamed(io.RawIOBase):
    """A file without its name, so that only its content says what it is; perhaps with another beginning."""

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
    """Yield the pages of an Ogg file in order, across whatever stands between them."""
    size = file.seek(0, io.SEEK_END)
    with mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) as content:  # shared is refused
        at = content.find(b"OggS")
        while at >= 0:
            segments = content[at + PAGE_HEADER - 1] if at + PAGE_HEADER <= size else 0
            table = content[at + PAGE_HEADER : at + PAGE_HEADER + segments]
            end = at + PAGE_HEADER + segments + sum(table)
            following = content.find(b"OggS", at + 4 if end > size else end)
            if end <= size or following < 0:  # a damaged length is no end where pages follow
                yield OggPage(at, end, bool(end <= size and content[at + 5] & FIRST_PAGE))
            at = following


def links(file: BinaryIO) -> list[tuple[int, int]]:
    """Return where each of the songs that a chained Ogg file is made of begins and ends (RFC 3533, section 4)."""
    found = list(pages(file))
    goes_on = [True, *(not page.begins for page in found)]  # pages that begin streams side by side are of one song
    starts = [page.start for page, after in zip(found, goes_on, strict=False) if page.begins and after]
    return list(pairwise([*starts, file.seek(0, io.SEEK_END)]))
