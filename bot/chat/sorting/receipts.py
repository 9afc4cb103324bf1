"""Receipts: dry runs, what was written, and how to undo it."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Page, Tap
from bot.chat.sorting import cards
from bot.core.records import Change
from bot.core.sorting.writes import Action, WriteKind
from bot.flows.sorting.label import Question
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import _, formatting, plural
from bot.messages.sorting import outcomes

PER_PAGE = 10  # lines
ROOM = 1700  # characters for them; the rest is for headline and questions
INLINE = 3  # questions with their buttons right in an update


def dry_run(receipt: Receipt, page: int = 0, note: str = "") -> Page:
    """What would be done, to page through, with **Apply** / **Ask me those** / **Cancel**."""
    write, changes = receipt.write.write, _ordered(receipt)
    if not changes:
        return Page(note or None, outcomes.dry_run(receipt), _(outcomes.NOTHING_TO_SORT))
    writes = bool(receipt.placed or receipt.removed)
    return Page(
        note or None,
        outcomes.dry_run(receipt),
        formatting.changes(receipt) or None,
        _lines(receipt, _on(page, changes)),
        layout.row(
            layout.button(_("Apply"), ids.of("apply", write), layout.GREEN) if writes else None,
            _ask_button(write, len(receipt.asked)) if receipt.asked else None,
            layout.button(_("Cancel"), ids.of("cancel", write)),
        ),
        _turn("page", write, len(changes), page),
    )


def receipt(reviewed: Reviewed, questions: Sequence[Question] = (), page: int = 0, note: str = "") -> Page:
    """What was done: totals, lines with certainty in words, **Undo**, **Why**, **Not there**, open questions."""
    done, write, waiting = reviewed.receipt, reviewed.receipt.write.write, len(reviewed.waiting)
    changes = _ordered(done, [question.song.song for question in questions])
    rest = waiting - len(questions)
    return Page(
        note or None,
        outcomes.receipt(done, waiting),
        _lines(done, _on(page, changes), reviewed) if changes else None,
        _turn("turn", write, len(changes), page),
        *(item for question in questions for item in cards.block(question)),
        _actions(done, page, rest),
    )


def not_there(reviewed: Reviewed, page: int) -> Page:
    """The receipt, with a select in place of its buttons: which of these songs doesn't belong?"""
    done = reviewed.receipt
    return Page(
        outcomes.receipt(done, len(reviewed.waiting)),
        layout.menu(ids.of("out", done.write.write, page), _("Which one doesn't belong?"), _options(reviewed, page)),
        layout.row(layout.button(_("Back"), ids.of("turn", done.write.write, page))),
    )


def why(reviewed: Reviewed, page: int) -> Page:
    """A select: why did which of these songs go where it went?"""
    write = reviewed.receipt.write.write
    return Page(
        _(outcomes.WHICH_SONG), layout.menu(ids.of("whyof", write), _("Choose a song"), _options(reviewed, page))
    )


def _options(reviewed: Reviewed, page: int) -> list[layout.Option]:
    """The placed songs of a page of the receipt, by the numbers of their lines."""
    done = reviewed.receipt
    placed = [change for change in _on(page, _ordered(done)) if change.action == Action.ADD] or done.placed[:PER_PAGE]
    return [
        layout.option(done.songs[change.song].line, change.change, done.playlists[change.playlist].name)
        for change in placed
        if change.playlist in done.playlists and not reviewed.ruled_out(change)
    ]


def _actions(done: Receipt, page: int, rest: int) -> layout.Row | None:
    write, undoable = done.write.write, done.ended and done.write.kind != WriteKind.UNDO and done.undo is None
    placed = bool(done.placed) and undoable
    taps = [
        layout.button(_("Undo"), ids.of("undo", write)) if undoable and (done.placed or done.removed) else None,
        layout.button(_("Not there"), ids.of("wrong", write, page)) if placed else None,
        layout.button(_("Why"), ids.of("why", write, page)) if placed else None,
        _ask_button(write, rest) if rest > 0 else None,
        layout.button(_("Mute for a day"), ids.of("mute", write)) if done.write.kind == WriteKind.WATCH else None,
    ]
    return layout.row(*taps) if any(taps) else None


def _ask_button(write: int, number: int) -> Tap:
    label = plural("Ask me about {count} song", "Ask me about {count} songs", number)
    return layout.button(label, ids.of("askme", write), layout.PRIMARY)


def _ordered(receipt: Receipt, apart: Sequence[str] = ()) -> list[Change]:
    """The lines in the order in which they are shown; a song that is asked about has one, those `apart` none."""
    asked = {change.song: change for change in reversed(receipt.lines(Action.ASK)) if change.song not in apart}
    lines = [*receipt.placed, *receipt.removed, *(asked[song] for song in receipt.asked if song in asked)]
    return [change for change in lines if change.song in receipt.songs]


def _on(page: int, changes: Sequence[Change]) -> Sequence[Change]:
    return changes[page * PER_PAGE : (page + 1) * PER_PAGE]


def _lines(receipt: Receipt, changes: Sequence[Change], reviewed: Reviewed | None = None) -> str:
    return outcomes.page([outcomes.line(receipt, change, reviewed) for change in changes], ROOM)


def _turn(what: str, write: int, lines: int, page: int) -> layout.Row | None:
    """Buttons to leaf through, if there's more than one page."""
    last = (lines - 1) // PER_PAGE
    taps = [
        _page_button(what, write, page - 1, last, "◀️") if page > 0 else None,
        _page_button(what, write, page + 1, last, "▶️") if page < last else None,
    ]
    return layout.row(*taps) if any(taps) else None


def _page_button(what: str, write: int, page: int, last: int, emoji: str) -> Tap:
    label = _("Page {page} of {pages}", page=page + 1, pages=last + 1)
    return layout.button(label, ids.of(what, write, page), emoji=emoji)
