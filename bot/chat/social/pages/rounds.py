"""Rounds as they are seen: the message in the channel, and what each member is asked alone."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core import limits
from bot.core.markup import timestamp
from bot.core.records import Song
from bot.core.social.rounds import CANCELLED, CLOSED, ENTERING, FEWEST, VOTING, Placed
from bot.flows.feed.catalogue_index import key
from bot.flows.social.rounds import RoundTable
from bot.messages import formatting

NAME = 60  # characters of a song in a list
HOW = "-# One song each. Who entered what is shown at the end, with the votes; until then nobody knows."
HOW_VOTES = (
    f"-# Up to {limits.ROUND_VOTES} votes each, never for your own. It ends early once everyone who entered has voted."
)
CALLED_OFF = f"No vote this time: it was called off, or fewer than {FEWEST} songs were entered."
OFF = "The round is called off."
CHOOSE = (
    "Which song for **{}**? Your name stands beside it at the end; until then nobody sees that it is yours. "
    "`/round enter` finds any other song. You can change it until the votes begin."
)
NO_LIKES = "None of your likes can be chosen here. `/round enter` takes any song of the catalogue."
ENTERED = "{} is in. You can change it until {}."
VOTE = (
    f"Which songs for **{{}}**? Up to {limits.ROUND_VOTES}; you can change them until {{}}, or until everyone who "
    "entered has voted."
)
VOTED = "Your votes are in. You can change them until {}, or until everyone who entered has voted."
ALL_VOTED = "Your votes are in, and everyone who entered has voted: the round is over."
NOTHING_TO_VOTE = "There is nothing here that you could vote for."
NOBODY = "somebody"
MAKE = "A playlist **{}** with these songs, which the server keeps together; it is written to *your* account. Shall I?"
MADE = (
    "**{}** is a shared playlist now, with what was entered. I'm writing it to your account; `/shared show` says how "
    "far that is."
)
NOT_PLAYED = "I can't play that one for you, and know no page of it."
TO_VOTES = "Entries are closed; on to the votes."
TO_RESULTS = "The votes are closed."
ALL_GONE = "Everyone who entered a song has deleted their data since."
TOO_FEW = (
    "Only {} so far, and a vote takes {}. Wait for more, or call the round off; then nobody sees who entered what, "
    "and it can't be taken up again."
)
PAST = "-# This round has gone on: see below."


def page(table: RoundTable) -> Page:
    """The round's message, as everybody in the channel sees it."""
    found, head = table.round, f"### {formatting.escape(table.round.theme, 100)}"
    if found.state == ENTERING:
        until = f"Songs are taken until {timestamp(found.enter_until, 'R')} · {_entered(table)}"
        enter = layout.button("Enter a song", ids.of("renter", found.round), layout.PRIMARY)
        return Page(head, until, layout.row(enter), HOW)
    if found.state == CANCELLED:
        return Page(head, CALLED_OFF)
    if found.state == CLOSED:
        return Page(head, _results(table) or ALL_GONE, *_playlist(table))
    until = f"Votes until {timestamp(found.vote_until, 'R')} · {formatting.count(table.voters, 'member')} voted"
    taps = [layout.button("Vote", ids.of("rvote", found.round), layout.PRIMARY)]
    hear = layout.menu(*_hear(table)) if table.entries else None  # all who entered may have erased themselves
    return Page(head, until, _songs(table), layout.row(*taps), hear, HOW_VOTES)


def mark(table: RoundTable) -> ids.Id:
    """The button by which the message of a state is known again."""
    what = {ENTERING: "renter", VOTING: "rvote"}.get(table.round.state, "rlist")
    return ids.of(what, table.round.round)


def too_few(table: RoundTable) -> Page:
    """Ask before a round ends for want of songs."""
    said = TOO_FEW.format(formatting.count(len(table.entries), "song"), FEWEST)
    return Page(said, layout.row(layout.button("Call it off", ids.of("roff", table.round.round), layout.RED)))


def past(table: RoundTable) -> Page:
    """What is left of a message when the round has gone on."""
    return Page(f"### {formatting.escape(table.round.theme, 100)}", PAST)


def choose(table: RoundTable, likes: Sequence[Song]) -> Page:
    """Ask a member for their song, by their newest likes."""
    asked = CHOOSE.format(formatting.escape(table.round.theme, 100))
    if not likes:
        return Page(asked, NO_LIKES)
    options = [layout.option(each.title, each.song, ", ".join(each.artists)) for each in likes]
    return Page(asked, layout.menu(ids.of("rsong", table.round.round), "One of your newest likes", options))


def entered(table: RoundTable, song: Song) -> Page:
    return Page(ENTERED.format(formatting.song_name(song), timestamp(table.round.enter_until, "R")))


def ballot(table: RoundTable) -> Page:
    """Ask a member for their votes, their own song left out."""
    if not table.entries:
        return Page(NOTHING_TO_VOTE)
    asked = VOTE.format(formatting.escape(table.round.theme, 100), timestamp(table.round.vote_until, "R"))
    options = [_option(table, each.song) for each in table.entries]
    return Page(
        asked,
        layout.menu(
            ids.of("rvotes", table.round.round), f"Up to {limits.ROUND_VOTES} songs", options, most=limits.ROUND_VOTES
        ),
    )


def voted(table: RoundTable, *, over: bool) -> Page:
    if over:
        return Page(ALL_VOTED)
    return Page(VOTED.format(timestamp(table.round.vote_until, "R")))


def asks_for_playlist(table: RoundTable) -> Page:
    yes = layout.button("Make it", ids.of("rmake", table.round.round), layout.PRIMARY)
    return Page(MAKE.format(formatting.escape(table.round.theme, 100)), layout.row(yes))


def made(table: RoundTable) -> Page:
    return Page(MADE.format(formatting.escape(table.round.theme, 100)))


def _entered(table: RoundTable) -> str:
    return f"{formatting.count(len(table.entries), 'song')} so far" if table.entries else "no song yet"


def _songs(table: RoundTable) -> str:
    lines = [f"{at}. {_name(table, each.song)}" for at, each in enumerate(table.entries, 1)]
    return formatting.lines(lines, 3000)


def _results(table: RoundTable) -> str:
    return formatting.lines([_line(table, each) for each in table.ranking], 3500)


def _line(table: RoundTable, placed: Placed) -> str:
    votes, whose = formatting.count(placed.votes, "vote"), _whose(table, placed.entry.member)
    return f"{placed.place}. {_name(table, placed.entry.song)} · {votes} · {whose}"


def _whose(table: RoundTable, member: int) -> str:
    return NOBODY if member in table.hidden else f"<@{member}>"


def _name(table: RoundTable, song: str) -> str:
    known = table.songs.get(song)
    return formatting.song_name(known, NAME) if known else "a song that is gone"


def _playlist(table: RoundTable) -> list[Item]:
    if table.round.shared is not None or not table.ranking:
        return []
    return [layout.row(layout.button("Make a playlist of it", ids.of("rlist", table.round.round)))]


def _hear(table: RoundTable) -> tuple[ids.Id, str, list[layout.Option]]:
    options = [_option(table, each.song) for each in table.entries]
    return ids.of("rhear", table.round.round), "Hear one, for yourself", options


def _option(table: RoundTable, song: str) -> layout.Option:
    """An entry by its song: its number would tell who entered first."""
    known = table.songs.get(song)
    title, artists = (known.title, ", ".join(known.artists)) if known else ("a song that is gone", "")
    return layout.option(title, key(song), artists)
