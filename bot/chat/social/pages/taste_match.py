"""Matches: the question to a member, what two members have in common, and whom one agreed with."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core.social.records import Agreement
from bot.flows.feed.catalogue import Entry
from bot.flows.social.taste_match import TasteMatch
from bot.messages import _, formatting
from bot.messages.social import taste_match as messages

MOST_LISTED = 12  # each with a button: Discord takes 40 components


def question(asked: Agreement) -> Page:
    """For the member who's asked, in the channel; of the two, only they are mentioned."""
    accept = layout.button(_("Accept"), ids.of("matchyes", asked.agreement), layout.GREEN)
    decline = layout.button(_("No thanks"), ids.of("matchno", asked.agreement))
    return Page(messages.question(asked), layout.row(accept, decline))


def asking(question: Agreement) -> Page:
    """For the asker, until the question is posted."""
    return Page(messages.asking(question))


def asked(question: Agreement) -> Page:
    """For the member who asked."""
    return Page(messages.asked(question), layout.row(_withdraw(question)))


def _withdraw(question: Agreement) -> layout.Tap:
    return layout.button(_("Withdraw it"), ids.of("matchend", question.agreement))


def agreed(agreement: int, other: int) -> Page:
    """For a member who asked and isn't waiting any more: a button to the result, so it's gone when either ends it."""
    look = layout.button(_("View"), ids.of("matchlook", agreement), layout.PRIMARY)
    return Page(messages.agreed(other), layout.row(look))


def result(match: TasteMatch) -> Page:
    """What two members have in common, as one of them sees it."""
    return Page(
        messages.result(match),
        _titled(messages.BOTH_LIKE, match.both) if match.both else _(messages.NOTHING_SHARED),
        *_traded(match.mine),
        _titled(messages.FROM_YOU, match.theirs) if match.theirs else None,
        layout.row(layout.button(_("End this match"), ids.of("matchend", match.agreement), layout.RED)),
    )


def _titled(title: str, entries: Sequence[Entry]) -> str:
    return f"{_(title)}\n{formatting.lines([messages.line(entry.song) for entry in entries], 1000)}"


def _traded(entries: Sequence[Entry]) -> list[Item]:
    """Songs for the reader, each with what they can do about it."""
    items: list[Item] = []
    for place, entry in enumerate(entries):
        line = messages.line(entry.song)
        items.append(layout.text(line if place else f"{_(messages.FROM_THEM)}\n{line}"))
        alike = layout.button(_("More like this"), ids.of("alike", entry.key))
        items.append(layout.row(alike, layout.button(_("Not for me"), ids.of("away", entry.key))))
    return items


def listed(agreements: Sequence[Agreement], member: int) -> Page:
    """Whom a member agreed with and whom they asked, each with a way out."""
    if not agreements:
        return Page(_(messages.NOBODY))
    items = [_listed(agreement, member) for agreement in agreements[:MOST_LISTED]]
    return Page(_(messages.YOUR_MATCHES), *items)


def _listed(agreement: Agreement, member: int) -> Item:
    other = agreement.beside(member)
    if agreement.agreed_at is None:
        return layout.with_button(messages.waiting(other), _withdraw(agreement))
    return layout.with_button(f"<@{other}>", layout.button(_("View"), ids.of("matchlook", agreement.agreement)))
