"""Shared playlists, as the members who keep them see them. Names are mentions that ping nobody."""

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.chat import ids, layout, paging
from bot.chat.layout import Item, Page
from bot.core.records import Song
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, Shared
from bot.flows.feed.catalogue_index import key
from bot.flows.social.shared import playlists as flow
from bot.flows.social.shared.playlists import SharedView
from bot.messages import _, formatting
from bot.messages.social import shared_playlists as messages

PER_PAGE = 5  # songs; each has buttons, and Discord takes 40 components


def listed(playlists: Sequence[Shared], member: int, server: int | None) -> Page:
    """The playlists of where the member is, with a select that opens one."""
    if not playlists:
        return Page(_(messages.NONE_YET))
    lines = [messages.listed(shared, member, server) for shared in playlists]
    options = [layout.option(shared.name, shared.shared) for shared in playlists]
    return Page(formatting.lines(lines, 3000), layout.menu(ids.of("shopen"), _("Open one"), options))


def add(shared: Shared) -> Item:
    return layout.button(_("Add a song"), ids.of("shadd", shared.shared))


def invitation(shared: Shared) -> Page:
    ticket = ids.of("shjoin", flow.invitation(shared), shared.shared)
    return Page(messages.invitation(shared), layout.row(layout.button(_("Join"), ticket, layout.PRIMARY)))


def choosing(shared: Shared, likes: Sequence[Song]) -> Page:
    """Offer a member's newest likes to add."""
    if not likes:
        return Page(_(messages.NO_LIKES))
    options = [layout.option(song.title, song.song, ", ".join(song.artists)) for song in likes]
    menu = layout.menu(ids.of("shput", shared.shared), _("Your newest likes"), options)
    return Page(messages.choosing(shared), menu)


def added(shared: Shared, song: Song, *, first: bool) -> Page:
    named = _(messages.NAMED) if first else None
    show = layout.button(_("Show it"), ids.of("shpage", shared.shared))
    return Page(messages.added(shared, song), named, layout.small(messages.how_it_works()), layout.row(show))


def show(view: SharedView, member: int, now: datetime, page: int = 0, note: str = "") -> Page:
    """The songs, page by page: who added each, when, and the votes."""
    places = paging.on(page, range(len(view.record)), PER_PAGE)
    items = [item for place in places for item in _song(view, place, member, now)]
    turning = paging.turning("shpage", view.shared.shared, page, paging.pages(len(view.record), PER_PAGE))
    heading = f"{messages.heading(view)}\n{layout.small(messages.state(view))}"
    foot = layout.row(*turning, *_foot(view))
    group = layout.row(layout.button(_("Members"), ids.of("shgroup", view.shared.shared)))
    return Page(note or None, heading, *items, foot, None if view.shared.server else group)


def _song(view: SharedView, place: int, member: int, now: datetime) -> list[Item]:
    """One song: its line, what's known of it, its buttons."""
    brought = view.record[place]
    said = f"{messages.line(view, place)}\n{layout.small(messages.facts(view, brought))}"
    return [layout.text(said), *_votes(view, brought, member, now)]


def _votes(view: SharedView, brought: Brought, member: int, now: datetime) -> list[Item]:
    if view.shared.ended_at is not None:
        return []
    own = rules.may_take_back(brought, member, view.votes, now)
    keep = layout.button(_("Keep"), ids.of("shkeep", key(brought.song), view.shared.shared))
    drop = layout.button(_("Remove") if own else _("Drop"), ids.of("shdrop", key(brought.song), view.shared.shared))
    return [layout.row(keep, drop if brought.stands else None)]


def _foot(view: SharedView) -> list[Item]:
    shared = view.shared
    hosts = layout.button(_("Hosting"), ids.of("shhost", shared.shared))
    file = layout.button(_("As a file"), ids.of("shfile", shared.shared))
    return [hosts, file] if shared.ended_at is not None else [add(shared), hosts, file]


def as_file(shared: Shared, file: discord.File) -> Page:
    return Page(messages.as_file(shared), layout.attached(file), files=[file])
