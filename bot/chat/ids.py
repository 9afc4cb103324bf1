"""Ids: what a button carries: `ck1:<what>[:<key>[:<n>]]`.

Versioned, so that a newer program can still read what an older one posted (promise P16). An id only says what is meant;
the store knows whose it is (P15). Pure.
"""

import re
from dataclasses import dataclass

from bot.errors import BadChoice

VERSION = "ck1"
LONGEST_KEY = 40  # characters
PATTERN = re.compile(
    rf"{VERSION}:(?P<what>[a-z]{{1,12}})(?::(?P<key>[A-Za-z0-9_-]{{1,{LONGEST_KEY}}}))?(?::(?P<n>[0-9]{{1,18}}))?",
    re.ASCII,
)
DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)  # a snowflake has that many
MOST = 2**63 - 1  # what a database integer holds


@dataclass(frozen=True, slots=True)
class Id:
    """`what` names the handler, `key` a card or a number, `n` a playlist or a page."""

    what: str
    key: str = ""
    n: int = 0

    def __str__(self) -> str:
        parts = [VERSION, self.what, self.key or None, str(self.n) if self.n else None]
        return ":".join(part for part in parts if part)

    @property
    def number(self) -> int:
        """The key as a number. Raises BadChoice if it isn't one."""
        return number(self.key)


def of(what: str, key: str | int = "", n: int = 0) -> Id:
    """Return the id. Raises ValueError if it couldn't be read again."""
    made = Id(what, str(key), n)
    if parse(str(made)) != made:
        raise ValueError(f"{made!r} cannot be written as an id")
    return made


def parse(text: str) -> Id | None:
    """Return the id that `text` spells; None for anything else."""
    match = PATTERN.fullmatch(text)
    return Id(match["what"], match["key"] or "", int(match["n"] or 0)) if match else None


def number(text: str) -> int:
    """Return the number that a member's choice carries. Raises BadChoice if it isn't one."""
    if not DIGITS.fullmatch(text) or int(text) > MOST:
        raise BadChoice
    return int(text)
