"""Dry runs: a page for each playlist, the least sure songs first; then what'd be asked, and what stays and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.chat.sorting import receipts
from bot.chat.sorting.receipts import PER_PAGE
from bot.core.records import Change, Song
from bot.core.sorting.writes import Action
from bot.flows.sorting.review import Reviewed, Staying
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import _, formatting
from bot.messages.sorting import dry_runs as messages
from bot.messages.sorting import outcomes

ASK, STAY = "ask", "stay"  # sections besides the playlists, which go by their numbers


@dataclass(frozen=True, slots=True)
class DryRun:
    """A dry run, ready to show. stays: what stays, looked up only where it's shown; staying: how many songs that is."""

    reviewed: Reviewed
    sections: dict[str, Sequence[Change]]
    staying: int
    stays: Sequence[Staying] = ()

    @property
    def leaves(self) -> list[tuple[str, int]]:
        """All pages in order: the section, and its first line that's on the page."""
        counts = {key: len(lines) for key, lines in self.sections.items()}
        counts |= {STAY: self.staying} if self.staying else {}
        return [(key, start) for key, count in counts.items() for start in range(0, count, PER_PAGE)]

    def leaf(self, page: int) -> tuple[str, int]:
        return self.leaves[min(page, len(self.leaves) - 1)] if self.leaves else (ASK, 0)

    def page_of(self, section: str, change: int | None = None) -> int:
        """Return the page where a section begins, or where a line of it is; the first if there's none such."""
        lines = [line.change for line in self.sections.get(section, ())]
        start = lines.index(change) // PER_PAGE * PER_PAGE if change in lines else 0
        return self.leaves.index((section, start)) if (section, start) in self.leaves else 0

    def changes(self, page: int) -> Sequence[Change]:
        """The lines of a page, none if it's about what stays."""
        section, start = self.leaf(page)
        return self.sections.get(section, ())[start : start + PER_PAGE]

    def songs(self, page: int) -> list[Song]:
        _section, start = self.leaf(page)
        left = [staying.song for staying in self.stays[start : start + PER_PAGE]]
        return [self.reviewed.receipt.songs[change.song] for change in self.changes(page)] or left


def of(reviewed: Reviewed, stays: Sequence[Staying] | None = None) -> DryRun:
    """Arrange a dry run by playlist, in the playlists' order; the questions come last, before what stays."""
    planned = reviewed.receipt
    sections = {str(playlist): _of_playlist(planned, playlist) for playlist in planned.playlists}
    asked = {change.song: change for change in reversed(planned.lines(Action.ASK)) if change.song in planned.songs}
    sections[ASK] = _least_sure_first(asked.values())
    staying = planned.left if stays is None else len(stays)
    return DryRun(reviewed, {key: lines for key, lines in sections.items() if lines}, staying, stays or ())


def _of_playlist(planned: Receipt, playlist: int) -> list[Change]:
    going = _least_sure_first([*planned.placed, *planned.ruled_out])
    lines = [change for change in [*going, *planned.removed] if change.playlist == playlist]
    return [change for change in lines if change.song in planned.songs]


def _least_sure_first(changes: Iterable[Change]) -> list[Change]:
    return sorted(
        changes, key=lambda change: (1.0 if change.probability is None else change.probability, change.change)
    )


def page(shown: DryRun, at: int = 0, note: str = "") -> Page:
    """A page, with a select that jumps to a section, **Apply** / **Ask me** / **Cancel**, **Not there**, **Listen**."""
    planned = shown.reviewed.receipt
    nothing = "" if planned.placed or planned.removed or planned.asked else _(messages.NOTHING_TO_SORT)
    head = [note, messages.headline(planned), formatting.changes(planned), nothing]
    return Page(
        *head,
        _text(shown, at, layout.MOST_TEXT - sum(map(len, head))) if shown.leaves else None,
        *_sections(shown, at),
        _decisions(shown),
        _about_the_page(shown, at),
    )


def _text(shown: DryRun, at: int, room: int) -> str:
    """The page's title and all of its lines, with shorter names if they don't fit."""
    section, _start = shown.leaf(at)
    title = _title(shown, section)
    for longest in (formatting.LONGEST_IN_LINE, formatting.LONGEST_IN_LINE // 2):
        lines = _lines(shown, at, longest)
        if len("\n".join([title, *lines])) <= room:
            break
    return f"{title}\n{outcomes.page(lines, room - len(title))}"


def _lines(shown: DryRun, at: int, longest: int) -> list[str]:
    section, start = shown.leaf(at)
    if section == STAY:
        return [messages.stays(staying, longest) for staying in shown.stays[start : start + PER_PAGE]]
    return [messages.line(shown.reviewed, change, longest) for change in shown.changes(at)]


def _title(shown: DryRun, section: str) -> str:
    if section == STAY:
        return messages.leaving(shown.staying)
    if section == ASK:
        return messages.asking(len(shown.sections.get(ASK, ())))
    planned, playlist = shown.reviewed.receipt, int(section)
    added, removed = (
        sum(change.playlist == playlist for change in lines) for lines in (planned.placed, planned.removed)
    )
    return messages.title(planned.playlists[playlist], added, removed)


def _sections(shown: DryRun, at: int) -> list[Item]:
    """A select that jumps to a section, if there are several; two of them where one can't hold them all."""
    here, _start = shown.leaf(at)
    options = [_option(shown, key, chosen=key == here) for key in dict(shown.leaves)]
    starts = range(0, len(options), layout.MOST_OPTIONS) if len(options) > 1 else ()
    write = shown.reviewed.receipt.write.write
    return [
        layout.menu(ids.of("goto", write, start), _("Go to"), options[start : start + layout.MOST_OPTIONS])
        for start in starts
    ]


def _option(shown: DryRun, section: str, *, chosen: bool) -> layout.Option:
    if section == STAY:
        return layout.option(_(messages.WHAT_STAYS), STAY, formatting.songs(shown.staying), chosen=chosen)
    count = formatting.songs(len({change.song for change in shown.sections[section]}))
    if section == ASK:
        return layout.option(_(messages.WHAT_I_ASK), ASK, count, chosen=chosen)
    playlist = shown.reviewed.receipt.playlists[int(section)]
    return layout.option(playlist.name, section, count, emoji=playlist.emoji, chosen=chosen)


def _decisions(shown: DryRun) -> Item | None:
    planned, waiting = shown.reviewed.receipt, len(shown.reviewed.waiting)
    write, changes = planned.write.write, bool(planned.placed or planned.removed)
    taps = [
        layout.button(_("Apply"), ids.of("apply", write), layout.GREEN) if changes else None,
        receipts.ask_button(write, waiting) if waiting else None,
        layout.button(_("Cancel"), ids.of("cancel", write)) if changes or planned.ruled_out or planned.asked else None,
    ]
    return layout.row(*taps) if any(taps) else None


def _about_the_page(shown: DryRun, at: int) -> Item | None:
    write, page = shown.reviewed.receipt.write.write, min(at, max(0, len(shown.leaves) - 1))
    wrong = any(change.action == Action.ADD for change in shown.changes(page))
    taps = [
        layout.button(_("Not there"), ids.of("wrong", write, page)) if wrong else None,
        layout.button(_("Listen"), ids.of("hear", write, page)) if shown.leaves else None,
        *receipts.turning("page", write, len(shown.leaves), page),
    ]
    return layout.row(*taps) if any(taps) else None


def not_there(shown: DryRun, at: int) -> Page:
    """The page, with a select in place of its buttons: which of these songs doesn't belong?"""
    planned = shown.reviewed.receipt
    adding = [change for change in shown.changes(at) if change.action == Action.ADD]
    options = [
        layout.option(planned.songs[change.song].line, change.change, planned.playlists[change.playlist].name)
        for change in adding
    ]
    which = ids.of("out", planned.write.write, at)
    return Page(
        _text(shown, at, layout.MOST_TEXT),
        layout.menu(which, _("Which one doesn't belong?"), options) if options else None,
        layout.row(layout.button(_("Back"), ids.of("page", planned.write.write, at))),
    )
