"""Messages are true: each sentence appears only under its own condition."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from discord import ui

from bot.chat import delivery, layout
from bot.chat.feed import feed_cards, song_results
from bot.chat.guard import problem
from bot.chat.social.pages import hosting, rounds, shared_playlists
from bot.chat.sorting import cards
from bot.chat.sorting.writing import dry_runs, receipts
from bot.core.notices import NoticeKind
from bot.core.records import Account, Card, Change, Layer, Member, Notice, Playlist, Song, Write
from bot.core.social.records import Round, RoundState
from bot.core.social.shared_playlists import Brought, Shared, SongState
from bot.core.sorting.expectation import Expectation
from bot.core.sorting.learning.gate import Reason
from bot.core.sorting.writing.writes import Action
from bot.errors import NoPlaylists, NotTrained, TooFewLabels
from bot.errors.spotify import CoolingDown, SpotifyDown
from bot.flows.account.status import LayerStatus
from bot.flows.feed.feed import AddedTo, Liked
from bot.flows.library.imports import Imported
from bot.flows.social.rounds import RoundTable
from bot.flows.social.shared.playlists import SharedView
from bot.flows.sorting import playlists
from bot.flows.sorting.labelling.label import Guess, NothingToAsk, Question, Tally
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import account, common, feed, formatting, library
from bot.messages.errors import describe
from bot.messages.social import rounds as round_messages
from bot.messages.sorting import models, outcomes
from bot.messages.sorting import playlists as playlist_messages
from tests.unit.chat.shown import said

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAYER = Layer(1, 7, "main", several=False, everything=False)
RUN = Playlist(1, 7, 1, "Run", "ref", "🟦", True, 2, None, None)
SONG, FILE = Song("spotify:track:x", "Song", ("Ann",)), Song("local:x", "File", ())


def _write(kind: str) -> Write:
    return Write(1, 7, 1, kind, "done", None, 1, None, None, NOW)


@pytest.mark.parametrize(
    ("tally", "says"),
    [
        (Tally(2, {}, 4), "2 labels · 4 more answers until I learn"),
        (Tally(5, {}, 1), "· 1 more answer until I learn"),
        (Tally(6, {}, 0), "enough to learn from"),
        (Tally(6, {}, 10, training=True, tried=True), "I'm learning from them"),
        (Tally(9, {}, 7, tried=True), "9 labels · 7 more answers until I learn again"),
        (Tally(9, {1: (3, 4)}, 7, tried=True), "9 labels · 7 more answers until I learn again"),
    ],
)
def test_the_footer_says_what_the_next_labels_bring(tally: Tally, says: str) -> None:
    assert formatting.tally(tally).endswith(says)


def test_a_card_offers_several_playlists_only_where_there_are_several() -> None:
    bed = replace(RUN, playlist=2, name="Bed")
    for kept, offered in (([RUN], False), ([RUN, bed], True)):
        asked = Question(Card("c", 7, 1, "s", None, NOW), SONG, LAYER, kept, [], None, Tally(9, {}, 4))
        labels = [tap.item.label for tap in cards.card(asked).walk_children() if isinstance(tap, layout.Tap)]
        assert ("Several" in labels) == offered


def test_a_card_says_where_its_song_is_already() -> None:
    asked = Question(Card("c", 7, 1, "s", None, NOW), SONG, LAYER, [RUN], [], None, Tally(9, {}, 4), [RUN])
    assert "It's in **Run** now." in said(cards.card(asked))
    assert "now." not in said(cards.card(replace(asked, holding=())))


@pytest.mark.parametrize(
    ("rule", "certainty", "says"),
    [
        ({"automatic": False}, "sure", "you said to ask first"),
        ({"automatic": False}, "likely", "you said to ask first"),
        ({"mistakes": 0}, "sure", "you allow no wrong songs"),
        ({"mistakes": 0}, "unsure", "unsure"),
        ({"mistakes": 1}, "sure", "you allow 1 wrong song in 20"),
        ({"automatic": False}, "unsure", "unsure"),
        ({}, "likely", "likely"),
    ],
)
def test_a_song_that_the_members_own_rule_asks_about_is_not_called_unsure(
    rule: dict[str, Any], certainty: str, says: str
) -> None:
    run = replace(RUN, **rule)
    ask = Change(1, 1, 1, SONG.song, Action.ASK, None, "asked", 0.94, certainty)
    planned = Receipt(_write("sort"), LAYER, {1: run}, [ask], {SONG.song: SONG})
    assert said(dry_runs.page(dry_runs.of(Reviewed(planned, {})))).endswith(f" · {says}: Run")
    update = receipts.receipt(Reviewed(replace(planned, write=_write("watch")), {}))
    assert said(update).endswith(f" · {says}: Run")


@pytest.mark.parametrize(("right", "asked", "says"), [(0, 2, "0 in 2"), (3, 4, "3 in 4"), (16, 20, "8 in 10")])
def test_how_often_a_playlists_guesses_were_right_is_given_out_of_ten_only_for_ten(
    right: int, asked: int, says: str
) -> None:
    score = {"right": right, "asked": asked, "of": 20, "precision": right / asked}
    assert models._score(score).endswith(f"of those I put there, {says} were right")


def test_a_playlist_that_allows_no_wrong_songs_says_so() -> None:
    assert playlist_messages.rules(replace(RUN, mistakes=0)).endswith("without asking; you allow no wrong songs.")
    assert playlist_messages.rules(replace(RUN, mistakes=1)).endswith("up to 1 wrong song in 20 is fine.")


@pytest.mark.parametrize(("write", "says"), [(1, True), (None, False)])
def test_a_question_of_a_receipt_says_which_rule_asks(write: int | None, says: bool) -> None:
    strict = replace(RUN, mistakes=0)
    card, guess = Card("c", 7, 1, "s", write, NOW), Guess(strict, 0.94)
    asked = Question(card, SONG, LAYER, [strict], [guess], None, Tally(9, {}, 4))
    (line, *_) = cards.block(asked)
    assert isinstance(line, ui.TextDisplay)
    assert ("almost certainly **Run**, 94% · you allow no wrong songs" in line.content) == says
    assert ("you allow no wrong songs" in said(cards.card(asked))) == says


@pytest.mark.parametrize(("labels", "says"), [(0, "your first answers teach me"), (40, "No guess yet.")])
def test_only_the_first_answers_are_called_first(labels: int, says: str) -> None:
    asked = Question(Card("c", 7, 1, "s", None, NOW), SONG, LAYER, [RUN], [], None, Tally(labels, {}, 4))
    assert says in said(cards.card(asked))
    assert ("first answers" in said(cards.card(asked))) == (labels == 0)


@pytest.mark.parametrize(
    ("tally", "label"),
    [(Tally(9, {1: (3, 4)}, 1), "Show me what you'd do"), (Tally(9, {}, 1), "Learn from them")],
)
def test_a_dry_run_is_offered_if_something_was_learned(tally: Tally, label: str) -> None:
    page = cards.done(NothingToAsk(LAYER, tally))
    assert [tap.item.label for tap in page.walk_children() if hasattr(tap, "item")] == [label]


def test_songs_already_placed_do_not_count_as_placeable() -> None:
    learned = LayerStatus(LAYER, [RUN], None, Tally(9, {1: (3, 4)}, 1), unplaced=0, expected=Expectation())
    assert "There's no song left to place" in models.trained(learned)
    assert "not enough" in models.trained(replace(learned, unplaced=5))
    said = models.trained(replace(learned, unplaced=5, expected=Expectation(3, 2.6)))
    assert said.endswith("I can place 3 songs, and expect about 9 in 10 to be right.")
    said = models.trained(replace(learned, unplaced=5, expected=Expectation(100, 90, 100)))
    assert said.endswith("I can place 100 songs, and expect 8 or 9 in 10 to be right.")
    assert "hadn't seen" not in said, "questions are chosen because they're hard"


@pytest.mark.parametrize(
    ("like", "says"), [([], "near what you like"), ([SONG], "near it"), ([SONG, FILE], "near those")]
)
def test_an_empty_result_says_what_nothing_was_near(like: list[Song], says: str) -> None:
    assert says in said(song_results.recommended([], like))


def test_a_like_is_announced_only_where_it_is_new() -> None:
    assert "as well" in said(feed_cards.liked(SONG, Liked(saved=True, ask=False), "k"))
    assert "already" in said(feed_cards.liked(SONG, Liked(saved=True, ask=False, before=True), "k"))
    assert "to your likes" in said(feed_cards.added(SONG, AddedTo(RUN, before=False)))
    assert "to your likes" not in said(feed_cards.added(SONG, AddedTo(RUN, before=True)))


def test_updates_switched_off_are_not_promised_for_later() -> None:
    member = Member(7, NOW)
    assert "afterwards" in common.muted(NOW, member)
    assert "afterwards" not in common.muted(NOW, replace(member, updates="off"))
    assert account.updates(replace(member, updates="off"), NOW) == "I don't send updates about new likes."


def test_a_local_playlist_is_not_said_to_stay_at_spotify() -> None:
    assert "Spotify" in playlist_messages.removed(RUN)
    assert "Spotify" not in playlist_messages.removed(replace(RUN, ref="shelf:x"))


def test_a_consent_that_ended_has_no_days_left() -> None:
    ada = Account(7, "c", "u", "Ada", b"x", NOW)
    assert "ends in 3 days" in account._account(ada, 3, None)
    assert "has ended" in account._account(replace(ada, tokens=b""), 3, None)


def test_an_empty_export_says_why() -> None:
    assert "right now" in library.exported_playlists(2, "writing")
    assert "/sort" in library.exported_playlists(2, "empty")
    assert "left out 3 songs" in library.exported_playlists(2, None, unnamed=3)
    assert library.exported_playlists(2, None).startswith("Your playlists, in 2 files.")
    assert "empty" not in library.exported_playlists(2, None).partition("\n")[0]


def test_a_member_must_ask_again_but_a_job_resumes_by_itself() -> None:
    assert "try again then" in said(problem(CoolingDown(NOW)))
    assert "I'll go on then" in describe(CoolingDown(NOW), by_itself=True)


def test_what_was_learned_by_hand_is_named_by_playlist_and_direction() -> None:
    edits = [["Run", 2, 0], ["Late *night*", 1, 1]]
    assert library.learned_by_hand(edits) == (
        "I learned from what you changed by hand: 2 songs you put into **Run**, 1 song you put into "
        "**Late \\*night\\*** and 1 song you took out of **Late \\*night\\***."
    )
    assert library.learned_by_hand([]) == ""
    assert library.learned_by_hand([["Run", 1, 0]] * 30).endswith(" and 20 more.")


def test_a_file_is_not_said_to_be_written_to_spotify() -> None:
    known = Shared(1, 7, None, "Ours", "ref", False, None, NOW, None)
    assert "I'll write it" in said(shared_playlists.added(known, SONG, first=False))
    assert "won't write it" in said(shared_playlists.added(known, FILE, first=False))
    written = Brought(SONG.song, 7, NOW, state=SongState.WRITTEN)
    assert "Everything is written." in said(
        shared_playlists.show(SharedView(known, [written], [], {}, frozenset()), 7, NOW)
    )
    both = [written, Brought(FILE.song, 7, NOW)]
    assert "except the files" in said(shared_playlists.show(SharedView(known, both, [], {}, frozenset()), 7, NOW))


def test_a_closed_round_is_not_called_cancelled() -> None:
    over = Round(1, 7, 1, 2, 3, RoundState.CLOSED, "Rain", RoundState.CLOSED, NOW, NOW, None, NOW)
    assert "cancelled" not in said(rounds.page(RoundTable(over, [], {}, 0, (), ())))


def test_a_last_question_offers_only_what_works() -> None:
    few = said(cards.done(NothingToAsk(LAYER, Tally(4, {}, 2))))
    assert "2 labels short" in few
    mood = replace(LAYER, layer=9)
    (tap,) = [item for item in cards.done(NothingToAsk(mood, Tally(9, {}, 1))).walk_children() if hasattr(item, "item")]
    assert tap.item.custom_id.endswith(":9"), "it trains the layer that the member was labelling"


def test_a_suggested_fix_is_for_the_right_layer() -> None:
    for error in (TooFewLabels(2, layer=9), NotTrained(layer=9)):
        assert [item.custom_id[-2:] for item in problem(error).walk_children() if hasattr(item, "custom_id")] == [":9"]


def test_a_model_that_must_ask_first_is_not_called_weak() -> None:
    asks = replace(RUN, automatic=False)
    learned = LayerStatus(LAYER, [asks], None, Tally(9, {1: (3, 4)}, 1), unplaced=5, expected=Expectation())
    assert "not enough" not in models.trained(learned)
    assert "ask first" in models.trained(learned)


@pytest.mark.parametrize(("right", "of", "says"), [(10, 10, "10"), (96, 100, "9"), (3, 100, "1"), (0, 20, "0")])
def test_only_perfect_rates_are_called_perfect(right: int, of: int, says: str) -> None:
    assert formatting.rate(right, of) == f"{says} in 10"


def test_one_is_singular() -> None:
    assert library.synced(1, 0, 0) == "Nothing new in 1 song."
    assert library.synced(0, 0, 0) == "You still have no liked songs on Spotify."
    assert "1 of them comes without" in library.imported("x.csv", Imported(3, 3, 2))
    assert library.unmade_playlists(dict.fromkeys(("Run", "Rest"), "Main is full.")) == [
        "I left out 2 playlists: Run, Rest. Main is full."
    ]
    assert "without" not in library.imported("x.csv", Imported(3, 2, 2, over=1))
    assert "of 1 song that belongs there" in models._score({"right": 1, "of": 1})
    assert "within a day" in account.consent_ends(0)


def test_after_removals_the_next_playlist_is_not_called_the_first() -> None:
    assert "yet" not in playlist_messages.layers([])
    assert "yet" not in str(NoPlaylists())
    empty = [playlists.LayerView(LAYER, []), playlists.LayerView(replace(LAYER, layer=2, name="mood"), [(RUN, 3)])]
    assert "**main**" in playlist_messages.layers(empty), "an empty layer still counts and is named"


def test_votes_that_ended_a_round_cannot_be_changed() -> None:
    voting = Round(1, 7, 1, 2, 3, RoundState.VOTING, "Rain", RoundState.VOTING, NOW, NOW, None, NOW)
    assert "change" in round_messages.voted(RoundTable(voting, [], {}, 1, (), ()), over=False)
    assert "change" not in round_messages.voted(RoundTable(voting, [], {}, 1, (), ()), over=True)


def test_p43_a_playlist_of_a_round_is_being_written_when_it_begins() -> None:
    over = Round(1, 7, 1, 2, 3, RoundState.CLOSED, "Rain", RoundState.CLOSED, NOW, NOW, None, NOW)
    assert "writing it" in round_messages.made(RoundTable(over, [], {}, 0, (), ()))


def test_the_question_before_ending_a_playlist_does_not_say_it_has_ended() -> None:
    known = Shared(1, 7, None, "Ours", "ref", False, None, NOW, None)
    assert said(hosting.ending(known)).startswith("Once **Ours** has ended")


def test_a_job_says_it_keeps_trying_and_a_member_is_told_to_retry() -> None:
    assert "keep trying" in describe(SpotifyDown(), by_itself=True)
    assert "try again" in said(problem(SpotifyDown()))


def test_joining_says_what_that_kind_of_library_shares() -> None:
    member = Member(7, NOW, source="spotify")
    assert "find the songs you like" in feed.joined(member)
    assert "if Spotify or the operator's music folder knows them" in feed.joined(replace(member, source="file"))
    assert "don't share anything" in feed.joined(replace(member, source=None))
    assert "hidden" in feed.joined(replace(member, hidden=True))


def test_p43_songs_that_could_not_be_undone_are_not_called_undone() -> None:
    write, back = _write("sort"), _write("undo")
    line = Change(1, 1, 1, SONG.song, "add", None, "written", None, None)
    done = Receipt(write, LAYER, {1: RUN}, [line], {SONG.song: SONG}, back, {1: "written"})
    assert outcomes.receipt(done, 0).endswith("Undone since.")
    assert outcomes.receipt(replace(done, reversals={1: "refused"}), 0).endswith("Undone since, except for 1 song.")


def test_a_receipt_offers_a_part_only_where_something_is_left_to_undo() -> None:
    lines = [Change(at, 1, 1, SONG.song, "add", None, "written", None, None) for at in (1, 2)]
    done = Receipt(_write("sort"), LAYER, {1: RUN}, lines, {SONG.song: SONG})
    offered = {
        "all of it": ({}, True, True),
        "one line": ({1: "written"}, True, False),
        "nothing": ({1: "written", 2: "written"}, False, False),
    }
    for reversals, undo, part in offered.values():
        shown = receipts.receipt(Reviewed(replace(done, undo=_write("undo"), reversals=reversals), {}))
        labels = {tap.item.label for tap in shown.walk_children() if hasattr(tap, "item")}
        assert ("Undo" in labels, "Undo a part" in labels) == (undo, part)


@pytest.mark.parametrize(("action", "says"), [("add", "out of 🟦 **Run** again"), ("remove", "back in 🟦 **Run**")])
def test_a_line_that_was_undone_by_itself_is_struck_through(action: str, says: str) -> None:
    line = Change(1, 1, 1, SONG.song, action, None, "written", None, "sure")
    done = Receipt(_write("sort"), LAYER, {1: RUN}, [line], {SONG.song: SONG})
    assert says not in outcomes.line(done, line, None)
    for state, read in (("sent", False), ("refused", False), ("written", True), ("untouched", True)):
        assert (says in outcomes.line(replace(done, reversals={1: state}), line, None)) == read


def test_additions_and_removals_are_shown_separately() -> None:
    actions = enumerate(("add", "remove"), 1)
    lines = [Change(at, 1, 1, "a", action, None, "written", None, None) for at, action in actions]
    done = Receipt(_write("sort"), LAYER, {1: RUN}, lines, {})
    assert formatting.changes(done) == "**Run** +1 −1"


def test_two_playlists_with_one_name_are_counted_separately() -> None:
    lines = [Change(at, 1, at, "a", "add", None, "written", None, None) for at in (1, 2)]
    done = Receipt(_write("sort"), LAYER, {1: RUN, 2: replace(RUN, playlist=2)}, lines, {})
    assert formatting.changes(done) == "**Run** +1 · **Run** +1"


def test_new_likes_that_need_an_answer_are_not_called_sorted() -> None:
    asked = Change(1, 1, 1, SONG.song, "ask", None, "asked", None, None)
    done = Receipt(_write("watch"), LAYER, {1: RUN}, [asked], {SONG.song: SONG})
    assert outcomes.receipt(done, 1) == "**1 new like** · 1 for you to decide"
    placed = replace(asked, change=2, song="b", action="add", state="written")
    some = Receipt(replace(_write("watch"), total=2), LAYER, {1: RUN}, [placed, asked], {SONG.song: SONG})
    assert outcomes.receipt(some, 1) == "**2 new likes** · **Run** +1 · 1 for you to decide"
    assert outcomes.receipt(replace(some, changes=[placed], write=_write("watch")), 0) == (
        "**1 new like sorted** · **Run** +1"
    )


def test_a_song_that_moves_with_an_update_is_no_new_like() -> None:
    asked = Change(1, 1, 1, SONG.song, "ask", None, "asked", None, None)
    moved = [replace(asked, change=2, song="b", action="remove", state="written")]
    moved += [replace(moved[0], change=3, playlist=2, action="add")]
    kept = {1: RUN, 2: replace(RUN, playlist=2, name="Bed")}
    done = Receipt(_write("watch"), LAYER, kept, [asked, *moved], {SONG.song: SONG})
    assert outcomes.receipt(done, 1) == "**1 new like** · **Run** −1 · **Bed** +1 · 1 for you to decide"
    alone = replace(done, write=replace(done.write, total=0), changes=moved)
    assert outcomes.receipt(alone, 0) == "**Done** · **Run** −1 · **Bed** +1"


def test_a_training_that_changed_nothing_says_why() -> None:
    published = {Reason.BETTER, Reason.NEW_RULES, Reason.NOT_WORSE}
    for reason in set(Reason) - published:
        assert models.not_published(reason, has_model=True).endswith(models.REASONS[reason])
    assert "half as good" in models.not_published("half as good", has_model=False), (
        "a reason stored by an older version"
    )


def test_a_job_set_aside_is_reported_in_the_current_and_the_older_format() -> None:
    data = Notice(1, 7, NoticeKind.ASIDE, {"work": "poll", "reference": "ab12"}, NOW, 0)
    assert delivery._problem(data) == common.set_aside("poll", "ab12")
    assert "/sync" in delivery._problem(data)
    assert delivery._problem(replace(data, body={"text": "It failed."})) == "It failed."


def test_before_the_first_other_playlist_is_read_the_bot_says_so_and_names_no_number() -> None:
    assert playlist_messages.learning_from_others(0).startswith("I may learn from your other playlists, but I haven't")
    assert playlist_messages.learning_from_others(3).startswith("I also learn from 3 of your other playlists")
