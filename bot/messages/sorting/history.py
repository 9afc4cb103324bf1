"""What members read of a playlist's history and its earlier states. Pure: values in, Markdown out."""

from collections.abc import Callable, Iterable

from bot.core.markup import timestamp
from bot.core.records import Playlist, Revision, Song
from bot.core.sorting.history import By, Tally
from bot.core.sorting.writing.writes import Action
from bot.flows.sorting.history import State
from bot.flows.sorting.writing.sort import Receipt
from bot.messages import N_, _, formatting, plural

ROOM = 900  # characters for what one revision changed
LONGEST = 40  # characters of a title
MOST_TITLES = 5  # of one kind of change
BY_HAND = N_(
    "-# Times are when I saw it. By hand: by you, somebody else who may change it, or another app. Choose a change to "
    "see what the playlist held before it."
)
STAYS_PUT = N_("-# What's in it now and was then stays where it is; a song that comes back goes where it was.")
NO_SONGS = N_("There was no song in it.")
ONLY_PLACES = N_("nothing but episodes, local files or empty places")
PICK = N_("Show it as it was before…")
DONE_BY: dict[tuple[Action, By], Callable[[int], str]] = {
    (Action.ADD, By.US): lambda count: plural("I added {count} song", "I added {count} songs", count),
    (Action.REMOVE, By.US): lambda count: plural("I took out {count} song", "I took out {count} songs", count),
    (Action.ADD, By.HAND): lambda count: plural(
        "{count} song was added by hand", "{count} songs were added by hand", count
    ),
    (Action.REMOVE, By.HAND): lambda count: plural(
        "{count} song was taken out by hand", "{count} songs were taken out by hand", count
    ),
    (Action.ADD, By.SPOTIFY): lambda count: plural(
        "Spotify brought back {count} song", "Spotify brought back {count} songs", count
    ),
    (Action.REMOVE, By.SPOTIFY): lambda count: plural(
        "Spotify took down {count} song", "Spotify took down {count} songs", count
    ),
}


def heading(playlist: Playlist, count: int) -> str:
    """How far back the history goes; nothing before that is known."""
    name = formatting.playlist_name(playlist)
    if playlist.recorded_from is None:
        return _("I haven't recorded anything about {name} yet.", name=name)
    since = timestamp(playlist.recorded_from, "f")
    if not count:
        return _("{name} hasn't changed since I began recording it, {since}.", name=name, since=since)
    return plural(
        "{name}: {count} change since {since}. What it held before that, I don't know.",
        "{name}: {count} changes since {since}. What it held before that, I don't know.",
        count,
        name=name,
        since=since,
    )


def lines(shown: Iterable[tuple[Revision, Tally]]) -> str:
    return "\n".join(f"- {timestamp(revision.at, 'f')} · {tally(counted)}" for revision, counted in shown)


def tally(counted: Tally) -> str:
    """Who did what in one revision."""
    said = [words(counted[what]) for what, words in DONE_BY.items() if counted.get(what)]
    return ", ".join(said) or _(ONLY_PLACES)


def state(shown: State) -> str:
    """The playlist as it was, and what changed then."""
    head = plural(
        "{name} as it was before {when}: {count} song.",
        "{name} as it was before {when}: {count} songs.",
        len(shown.named),
        name=formatting.playlist_name(shown.playlist),
        when=timestamp(shown.revision.at, "f"),
    )
    return f"{head}\n{formatting.lines(_changed(shown), ROOM)}"


def _changed(shown: State) -> list[str]:
    """What the revision did, with titles."""
    groups: dict[tuple[Action, By], list[Song]] = {}
    for edit in shown.edits:
        if edit.song:
            groups.setdefault((edit.action, edit.by), []).append(shown.songs[edit.song])
    return [f"-# {_with_titles(words, groups[what])}" for what, words in DONE_BY.items() if what in groups]


def _with_titles(words: Callable[[int], str], songs: list[Song]) -> str:
    more = "…" if len(songs) > MOST_TITLES else ""
    return formatting.told_of(words(len(songs)), formatting.titles(songs[:MOST_TITLES]) + more)


def songs(numbered: Iterable[tuple[int, Song]]) -> str:
    said = [f"{number}. {formatting.song_name(song, LONGEST)}" for number, song in numbered]
    return "\n".join(said) or _(NO_SONGS)


def restoring(planned: Receipt) -> str:
    """The headline of a restore that waits to be confirmed."""
    kept = [playlist for playlist in planned.playlists.values() if playlist.playlist in _touched(planned)]
    name = formatting.playlist_name(kept[0]) if kept else "?"
    back, out = len(planned.placed), len(planned.removed)
    coming = plural("{count} song would come back", "{count} songs would come back", back)
    going = plural(
        "{count} song would be taken out, also if it was added by hand",
        "{count} songs would be taken out, also those added by hand",
        out,
    )
    said = [part for part, count in ((coming, back), (going, out)) if count]
    return _("Restoring {name}: {changes}.", name=name, changes="; ".join(said))


def _touched(planned: Receipt) -> set[int]:
    return {change.playlist for change in planned.changes}


def as_csv(count: int) -> str:
    return plural(
        "{count} song, as the playlist held it then.", "{count} songs, as the playlist held them then.", count
    )
