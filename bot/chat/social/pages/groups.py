"""Groups as those in them see them: who is in, and who was put out by whose vote."""

import discord

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.chat.social.pages.shared_playlists import named
from bot.core.markup import timestamp
from bot.core.social.shared_playlists import PutOut
from bot.flows.social.groups import Group

PER_PAGE = 8  # each with a button
OUTS = 5  # of those who were put out, the last ones
ASK = (
    "Put <@{member}> out of {name}? Everyone in the group sees that you did. What they brought and voted stays, "
    "without their name, and they can't join again unless you let them."
)


def page(found: Group, member: int, page: int = 0) -> Page:
    """Everybody in the group; for the host with a button to put them out, or to let them back in."""
    hosts = found.shared.host == member
    last = max(0, (len(found.partners) - 1) // PER_PAGE)
    at = min(page, last) * PER_PAGE
    rows = [_partner(found, each, hosts=hosts) for each in found.partners[at : at + PER_PAGE]]
    outs = [_out(found, each, hosts=hosts) for each in found.outs[:OUTS]]
    head = f"{named(found.shared)} · {len(found.partners)} in it"
    return Page(head, *rows, "**Put out**" if outs else None, *outs, _turns(found, min(page, last), last))


def _partner(found: Group, partner: int, *, hosts: bool) -> Item:
    host = partner == found.shared.host
    said = f"{_name(found, partner)} · hosts it" if host else _name(found, partner)
    if host or not hosts:
        return layout.text(said)
    return _beside(said, layout.button("Put out", ids.of("shout", partner, found.shared.shared)))


def _out(found: Group, out: PutOut, *, hosts: bool) -> Item:
    by = "somebody who left" if out.by is None else _name(found, out.by)
    said = f"{_name(found, out.member)} · by {by}, {timestamp(out.at, 'R')}"
    if not hosts:
        return layout.text(said)
    return _beside(said, layout.button("Let back in", ids.of("shletin", out.member, found.shared.shared)))


def _name(found: Group, member: int) -> str:
    return f"<@{member}>" if member in found.visible else "somebody"


def _beside(said: str, tap: layout.Tap) -> Item:
    return discord.ui.Section(layout.text(said), accessory=tap)


def _turns(found: Group, page: int, last: int) -> layout.Row | None:
    taps = [
        layout.button(f"Page {each + 1} of {last + 1}", ids.of("shgroup", found.shared.shared, each))
        for each in (page - 1, page + 1)
        if 0 <= each <= last
    ]
    return layout.row(*taps) if taps else None


def asks(found: Group, member: int) -> Page:
    """Ask the host before somebody is put out."""
    yes = layout.button("Put them out", ids.of("shoutyes", member, found.shared.shared), layout.RED)
    back = layout.button("Back", ids.of("shgroup", found.shared.shared))
    return Page(ASK.format(member=member, name=named(found.shared)), layout.row(yes, back))
