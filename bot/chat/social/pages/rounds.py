"""Rounds: the message in the channel, and what each member is asked alone."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.core import limits
from bot.core.records import Song
from bot.core.social.records import RoundState
from bot.flows.feed.catalogue_index import key
from bot.flows.social.rounds import RoundTable
from bot.messages import _
from bot.messages.social import rounds as messages


def page(table: RoundTable) -> Page:
    """The round's message, as everyone in the channel sees it."""
    number, heading = table.round.round, messages.heading(table)
    if table.round.state == RoundState.ENTERING:
        enter = layout.button(_("Enter a song"), ids.of("renter", number), layout.PRIMARY)
        return Page(heading, messages.entering(table), layout.row(enter), layout.small(messages.how_to_enter()))
    if table.round.state == RoundState.CANCELLED:
        return Page(heading, messages.cancelled())
    if table.round.state == RoundState.CLOSED:
        return Page(heading, messages.results(table), *_playlist(table))
    vote = layout.button(_("Vote"), ids.of("rvote", number), layout.PRIMARY)
    hear = _hear(table) if table.entries else None  # everyone who entered may have erased themselves
    songs, how = messages.songs(table), layout.small(messages.how_to_vote())
    return Page(heading, messages.voting(table), songs, layout.row(vote), hear, how)


def mark(table: RoundTable) -> ids.Id:
    """Return the button by which the message of a state is recognised."""
    what = {RoundState.ENTERING: "renter", RoundState.VOTING: "rvote"}.get(table.round.state, "rlist")
    return ids.of(what, table.round.round)


def too_few(table: RoundTable) -> Page:
    """Ask before a round ends because it has too few songs."""
    cancel = layout.button(_("Cancel the round"), ids.of("roff", table.round.round), layout.RED)
    return Page(messages.too_few(table), layout.row(cancel))


def past(table: RoundTable) -> Page:
    """What's left of a message when the round has moved on."""
    return Page(messages.heading(table), layout.small(_(messages.PAST)))


def choose(table: RoundTable, likes: Sequence[Song]) -> Page:
    """Ask a member for their song, offering their newest likes."""
    asked = messages.choose(table)
    if not likes:
        return Page(asked, _(messages.NO_LIKES))
    options = [layout.option(song.title, song.song, ", ".join(song.artists)) for song in likes]
    return Page(asked, layout.menu(ids.of("rsong", table.round.round), _("One of your newest likes"), options))


def ballot(table: RoundTable) -> Page:
    """Ask a member for their votes, their own song left out."""
    if not table.entries:
        return Page(_(messages.NOTHING_TO_VOTE))
    options = [_option(table, entry.song) for entry in table.entries]
    what, most = ids.of("rvotes", table.round.round), limits.ROUND_VOTES
    return Page(messages.ballot(table), layout.menu(what, messages.up_to(), options, most=most))


def asks_for_playlist(table: RoundTable) -> Page:
    make = layout.button(_("Make it"), ids.of("rmake", table.round.round), layout.PRIMARY)
    return Page(messages.asks_for_playlist(table), layout.row(make))


def _playlist(table: RoundTable) -> list[Item]:
    if table.round.shared is not None or not table.ranking:
        return []
    return [layout.row(layout.button(_("Make a playlist of these"), ids.of("rlist", table.round.round)))]


def _hear(table: RoundTable) -> layout.Row:
    options = [_option(table, entry.song) for entry in table.entries]
    return layout.menu(ids.of("rhear", table.round.round), _("Hear one, for yourself"), options)


def _option(table: RoundTable, uri: str) -> layout.Option:
    """An entry by its song: its number would tell who entered first."""
    song = table.songs.get(uri)
    return layout.option(messages.title(song), key(uri), ", ".join(song.artists) if song else "")
