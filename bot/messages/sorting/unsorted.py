"""What members read about songs that aren't sorted. Pure: values in, Markdown out."""

from collections.abc import Iterable, Sequence

from bot.core.records import Playlist, Song
from bot.flows.sorting.unsorted import Unsorted
from bot.messages import N_, _, formatting, listed, plural

LONGEST = 40  # characters of a title
MOST_PLACES = 5  # of a song
ALL_SORTED = N_("Every song you like is in one of its playlists, or you said it belongs nowhere.")
NOTHING_LOOSE = N_("Every song has a place now.")
NOTHING_IN_SEVERAL = N_("No song is in several playlists now.")
NO_PLAYLISTS_YET = N_("It has no playlists yet.")
AS_SEEN = N_("-# As I last saw your playlists; `/sync` checks again.")
ASK_ABOUT = N_("Show the card of one of these")


def overview(shown: Unsorted) -> str:
    """What one layer leaves open."""
    head = f"**{formatting.escape(shown.layer.name)}**"
    if not shown.playlists:
        return f"{head}\n{_(NO_PLAYLISTS_YET)}"
    return f"{head}\n" + ("\n".join(f"- {line}" for line in counts(shown)) or _(ALL_SORTED))


def counts(shown: Unsorted) -> list[str]:
    """One phrase for each kind there is."""
    said = [
        (loose(len(shown.loose)), shown.loose),
        (several(len(shown.several)), shown.several),
        (doubles(shown.doubles), shown.doubles),
        (unplayable(shown.unplayable), shown.unplayable),
    ]
    return [line for line, there in said if there]


def loose(count: int) -> str:
    return plural("{count} song you like is in no playlist", "{count} songs you like are in no playlist", count)


def several(count: int) -> str:
    return plural(
        "{count} song is in several playlists, though it may have one",
        "{count} songs are in several playlists, though each may have one",
        count,
    )


def doubles(count: int) -> str:
    return plural(
        "{count} recording is in a playlist more than once",
        "{count} recordings are in a playlist more than once",
        count,
    )


def unplayable(count: int) -> str:
    return plural("{count} song can't be played", "{count} songs can't be played", count)


def songs(shown: Iterable[Song]) -> str:
    return "\n".join(f"- {formatting.song_name(song, LONGEST)}" for song in shown)


def places(shown: Iterable[tuple[Song, Sequence[Playlist]]]) -> str:
    """Songs, each with the playlists that hold it."""
    return "\n".join(
        f"- {formatting.told_of(formatting.song_name(song, LONGEST), _names(held[:MOST_PLACES]))}"
        for song, held in shown
    )


def _names(held: Sequence[Playlist]) -> str:
    return listed(formatting.escape(playlist.name, 30) for playlist in held)
