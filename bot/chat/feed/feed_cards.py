"""Feed cards: classic messages with buttons, because only there an attached clip is sure to play.

A post in a channel serves everybody there: each press says who pressed, and they're answered alone.
"""

import io
import re
from collections.abc import Sequence
from pathlib import PurePath

import discord
from discord import ui

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core.records import Clip, Song
from bot.core.social.records import Repost
from bot.flows.feed.catalogue import Entry
from bot.flows.feed.feed import AddedTo, FeedCard, Liked, PlaylistGuess
from bot.flows.feed.listening import Listen, Way
from bot.messages import _, formatting
from bot.messages import feed as messages

MOST = 2000  # characters of a classic message


class Post(ui.View):
    """A classic message's content. Like `layout.Page`, it only listens through `TAPS`, and is never stored."""

    def __init__(self, content: str, *rows: Sequence[Item], files: Sequence[discord.File] = ()) -> None:
        super().__init__(timeout=None)
        self.content, self.files = formatting.clip(content, MOST), list(files)
        for at, row in enumerate(rows):
            for item in row:
                item.row = at
                self.add_item(item)

    def is_finished(self) -> bool:
        return True


def post(card: FeedCard, listen: Listen, *, public: bool) -> Post:
    """A song, what it sounds like, and its buttons. In public, nothing about who asked."""
    song, key = card.entry.song, card.entry.key
    near = "" if public or not card.near else layout.small(messages.near(card.near))
    lines = [f"### {_linked(song)}", formatting.escape(", ".join(song.artists)), near, _where(listen)]
    first = [
        layout.button(_("Next"), ids.of("fnext", key), layout.PRIMARY),
        layout.button(_("Like"), ids.of("flike", key)),
        layout.button(_("Add to…"), ids.of("fadd", key)),
        layout.button(_("More like this"), ids.of("alike", key)),
        layout.button(_("Not for me"), ids.of("away", key)),
    ]
    return Post("\n".join(line for line in lines if line), first, _passing(key, listen), files=_files(song, listen))


def reposted(repost: Repost, entry: Entry, listen: Listen) -> Post:
    """A song that a member reposts under their name. Its Comment button carries the repost's number."""
    song, key = entry.song, entry.key
    lines = [messages.reposted_by(repost.member), f"### {_linked(song)}", formatting.escape(", ".join(song.artists))]
    first = [
        layout.button(_("Like"), ids.of("flike", key)),
        layout.button(_("Add to…"), ids.of("fadd", key)),
        layout.button(_("More like this"), ids.of("alike", key)),
        layout.button(_("Not for me"), ids.of("away", key)),
    ]
    second = _passing(key, listen, repost.repost)
    return Post("\n".join(line for line in (*lines, _where(listen)) if line), first, second, files=_files(song, listen))


def _passing(key: str, listen: Listen, repost: int = 0) -> list[Item]:
    taps: list[Item] = [
        layout.button(_("Repost"), ids.of("frepost", key)),
        layout.button(_("Comment"), ids.of("fcomment", key, repost)),
        layout.button(_("Report"), ids.of("freport", key)),
    ]
    if listen.way is Way.VIDEO and listen.url:
        taps.append(layout.link(_("Watch on {service}", service=listen.by), listen.url))
    return taps


def _files(song: Song, listen: Listen) -> list[discord.File]:
    return [discord.File(io.BytesIO(listen.clip.data), filename=_filename(song, listen.clip))] if listen.clip else []


def _filename(song: Song, clip: Clip) -> str:
    """Return the song's title as a file name that every system takes; Discord shows it above the player."""
    title = " ".join(re.sub(r"[^\w\s'-]", "", song.title).split())[:60]
    return f"{title or 'clip'}{PurePath(clip.name).suffix}"


def elsewhere(song: Song, listen: Listen) -> str | None:
    """What goes into a message of its own: another service's sound mustn't stand beside Spotify's artwork."""
    if listen.way is not Way.PREVIEW or not listen.url:
        return None
    return formatting.clip(messages.hear_it(song, listen), MOST)


def liked(song: Song, outcome: Liked, key: str) -> Page:
    undo = layout.button(_("Undo"), ids.of("funlike", key))
    asks = asks_to_save() if outcome.ask else []
    return Page(messages.liked(song, outcome), layout.row(*asks, undo))


def asks_to_save() -> list[Item]:
    return [
        layout.button(_("Save them to my likes"), ids.of("fsave"), layout.PRIMARY),
        layout.button(_("Only here"), ids.of("fsaveno")),
    ]


def places(song: Song, guesses: Sequence[PlaylistGuess], key: str) -> Page:
    """Their playlists, likeliest first; choosing one adds the song to it."""
    if not guesses:
        return Page(_(messages.NO_PLAYLISTS))
    options = [
        layout.option(guess.playlist.name, guess.playlist.playlist, messages.guess(guess), emoji=guess.playlist.emoji)
        for guess in guesses
    ]
    return Page(messages.where(song), layout.menu(ids.of("fput", key), _("Its playlist"), options))


def added(song: Song, result: AddedTo) -> Page:
    return Page(messages.added(song, result))


def like_first(key: str, playlist: int) -> Page:
    """What to do about a song that can't go into a playlist because it isn't in their likes."""
    yes = layout.button(_("Like it and add it"), ids.of("fputlike", key, playlist), layout.PRIMARY)
    return Page(_(messages.LIKE_FIRST), layout.row(yes))


def _linked(song: Song) -> str:
    """The title, linked without the preview that Discord shows for a bare link."""
    title, url = formatting.escape(song.title, formatting.LONGEST_TITLE), song.page or ""
    return f"[{title}](<{url}>)" if formatting.SAFE_URL.fullmatch(url) else title


def _where(listen: Listen) -> str:
    """Discord shows Spotify's player below a bare link to its page."""
    return listen.url if listen.way is Way.LINK and listen.url else ""
