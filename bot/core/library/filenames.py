"""File names: read title and artist from a song's file name when nothing else says them. Pure.

Names combine artist, album, track number and title, mostly with dashes between them; a number alone is never an artist,
but it can be a title.
"""

import re

DASH = re.compile(r"\s+[-\u2013\u2014]\s+")
BRACKETED = re.compile(r"^[\[(]\s*(?:[A-H]?\d{1,3}|\d-\d{1,2})\s*[\])]\s*[-._]?\s*(?=\S)")  # [A1], (03)
DISC = re.compile(r"^\d{1,2}[-.]\d{2}\s*[-\u2013\u2014.]?\s+(?=\S)")  # 1-03, 1.03
MARKED = re.compile(r"^#?(?:\d{1,2}(?:\s*[.)_]\s*|\s+[-\u2013\u2014]\s+)|0\d-(?=\D))(?=\S)")  # 03. 3) 03_ 03 - 03-
BARE = re.compile(r"^(?:0\d|[12]\d(?=\s+\S.*\s[-\u2013\u2014]\s))\s+(?=\S)")  # 03 Boats, 12 Maren - Boats
NUMBER = re.compile(r"#?(?:[A-H]?\d{1,2}|\d-\d{1,2}|\d{3})")  # a track number between dashes


def said_by(stem: str) -> tuple[str, str | None]:
    """Return the title and, if present, the artist of "03. Maren - Boats", "Maren - Quay - 03 - Boats" …"""
    name = stem.strip() if " " in stem.strip() else stem.replace("_", " ").strip()
    for number in (BRACKETED, DISC, MARKED, BARE):
        if (rest := number.sub("", name, count=1)) != name:
            name = rest
            break
    *before, title = DASH.split(name)
    at = max((place for place, part in enumerate(before) if NUMBER.fullmatch(part)), default=None)
    if at is None:
        return (" - ".join([*before[1:], title]), before[0]) if before else (title, None)
    named = [part for part in before[:at] if not NUMBER.fullmatch(part)]
    following = [*before[at + 1 :], title]
    if named:
        return " - ".join(following), named[0]
    return (" - ".join(following[1:]), following[0]) if len(following) > 1 else (title, None)
