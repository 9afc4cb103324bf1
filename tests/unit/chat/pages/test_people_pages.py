"""Pages of profiles and matches: within Discord's limits, markup shown literally, and scores put in words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.chat.layout import Page
from bot.chat.social.pages import profile, taste_match
from bot.core.records import Playlist, Song
from bot.core.social.records import Agreement, Profile, Reposted
from bot.core.social.taste_map import Finding
from bot.core.social.taste_match import VAGUE, Comparison
from bot.flows.feed.catalogue import Entry
from bot.flows.social.follow import NEWEST, RepostedSong
from bot.flows.social.profile import Mine, ProfileView
from bot.flows.social.taste_map import TasteMap
from bot.flows.social.taste_match import TasteMatch
from bot.messages.social import taste_match as messages
from tests.unit.chat.shown import check

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA, BEN = 1574171665783324672, 1574171665783324999
LONG = "*" * 400  # escaping doubles every character
SONG = Song("s1", LONG, (LONG, LONG), url="https://open.spotify.com/track/" + "x" * 22)
ENTRIES = [Entry(replace(SONG, song=f"s{at}"), {}, None, clip=False) for at in range(3)]
PASSED = RepostedSong(SONG, Reposted(BEN, "s1", BEN, BEN, BEN, NOW))
DRAWN = TasteMap(b"\x89PNG", Finding((LONG, LONG), (LONG, LONG), 10, LONG, 4), 1000)
KEPT = [(Playlist(at, ADA, 1, LONG, "ref", "🟦", True, 2, None, None), 1000) for at in range(40)]
FULL = ProfileView(ADA, BEN, KEPT[:5], True, True, [PASSED] * 5)
MINE = Mine(FULL, Profile(ADA, tuple(range(5)), True, True), KEPT, 1000, True)
NOTHING = Mine(ProfileView(ADA, None), Profile(ADA), [], 0, False)
ASKED = Agreement(9_000_000, ADA, BEN, NOW)
AGREED = Agreement(9_000_000, ADA, BEN, NOW, NOW)
MATCH = TasteMatch(9_000_000, BEN, Comparison(62, 7, 120), ENTRIES, ENTRIES, ENTRIES)


@pytest.mark.parametrize(
    "page",
    [
        profile.of_other(FULL, DRAWN),
        profile.of_other(ProfileView(ADA, BEN), None),
        profile.own(MINE, DRAWN, in_server=True),
        profile.own(MINE, None, in_server=False, note="why there is none"),
        profile.own(NOTHING, None, in_server=True),
        profile.edit(MINE),
        profile.edit(NOTHING),
        profile.posted(ADA),
        profile.followed(ADA),
        profile.following(range(ADA, ADA + 300), "note"),
        profile.following([]),
        profile.news([PASSED] * NEWEST),
        profile.news([]),
        taste_match.question(ASKED),
        taste_match.asking(ASKED),
        taste_match.asked(ASKED),
        taste_match.agreed(1, BEN),
        taste_match.result(MATCH),
        taste_match.result(TasteMatch(1, BEN, None, [], [], [])),
        taste_match.listed([replace(ASKED, agreement=at) for at in range(20)], ADA),
        taste_match.listed([replace(AGREED, agreement=at) for at in range(20)], BEN),
        taste_match.listed([], ADA),
    ],
)
def test_every_page_is_within_discords_limits(page: Page) -> None:
    check(page)


def texts(page: Page) -> str:
    return "\n".join(component.get("content", "") for component in page.to_components())


def test_the_public_message_names_who_agreed_but_nothing_of_the_match() -> None:
    page = taste_match.agreed(7, BEN)
    assert texts(page).strip() == f"<@{BEN}> agreed to compare tastes with you."
    (row,) = page.to_components()[1:]
    assert [component["custom_id"] for component in row["components"]] == ["ck1:matchlook:7"]


@pytest.mark.parametrize("number", [0, 9, 10, 29, 30, 54, 55, 79, 80, 100])
def test_every_score_has_a_meaning_and_a_higher_score_never_a_lesser_one(number: int) -> None:
    meanings = [said for _, said in messages.MEANINGS]
    here, above = (messages.meaning(Comparison(percent, 5, 50)) for percent in (number, min(100, number + 1)))
    assert meanings.index(above) <= meanings.index(here)


@pytest.mark.parametrize(("within", "said"), [(0, "quite sure"), (7, "fairly sure"), (VAGUE - 1, "a first guess")])
def test_confidence_is_stated_in_words(within: int, said: str) -> None:
    assert said in messages.confidence(Comparison(50, within, 12))
    assert f"give or take {within}, from at least 12 songs" in messages.confidence(Comparison(50, within, 12))


def test_a_hidden_member_is_told_that_nobody_sees_it() -> None:
    assert "You're hidden" in texts(profile.own(MINE, None, in_server=True))
    assert "You're hidden" in texts(profile.edit(MINE))


def test_parts_switched_off_are_listed() -> None:
    assert "Off: playlists, taste map and reposts." in texts(profile.own(NOTHING, None, in_server=True))
    assert "Off:" not in texts(profile.own(MINE, None, in_server=True))
