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
from bot.chat.feed import song_results
from bot.chat.layout import Item, Page
from bot.core.records import Clip, Song
from bot.core.social.records import Repost
from bot.flows.feed.catalogue import Entry
from bot.flows.feed.feed import AddedTo, FeedCard, Liked, PlaylistGuess
from bot.flows.feed.listening import Listen, Way
from bot.messages import _, formatting
from bot.messages import feed as messages
from bot.messages.sorting.playlists import NO_PLAYLISTS

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


def post(card: FeedCard, listen: Listen, *, public: bool, reposts: bool) -> Post:
    """A song, what it sounds like, and its buttons. In public, nothing about who asked.

    reposts: whether it can be reposted from here. Comments are for what others see.
    """
    song, key = card.entry.song, card.entry.key
    near = "" if public or not card.near else layout.small(messages.near(card.near))
    lines = [f"### {_linked(song)}", formatting.escape(", ".join(song.artists)), near, _where(listen)]
    first = [
        layout.button(_("Next"), ids.of("fnext", key), layout.PRIMARY),
        *song_results.acts(card.entry),
        *song_results.taps(card.entry),
    ]
    second = _passing(key, listen, comment=public, repost=reposts)
    return Post("\n".join(line for line in lines if line), first, second, files=_files(song, listen))


def heard(entry: Entry, listen: Listen) -> Post:
    """A song of a list, what it sounds like, and its buttons, for one member alone."""
    song = entry.song
    lines = [f"### {_linked(song)}", formatting.escape(", ".join(song.artists)), _where(listen)]
    first = [*song_results.acts(entry), *song_results.taps(entry)]
    second = _passing(entry.key, listen, comment=False, repost=False)
    return Post("\n".join(line for line in lines if line), first, second, files=_files(song, listen))


def played(song: Song, listen: Listen) -> Post:
    """What a song on a card of theirs sounds like, for one member alone."""
    lines = [f"### {_linked(song)}", formatting.escape(", ".join(song.artists)), _where(listen)]
    if listen.way is Way.NOTHING:
        lines.append(_(messages.NOT_PLAYED))
    return Post("\n".join(line for line in lines if line), _watch(listen), files=_files(song, listen))


def reposted(repost: Repost, entry: Entry, listen: Listen) -> Post:
    """A song that a member reposts under their name. Its Comment button carries the repost's number."""
    song, key = entry.song, entry.key
    lines = [messages.reposted_by(repost.member), f"### {_linked(song)}", formatting.escape(", ".join(song.artists))]
    first = [*song_results.acts(entry), *song_results.taps(entry)]
    second = _passing(key, listen, repost.repost)
    return Post("\n".join(line for line in (*lines, _where(listen)) if line), first, second, files=_files(song, listen))


def _passing(key: str, listen: Listen, number: int = 0, *, comment: bool = True, repost: bool = True) -> list[Item]:
    """number: of the repost that the card is; comment, repost: whether there's a channel for that."""
    taps: list[Item] = [layout.button(_("Repost"), ids.of("frepost", key))] if repost else []
    taps += [layout.button(_("Comment"), ids.of("fcomment", key, number))] if comment else []
    taps += [layout.button(_("Report"), ids.of("freport", key))]
    return [*taps, *_watch(listen)]


def _watch(listen: Listen) -> list[Item]:
    if listen.way is not Way.VIDEO or not listen.url:
        return []
    return [layout.link(_("Watch on {service}", service=listen.by), listen.url)]


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
    """Their playlists in their usual order, the guesses marked; choosing one adds the song to it.

    If a select can't hold them all, the last ones are missing, but no guess is.
    """
    if not guesses:
        return Page(_(NO_PLAYLISTS), layout.row(layout.button(_("Choose a playlist"), ids.of("more"))))
    shown = sorted(guesses, key=lambda guess: not guess.best)[: layout.MOST_OPTIONS]
    options = [
        layout.option(guess.playlist.name, guess.playlist.playlist, messages.guess(guess), emoji=guess.playlist.emoji)
        for guess in guesses
        if guess in shown
    ]
    return Page(messages.where(song), layout.menu(ids.of("fput", key), _("Its playlist"), options))


def added(song: Song, result: AddedTo, note: str = "") -> Page:
    return Page(messages.added(song, result), note or None)


def like_first(key: str, playlist: int) -> Page:
    """What to do about a song that can't go into a playlist because it isn't in their likes."""
    yes = layout.button(_("Like it and add it"), ids.of("fputlike", key, playlist), layout.PRIMARY)
    always = layout.button(_("Always do that"), ids.of("fputalways", key, playlist))
    return Page(_(messages.LIKE_FIRST), layout.row(yes, always))


def _linked(song: Song) -> str:
    """The title, linked without the preview that Discord shows for a bare link."""
    title, url = formatting.escape(song.title, formatting.LONGEST_TITLE), song.page or ""
    return f"[{title}](<{url}>)" if formatting.SAFE_URL.fullmatch(url) else title


def _where(listen: Listen) -> str:
    """Discord shows Spotify's player below a bare link to its page."""
    return listen.url if listen.way is Way.LINK and listen.url else ""
