"""Groups, as their members see them: who's in, and who was removed by whom."""

import discord

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core.social.shared_playlists import Removal
from bot.flows.social.shared.groups import Group
from bot.messages import _
from bot.messages.social import groups as messages
from bot.messages.social.shared_playlists import page_of

PER_PAGE = 8  # members, each with a button
REMOVALS = 5  # shown, the newest


def page(group: Group, member: int, page: int = 0) -> Page:
    """Everyone in the group; for the host with buttons to remove them, or let them back in."""
    hosts = group.shared.host == member
    last = max(0, (len(group.partners) - 1) // PER_PAGE)
    page = min(page, last)
    shown = group.partners[page * PER_PAGE : (page + 1) * PER_PAGE]
    partners = [_partner(group, partner, hosts=hosts) for partner in shown]
    removals = [_removal(group, removal, hosts=hosts) for removal in group.removals[:REMOVALS]]
    removed = f"**{_(messages.REMOVED)}**" if removals else None
    return Page(messages.heading(group), *partners, removed, *removals, _pages(group, page, last))


def _partner(group: Group, partner: int, *, hosts: bool) -> Item:
    said = messages.partner(group, partner)
    if partner == group.shared.host or not hosts:
        return layout.text(said)
    return _beside(said, layout.button(_("Remove"), ids.of("shout", partner, group.shared.shared)))


def _removal(group: Group, removal: Removal, *, hosts: bool) -> Item:
    said = messages.removal(group, removal)
    if not hosts:
        return layout.text(said)
    return _beside(said, layout.button(_("Let back in"), ids.of("shletin", removal.member, group.shared.shared)))


def _beside(said: str, tap: layout.Tap) -> Item:
    return discord.ui.Section(layout.text(said), accessory=tap)


def _pages(group: Group, page: int, last: int) -> layout.Row | None:
    taps = [
        layout.button(page_of(other, last), ids.of("shgroup", group.shared.shared, other))
        for other in (page - 1, page + 1)
        if 0 <= other <= last
    ]
    return layout.row(*taps) if taps else None


def asks(group: Group, member: int) -> Page:
    """Ask the host before someone is removed."""
    yes = layout.button(_("Remove them"), ids.of("shoutyes", member, group.shared.shared), layout.RED)
    back = layout.button(_("Back"), ids.of("shgroup", group.shared.shared))
    return Page(messages.asks(group.shared, member), layout.row(yes, back))
