"""Wording: what members read of each kind of error: a sentence with the error's fields, or a function of the error."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import CratekeeperError

Wording = str | Callable[[Any], str]
Wordings = Mapping[type[CratekeeperError], Wording]
