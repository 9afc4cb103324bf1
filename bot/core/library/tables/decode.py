"""Decode: turn the bytes of a text file into lines, whatever encoding a program wrote. Pure.

UTF-16 and UTF-32 are recognised by their byte order marks or their zero bytes. Otherwise each line is UTF-8, with byte
order marks anywhere (joined files have them); lines that aren't UTF-8 are in the legacy encoding that gives most known
headers, then most readable words.
"""

import io
import re
from collections.abc import Iterator

from bot.core.library.tables.headers import known
from bot.core.library.tables.languages import LANGUAGES, readable

SAMPLE = 50_000  # bytes used to judge an encoding
HEAD = 20  # lines that may hold the header
MARK = "\ufeff"
MARKS = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}  # the longer ones first
RARELY, OFTEN, MOSTLY = 0.1, 0.4, 0.9  # shares of zeros among the bytes in one place of each character
DELIMITERS = re.compile(r"[,;\t|]")


def lines(data: bytes) -> Iterator[str]:
    """Yield the lines with their line ends, without byte order marks and zero bytes."""
    encoding = wide(data)
    text = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="") if encoding else _mixed(data)
    return (line.lstrip(MARK).replace("\0", "") for line in text)


def wide(data: bytes) -> str | None:
    """Return the encoding of a file that writes each character in two or four bytes, None for anything else."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return encoding
    head = data[:2000]
    first, second, third, fourth = (4 * head[at::4].count(0) / max(4, len(head)) for at in range(4))  # share of zeros
    if min(third, fourth) > MOSTLY and first < RARELY:
        return "utf-32-le"
    if min(first, second) > MOSTLY and fourth < RARELY:
        return "utf-32-be"
    even, odd = (first + third) / 2, (second + fourth) / 2
    if max(even, odd) <= OFTEN or min(even, odd) > RARELY:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _mixed(data: bytes) -> Iterator[str]:
    legacy = ""
    for line in _byte_lines(data):
        legacy = legacy or ("" if _is_utf8(line) else _legacy(data))
        yield line.decode("utf-8" if not legacy or _is_utf8(line) else legacy, errors="replace")


def _byte_lines(data: bytes) -> Iterator[bytes]:
    """Split at every kind of line end, through Latin-1: one byte per character, and the same line ends."""
    text = io.TextIOWrapper(io.BytesIO(data), "latin-1", newline="")
    return (line.encode("latin-1") for line in text)


def _legacy(data: bytes) -> str:
    """Return the legacy encoding that fits best; ties go to the first."""
    sample = _sample(data)
    return max(LANGUAGES, key=lambda encoding: _fitness(sample, encoding))


def _sample(data: bytes) -> bytes:
    """Return the first lines, plus lines that tell encodings apart: those that aren't UTF-8."""
    kept, size = [], 0
    for at, line in enumerate(_byte_lines(data)):
        if (at < HEAD and line.isascii()) or not _is_utf8(line):
            kept.append(line[:SAMPLE])
            size += len(line)
        if size > SAMPLE:
            break
    return b"".join(kept)[:SAMPLE]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fitness(sample: bytes, encoding: str) -> tuple[int, int, int]:
    text = sample.decode(encoding, errors="replace")
    headers = max((known(DELIMITERS.split(line)) for line in text.splitlines()[:HEAD]), default=0)
    return headers, *readable(text, encoding)
