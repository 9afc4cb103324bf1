"""A shared playlist as its host sees it: what a write would do, and how to stop."""

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.chat.social.pages.shared_playlists import add
from bot.core.social.shared_playlists import Shared
from bot.flows.social.shared.hosting import DryRun
from bot.messages import _
from bot.messages.social import hosting as messages
from bot.messages.social.shared_playlists import how_it_works


def began(planned: DryRun) -> Page:
    """A playlist that was just started; nothing is written yet."""
    shared = planned.shared
    invite = layout.button(_("Invite"), ids.of("shinvite", shared.shared)) if shared.server is None else None
    taps = layout.row(_write(shared), add(shared), invite)
    return Page(messages.began(planned), layout.small(how_it_works()), taps)


def hosting(planned: DryRun, member: int) -> Page:
    """What hosting would write; for the host what comes next, and how to stop."""
    shared, hosts = planned.shared, planned.shared.host == member
    stop = layout.button(_("Stop hosting"), ids.of("shdown", shared.shared))
    other = stop if hosts else layout.button(_("Not now"), ids.of("shnot"))
    return Page(messages.hosting(planned, hosts=hosts), layout.row(_write(shared), other))


def _write(shared: Shared) -> Item:
    return layout.button(_("Write it"), ids.of("shwrite", shared.shared), layout.PRIMARY)


def ending(shared: Shared) -> Page:
    """The two ways to end it; the second removes what was written."""
    end = layout.button(_("End it"), ids.of("shend", shared.shared), layout.RED)
    remove = layout.button(_("End it and remove the songs"), ids.of("shback", shared.shared))
    return Page(messages.ending(shared), layout.row(end, remove if shared.ref is not None else None))


def removing(shared: Shared) -> Page:
    """For those who manage the server, about a playlist that another member hosts."""
    return Page(
        messages.removing(shared),
        layout.row(layout.button(_("Delete it"), ids.of("shremove", shared.shared), layout.RED)),
    )
