"""What is said is true where it is said: each sentence only under its own condition."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from discord import ui

from bot.chat import cards, finds, posts, rounds, shared, texts, words
from bot.chat.guard import problem
from bot.chat.layout import Page
from bot.core.records import Account, Card, Layer, Member, Playlist, Song
from bot.core.rounds import CLOSED
from bot.core.shared import Brought, Shared, State
from bot.core.social import Round
from bot.errors import CoolingDown
from bot.flows.label import Done, Question, Tally
from bot.flows.rounds import Table
from bot.flows.shared import Shown
from bot.flows.status import LayerStatus
from bot.flows.stream import Added, Liked

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAYER = Layer(1, 7, "main", several=False, everything=False)
RUN = Playlist(1, 7, 1, "Run", "ref", "🟦", True, 2, None, None)
SONG, FILE = Song("spotify:track:x", "Song", ("Ann",)), Song("local:x", "File", ())
MODEL = object()


def said(page: Page) -> str:
    return "\n".join(item.content for item in page.walk_children() if isinstance(item, ui.TextDisplay))


@pytest.mark.parametrize(
    ("tally", "says"),
    [
        (Tally(2, {}, 4), "4 more and I make my first guess"),
        (Tally(6, {}, 0), "enough to learn from"),
        (Tally(6, {}, 10, training=True, tried=True), "I'm learning from them"),
        (Tally(9, {}, 7, tried=True), "7 more and I try again"),
        (Tally(9, {1: (3, 4)}, 7, tried=True), "7 more and I learn again"),
    ],
)
def test_the_footer_says_what_the_next_labels_bring(tally: Tally, says: str) -> None:
    assert words.tally(tally, {1: "Run"}).endswith(says)


@pytest.mark.parametrize(("labels", "says"), [(0, "your first answers teach me"), (40, "No guess yet.")])
def test_only_the_first_answers_are_called_the_first(labels: int, says: str) -> None:
    asked = Question(Card("c", 7, 1, "s", None, NOW), SONG, LAYER, [RUN], [], None, Tally(labels, {}, 4))
    assert says in said(cards.card(asked))
    assert ("first answers" in said(cards.card(asked))) == (labels == 0)


@pytest.mark.parametrize(
    ("tally", "label"),
    [(Tally(9, {1: (3, 4)}, 1), "Look what I would do"), (Tally(9, {}, 1), "Learn from them")],
)
def test_a_look_is_offered_where_something_was_learnt(tally: Tally, label: str) -> None:
    page = cards.done(Done(LAYER, tally))
    assert [tap.item.label for tap in page.walk_children() if hasattr(tap, "item")] == [label]


def test_what_has_its_place_already_is_not_counted_as_placeable() -> None:
    learnt = LayerStatus(LAYER, [RUN], None, Tally(9, {1: (3, 4)}, 1), unplaced=0, placeable=0)
    assert "Every song has its place already" in texts.trained(learnt)
    assert "Not enough" in texts.trained(replace(learnt, unplaced=5))
    assert "I can already place 3 songs" in texts.trained(replace(learnt, unplaced=5, placeable=3))


@pytest.mark.parametrize(
    ("like", "says"), [([], "near what you like"), ([SONG], "near it"), ([SONG, FILE], "near those")]
)
def test_nothing_is_near_what_was_asked_about(like: list[Song], says: str) -> None:
    assert says in said(finds.recommended([], like))


def test_a_like_is_said_to_go_where_it_was_not() -> None:
    assert "as well" in said(posts.liked(SONG, Liked(saved=True, ask=False), "k"))
    assert "already" in said(posts.liked(SONG, Liked(saved=True, ask=False, before=True), "k"))
    assert "among your likes" in said(posts.added(SONG, Added(RUN, before=False)))
    assert "among your likes" not in said(posts.added(SONG, Added(RUN, before=True)))


def test_updates_that_are_off_are_not_promised_for_later() -> None:
    member = Member(7, NOW)
    assert "afterwards" in texts.muted(NOW, member)
    assert "afterwards" not in texts.muted(NOW, replace(member, updates="off"))
    assert texts.updates(replace(member, updates="off"), NOW) == "I send no updates about new likes."


def test_a_playlist_kept_here_does_not_stay_at_spotify() -> None:
    assert "Spotify" in texts.let_go(RUN)
    assert "Spotify" not in texts.let_go(replace(RUN, ref="shelf:x"))


def test_a_consent_that_ended_has_no_days_left() -> None:
    account = Account(7, "c", "u", "Ada", b"x", NOW)
    assert "ends in 3 days" in texts._account(account, 3, None)
    assert "has ended" in texts._account(replace(account, tokens=b""), 3, None)


def test_an_empty_export_says_why() -> None:
    assert "right now" in texts.exported_playlists(2, "writing")
    assert "/sort" in texts.exported_playlists(2, "empty")
    assert texts.exported_playlists(2, None).endswith("`/library import`.")


def test_whoever_asked_has_to_ask_again_and_a_job_goes_on_by_itself() -> None:
    assert "try again then" in said(problem(CoolingDown(NOW)))
    assert "I go on then" in CoolingDown(NOW).for_member()


def test_a_file_is_not_said_to_be_written_to_spotify() -> None:
    known = Shared(1, 7, None, "Ours", "ref", False, None, NOW, None)
    assert "in a moment" in said(shared.added(known, SONG, first=False))
    assert "not written" in said(shared.added(known, FILE, first=False))
    written = Brought(SONG.song, 7, NOW, state=State.WRITTEN)
    assert "All of it is written" in said(shared.show(Shown(known, [written], [], {}, frozenset()), 7, NOW))
    both = [written, Brought(FILE.song, 7, NOW)]
    assert "but the files" in said(shared.show(Shown(known, both, [], {}, frozenset()), 7, NOW))


def test_a_closed_round_is_not_called_off() -> None:
    over = Round(1, 7, 1, 2, 3, CLOSED, "Rain", CLOSED, NOW, NOW, None, NOW)
    assert "called off" not in said(rounds.page(Table(over, [], {}, 0, (), ())))
