"""Profiles: what a member shows, to others and to themselves, the page to choose it, and whom they follow."""

import io
from collections.abc import Sequence

import discord

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.flows.social.follow import RepostedSong
from bot.flows.social.profile import MOST_PLAYLISTS, Mine, ProfileView, Sized
from bot.flows.social.taste_map import TasteMap
from bot.messages import _, formatting
from bot.messages.social import profile as messages

MOST_FOLLOWED = 12  # in a list, each with a button: Discord takes 40 components
ROOM = 1500  # characters of a list


def of_other(shown: ProfileView, drawn: TasteMap | None, note: str = "") -> Page:
    """Another member's profile, for whoever looks."""
    if shown.empty:
        return Page(_(messages.SHOWS_NOTHING))
    return Page(messages.of_member(shown.member), *_parts(shown, drawn, note), files=_files(drawn))


def own(mine: Mine, drawn: TasteMap | None, *, in_server: bool, note: str = "") -> Page:
    """One's own profile: what others see, and what they don't."""
    edit = layout.button(_("Choose what to show"), ids.of("profileedit"), layout.PRIMARY)
    again = _show_again() if mine.hidden else None
    post = layout.button(_("Post it here"), ids.of("profilepost")) if in_server and not mine.shown.empty else None
    about = layout.small(messages.about(mine))
    parts = _parts(mine.shown, drawn, note)
    return Page(_heading(mine), *parts, about, layout.row(edit, post, again), files=_files(drawn))


def _heading(mine: Mine) -> str:
    if mine.hidden:
        return _(messages.HIDDEN)
    return _(messages.YOU_SHOW_NOTHING if mine.shown.empty else messages.OTHERS_SEE)


def posted(member: int) -> Page:
    """A message that opens the profile as it is when it's pressed, so nothing is left once its owner hides."""
    return Page(messages.posted(member), layout.row(layout.button(_("View"), ids.of("profilelook"))))


def edit(mine: Mine) -> Page:
    chosen = mine.chosen
    options = [_option(playlist, chosen.playlists) for playlist in mine.kept]
    menu = layout.menu(ids.of("profilelists"), _("Playlists to show: none"), options, least=0, most=MOST_PLAYLISTS)
    return Page(
        _(messages.HIDDEN) if mine.hidden else None,
        _(messages.TO_WHOM),
        messages.about_playlists() if mine.kept else _(messages.NO_PLAYLISTS),
        menu if mine.kept else None,
        _(messages.MAP_ON if chosen.map else messages.MAP_OFF),
        layout.row(_map_switch(on=chosen.map)),
        _(messages.REPOSTS_ON if chosen.reposts else messages.REPOSTS_OFF),
        layout.row(_reposts_switch(on=chosen.reposts)),
        layout.row(
            layout.button(_("See it as others do"), ids.of("profileshow")),
            _show_again() if mine.hidden else layout.button(_("Hide everything"), ids.of("hideall"), layout.RED),
        ),
    )


def _show_again() -> layout.Tap:
    return layout.button(_("Show me again"), ids.of("unhide"), layout.GREEN)


def _option(sized: Sized, chosen: Sequence[int]) -> layout.Option:
    playlist, songs = sized
    shown = playlist.playlist in chosen
    return layout.option(playlist.name, playlist.playlist, formatting.songs(songs), emoji=playlist.emoji, chosen=shown)


def _map_switch(*, on: bool) -> layout.Tap:
    """A button that says what it does, so pressing it twice does the same as pressing it once."""
    if on:
        return layout.button(_("Hide my taste map"), ids.of("profilehide", "map"))
    return layout.button(_("Show my taste map"), ids.of("profileopen", "map"), layout.GREEN)


def _reposts_switch(*, on: bool) -> layout.Tap:
    if on:
        return layout.button(_("Hide my reposts"), ids.of("profilehide", "reposts"))
    return layout.button(_("Show my reposts"), ids.of("profileopen", "reposts"), layout.GREEN)


def _parts(shown: ProfileView, drawn: TasteMap | None, note: str) -> list[Item | str]:
    parts: list[Item | str] = []
    if shown.playlists:
        parts.append(formatting.lines([messages.sized(playlist) for playlist in shown.playlists], ROOM))
    if shown.map:
        parts += [*_map(drawn)] if drawn else [layout.small(note)]
    if shown.shows_reposts and shown.server:
        reposts = formatting.lines([messages.reposted(repost) for repost in shown.reposts], ROOM)
        parts.append(f"{_(messages.REPOSTED_HERE)}\n{reposts or _(messages.NONE_YET)}")
    elif shown.shows_reposts:
        parts.append(_(messages.REPOSTED_ELSEWHERE))
    return parts


def _map(drawn: TasteMap) -> list[Item | str]:
    finding = formatting.escape(messages.finding(drawn.finding), 400)
    return [layout.picture("attachment://taste.png", messages.alt(drawn)), layout.small(finding)]


def _files(drawn: TasteMap | None) -> list[discord.File]:
    return [discord.File(io.BytesIO(drawn.png), "taste.png")] if drawn else []


def followed(member: int) -> Page:
    return Page(messages.followed(member), layout.row(layout.button(_("Unfollow"), ids.of("unfollow", member))))


def following(members: Sequence[int], note: str = "") -> Page:
    """Whom one follows, each with a button to end it; `note` says what the last press did."""
    if not members:
        return Page(note, _(messages.NOBODY_FOLLOWED))
    shown = [_followed(member) for member in members[:MOST_FOLLOWED]]
    left = len(members) - len(shown)
    more = layout.small(messages.more_followed(left)) if left else ""
    return Page(note, messages.following(len(members)), *shown, more)


def _followed(member: int) -> Item:
    unfollow = layout.button(_("Unfollow"), ids.of("unfollow", member))
    return layout.with_button(f"<@{member}>", unfollow)


def news(reposts: Sequence[RepostedSong]) -> Page:
    """What followed members reposted in a server, the newest first."""
    if not reposts:
        return Page(_(messages.NOTHING_NEW))
    lines = [messages.news(repost) for repost in reposts]
    return Page(_(messages.REPOSTED_BY_FOLLOWED), formatting.lines(lines, 3800))
