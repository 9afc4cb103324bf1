"""Shared playlists as those who keep them see them. Names are mentions that nobody is pinged by."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import discord

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core.markup import timestamp
from bot.core.records import Song
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, Shared, SongState
from bot.core.sorting.journal import TRIES, Refused
from bot.flows.feed.catalogue_index import key
from bot.flows.social import shared_playlists as flow
from bot.flows.social.shared_playlists import SharedView
from bot.messages import formatting

PER_PAGE = 5  # songs; each has buttons, and Discord takes 40 components
RULES = (
    "A song goes when more say drop than keep and at least two do; one member's votes bring down three songs a day, "
    "and five always stay. A member brings up to ten songs a day, and from twenty on at most half are one member's. "
    "What you brought you can take back within a day, or while nobody else keeps it."
)
NONE_YET = "There is no shared playlist here yet. `/shared new` begins one."
NAMED = (
    "From now on your name stands beside what you bring, for those who keep this list. `/shared leave` takes it away."
)
SPENT = (
    f"Your votes brought down {rules.DROPS_A_DAY} songs within a day, so this one doesn't count yet. Press again when "
    "the first of those is a day old."
)
JOINED = "You are in. `/shared show` has the songs, `/shared add` brings one; what you bring stands there by your name."
NO_LIKES = "None of your likes is left to choose here. `/shared add` finds any song of the catalogue, too."


def named(shared: Shared) -> str:
    return f"**{formatting.escape(shared.name, flow.LONGEST_NAME)}**"


def listed(found: Sequence[Shared], member: int, server: int | None) -> Page:
    """The playlists of where the member is, with a select that opens one."""
    if not found:
        return Page(NONE_YET)
    lines = [f"- {named(each)} · {_whose(each, server)} · {_hosted(each, member)}" for each in found]
    options = [layout.option(each.name, each.shared) for each in found]
    return Page(formatting.lines(lines, 3000), layout.menu(ids.of("shopen"), "Open one", options))


def _whose(shared: Shared, server: int | None) -> str:
    if shared.server is None:
        return "a group's"
    return "this server's" if shared.server == server else "another server's"


def _hosted(shared: Shared, member: int) -> str:
    if shared.ended_at is not None:
        return f"ended {timestamp(shared.ended_at, 'R')}"
    if shared.host is None:
        return "nobody hosts it"
    return "you host it" if shared.host == member else "hosted"


def add(shared: Shared) -> Item:
    return layout.button("Add a song", ids.of("shadd", shared.shared))


def invitation(shared: Shared) -> Page:
    said = (
        f"A shared playlist: {named(shared)}. Who joins sees its songs and who brought them, brings songs and votes. "
        "What you bring stands there by your name, for those who joined."
    )
    return Page(said, layout.row(layout.button("Join", _ticket(shared), layout.PRIMARY)))


def _ticket(shared: Shared) -> ids.Id:
    return ids.of("shjoin", flow.invitation(shared), shared.shared)


def choosing(shared: Shared, likes: Sequence[Song]) -> Page:
    """One's latest likes, to bring one."""
    if not likes:
        return Page(NO_LIKES)
    options = [layout.option(each.title, each.song, ", ".join(each.artists)) for each in likes]
    menu = layout.menu(ids.of("shput", shared.shared), "Your latest likes", options)
    return Page(f"Which one goes into {named(shared)}? `/shared add` finds all others.", menu)


def added(shared: Shared, song: Song, *, first: bool) -> Page:
    said = f"{formatting.song_name(song)} is in {named(shared)}. {_reaches(shared, song)}"
    show = layout.button("Show it", ids.of("shpage", shared.shared))
    return Page(said, NAMED if first else None, layout.small(RULES), layout.row(show))


def _reaches(shared: Shared, song: Song) -> str:
    if shared.ref is None:
        return "It's on record; nothing is written yet."
    if not rules.writable(song.song, shared.ref):
        return "It's a file that Spotify doesn't have, so it's on record but not written."
    return "I'll write it into the host's playlist."


def show(found: SharedView, member: int, now: datetime, page: int = 0, note: str = "") -> Page:
    """The songs, page by page: who brought each, when, and the votes; what was dropped is struck out."""
    last = max(0, (len(found.record) - 1) // PER_PAGE)
    page = min(page, last)
    start = page * PER_PAGE
    blocks = [_block(found, start + at, member, now) for at in range(len(found.record[start : start + PER_PAGE]))]
    items = [item for block in blocks for item in block]
    foot = layout.row(*_turns(found.shared, page, last), *_foot(found))
    group = layout.row(layout.button("Members", ids.of("shgroup", found.shared.shared)))
    return Page(note or None, _head(found), *items, foot, None if found.shared.server else group)


def _head(found: SharedView) -> str:
    shared, dropped = found.shared, len(found.record) - len(found.standing)
    said = f"{named(shared)} · {formatting.count(len(found.standing), 'song')}"
    said += f", {dropped:,} dropped" if dropped else ""
    return f"{said}\n{layout.small(_state(found))}"


def _state(found: SharedView) -> str:
    """Who hosts it, and what waits to be written."""
    shared = found.shared
    if shared.ended_at is not None:
        return f"Ended {timestamp(shared.ended_at, 'R')}. Who hosts it with /shared host goes on with it."
    if shared.host is None:
        return "Nobody hosts it, so it is written nowhere. /shared host takes it."
    host = f"Hosted by {_name(shared.host, found.named)}."
    if shared.ref is None:
        return f"{host} Not written yet."
    waiting, since = rules.waiting(found.record, shared.ref), rules.waiting_since(found.record, shared.ref)
    if since is None and any(each.stands and not rules.writable(each.song, shared.ref) for each in found.record):
        return f"{host} Everything is written but the files that Spotify doesn't have."
    unwritten = sum(each.state == SongState.REFUSED for each in found.record)
    if since is None and unwritten:
        return f"{host} {formatting.does(unwritten, 'change', 'changes')} could not be written: each says why."
    if since is None:
        return f"{host} All of it is written."
    waits = formatting.does(len(waiting), "change waits", "changes wait")
    return f"{host} {waits} to be written, since {timestamp(since, 'R')}."


def _name(member: int | None, named: frozenset[int]) -> str:
    if member is None:
        return "somebody who left"
    return f"<@{member}>" if member in named else "somebody"


def _block(found: SharedView, at: int, member: int, now: datetime) -> list[Item]:
    """One song: its line, what is known of it, its buttons."""
    brought = found.record[at]
    song = found.songs.get(brought.song)
    title = formatting.clip(formatting.song_name(song, 80), 380) if song else "a song that is no longer here"
    line = f"{at + 1}. {title}" if brought.stands else f"{at + 1}. ~~{title}~~"
    return [layout.text(f"{line}\n{layout.small(_facts(found, brought))}"), *_votes(found, brought, member, now)]


def _facts(found: SharedView, brought: Brought) -> str:
    keep, drop = rules.counted(found.votes, brought.song)
    facts = [f"{_name(brought.brought_by, found.named)} · {timestamp(brought.at, 'd')}"]
    facts += [f"{keep} keep, {drop} drop"] if keep or drop else []
    facts += [f"dropped {timestamp(brought.dropped_at, 'R')}"] if brought.dropped_at else []
    facts += ["a file: not at Spotify"] if brought.stands and not rules.writable(brought.song, found.shared.ref) else []
    facts += ["there as another release"] if brought.stands and brought.state == SongState.SAME else []
    facts += [_refusal(brought)] if brought.state == SongState.REFUSED else []
    facts += ["taken out by the host"] if brought.stands and brought.state == SongState.TAKEN else []
    return " · ".join(facts)


def _refusal(brought: Brought) -> str:
    """Why Spotify did not do it. The host's *Write it* tries again what another try may change."""
    if not brought.stands:
        return f"still there: Spotify did not take it out in {TRIES} tries; `/shared host` tries again"
    if brought.problem == Refused.UNKNOWN:
        return "not written: Spotify doesn't know it any more"
    why = "the playlist is full" if brought.problem == Refused.FULL else f"Spotify did not take it in {TRIES} tries"
    return f"not written: {why}; `/shared host` tries again"


def _votes(found: SharedView, brought: Brought, member: int, now: datetime) -> list[Item]:
    if found.shared.ended_at is not None:
        return []
    mine = rules.may_take_back(brought, member, found.votes, now)
    keep = layout.button("Keep", ids.of("shkeep", key(brought.song), found.shared.shared))
    drop = layout.button("Take back" if mine else "Drop", ids.of("shdrop", key(brought.song), found.shared.shared))
    return [layout.row(keep, drop if brought.stands else None)]


def _turns(shared: Shared, page: int, last: int) -> list[Item]:
    pages: Iterable[tuple[int, str]] = ((page - 1, "◀️"), (page + 1, "▶️"))
    return [
        layout.button(f"Page {each + 1} of {last + 1}", ids.of("shpage", shared.shared, each), emoji=emoji)
        for each, emoji in pages
        if 0 <= each <= last
    ]


def _foot(found: SharedView) -> list[Item]:
    shared = found.shared
    hosts = layout.button("Hosting", ids.of("shhost", shared.shared))
    file = layout.button("As a file", ids.of("shfile", shared.shared))
    return [hosts, file] if shared.ended_at is not None else [add(shared), hosts, file]


def as_file(shared: Shared, file: discord.File) -> Page:
    return Page(f"{named(shared)} as a CSV file, without names.", layout.attached(file), files=[file])


def outcome(before: Brought, after: Brought, *, spent: bool) -> str:
    """What a vote came to."""
    if before.stands != after.stands:
        return "It is back in." if after.stands else "It is out. It stays on record."
    return SPENT if spent else "Noted."


def left(shared: Shared) -> str:
    return f"Your name is gone from {named(shared)}. What you brought and said stays there, without it."
