"""What members read on cards and prompts, and of their answers. Pure: values in, Markdown out."""

from collections.abc import Sequence

from bot.core.records import Playlist, Song
from bot.core.sorting.decide import certainty
from bot.core.sorting.groups import Group
from bot.flows.sorting.labelling.bulk import Answered
from bot.flows.sorting.labelling.label import NothingToAsk, Question
from bot.flows.sorting.labelling.readiness import FIRST_TRAINING
from bot.messages import N_, _, formatting, listed, plural
from bot.messages.sorting.playlists import own_rule

WHERE_DOES_IT_GO = N_("Where does this one go?")
WHOSE_PROMPT = N_(
    "These are the playlists of whoever posted this, so only their reactions count; removing one undoes it. If you "
    "like the song, too, the button asks you about your own playlists."
)
NOT_THEIR_PROMPT = N_(
    "Your reaction didn't count: the emoji on that song stand for the playlists of whoever posted it. If you like the "
    "song, too, press **Sort it into mine** below it, or post one yourself with `/prompt`."
)
BY_NAME = N_("going by the playlist's name")
NO_GUESS = N_("No guess yet.")
NO_GUESS_AT_FIRST = N_("No guess yet: your first answers teach me.")
NONE_OF_THEM = N_("None of them")
ALL_BY = N_("All {count} by {name} → {playlists}")
ALL_ON = N_("All {count} on {name} → {playlists}")
NOTHING_TO_ASK = N_("There's nothing left that I need to ask.")
SHORTEST_TITLE, TITLES = 12, 1400  # characters of a title in a list of many, of all titles


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


def undone(songs: int, *, writing: bool) -> str:
    """The last answer is taken back, and its song asked about again; writing: it's being undone in playlists, too."""
    if writing:
        return plural(
            "I'm undoing it in your playlists too. So where does it go?",
            "I'm undoing it for all {count} songs, in your playlists too. So where does this one go?",
            songs,
        )
    return plural("Undone. So where does it go?", "Undone for all {count} songs. So where does this one go?", songs)


def not_sorted(group: Group, total: int, shown: int) -> str:
    """What a list is of: the songs of an artist, or on an album, without a place."""
    name = f"**{formatting.escape(group.name)}**"
    if group.is_album:
        said = plural(
            "{count} song on {name} isn't sorted yet.", "{count} songs on {name} aren't sorted yet.", total, name=name
        )
    else:
        said = plural(
            "{count} song by {name} isn't sorted yet.", "{count} songs by {name} aren't sorted yet.", total, name=name
        )
    first = _("Here are the first {count}; the others follow.", count=shown) if shown < total else ""
    return " ".join(filter(None, (said, first)))


def titles_of(ticked: Sequence[Song]) -> str:
    """The songs that an answer would be about, all of them by name."""
    if not ticked:
        return _("Tick those that belong together.")
    longest = max(SHORTEST_TITLE, min(formatting.LONGEST_NAME, TITLES // len(ticked)))
    where = plural("{count} is ticked: where does it go?", "{count} are ticked: where do they go?", len(ticked))
    return f"{' · '.join(formatting.escape(song.title, longest) for song in ticked)}\n{where}"


def songs_from_to(first: int, last: int) -> str:
    """The title of a select of songs."""
    return _("Songs {first} to {last}", first=first, last=last)


def all_of(group: Group) -> str:
    """The button that lists another group of a song."""
    if group.is_album:
        return _("On the album {name}", name=formatting.plain(group.name, formatting.LONGEST_NAME))
    return _("By {name}", name=formatting.plain(group.name, formatting.LONGEST_NAME))


def album_line(song: Song) -> str:
    """An album in a list: its name and the first artist."""
    return " – ".join(filter(None, (song.album, *song.artists[:1])))


def answered_all(result: Answered, playlists: Sequence[Playlist]) -> str:
    """A bulk answer as stored: how many songs, of whom, and where they go."""
    count, name = len(result.songs), formatting.escape(result.group.name, formatting.LONGEST_NAME)
    where = listed(map(formatting.playlist_name, playlists)) if playlists else _("none of them")
    if count == result.total and count > 1:
        return _(ALL_ON if result.group.is_album else ALL_BY, count=count, name=name, playlists=where)
    if result.group.is_album:
        return plural(
            "{count} song on {name} → {playlists}",
            "{count} songs on {name} → {playlists}",
            count,
            name=name,
            playlists=where,
        )
    return plural(
        "{count} song by {name} → {playlists}",
        "{count} songs by {name} → {playlists}",
        count,
        name=name,
        playlists=where,
    )


def quiet_line(question: Question) -> str:
    """The guess and the reason for it, and where the song is already."""
    unknown = NO_GUESS if question.tally.labels else NO_GUESS_AT_FIRST
    guess = formatting.guesses(question.guesses) if question.guesses else _(unknown)
    reason = _(BY_NAME) if question.guess and question.guess.named else formatting.near(question.why)
    line = " · ".join(filter(None, (guess, _rule(question), reason)))
    return f"{line}\n{held_by(question.holding)}" if question.holding else line


def _rule(question: Question) -> str:
    """Why a receipt asks about a song that has a likely guess."""
    guess = question.guess if question.card.write is not None else None
    return own_rule(guess.playlist, certainty(guess.probability)) if guess is not None else ""


def done(nothing_left: NothingToAsk) -> str:
    """What stands in place of a question."""
    missing = FIRST_TRAINING - nothing_left.tally.labels
    said = _too_few_songs(missing) if missing > 0 else _(NOTHING_TO_ASK)
    return f"{said}\n-# {formatting.tally(nothing_left.tally)}"


def _too_few_songs(missing: int) -> str:
    return plural(
        "There's nothing left that I need to ask, and I'm {count} label short of learning. More songs come with your "
        "next likes; `/label song:` asks about one you skipped.",
        "There's nothing left that I need to ask, and I'm {count} labels short of learning. More songs come with your "
        "next likes; `/label song:` asks about one you skipped.",
        missing,
    )
