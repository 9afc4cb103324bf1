"""Decode: turn the bytes of a text file into lines, whatever encoding a program wrote. Pure.

UTF-16 is recognised by its byte order mark or its zero bytes. Otherwise each line is UTF-8, with byte order marks
anywhere (joined files have them); lines that aren't UTF-8 are in the legacy encoding that gives most known headers,
then most readable words.
"""

import io
import re
from collections.abc import Iterator

from bot.core.library.tables.headers import known
from bot.core.library.tables.languages import LANGUAGES, readable

SAMPLE = 50_000  # bytes used to judge an encoding
HEAD = 20  # lines that may hold the header
MARK = "\ufeff"
DELIMITERS = re.compile(r"[,;\t|]")


def lines(data: bytes) -> Iterator[str]:
    """Yield the lines with their line ends, without byte order marks and zero bytes."""
    encoding = two_bytes(data)
    text = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="") if encoding else _mixed(data)
    return (line.lstrip(MARK).replace("\0", "") for line in text)


def two_bytes(data: bytes) -> str | None:
    """Return the UTF-16 encoding of a file, None for anything else."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if data.startswith(b"\xff\xfe") else "utf-16-be"
    head = data[:2000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) <= len(head) // 5 or min(even, odd) > len(head) // 20:
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
