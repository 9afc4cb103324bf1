"""Receipts: dry runs, what was written, and how to undo it."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Page, Tap
from bot.chat.sorting import cards, outcomes
from bot.core.records import Change
from bot.core.sorting.writes import Action, WriteKind
from bot.flows.sorting.label import Question
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.sort import Receipt
from bot.messages import _, formatting
from bot.messages import sorting as messages

PER_PAGE = 10  # lines
ROOM = 1700  # characters for them; the rest is for headline and questions
INLINE = 3  # questions with their buttons right in an update


def dry_run(receipt: Receipt, page: int = 0) -> Page:
    """What would be done, to page through, with **Apply** / **Ask me those** / **Cancel**."""
    write, entries = receipt.write.write, _entries(receipt)
    if not entries:
        return Page(outcomes.dry_run(receipt), _(messages.NOTHING_TO_SORT))
    changes = bool(receipt.placed or receipt.removed)
    return Page(
        outcomes.dry_run(receipt),
        formatting.changes(receipt) or None,
        _page_of(entries, page),
        layout.row(
            layout.button("Apply", ids.of("apply", write), layout.GREEN) if changes else None,
            _ask_button(write, len(receipt.asked)) if receipt.asked else None,
            layout.button("Cancel", ids.of("cancel", write)),
        ),
        _turn("page", write, len(entries), page),
    )


def receipt(found: Reviewed, questions: Sequence[Question] = (), page: int = 0, note: str = "") -> Page:
    """What was done: totals, lines with certainty in words, **Undo**, **Why**, **Not there**, open questions."""
    done, write, waiting = found.receipt, found.receipt.write.write, len(found.waiting)
    lines = _entries(done, found, [question.song.song for question in questions])
    rest = waiting - len(questions)
    return Page(
        note or None,
        outcomes.receipt(done, waiting),
        _page_of(lines, page) if lines else None,
        _turn("turn", write, len(lines), page),
        *(item for question in questions for item in cards.block(question)),
        _actions(done, page, rest),
    )


def not_there(found: Reviewed, page: int) -> Page:
    """The receipt, with a select in place of its buttons: which of these songs does not belong?"""
    done = found.receipt
    return Page(
        outcomes.receipt(done, len(found.waiting)),
        layout.menu(ids.of("out", done.write.write, page), "Which one does not belong?", _options(found, page)),
        layout.row(layout.button("Back", ids.of("turn", done.write.write, page))),
    )


def why(found: Reviewed, page: int) -> Page:
    """Which of these songs does the member wonder about?"""
    write = found.receipt.write.write
    return Page(_(messages.WHY_WHICH), layout.menu(ids.of("whyof", write), "Which one?", _options(found, page)))


def _options(found: Reviewed, page: int) -> list[layout.Option]:
    """The placed songs of a page of the receipt, by the numbers of their lines."""
    done = found.receipt
    shown = [each for each in _shown(done, page) if each.action == Action.ADD] or done.placed[:PER_PAGE]
    return [
        layout.option(done.songs[each.song].line, each.change, done.playlists[each.playlist].name)
        for each in shown
        if each.playlist in done.playlists and not found.ruled_out(each)
    ]


def _actions(done: Receipt, page: int, rest: int) -> layout.Row | None:
    write, undoable = done.write.write, done.ended and done.write.kind != WriteKind.UNDO and done.undo is None
    placed = bool(done.placed) and undoable
    taps = [
        layout.button("Undo", ids.of("undo", write)) if undoable and (done.placed or done.removed) else None,
        layout.button("Not there", ids.of("wrong", write, page)) if placed else None,
        layout.button("Why", ids.of("why", write, page)) if placed else None,
        _ask_button(write, rest) if rest > 0 else None,
        layout.button("Mute for a day", ids.of("mute", write)) if done.write.kind == WriteKind.WATCH else None,
    ]
    return layout.row(*taps) if any(taps) else None


def _ask_button(write: int, number: int) -> Tap:
    label = "Ask me that one" if number == 1 else f"Ask me those {number:,}"
    return layout.button(label, ids.of("askme", write), layout.PRIMARY)


def _ordered(receipt: Receipt, apart: Sequence[str] = ()) -> list[Change]:
    """The lines in the order in which they are shown; a song that is asked about has one, those `apart` none."""
    asked = {each.song: each for each in reversed(receipt.lines(Action.ASK)) if each.song not in apart}
    lines = [*receipt.placed, *receipt.removed, *(asked[song] for song in receipt.asked if song in asked)]
    return [each for each in lines if each.song in receipt.songs]


def _shown(receipt: Receipt, page: int) -> list[Change]:
    return _ordered(receipt)[page * PER_PAGE : (page + 1) * PER_PAGE]


def _entries(receipt: Receipt, found: Reviewed | None = None, apart: Sequence[str] = ()) -> list[str]:
    return [_entry(receipt, each, found) for each in _ordered(receipt, apart)]


def _entry(receipt: Receipt, line: Change, found: Reviewed | None) -> str:
    """One line of a receipt: the song, where it went, and how certain that is."""
    song = formatting.song_name(receipt.songs[line.song], 50)
    if line.action == Action.ASK:
        return f"- {song} · {_asked(receipt, line, found)}"
    playlist = receipt.playlists.get(line.playlist)
    where = formatting.playlist_name(playlist) if playlist else "a playlist that is no longer kept"
    if line.action == Action.REMOVE:
        return f"- {song} ← out of {where}"
    if found is not None and receipt.write.kind != WriteKind.UNDO and found.ruled_out(line):
        return f"- ~~{song}~~ · doesn't belong in {where}, by your word"
    certainty = formatting.CERTAINTY.get(line.certainty or "", "")
    return f"- {song} → {where}" + (f" · {certainty}" if certainty else "")


def _asked(receipt: Receipt, line: Change, found: Reviewed | None) -> str:
    verdict = found.verdicts.get(line.song) if found else None
    if verdict is not None and verdict.settled:
        chosen = [formatting.playlist_name(each) for key, each in receipt.playlists.items() if key in verdict.yes]
        return f"you said {formatting.listed(chosen) or 'none of them'}"
    guessed = [each.playlist for each in receipt.lines(Action.ASK) if each.song == line.song]
    names = [
        formatting.escape(receipt.playlists[key].name, formatting.LONGEST_NAME)
        for key in guessed
        if key in receipt.playlists
    ]
    return f"unsure: {formatting.listed(names, 'or')}" if names else "unsure"


def _page_of(entries: Sequence[str], page: int) -> str:
    start = page * PER_PAGE
    return formatting.lines(entries[start : start + PER_PAGE], ROOM) or "Nothing on this page."


def _turn(what: str, write: int, entries: int, page: int) -> layout.Row | None:
    """Buttons to leaf through, where there is more than one page."""
    last = (entries - 1) // PER_PAGE
    taps = [
        layout.button(f"Page {page} of {last + 1}", ids.of(what, write, page - 1), emoji="◀️") if page > 0 else None,
        layout.button(f"Page {page + 2} of {last + 1}", ids.of(what, write, page + 1), emoji="▶️")
        if page < last
        else None,
    ]
    return layout.row(*taps) if any(taps) else None
