"""Groups, as their members see them: who's in, and who was removed by whom."""

from bot.chat import ids, layout, paging
from bot.chat.layout import Item, Page
from bot.core.social.shared_playlists import Removal
from bot.flows.social.shared.groups import Group
from bot.messages import _
from bot.messages.social import groups as messages

PER_PAGE = 6  # members, each with a button: with the removals, Discord's 40 components
REMOVALS = 5  # shown, the newest


def page(group: Group, member: int, page: int = 0) -> Page:
    """Everyone in the group; for the host with buttons to remove them, or let them back in."""
    hosts = group.shared.host == member
    partners = [_partner(group, partner, hosts=hosts) for partner in paging.on(page, group.partners, PER_PAGE)]
    removals = [_removal(group, removal, hosts=hosts) for removal in group.removals[:REMOVALS]]
    removed = f"**{_(messages.REMOVED)}**" if removals else None
    turn = paging.turn("shgroup", group.shared.shared, page, len(group.partners), PER_PAGE)
    return Page(messages.heading(group), *partners, removed, *removals, turn)


def _partner(group: Group, partner: int, *, hosts: bool) -> Item:
    said = messages.partner(group, partner)
    if partner == group.shared.host or not hosts:
        return layout.text(said)
    return layout.with_button(said, layout.button(_("Remove"), ids.of("shout", partner, group.shared.shared)))


def _removal(group: Group, removal: Removal, *, hosts: bool) -> Item:
    said = messages.removal(group, removal)
    if not hosts:
        return layout.text(said)
    return layout.with_button(
        said, layout.button(_("Let back in"), ids.of("shletin", removal.member, group.shared.shared))
    )


def asks(group: Group, member: int) -> Page:
    """Ask the host before someone is removed."""
    yes = layout.button(_("Remove them"), ids.of("shoutyes", member, group.shared.shared), layout.RED)
    back = layout.button(_("Back"), ids.of("shgroup", group.shared.shared))
    return Page(messages.asks(group.shared, member), layout.row(yes, back))
