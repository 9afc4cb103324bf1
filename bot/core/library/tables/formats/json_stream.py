"""JSON stream: read a large JSON text value by value, so that memory and each step stay small. Pure.

`json.loads` of 20 MB may take half a gigabyte, and holds up every other thread meanwhile. A Reader walks through
objects and lists, and decodes only values of up to MOST_VALUE characters.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

MOST_VALUE = 10_000  # characters of a value that's decoded; a song takes a few hundred
LONGEST_NUMBER = 20  # digits of a number that's decoded
SPACE = re.compile(r"[ \t\r\n]*")
TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
SCALAR = re.compile(rf"{TEXT}|[^\s,:\[\]{{}}\"]+", re.DOTALL)
SIGNS = re.compile(rf"{TEXT}|[\[\]{{}}]", re.DOTALL)
DEEPER = {"[": 1, "{": 1, "]": -1, "}": -1}


def _number(text: str) -> float | None:
    """Return a number, None for one of many digits: it may have millions."""
    return float(text) if len(text) <= LONGEST_NUMBER else None


DECODER = json.JSONDecoder(parse_int=_number, parse_float=_number)


class Torn(ValueError):
    """The text ends in the middle of a value, or isn't JSON from here on."""


class Reader:
    """A place in a JSON text. Its methods move on, and raise Torn."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def next_sign(self) -> str:
        """Return the sign that the next value begins with; "" at the end. Doesn't move on."""
        if (space := SPACE.match(self._text, self._at)) is not None:
            self._at = space.end()
        return self._text[self._at : self._at + 1]

    def members(self) -> Iterator[str]:
        """Yield the keys of an object; the caller reads or skips each value."""
        for _ in self._each("{", "}"):
            key = self.value()
            if not isinstance(key, str):
                raise Torn
            self._pass(":")
            yield key

    def elements(self) -> Iterator[None]:
        """Yield for each element of a list; the caller reads or skips it."""
        return self._each("[", "]")

    def _each(self, opens: str, closes: str) -> Iterator[None]:
        self._pass(opens)
        while self.next_sign() != closes:
            yield
            if self.next_sign() != closes:
                self._pass(",")
        self._pass(closes)

    def _pass(self, sign: str) -> None:
        if self.next_sign() != sign:
            raise Torn
        self._at += 1

    def value(self) -> Any:
        """Return the next value; None for one that's too long or too deep to decode."""
        self.next_sign()
        try:
            value, length = DECODER.raw_decode(self._text[self._at : self._at + MOST_VALUE])
        except (ValueError, RecursionError):
            self.skip()
            return None
        self._at += length
        return value

    def skip(self) -> None:
        """Move on past the next value, of any length and depth."""
        if self.next_sign() not in ("[", "{"):
            self._at = self._end(SCALAR.match(self._text, self._at))
            return
        depth = 0
        for sign in SIGNS.finditer(self._text, self._at):
            depth += DEEPER.get(sign[0], 0)
            if not depth:
                self._at = sign.end()
                return
        raise Torn

    @staticmethod
    def _end(match: re.Match[str] | None) -> int:
        if match is None:
            raise Torn
        return match.end()
