"""Pages: every card, dry run and receipt is within Discord's limits, whatever the names in a member's library."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import discord
import pytest
from discord import ui

from bot.chat.feed import feed_cards
from bot.chat.ids import of
from bot.chat.layout import Form, Page, Tap, button, field, paragraph
from bot.chat.paging import PER_PAGE
from bot.chat.sorting import cards
from bot.chat.sorting.writing import receipts
from bot.core.records import Card, Change, Layer, Playlist, Song, Write
from bot.core.sorting.groups import groups_of
from bot.core.sorting.labels import Verdict
from bot.errors.sorting import LayerFull
from bot.flows.feed.feed import PlaylistGuess, guesses_of
from bot.flows.sorting.labelling.bulk import Bulk
from bot.flows.sorting.labelling.label import Guess, NothingToAsk, Question, Tally
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.why import Explanation
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import LANGUAGES, _, account, speaking
from bot.messages.errors import describe
from bot.messages.sorting import outcomes
from sandbox.discord.rules.form import Form as Sheet
from sandbox.discord.rules.modal import check_modal
from tests.unit.chat.shown import check

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG = "*" * 400  # escaping doubles every character
LAYER = Layer(1, 7, "main", several=False, everything=False)


def playlist(number: int, name: str = "") -> Playlist:
    named = name or f"{LONG[:70]} {number}"
    return Playlist(number, 7, 1, named, f"ref{number}", "🟦", True, 2, None, None)


def song(number: int, title: str = LONG) -> Song:
    return Song(
        f"s{number}",
        title,
        (title, title),
        url="https://open.spotify.com/track/" + "x" * 22,
        cover="https://i.scdn.co/x",
    )


def question(number: int, count: int, *, guessed: bool, title: str = LONG) -> Question:
    kept = [playlist(number) for number in range(1, count + 1)]
    guesses = [Guess(playlist, 0.9 - 0.01 * playlist.playlist) for playlist in reversed(kept)] if guessed else []
    why = Explanation((song(90), song(91)), song(92), 1) if guessed else None
    tally = Tally(40, {playlist.playlist: (9, 10) for playlist in kept}, 10)
    return Question(
        Card(f"card{number:08d}", 7, 1, f"s{number}", None, NOW), song(number, title), LAYER, kept, guesses, why, tally
    )


def receipt(lines: int, asked: int, kind: str = "sort", state: str = "done") -> Reviewed:
    kept = {number: playlist(number) for number in range(1, 26)}
    write = Write(123456789, 7, 1, kind, state, None, lines + asked + 10, None, None, NOW)
    placed = [_change(number, number % 25 + 1, "add", "written", "sure") for number in range(lines)]
    open_ones = [
        _change(lines + number, playlist, "ask", "asked", "unsure") for number in range(asked) for playlist in (1, 2)
    ]
    songs = {f"s{number}": song(number) for number in range(lines + asked)}
    return Reviewed(Receipt(write, LAYER, kept, [*placed, *open_ones], songs), {"s0": Verdict(no=frozenset({1}))})


def _change(number: int, playlist: int, action: str, state: str, certainty: str) -> Change:
    return Change(number + 1, 123456789, playlist, f"s{number}", action, None, state, 0.9, certainty)


def held(number: int) -> Reviewed:
    reviewed = receipt(30, 3, "watch")
    return replace(reviewed, receipt=replace(reviewed.receipt, write=replace(reviewed.receipt.write, write=number)))


def many() -> Reviewed:
    return receipt(300, 40)


def none_left() -> Reviewed:
    """A receipt of two pages; none of the songs on its first page belongs where it went."""
    reviewed = receipt(20, 0)
    placed = reviewed.receipt.placed[:PER_PAGE]
    return replace(reviewed, verdicts={line.song: Verdict(no=frozenset({line.playlist})) for line in placed})


def questions(count: int) -> list[Question]:
    return [question(number, count, guessed=True) for number in range(3)]


def bulk(count: int, ticked: int = 100) -> Page:
    """A list of songs with every kind of button, for as many playlists as there may be."""
    album = [replace(song(number), album=LONG) for number in range(count)]
    first, *others = groups_of(replace(album[0], artists=(LONG,) * 40))
    kept = [playlist(number) for number in range(1, 26 if count > 1 else 11)]
    asked = question(0, 1, guessed=False).card
    listed = Bulk(asked, LAYER, kept, first, album, count + 50, others)
    return cards.bulk(listed, {one.song for one in album[:ticked]}, "note")


PAGES: dict[str, Callable[[], Page]] = {
    **{
        f"card of {count}{' with a guess' * guessed}": partial(
            lambda n, g: cards.card(question(0, n, guessed=g)), count, guessed
        )
        for count in (1, 4, 5, 6, 10, 11, 25)
        for guessed in (False, True)
    },
    **{
        f"several of {count}": partial(lambda n: cards.several(question(0, n, guessed=True)), count)
        for count in (1, 25)
    },
    "done": lambda: cards.done(NothingToAsk(LAYER, Tally(3, {}, 3)), "", "card00000000"),
    "card with more": lambda: cards.card(replace(question(0, 10, guessed=True), more=groups_of(song(0))[0])),
    **{f"list of {count}": partial(bulk, count) for count in (1, 26, 100)},
    "list without ticks": lambda: bulk(100, ticked=0),
    "prompt": lambda: cards.prompt(song(0), [playlist(number) for number in range(19)], "🚫"),
    **{f"receipt {page}": partial(lambda at: receipts.receipt(many(), (), at), page) for page in (0, 5, 33, 99)},
    "update": lambda: receipts.receipt(receipt(40, 9, "watch"), questions(25)),
    "update of few": lambda: receipts.receipt(receipt(40, 9, "watch"), questions(4)),
    "updates that were held": lambda: receipts.updates([held(number) for number in range(1, 40)]),
    "only questions": lambda: receipts.receipt(receipt(0, 3, "watch"), questions(4)),
    "first receipt": lambda: receipts.receipt(replace(many(), first=True)),
    "undo a part": lambda: receipts.undo_part(many(), 0),
    "undo a part, on the last page": lambda: receipts.undo_part(many(), 33),
    "not there": lambda: receipts.not_there(many(), 3),
    "why": lambda: receipts.why(many(), 0),
    "not there, where none is left": lambda: receipts.not_there(none_left(), 0),
    "why, where none is left": lambda: receipts.why(none_left(), 0),
    "privacy": lambda: Page(account.privacy()),
}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_within_discords_limits(name: str, language: str) -> None:
    with speaking(language):
        page = PAGES[name]()
    check(page)
    assert page.content_length() <= 4000


@pytest.mark.parametrize("name", PAGES)
def test_p16_every_button_is_a_tap_and_never_expires(name: str) -> None:
    page = PAGES[name]()
    assert all(isinstance(item, Tap) for item in page.walk_children() if item.is_dispatchable())
    assert page.timeout is None
    assert page.is_finished(), "discord.py must not store it: a stored view may unregister the taps"


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_card_is_in_its_readers_language(language: str) -> None:
    with speaking(language):
        page, skip = cards.card(question(0, 3, guessed=True, title="Song")), _("Skip")
    labels = [item.item.label for item in page.walk_children() if isinstance(item, Tap) and hasattr(item.item, "label")]
    assert skip in labels
    assert "Skip" not in labels


def test_every_picture_has_an_alt_text() -> None:
    thumbnails = [
        item for item in cards.card(question(0, 3, guessed=True)).walk_children() if isinstance(item, ui.Thumbnail)
    ]
    assert [bool(thumbnail.description) for thumbnail in thumbnails] == [True]


def taps(page: Page) -> list[Any]:
    return [item.item for item in page.walk_children() if isinstance(item, Tap)]


@pytest.mark.parametrize("count", [4, 5, 10])
def test_buttons_never_move_and_the_guess_is_marked_by_style_and_in_words(count: int) -> None:
    with_guess, without = (cards.card(question(0, count, guessed=guessed, title="Song")) for guessed in (True, False))
    assert [tap.custom_id for tap in taps(with_guess)] == [tap.custom_id for tap in taps(without)]
    places = taps(with_guess)[:count]
    assert [tap.custom_id for tap in places] == [str(of("in", "card00000000", at)) for at in range(1, count + 1)]
    styles = [tap.style for tap in places]
    assert styles == [discord.ButtonStyle.secondary] * (count - 1) + [discord.ButtonStyle.primary]
    assert any("probably" in item.content for item in with_guess.walk_children() if isinstance(item, ui.TextDisplay))


@pytest.mark.parametrize("shown", [cards.card, cards.several, lambda asked: Page(*cards.block(asked))])
@pytest.mark.parametrize("count", [11, 25])
def test_a_select_keeps_its_order_too_and_says_which_one_is_the_guess(
    shown: Callable[[Question], Page], count: int
) -> None:
    with_guess, without = (taps(shown(question(0, count, guessed=guessed)))[0].options for guessed in (True, False))
    assert [option.value for option in with_guess] == [str(number) for number in range(1, count + 1)]
    assert [option.value for option in without] == [option.value for option in with_guess]
    assert [option.description for option in with_guess] == [None] * (count - 1) + [f"My guess, {90 - count}%"]
    assert {option.description for option in without} == {None}


@pytest.mark.parametrize("count", [3, 4, 5, 25])
def test_the_buttons_in_an_update_never_move_either(count: int) -> None:
    with_guess, without = (taps(Page(*cards.block(question(0, count, guessed=guessed)))) for guessed in (True, False))
    assert [tap.custom_id for tap in with_guess] == [tap.custom_id for tap in without]
    assert with_guess[-1].label == "None of them"
    if count < 5:
        places = [str(of("uin", "card00000000", at)) for at in range(1, count + 1)]
        assert [tap.custom_id for tap in with_guess[:-1]] == places
        assert with_guess[count - 1].style is discord.ButtonStyle.primary


def test_the_likeliest_playlist_of_a_layer_is_marked_where_it_stands() -> None:
    kept = [playlist(at, f"P{at}") for at in (1, 2, 3)]
    assert [guess.best for guess in guesses_of(kept, {1: 0.2, 3: 0.7})] == [False, False, True]
    assert [guess.playlist for guess in guesses_of(kept, {3: 0.7})] == kept
    assert [guess.best for guess in guesses_of(kept, {})] == [False] * 3


def test_the_feeds_playlists_keep_their_order_and_no_guess_is_cut_off() -> None:
    kept = [PlaylistGuess(playlist(at, f"P{at}"), 0.1, best=at in (3, 30)) for at in range(1, 31)]
    (menu,) = taps(feed_cards.places(song(0), kept, "k"))
    assert [int(option.value) for option in menu.options] == [*range(1, 25), 30]
    marked = {option.value: option.description for option in menu.options if option.description != "10%"}
    assert marked == {"3": "My guess, 10%", "30": "My guess, 10%"}


def test_a_page_with_too_much_to_say_keeps_what_comes_next() -> None:
    refused = "\n".join([describe(LayerFull("main", 25))] * 100)
    page = Page(refused, "May I learn from them?", ui.Section("And this.", accessory=button("Yes", of("learn", 1))))
    check(page)
    said, question, beside = [item.content for item in page.walk_children() if isinstance(item, ui.TextDisplay)]
    assert said.endswith("…")
    assert (question, beside) == ("May I learn from them?", "And this.")
    check(Page(*["x" * 1500] * 5))


def test_a_form_is_within_discords_limits() -> None:
    form = Form(
        "A title that is much longer than forty-five characters",
        of("erase"),
        account.ERASE,
        field("x" * 80, "word", 20),
        paragraph("x" * 80, "words", 20),
    )
    sheet = Sheet()
    check_modal(sheet, (), form.to_dict())
    sheet.finish()


def test_a_ruled_out_line_is_struck_through() -> None:
    page = receipts.receipt(receipt(2, 0))
    lines = "\n".join(item.content for item in page.walk_children() if isinstance(item, ui.TextDisplay))
    assert "- ~~" in lines
    assert "you said it doesn't belong" in lines


@pytest.mark.parametrize("label", ["", "   ", "x" * 300, "\u202e", "🎧"])
def test_a_button_always_has_a_usable_label(label: str) -> None:
    made: Any = button(label, of("in", "card", 1)).item
    assert 1 <= len(made.label) <= 80


def test_the_headline_gives_totals_then_questions() -> None:
    reviewed = receipt(3, 2, "watch")
    assert outcomes.receipt(reviewed.receipt, 2).startswith("**15 new likes** · **")
    assert outcomes.receipt(reviewed.receipt, 2).endswith("2 for you to decide")
