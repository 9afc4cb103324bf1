"""Emoji, told from other text."""

import re
import unicodedata

CUSTOM = re.compile(r"\w{2,32}:\d+")
KEYCAP = "\N{COMBINING ENCLOSING KEYCAP}"
SYMBOLS = {"So", "Sk", "Sm", "Po"}  # Unicode categories of emoji


def is_emoji(text: str) -> bool:
    """Whether Discord would accept this as one emoji: Unicode, or a custom one as name:id."""
    if CUSTOM.fullmatch(text) or KEYCAP in text:
        return True
    return bool(text) and not text.isascii() and unicodedata.category(text[0]) in SYMBOLS
