"""What members read on cards and prompts, and of their answers. Pure: values in, Markdown out."""

from collections.abc import Sequence

from bot.core.records import Playlist, Song
from bot.messages import N_, _, formatting, listed, plural

WHERE_DOES_IT_GO = N_("Where does this one go?")
WHOSE_PROMPT = N_(
    "These are the playlists of whoever posted this, so only their reactions count; removing one undoes it. If you "
    "like the song, too, the button asks you about your own playlists."
)
NOT_THEIR_PROMPT = N_(
    "Your reaction didn't count: the emoji on that song stand for the playlists of whoever posted it. If you like the "
    "song, too, press **Sort it into mine** below it, or post one yourself with `/prompt`."
)
NO_GUESS = N_("No guess yet.")
NO_GUESS_AT_FIRST = N_("No guess yet: your first answers teach me.")
NONE_OF_THEM = N_("None of them")
NOTHING_TO_ASK = N_("There's nothing left that I need to ask.")
UNDONE = N_("Undone. So where does it go?")
REMOVING = N_("I'm taking it out again. So where does it go?")


def cover(song: Song) -> str:
    """The alternative text of a song's cover."""
    return _("Cover of {song}", song=song.line)


def legend(playlists: Sequence[Playlist], nowhere: str) -> str:
    """What each reaction to a prompt means."""
    names = " · ".join(f"{playlist.emoji} {formatting.escape(playlist.name)}" for playlist in playlists)
    none = _("{emoji} none of them", emoji=nowhere)
    return f"{formatting.clip(names, 2000)} · {none}"


def held_by(playlists: Sequence[Playlist]) -> str:
    """Which of their playlists hold a song already."""
    names = listed(f"**{formatting.escape(playlist.name, formatting.LONGEST_NAME)}**" for playlist in playlists)
    return _("It's in {playlists} now.", playlists=names)


def answered(song: Song, playlists: Sequence[Playlist]) -> str:
    """The answer as stored; no playlist means none of them."""
    goes = listed(map(formatting.playlist_name, playlists)) if playlists else _("none of them")
    return f"{formatting.song_name(song, 50)} → {goes}"


def nothing_to_ask(tally: str) -> str:
    return f"{_(NOTHING_TO_ASK)}\n-# {tally}"


def too_few_songs(missing: int, tally: str) -> str:
    said = plural(
        "There's nothing left that I need to ask, and I'm {count} label short of learning. More songs come with your "
        "next likes; `/label song:` asks about one you skipped.",
        "There's nothing left that I need to ask, and I'm {count} labels short of learning. More songs come with your "
        "next likes; `/label song:` asks about one you skipped.",
        missing,
    )
    return f"{said}\n-# {tally}"
