"""Dry runs: a page for each playlist, the least sure songs first; then what'd be asked, and what stays and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat import ids, layout, paging
from bot.chat.layout import Item, Page
from bot.chat.paging import PER_PAGE
from bot.chat.sorting.writing import receipts
from bot.core.records import Change, Song
from bot.core.sorting.writing.writes import Action
from bot.flows.sorting import review
from bot.flows.sorting.review import ASK, Reviewed, Staying
from bot.messages import _, formatting
from bot.messages.sorting import dry_runs as messages
from bot.messages.sorting import outcomes

FEW = 3  # pages; more of them are offered as a list in the browser
STAY = "stay"  # the section of what stays, after those of `review.by_section`


@dataclass(frozen=True, slots=True)
class DryRun:
    """A dry run, ready to show. stays: what stays, looked up only where it's shown; staying: how many songs that is.

    web: whether the page in the browser is switched on.
    """

    reviewed: Reviewed
    sections: dict[str, Sequence[Change]]
    staying: int
    stays: Sequence[Staying] = ()
    web: bool = False

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


def of(reviewed: Reviewed, stays: Sequence[Staying] | None = None, *, web: bool = False) -> DryRun:
    """Arrange a dry run by playlist, in the playlists' order; the questions come last, before what stays."""
    staying = reviewed.receipt.left if stays is None else len(stays)
    return DryRun(reviewed, review.by_section(reviewed), staying, stays or (), web)


def page(shown: DryRun, at: int = 0, note: str = "") -> Page:
    """A page, with a select that jumps to a section, **Apply** / **Ask me** / **Cancel**, **Not there**, **Listen**."""
    planned = shown.reviewed.receipt
    nothing = "" if planned.placed or planned.removed or planned.asked else _(messages.NOTHING_TO_SORT)
    head = [
        note,
        messages.headline(planned, knows_none=shown.reviewed.knows_none) if planned.write.total or not nothing else "",
        formatting.changes(planned),
        nothing,
    ]
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
    return messages.heading(shown.reviewed, section, shown.sections.get(section, ()))


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
    ruled_out = shown.reviewed.receipt.ruled_out
    count = formatting.songs(len({change.song for change in shown.sections[section] if change not in ruled_out}))
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
    look = (
        layout.button(_("View as a page"), ids.of("lookweb", write)) if shown.web and len(shown.leaves) > FEW else None
    )
    return layout.row(*taps, look) if any(taps) else None


def _about_the_page(shown: DryRun, at: int) -> Item | None:
    write, page = shown.reviewed.receipt.write.write, min(at, max(0, len(shown.leaves) - 1))
    wrong = any(change.action == Action.ADD for change in shown.changes(page))
    taps = [
        layout.button(_("Not there"), ids.of("wrong", write, page)) if wrong else None,
        layout.button(_("Listen"), ids.of("hear", write, page)) if shown.leaves else None,
        *paging.turning("page", write, page, len(shown.leaves)),
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
