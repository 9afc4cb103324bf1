"""Decode: the bytes of a text file as lines, in whatever encoding a program wrote them. Pure.

UTF-16 by its mark or its noughts. Else UTF-8, line by line, with marks anywhere (joined files have them); a line that
is not is in the old encoding in which most headers are known, and most words read.
"""

import io
import re
from collections.abc import Iterator

from bot.core.library.tables.headers import known
from bot.core.library.tables.languages import LANGUAGES, readable

SAMPLE = 50_000  # bytes that an encoding is judged by
HEAD = 20  # lines in which the header stands
MARK = "\ufeff"
DELIMITERS = re.compile(r"[,;\t|]")


def lines(data: bytes) -> Iterator[str]:
    """Return the lines with their ends, without marks and noughts."""
    encoding = two_bytes(data)
    found = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="") if encoding else _mixed(data)
    return (line.lstrip(MARK).replace("\0", "") for line in found)


def two_bytes(data: bytes) -> str | None:
    """Name the encoding of a file whose letters take two bytes."""
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
    """Split at every kind of line end: Latin-1 is one byte a letter, and ends its lines where the others do."""
    found = io.TextIOWrapper(io.BytesIO(data), "latin-1", newline="")
    return (line.encode("latin-1") for line in found)


def _legacy(data: bytes) -> str:
    """Return the old encoding that fits best; the first of equals."""
    sample = _sample(data)
    return max(LANGUAGES, key=lambda encoding: _fitness(sample, encoding))


def _sample(data: bytes) -> bytes:
    """Return the first lines, and others that tell encodings apart: none that is UTF-8."""
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
