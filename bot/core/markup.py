"""Markup: show names that other people chose exactly as they are. Pure.

Titles, artists, playlists, themes, file names: whoever chose them, in Discord they must not format text, mention
anybody or link anywhere. Every name goes through `escape`, or through `plain` where there is no Markdown.
"""

import re
import unicodedata
from datetime import datetime

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
MARKS = {"Mn", "Me"}  # painted over the letter before
OURS = re.compile(r"\\(.)|\[((?:\\.|[^\]\\])*)\]\([^)]*\)|\*\*?|~~|`|^(?:-#|#{1,3}|-) ", re.MULTILINE)  # in messages


def clip(text: str, longest: int) -> str:
    """Shorten `text` to at most `longest` characters, ending in an ellipsis if anything was cut."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def plain(text: str, longest: int = LONGEST_TITLE) -> str:
    """Return a name on one line of visible characters, for places without Markdown (buttons, options, alt texts)."""
    drawn = "".join(_drawn(sign) for sign in TURNS.sub(" ", text))
    seen = JOINERS.sub(_joining, drawn)
    return clip(_lowered(" ".join(seen.split())), longest) or "?"


def _drawn(sign: str) -> str:
    """Return the character, a space for a control character, or "" for one without width."""
    category = unicodedata.category(sign)
    if sign in BLANK or (category in NOTHING and not JOINERS.match(sign)):
        return ""
    return " " if category in SPACES else sign


def _joining(joiner: re.Match[str]) -> str:
    """Return the joiners if they stand between characters they can shape, else ""."""
    start, end = joiner.span()
    beside = joiner.string[max(0, start - 1) : start], joiner.string[end : end + 1]
    return joiner[0] if all(sign > "\x7f" for sign in beside) else ""


def _lowered(text: str) -> str:
    """Return a text with at most MARKS_IN_A_ROW combining marks over a letter."""
    marks, kept = 0, list[str]()
    for sign in text:
        if not JOINERS.match(sign):
            marks = marks + 1 if unicodedata.category(sign) in MARKS else 0
        kept += [sign] if marks <= MARKS_IN_A_ROW else []
    return "".join(kept)


def escape(text: str, longest: int = LONGEST_TITLE) -> str:
    """Return a name that Discord shows literally: no Markdown, mention, link or invite."""
    return ACTIVE.sub(r"\\\1", plain(text, longest))


def unmarked(text: str) -> str:
    """Return a message as plain text, for pages of the web: names as they are, links by their words."""
    return OURS.sub(_unmarked, text)


def _unmarked(sign: re.Match[str]) -> str:
    escaped, linked = sign.groups()
    return escaped or (unmarked(linked) if linked else "")


def timestamp(when: datetime, style: str = "t") -> str:
    """Discord's timestamp mark-up, shown in each reader's own time zone."""
    return f"<t:{int(when.timestamp())}:{style}>"
