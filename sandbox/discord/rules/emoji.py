"""Telling an emoji from other text."""

import re
import unicodedata

CUSTOM = re.compile(r"\w{2,32}:\d+")
KEYCAP = "\N{COMBINING ENCLOSING KEYCAP}"
SYMBOLS = {"So", "Sk", "Sm", "Po"}  # unicode categories that emoji come from


def is_emoji(text: str) -> bool:
    """Whether Discord would take this as one emoji: a unicode one, or a custom one as name:id."""
    if CUSTOM.fullmatch(text) or KEYCAP in text:
        return True
    return bool(text) and not text.isascii() and unicodedata.category(text[0]) in SYMBOLS
