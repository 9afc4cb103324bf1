"""Markup: names that others gave, shown as they are. Pure.

Titles, artists, playlists, themes, file names: whoever chose them, in Discord they must neither mark anything up,
mention anybody, nor lead anywhere. Every name goes through `escape`, or, where there is no Markdown, through `plain`.
"""

import re
import unicodedata

LONGEST_TITLE = 120  # characters; Discord shows some 40 on a phone
MARKS_IN_A_ROW = 4  # combining marks; more of them paint over the lines around
SIGNS = r"\\*_~`|\[\]<@"  # of Markdown, mentions, timestamps, custom emoji, commands; of e-mail addresses as well
ACTIVE = re.compile(
    rf"""(
      [{SIGNS}]
    | :(?=//)                    # bare links, whatever their scheme
    | (?<=\w)\.(?=\w)            # invites and addresses without a scheme
    | ^[>#+-]                    # quotes, headers, small print, lists
    | (?:(?<=^\d)|(?<=^\d\d)|(?<=^\d\d\d))[.)]   # numbered lists
    )""",
    re.VERBOSE,
)
BLANK = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # drawn as nothing, whatever their category
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # of direction
JOINERS = re.compile("[\u200c\u200d]+")  # they shape letters and emoji; beside plain letters they only hide
SPACES = {"Cc", "Zl", "Zp", "Zs"}  # controls among them
NOTHING = {"Cf", "Cs"}  # formats without width, half characters
MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"  # painted over the letter before
TOWER = re.compile(f"({MARK}{{{MARKS_IN_A_ROW}}}){MARK}+")


def clip(text: str, longest: int) -> str:
    """Shorten to at most `longest` characters; what was cut shows as an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def plain(text: str, longest: int = LONGEST_TITLE) -> str:
    """Return a name for places without Markdown (buttons, options, alt texts): one line of what can be seen."""
    drawn = "".join(_drawn(sign) for sign in TURNS.sub(" ", text))
    seen = JOINERS.sub(_joining, drawn)
    return clip(TOWER.sub(r"\1", " ".join(seen.split())), longest) or "?"


def _drawn(sign: str) -> str:
    """The sign; a space for a control, nothing for what has no width."""
    category = unicodedata.category(sign)
    if sign in BLANK or (category in NOTHING and not JOINERS.match(sign)):
        return ""
    return " " if category in SPACES else sign


def _joining(found: re.Match[str]) -> str:
    """The joiners, where they stand between what they can shape."""
    start, end = found.span()
    beside = found.string[max(0, start - 1) : start], found.string[end : end + 1]
    return found[0] if all(each > "\x7f" for each in beside) else ""


def escape(text: str, longest: int = LONGEST_TITLE) -> str:
    """Return a name that shows as it is in Discord: no Markdown, no mention, no link, no invite."""
    return ACTIVE.sub(r"\\\1", plain(text, longest))
