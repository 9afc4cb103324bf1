"""Receipts: what was written, how to undo it, and what to say about a song of it."""

from collections import Counter
from collections.abc import Sequence

from bot.chat import ids, layout, paging
from bot.chat.ids import Id
from bot.chat.layout import Page, Tap
from bot.chat.sorting import cards
from bot.core.records import Change, Song
from bot.core.sorting.writing.writes import ENDED, Action, WriteKind
from bot.flows.sorting.labelling.label import Question
from bot.flows.sorting.review import Reviewed
from bot.flows.sorting.writing.corrections import Correction
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import _, formatting, plural
from bot.messages.sorting import dry_runs, labels, outcomes

ROOM = 1700  # characters for them; the rest is for headline and questions
INLINE = 3  # questions with their buttons right in an update


def receipt(reviewed: Reviewed, questions: Sequence[Question] = (), page: int = 0, note: str = "") -> Page:
    """What was done: totals, lines with certainty in words, **Undo**, **Why**, **Not there**, open questions."""
    done, write, waiting = reviewed.receipt, reviewed.receipt.write.write, len(reviewed.waiting)
    changes = _ordered(done, [question.song.song for question in questions])
    rest = waiting - len(questions)
    return Page(
        note or None,
        outcomes.receipt(done, waiting),
        _lines(done, paging.on(page, changes), reviewed) if changes else None,
        paging.turn("turn", write, page, len(changes)),
        _(outcomes.FROM_NOW_ON) if reviewed.first else None,
        *(item for question in questions for item in cards.block(question)),
        *_actions(done, page, rest),
    )


def updates(several: Sequence[Reviewed]) -> Page:
    """Updates that were held, the newest first: a line each, and a select that shows one of them whole."""
    lines = [outcomes.update(each.receipt, len(each.waiting)) for each in reversed(several)]
    options = [
        layout.option(outcomes.headline(done), done.write.write, formatting.moment(done.write.created_at))
        for done in (each.receipt for each in reversed(several))
    ]
    select = layout.menu(ids.of("update"), _("Show a receipt"), options)
    return Page(_(outcomes.MEANWHILE), formatting.lines(lines, ROOM), select)


def not_there(reviewed: Reviewed, page: int) -> Page:
    """The receipt, with a select in place of its buttons: which of these songs doesn't belong?"""
    done, options = reviewed.receipt, _options(reviewed, page)
    which = ids.of("out", done.write.write, page)
    return Page(
        outcomes.receipt(done, len(reviewed.waiting)),
        layout.menu(which, _("Which one doesn't belong?"), options) if options else _(outcomes.NO_LINES),
        layout.row(layout.button(_("Back"), ids.of("turn", done.write.write, page))),
    )


def why(reviewed: Reviewed, page: int) -> Page:
    """A select: why did which of these songs go where it went?"""
    return _which_song(ids.of("whyof", reviewed.receipt.write.write), _options(reviewed, page))


def _which_song(what: Id, options: Sequence[layout.Option]) -> Page:
    """A select of these songs, or that there's none: Discord refuses a select without options."""
    if not options:
        return Page(_(outcomes.NO_LINES))
    return Page(_(outcomes.WHICH_SONG), layout.menu(what, _("Choose a song"), options))


def _options(reviewed: Reviewed, page: int) -> list[layout.Option]:
    """The placed songs of a page of the receipt, by the numbers of their lines."""
    done = reviewed.receipt
    here = [change for change in paging.on(page, _ordered(done)) if change.action == Action.ADD]
    return [
        _of_line(done, change)
        for change in here or paging.on(0, done.placed)
        if change.playlist in done.playlists and not reviewed.ruled_out(change) and not done.is_reversed(change)
    ]


def _of_line(done: Receipt, change: Change) -> layout.Option:
    return layout.option(done.songs[change.song].line, change.change, done.playlists[change.playlist].name)


def undo_part(reviewed: Reviewed, page: int) -> Page:
    """The receipt, with selects in place of its buttons: undo one playlist, or one song of this page?"""
    done, write = reviewed.receipt, reviewed.receipt.write.write
    standing = [change for change in done.standing if change.playlist in done.playlists]
    counts = Counter(change.playlist for change in standing)
    lists = [
        layout.option(
            playlist.name, playlist.playlist, formatting.songs(counts[playlist.playlist]), emoji=playlist.emoji
        )
        for playlist in done.playlists.values()
        if playlist.playlist in counts
    ]
    here = [change for change in paging.on(page, _ordered(done, inline(reviewed))) if change in standing]
    songs = [_of_line(done, change) for change in here]
    return Page(
        outcomes.receipt(done, len(reviewed.waiting)),
        layout.menu(ids.of("undolist", write), _("Undo one playlist"), lists) if len(lists) > 1 else None,
        layout.menu(ids.of("undosong", write), _("Undo one song of this page"), songs) if songs else None,
        layout.row(layout.button(_("Back"), ids.of("turn", write, page))),
    )


def _actions(done: Receipt, page: int, rest: int) -> list[layout.Row]:
    """**Undo**, **Undo a part**, **Not there**, **Why**; and what changes nothing."""
    write, standing = done.write, done.standing if done.write.kind != WriteKind.UNDO else []
    settled = bool(standing) and done.ended and (done.undo is None or done.undo.state in ENDED)
    undoable, placed = settled and not write.superseded, any(change.action == Action.ADD for change in standing)
    placed = placed and write.kind != WriteKind.RESTORE
    changing = [
        layout.button(_("Undo"), ids.of("undo", write.write)) if undoable else None,
        layout.button(_("Undo a part"), ids.of("undopart", write.write, page)) if undoable and standing[1:] else None,
        layout.button(_("Not there"), ids.of("wrong", write.write, page)) if placed and settled else None,
        layout.button(_("Why"), ids.of("why", write.write, page)) if placed and settled else None,
        ask_button(write.write, rest) if rest > 0 else None,
    ]
    quiet = [
        layout.button(_("Listen"), ids.of("hear", write.write, page)) if done.songs else None,
        layout.button(_("Show its receipt"), ids.of("turn", write.undoes)) if write.undoes else None,
        layout.button(_("Mute for a day"), ids.of("mute", write.write)) if write.kind == WriteKind.WATCH else None,
    ]
    return [layout.row(*taps) for taps in (changing, quiet) if any(taps)]


def ask_button(write: int, number: int) -> Tap:
    label = plural("Ask me about {count} song", "Ask me about {count} songs", number)
    return layout.button(label, ids.of("askme", write), layout.PRIMARY)


def _ordered(receipt: Receipt, apart: Sequence[str] = ()) -> list[Change]:
    """The lines in the order in which they are shown; a song that is asked about has one, those `apart` none."""
    asked = {change.song: change for change in reversed(receipt.lines(Action.ASK)) if change.song not in apart}
    lines = [*receipt.placed, *receipt.removed, *(asked[song] for song in receipt.asked if song in asked)]
    return [change for change in lines if change.song in receipt.songs]


def _lines(receipt: Receipt, changes: Sequence[Change], reviewed: Reviewed | None = None) -> str:
    return outcomes.page([outcomes.line(receipt, change, reviewed) for change in changes], ROOM)


def elsewhere(said: Correction, back: Id) -> Page:
    """What **Not there** did, and where the song goes instead; in a dry run, it may be there after all."""
    line = said.line.change
    return Page(
        dry_runs.ruled_out(said),
        _(dry_runs.WHERE_INSTEAD),
        *_places(said),
        layout.row(
            layout.button(_(labels.NONE_OF_THEM), ids.of("nowhere", line)),
            layout.button(_("There after all"), ids.of("moveto", line, said.line.playlist)) if said.planned else None,
            layout.button(_("Back"), back),
        ),
    )


def _places(said: Correction) -> Sequence[layout.Item]:
    """A button for each of the other playlists, or a select of many, in the order they're kept in."""
    line = said.line.change
    if len(said.others) > cards.FEW:
        options = [layout.option(other.name, other.playlist, emoji=other.emoji) for other in said.others]
        return [layout.menu(ids.of("movepick", line), _("Its playlist"), options)]
    places = (
        layout.button(other.name, ids.of("moveto", line, other.playlist), emoji=other.emoji) for other in said.others
    )
    return layout.rows(list(places))


def listen(write: int, songs: Sequence[Song]) -> Page:
    """A select: which of these songs is to be played?"""
    options = [layout.option(song.line, song.song) for song in songs if len(song.song) <= layout.LONGEST_VALUE]
    return _which_song(ids.of("hearof", write), options)


def songs_on(reviewed: Reviewed, page: int) -> list[Song]:
    """The songs of a page of the receipt; an update's first questions stand below each."""
    done, apart = reviewed.receipt, inline(reviewed)
    lines = [change.song for change in paging.on(page, _ordered(done, apart))]
    return [done.songs[song] for song in dict.fromkeys([*lines, *apart]) if song in done.songs]


def inline(reviewed: Reviewed) -> Sequence[str]:
    """The songs whose questions an update holds."""
    return reviewed.waiting[:INLINE] if reviewed.receipt.write.kind == WriteKind.WATCH else []


def page_of(reviewed: Reviewed, change: int) -> int:
    """Return the page of the receipt on which a line is, the first if it's on none."""
    lines = [line.change for line in _ordered(reviewed.receipt, inline(reviewed))]
    return lines.index(change) // paging.PER_PAGE if change in lines else 0
