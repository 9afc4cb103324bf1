"""Feed cards: classic messages with buttons, because only there an attached clip is sure to play.

Whose press it is, the press says: a post in a channel serves everybody there, and each is answered alone.
"""

import io
import re
from collections.abc import Sequence
from pathlib import PurePath

import discord
from discord import ui

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core.records import Clip, Member, Song
from bot.core.social.records import Repost
from bot.flows.feed.catalogue import Entry
from bot.flows.feed.feed import AddedTo, FeedCard, Liked, PlaylistGuess
from bot.flows.feed.listening import Listen, Way
from bot.messages import formatting

MOST = 2000  # characters of a classic message
LIKELY = 0.5  # from here on a guess is called probable
LIKED = "Liked: {}. "
NOT_IN_LIKES = "It counts for what I show you next, and stays out of your likes."
IN_LIKES = "It goes to your likes as well."
LIKED_BEFORE = "It's among your likes already."
MAY_I = (
    "It counts for what I show you next. Shall I also put what you like here among your likes, now and from now on? "
    "`/feed settings` changes that any time."
)
SAVES = "From now on what you like here goes to your likes, and so does what you liked here before."
SAVES_NOT = "Your likes stay as they are; what you like here only informs what I show you."
UNLIKED = "Taken back."
UNSAVING = "Taken back here. I'm taking it out of your likes, too."
WHERE = "Where does {} go?"
NOWHERE = "I keep no playlist for you. `/playlists add` takes one, or makes a new one."
ADDED = "{} goes into {}, and among your likes. `/undo` takes the write back."
ADDED_LIKED = "{} goes into {}. `/undo` takes the write back."
LIKE_FIRST = "A playlist that I keep only holds songs you like. Shall I like this one for you, then add it?"
HEAR_IT = "{} at {}: {}"
SETTINGS = (
    "**Likes in the feed** {}.\n**What you add to a playlist from the feed** {}.\n"
    "-# `/feed settings save_likes:` and `adds_teach:` change that; both are off unless you switch them on."
)


class Post(ui.View):
    """A classic message's content. As `layout.Page`, it holds nothing that listens but Taps, and is never stored."""

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
    """A song, what it sounds like, and what can be done about it. In public, nothing of whoever asked."""
    song, key = card.entry.song, card.entry.key
    near = "" if public or not card.near else layout.small(f"near {_titles(card.near)}")
    lines = [f"### {_linked(song)}", formatting.escape(", ".join(song.artists)), near, _where(listen)]
    first = [
        layout.button("Next", ids.of("fnext", key), layout.PRIMARY),
        layout.button("Like", ids.of("flike", key)),
        layout.button("Add to…", ids.of("fadd", key)),
        layout.button("More like this", ids.of("alike", key)),
        layout.button("Not for me", ids.of("away", key)),
    ]
    return Post("\n".join(line for line in lines if line), first, _passing(key, listen), files=_files(song, listen))


def reposted(repost: Repost, entry: Entry, listen: Listen) -> Post:
    """A song that a member passes on, by name. Its Comment button carries the repost: by that it is found again."""
    song, key = entry.song, entry.key
    lines = [f"-# Reposted by <@{repost.member}>", f"### {_linked(song)}", formatting.escape(", ".join(song.artists))]
    first = [
        layout.button("Like", ids.of("flike", key)),
        layout.button("Add to…", ids.of("fadd", key)),
        layout.button("More like this", ids.of("alike", key)),
        layout.button("Not for me", ids.of("away", key)),
    ]
    second = _passing(key, listen, repost.repost)
    return Post("\n".join(line for line in (*lines, _where(listen)) if line), first, second, files=_files(song, listen))


def _passing(key: str, listen: Listen, repost: int = 0) -> list[Item]:
    taps: list[Item] = [
        layout.button("Repost", ids.of("frepost", key)),
        layout.button("Comment", ids.of("fcomment", key, repost)),
        layout.button("Report", ids.of("freport", key)),
    ]
    if listen.way is Way.VIDEO and listen.url:
        taps.append(layout.link(f"Watch at {listen.by}", listen.url))
    return taps


def _files(song: Song, listen: Listen) -> list[discord.File]:
    return [discord.File(io.BytesIO(listen.clip.data), filename=_filename(song, listen.clip))] if listen.clip else []


def _filename(song: Song, clip: Clip) -> str:
    """The song's title, as far as every system takes it for a name; that is what Discord shows above the player."""
    title = " ".join(re.sub(r"[^\w\s'-]", "", song.title).split())[:60]
    return f"{title or 'clip'}{PurePath(clip.name).suffix}"


def elsewhere(song: Song, listen: Listen) -> str | None:
    """What goes into a message of its own: another service's sound does not stand beside Spotify's artwork."""
    if listen.way is not Way.PREVIEW or not listen.url:
        return None
    return formatting.clip(HEAR_IT.format(formatting.escape(song.line), listen.by, listen.url), MOST)


def liked(song: Song, found: Liked, key: str) -> Page:
    said = LIKED.format(formatting.song_name(song))
    undo = layout.button("Undo", ids.of("funlike", key))
    if not found.ask:
        where = LIKED_BEFORE if found.before else IN_LIKES if found.saved else NOT_IN_LIKES
        return Page(said + where, layout.row(undo))
    return Page(said + MAY_I, layout.row(*asks_to_save(), undo))


def asks_to_save() -> list[Item]:
    return [
        layout.button("Put them among my likes", ids.of("fsave"), layout.PRIMARY),
        layout.button("Only here", ids.of("fsaveno")),
    ]


def places(song: Song, found: Sequence[PlaylistGuess], key: str) -> Page:
    """Their playlists, the likeliest first, each of which a press puts the song into."""
    if not found:
        return Page(NOWHERE)
    options = [
        layout.option(each.playlist.name, each.playlist.playlist, _guess(each), emoji=each.playlist.emoji)
        for each in found
    ]
    return Page(WHERE.format(formatting.song_name(song)), layout.menu(ids.of("fput", key), "Its playlist", options))


def added(song: Song, found: AddedTo) -> Page:
    said = ADDED_LIKED if found.before else ADDED
    return Page(said.format(formatting.song_name(song), formatting.playlist_name(found.playlist)))


def like_first(key: str, playlist: int) -> Page:
    """What to do about a song that cannot go into a playlist because it stays out of their likes."""
    return Page(
        LIKE_FIRST, layout.row(layout.button("Like it and add it", ids.of("fputlike", key, playlist), layout.PRIMARY))
    )


def settings(member: Member | None) -> Page:
    saves = "go to your likes" if member and member.saves else "stay in the feed"
    teaches = "is a label" if member and member.feed_teaches else "is no label"
    return Page(SETTINGS.format(saves, teaches))


def _guess(guess: PlaylistGuess) -> str:
    if guess.probability is None:
        return ""
    said = "probably" if guess.probability >= LIKELY else "or perhaps"
    return f"{said}, {guess.probability:.0%}"


def _linked(song: Song) -> str:
    """The title, linked, without the preview that Discord would unfold for a bare link."""
    title, url = formatting.escape(song.title, formatting.LONGEST_TITLE), song.page or ""
    return f"[{title}](<{url}>)" if formatting.SAFE_URL.fullmatch(url) else title


def _titles(near: Sequence[Song]) -> str:
    return formatting.listed(f"*{formatting.escape(each.title, 40)}*" for each in near)


def _where(listen: Listen) -> str:
    """Spotify's own page unfolds below its bare link, with its player."""
    return listen.url if listen.way is Way.LINK and listen.url else ""
