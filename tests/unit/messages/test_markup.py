"""Markup: any name is shown literally, without formatting, mentions, links or hidden text."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.markup import escape, plain, unmarked

LINKS = st.sampled_from(
    ["discord.gg/x", "discord.com/invite/x", "https://e.example", "steam://x", "mailto:a@b.c", "www.e.example", "a@b.c"]
)
MARKS = st.sampled_from(
    ["[a](https://e.example)", "<@1>", "<@&1>", "<#1>", "<t:1:R>", "<:a:1>", "<a:a:1>", "</sort:1>", "<id:home>",
     "@everyone", "@here", "# a", "## a", "-# a", "> a", ">>> a", "- a", "* a", "+ a", "1. a", "22) a", "**a**",
     "__a__",     "~~a~~", "`a`", "```a```", "||a||", "\\*a*", "\\", "\n# a"]
)  # fmt: skip
HIDING = st.sampled_from(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\u00ad\u061c\u034f\u3164\x00\n\t "
)
NAMES = st.lists(st.one_of(LINKS, MARKS, HIDING, st.text(max_size=12)), max_size=8).map("".join)
INVITE = re.compile(r"discord(?:app)?\.(?:gg|com/invite|me|li)", re.IGNORECASE)
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # characters that Discord unescapes


def shown(text: str) -> str:
    """An escaped name as Discord displays it."""
    return ESCAPED.sub(r"\1", text)


def bare(text: str) -> str:
    """The unescaped part, which Discord would still interpret."""
    return ESCAPED.sub("\N{WHITE SQUARE}", text)


@given(NAMES)
@example("discord\u200b.gg/x")
@example("\u202e#x")
@example("discord\u200d.gg/x")
def test_a_name_is_shown_literally_and_does_nothing(name: str) -> None:
    escaped = escape(name, 500)
    assert shown(escaped) == plain(name, 500)
    left = bare(escaped)
    assert not set(left) & set("*_~`|[]<@\\")
    assert "://" not in left
    assert not re.search(r"\w\.\w", left)
    assert not INVITE.search(left)
    assert not re.match(r"[>#+-]|\d{1,3}[.)]", left)


@given(NAMES)
def test_a_name_is_one_line_of_visible_characters(name: str) -> None:
    line = plain(name, 500)
    assert line
    assert line == " ".join(line.split())
    assert not {unicodedata.category(sign) for sign in line if sign not in "\u200c\u200d"} & {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }
    assert not re.search("[\x00-\x7f][\u200c\u200d]|[\u200c\u200d](?:[\x00-\x7f]|$)", line)
    assert plain(line, 500) == line
    line.encode()


@pytest.mark.parametrize(
    "name", ["\u3164", "\u200b\u200b", "\u2800", " ", "", "\u202e", "\ud800", "\u200c" * 3, "\u3164\u200c\u3164"]
)
def test_an_invisible_name_gets_a_visible_one(name: str) -> None:
    assert plain(name) == escape(name) == "?"


@pytest.mark.parametrize(
    "name",
    [
        "Beyoncé",
        "Don't Stop",
        "AC/DC",
        "4:44",
        "Ke$ha",
        "مرحبا",
        "می\u200cخواهم",
        "👨\u200d👩\u200d👧",
        "Song (Live)",
        "Nº 1",
        "50%",
    ],
)
def test_ordinary_names_are_unchanged(name: str) -> None:
    assert escape(name) == name


@pytest.mark.parametrize(
    "tower",
    ["a" + "\u0301" * 60, "\u0e01" + "\u0e49" * 60, "\u0627" + "\u064e\u0651" * 30, "\u3042" + "\u3099" * 60],
    ids=["Latin", "Thai", "Arabic", "kana"],
)
def test_stacked_combining_marks_are_limited_in_every_script(tower: str) -> None:
    assert plain(tower) == tower[:5]


def test_joiners_between_combining_marks_do_not_hide_how_many_there_are() -> None:
    assert sum(map(unicodedata.combining, plain("\u00e4" + "\u0301\u200d" * 60))) == 4 * 230


def test_a_truncated_name_fits_its_limit_and_shows_it() -> None:
    assert plain("x" * 200, 50) == "x" * 49 + "…"


@given(NAMES, NAMES)
@example("**a** [b](https://e.example)", "- # `c` \\")
def test_a_message_as_plain_text_has_the_names_as_they_are(one: str, two: str) -> None:
    said = f"### {escape(one)}\n- ~~[{escape(one)}](https://e.example/x)~~ → **{escape(two)}** · *{escape(one)}*"
    assert unmarked(said) == f"{plain(one)}\n{plain(one)} → {plain(two)} · {plain(one)}"
