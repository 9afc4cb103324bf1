"""Servers: what those who run one read: where I post, what was reported, how the week was."""

from collections.abc import Sequence

import discord

from bot.chat import ids, layout
from bot.chat.layout import Page
from bot.core.markup import timestamp
from bot.core.records import Song
from bot.core.social.records import Place
from bot.flows.social.digest import Digest
from bot.flows.social.server_channels import Purpose
from bot.messages import formatting
from bot.messages.social.errors import PERMISSIONS

THREADS = "For comments I need Create Public Threads there as well."
NOTHING = "I post nowhere in this server. `/server allow` gives me a channel, for one purpose each."
STOPPED = "I post nothing of that there any more."
NOT_GIVEN = "There was no channel for that."
ALLOWED: dict[Purpose, str] = {
    Purpose.FEED: "Done. `/feed play` in <#{channel}> posts songs for everybody there; elsewhere it stays private.",
    Purpose.REPOSTS: "Done. What members repost goes to <#{channel}>, each by name, and only when they press Repost.",
    Purpose.ROUNDS: "Done. Themed rounds may be held in <#{channel}>.",
    Purpose.DIGEST: "Done. Once a week <#{channel}> hears how much happened here: counts, and never who.",
    Purpose.REPORTS: "Done. Songs that members report are told in <#{channel}>, without who reported them.",
}
FOR: dict[str, str] = {
    Purpose.FEED: "songs for everybody",
    Purpose.REPOSTS: "what members repost",
    Purpose.ROUNDS: "themed rounds",
    Purpose.DIGEST: "the week in counts",
    Purpose.REPORTS: "songs that were reported",
}
REPORTED = "**Reported:** {song}\n{reason}"
WHERE = "-# It was on {link}"
BARRED = "It is not posted in this server any more. Where it was, it goes in a moment."
UNBARRED = "It may be posted in this server again."
LEFT_BE = "Looked into: nothing amiss."
WEEK = "**The week here**"
QUIET = "A quiet one. Something happened, too little to count without telling whose it was."
SAID = {
    "post": ("song in the feed's channel", "songs in the feed's channel"),
    "like": ("like", "likes"),
    "add": ("song put into a playlist", "songs put into playlists"),
    "repost": ("repost", "reposts"),
    "comment": ("conversation about a song", "conversations about songs"),
    "round": ("round", "rounds"),
    "shared": ("song in a shared playlist", "songs in shared playlists"),
}
BAR = 12  # characters of the longest bar


def missing(mine: discord.Permissions) -> list[str]:
    """Return the permissions that the bot needs to post, and doesn't have."""
    return [name for name in PERMISSIONS if not getattr(mine, name)]


def shown(found: Sequence[Place]) -> Page:
    """Where I post in a server, and when the next digest is."""
    return Page("\n".join(_place(each) for each in found) or NOTHING)


def _place(place: Place) -> str:
    due = f", next {timestamp(place.due_at, 'R')}" if place.due_at else ""
    return f"- <#{place.channel}>: {FOR.get(place.purpose, place.purpose)}{due}"


def reported(song: Song, key: str, reason: str, link: str | None) -> Page:
    """What was reported, to those who run the server; never by whom."""
    said = REPORTED.format(song=formatting.song_name(song), reason=formatting.escape(reason, 400))
    return Page("\n".join([said, *([WHERE.format(link=link)] if link else [])]), layout.row(*_decisions(key)))


def decided(said: str, outcome: str, key: str, *, barred: bool) -> Page:
    """The same report, with what became of it."""
    again = layout.button("Allow it again", ids.of("unbar", key))
    return Page(said, outcome, layout.row(again) if barred else None)


def _decisions(key: str) -> list[layout.Item]:
    return [
        layout.button("Not in this server", ids.of("bar", key), layout.RED),
        layout.button("Leave it", ids.of("leavebe", key)),
    ]


def digest(found: Digest) -> Page:
    """The week in counts. The day since which they are is by what the message is known again."""
    most = max(found.counts.values(), default=0)
    lines = [_bar(kind, number, most) for kind, number in found.counts.items()]
    return Page(WEEK, "\n".join(lines) or QUIET, layout.small(since(found)))


def since(found: Digest) -> str:
    return f"Since {timestamp(found.since, 'D')}"


def _bar(kind: str, number: int, most: int) -> str:
    return f"`{'█' * max(1, round(BAR * number / most)):<{BAR}}` {formatting.count(number, *SAID[kind])}"
