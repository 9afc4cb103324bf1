"""Groups, as their members see them: who's in, and who was removed by whom."""

from bot.core.markup import timestamp
from bot.core.social.shared_playlists import Removal, Shared
from bot.flows.social.shared.groups import Group
from bot.messages import N_, _, plural
from bot.messages.social.shared_playlists import member_name, named

REMOVED = N_("Removed")


def heading(group: Group) -> str:
    return plural("{name} · {count} member", "{name} · {count} members", len(group.partners), name=named(group.shared))


def partner(group: Group, member: int) -> str:
    name = member_name(member, group.visible)
    return _("{member} · hosts it", member=name) if member == group.shared.host else name


def removal(group: Group, removal: Removal) -> str:
    return _(
        "{member} · by {host}, {when}",
        member=member_name(removal.member, group.visible),
        host=member_name(removal.by, group.visible),
        when=timestamp(removal.at, "R"),
    )


def asks(shared: Shared, member: int) -> str:
    return _(
        "Remove <@{member}> from {name}? Everyone in the group sees that you did. What they added and voted stays, "
        "without their name, and they can't join again unless you let them.",
        member=str(member),
        name=named(shared),
    )
