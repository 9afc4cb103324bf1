"""Pages of song results are within Discord's limits, whatever the titles, and show markup in titles literally."""

import pytest

from bot.chat import ids
from bot.chat.feed import song_results
from bot.chat.layout import Page
from bot.core.features import SongFeatures
from bot.core.records import Song
from bot.flows.feed.catalogue import About, Entry
from bot.flows.feed.recommend import Recommended
from tests.unit.chat.shown import check

LONG = "*" * 400  # escaping doubles every character


def song(number: int, title: str = LONG) -> Song:
    return Song(f"s{number}", title, (title, title), url="https://open.spotify.com/track/" + "x" * 22)


def entry(number: int, title: str = LONG) -> Entry:
    return Entry(song(number, title), {}, None, clip=False)


def recommended(number: int) -> Recommended:
    return Recommended(entry(number), 0.5, (song(90), song(91)))


EVERYTHING = SongFeatures(
    {f"number {at} {LONG}": 1.5 for at in range(60)},
    {"genres": frozenset(f"{at}{LONG}" for at in range(60))},
    {f"number {at}": f"source {at}{LONG}" for at in range(30)},
)


@pytest.mark.parametrize(
    "page",
    [
        song_results.recommended([recommended(at) for at in range(25)], [song(1), song(2)], [song(3), song(4)]),
        song_results.recommended([]),
        song_results.one(entry(1)),
        song_results.chosen(entry(1)),
        song_results.about(About(song(1), EVERYTHING, entry(1))),
        song_results.about(About(song(1), SongFeatures(), None)),
        song_results.details(About(song(1), EVERYTHING, entry(1))),
        song_results.path(song(1), song(2), [entry(at) for at in range(20)]),
        song_results.path(song(1), song(2), []),
        song_results.disliked(song(1), "a" * 24),
    ],
)
def test_every_page_is_within_discords_limits(page: Page) -> None:
    check(page)


def test_a_title_with_markup_is_shown_literally() -> None:
    content = song_results.recommended([recommended(1)], [song(1)]).to_components()[1]["content"]
    assert "\\*" in content


def listed(page: Page) -> list[str]:
    """The labels of a page's buttons and of its selects' options, in order."""
    rows = [item["components"] for item in page.to_components() if item["type"] == 1]
    return [each["label"] for row in rows for item in row for each in item.get("options", [item])]


def on_spotify(number: int) -> Entry:
    return Entry(Song(f"spotify:track:{number}", f"Song {number}", ("A",)), {}, None, clip=False)


def test_a_list_leads_to_each_of_its_songs() -> None:
    found = [Recommended(on_spotify(at), 0.5, ()) for at in range(3)]
    make = "Make a playlist of these"
    assert listed(song_results.recommended(found))[-4:] == ["Song 0 – A", "Song 1 – A", "Song 2 – A", make]
    steps = song_results.path(song(1), song(2), [found[0].entry, found[1].entry])
    assert listed(steps) == ["Song 0 – A", "Song 1 – A", make]
    files = [Recommended(Entry(Song(f"local:{at}", "T", ("A",)), {}, None, clip=True), 0.5, ()) for at in range(2)]
    assert make not in listed(song_results.recommended(files)), "Spotify has no such songs"


EVERY_TAP = ["Listen", "Like", "Add to…", "More like this", "Not for me"]


def test_a_single_song_has_its_buttons_right_there() -> None:
    assert listed(song_results.one(on_spotify(1))) == [*EVERY_TAP, "Another"]
    assert listed(song_results.chosen(on_spotify(1))) == EVERY_TAP
    assert listed(song_results.about(About(song(1), SongFeatures(), on_spotify(1)))) == EVERY_TAP
    assert listed(song_results.path(song(1), song(2), [on_spotify(3)])) == EVERY_TAP[:3]


def test_what_no_playlist_can_hold_has_no_add_button() -> None:
    file = Entry(Song("local:1", "Tone", ("A",)), {}, None, clip=True)
    assert "Add to…" not in listed(song_results.chosen(file))


@pytest.mark.parametrize("uri", ["spotify:track:" + "x" * 22, "file:" + "0" * 24, "local:" + "0" * 24])
def test_details_are_of_that_very_song(uri: str) -> None:
    shown = About(Song(uri, "Song", ("Ann",)), SongFeatures({"tempo": 94.0}), None)
    (tap,) = [item.item for item in song_results.about(shown).walk_children() if hasattr(item, "item")]
    key = ids.parse(tap.custom_id)
    assert key is not None
    assert song_results.of_key(key.key) == uri
