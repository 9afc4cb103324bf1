"""Rounds: what the channel reads, and what each member reads alone."""

from bot.core import limits
from bot.core.markup import escape, timestamp
from bot.core.records import Song
from bot.core.social.rounds import FEWEST, Placed
from bot.flows.social.rounds import RoundTable
from bot.messages import N_, _, formatting, plural

LONGEST_SONG = 60  # characters of a song in a list
CANCELLED_NOW = N_("The round is cancelled.")
NO_LIKES = N_("You have no likes to choose from here. `/round enter` takes any song in the catalogue.")
ALL_VOTED = N_("Your votes are in, and everyone who entered has voted: the round is over.")
NOTHING_TO_VOTE = N_("There's nothing here you could vote for.")
TO_VOTES = N_("Entries are closed; on to the votes.")
TO_RESULTS = N_("The votes are closed.")
ALL_GONE = N_("Everyone who entered a song has since deleted their data.")
PAST = N_("This round has moved on: see below.")


def heading(table: RoundTable) -> str:
    return f"### {_theme(table)}"


def entering(table: RoundTable) -> str:
    closes = timestamp(table.round.enter_until, "R")
    if not table.entries:
        return _("Entries close {when} · no song yet", when=closes)
    return plural(
        "Entries close {when} · {count} song so far",
        "Entries close {when} · {count} songs so far",
        len(table.entries),
        when=closes,
    )


def voting(table: RoundTable) -> str:
    return plural(
        "Voting ends {when} · {count} member has voted",
        "Voting ends {when} · {count} members have voted",
        table.voters,
        when=timestamp(table.round.vote_until, "R"),
    )


def how_to_enter() -> str:
    return _(
        "One song each; a vote takes at least {fewest}. Who entered what is shown at the end, with the votes; "
        "until then nobody knows.",
        fewest=FEWEST,
    )


def how_to_vote() -> str:
    return _(
        "Up to {most} votes each, never for your own. It ends early once everyone who entered has voted.",
        most=limits.ROUND_VOTES,
    )


def cancelled() -> str:
    return _("No vote this time: it was cancelled, or fewer than {fewest} songs were entered.", fewest=FEWEST)


def too_few(table: RoundTable) -> str:
    return plural(
        "There's only {count} song so far, and a vote takes {fewest}. Wait for more, or cancel the round; then nobody "
        "sees who entered what, and it can't go on.",
        "There are only {count} songs so far, and a vote takes {fewest}. Wait for more, or cancel the round; then "
        "nobody sees who entered what, and it can't go on.",
        len(table.entries),
        fewest=FEWEST,
    )


def choose(table: RoundTable) -> str:
    return _(
        "Which song for **{theme}**? Your name is shown beside it at the end; until then nobody sees it's yours. "
        "`/round enter` finds any other song. You can change it until the votes begin.",
        theme=_theme(table),
    )


def entered(table: RoundTable, song: Song) -> str:
    return _(
        "{song} is in. Entries close {when}; until then you can change it.",
        song=formatting.song_name(song),
        when=timestamp(table.round.enter_until, "R"),
    )


def ballot(table: RoundTable) -> str:
    return _(
        "Which songs for **{theme}**? Choose up to {most}. Voting ends {when}, or once everyone who entered has voted; "
        "until then you can change them.",
        theme=_theme(table),
        most=limits.ROUND_VOTES,
        when=timestamp(table.round.vote_until, "R"),
    )


def up_to() -> str:
    return _("Up to {most} songs", most=limits.ROUND_VOTES)


def voted(table: RoundTable, *, over: bool) -> str:
    if over:
        return _(ALL_VOTED)
    return _(
        "Your votes are in. Voting ends {when}, or once everyone who entered has voted; until then you can change "
        "them.",
        when=timestamp(table.round.vote_until, "R"),
    )


def asks_for_playlist(table: RoundTable) -> str:
    return _(
        "Shall I make a playlist called **{theme}** with these songs? The server keeps it together, and I write it to "
        "*your* account.",
        theme=_theme(table),
    )


def made(table: RoundTable) -> str:
    return _(
        "**{theme}** is a shared playlist now, with the songs that were entered. I'm writing it to your account; "
        "`/shared show` says how far I am.",
        theme=_theme(table),
    )


def songs(table: RoundTable) -> str:
    lines = [f"{place}. {_name(table, entry.song)}" for place, entry in enumerate(table.entries, 1)]
    return formatting.lines(lines, 3000)


def results(table: RoundTable) -> str:
    """Who entered what, best first; nobody is named who hides or has left."""
    return formatting.lines([_line(table, placed) for placed in table.ranking], 3500) or _(ALL_GONE)


def title(song: Song | None) -> str:
    return song.title if song else _(formatting.SONG_GONE)


def _line(table: RoundTable, placed: Placed) -> str:
    member = placed.entry.member
    name = _(formatting.SOMEONE) if member in table.hidden else f"<@{member}>"
    votes = plural("{count} vote", "{count} votes", placed.votes)
    return f"{placed.place}. {_name(table, placed.entry.song)} · {votes} · {name}"


def _name(table: RoundTable, uri: str) -> str:
    song = table.songs.get(uri)
    return formatting.song_name(song, LONGEST_SONG) if song else _(formatting.SONG_GONE)


def _theme(table: RoundTable) -> str:
    return escape(table.round.theme, 100)
