"""Servers: what those who manage one see: where I post, what was reported, how the week was."""

from collections.abc import Sequence

import discord

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core.social.records import Place
from bot.flows.feed.catalogue import Entry
from bot.flows.social.digest import Digest
from bot.flows.social.reports import NewReport
from bot.flows.social.server_channels import ONE_EACH, Purpose
from bot.messages import _
from bot.messages.social import server as messages
from bot.messages.social.errors import PERMISSIONS

BAR = 12  # characters of the longest bar


def missing(mine: discord.Permissions) -> list[str]:
    """Return the permissions that the bot needs to post, and doesn't have."""
    return [name for name in PERMISSIONS if not getattr(mine, name)]


def panel(places: Sequence[Place], note: str = "") -> Page:
    """Where I post in a server: a select of channels for each purpose."""
    rows: list[Item | str] = []
    for purpose in Purpose:
        given = [place for place in places if place.purpose == purpose]
        most = 1 if purpose in ONE_EACH else layout.MOST_OPTIONS
        menu = layout.channels(ids.of("server", purpose), _("Nowhere"), [place.channel for place in given], most=most)
        rows += [messages.purpose(purpose, given), menu]
    return Page(note, _(messages.WHERE if places else messages.NOWHERE), *rows)


def reported(entry: Entry, report: NewReport, link: str | None) -> Page:
    """What was reported, to those who manage the server; never by whom."""
    bar = layout.button(_("Not in this server"), ids.of("bar", entry.key), layout.RED)
    leave = layout.button(_("Leave it"), ids.of("leavebe", entry.key))
    return Page(messages.reported(entry.song, report, link), layout.row(bar, leave))


def decided(said: str, outcome: str, key: str, *, barred: bool) -> Page:
    """The same report, with what became of it."""
    again = layout.button(_("Allow it again"), ids.of("unbar", key))
    return Page(said, outcome, layout.row(again) if barred else None)


def digest(digest: Digest) -> Page:
    """The week in counts."""
    most = max(digest.counts.values(), default=0)
    lines = [_bar(kind, number, most) for kind, number in digest.counts.items()]
    return Page(_(messages.WEEK), "\n".join(lines) or _(messages.QUIET), layout.small(messages.since(digest)))


def _bar(kind: str, number: int, most: int) -> str:
    return f"`{'█' * max(1, round(BAR * number / most)):<{BAR}}` {messages.counted(kind, number)}"
