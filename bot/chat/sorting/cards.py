"""Cards: a song, a guess, and a button for every playlist it may belong in."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Page, Tap
from bot.core.records import Playlist, Song
from bot.core.sorting.decide import certainty
from bot.flows.sorting.label import Guess, NothingToAsk, Question
from bot.flows.sorting.readiness import FIRST_TRAINING
from bot.messages import _, formatting
from bot.messages.sorting import labels as messages
from bot.messages.sorting.playlists import own_rule

FEW = 10  # playlists that get a button each; more of them get a select
INSIDE = layout.MOST_BUTTONS - 1  # the same inside an update, in one row with "None of them"
BLOCK = 450  # characters of a question inside an update


def card(question: Question, note: str = "") -> Page:
    """The song to be placed; `note` says what the last tap did."""
    key = question.card.card
    return Page(
        note or _(messages.WHERE_DOES_IT_GO),
        layout.beside(title(question.song), question.song.cover, messages.cover(question.song)),
        layout.small(_quiet_line(question)),
        *places(question),
        layout.row(
            layout.button(_("Several"), ids.of("several", key)),
            layout.button(_(messages.NONE_OF_THEM), ids.of("none", key)),
            layout.button(_("Skip"), ids.of("skip", key)),
            layout.button(_("Undo"), ids.of("back", key)),
            layout.button(_("Listen"), ids.of("cardhear", key)),
        ),
        layout.small(formatting.tally(question.tally)),
    )


def several(question: Question) -> Page:
    """The same card, with a select that takes more than one playlist."""
    key, options = question.card.card, _options(question)
    return Page(
        _(messages.WHERE_DOES_IT_GO),
        layout.beside(title(question.song), question.song.cover, messages.cover(question.song)),
        layout.small(_quiet_line(question)),
        layout.menu(ids.of("these", key), _("All of its playlists"), options, most=len(options)),
        layout.row(layout.button(_("Back"), ids.of("card", key))),
    )


def done(nothing_left: NothingToAsk, note: str = "") -> Page:
    layer, labels = nothing_left.layer.layer, nothing_left.tally.labels
    tally = formatting.tally(nothing_left.tally)
    if labels < FIRST_TRAINING:
        return Page(note, messages.too_few_songs(FIRST_TRAINING - labels, tally))
    look = (_("Show me what you'd do"), ids.of("sort", layer))
    on = look if nothing_left.tally.scores else (_("Learn from them"), ids.of("train", layer))
    return Page(note, messages.nothing_to_ask(tally), layout.row(layout.button(*on, layout.PRIMARY)))


def title(song: Song) -> str:
    """Title and artists as a heading, linked back to Spotify."""
    name = formatting.linked(song)
    return f"### {name}\n{formatting.escape(', '.join(song.artists))}" if song.artists else f"### {name}"


def places(question: Question) -> Sequence[layout.Item]:
    """A button for each playlist, or a select of many: always in the order they're kept in, with the guess marked."""
    if len(question.playlists) > FEW:
        return [layout.menu(ids.of("pick", question.card.card), _("Its playlist"), _options(question))]
    return layout.rows([_button(question, "in", playlist) for playlist in question.playlists])


def _button(question: Question, what: str, playlist: Playlist) -> Tap:
    style = layout.PRIMARY if _guessed(question, playlist) else layout.SECONDARY
    where = ids.of(what, question.card.card, playlist.playlist)
    return layout.button(playlist.name, where, style, emoji=playlist.emoji)


def _options(question: Question) -> list[layout.Option]:
    return [_option(playlist, _guessed(question, playlist)) for playlist in question.playlists]


def _option(playlist: Playlist, guess: Guess | None) -> layout.Option:
    note = formatting.my_guess(guess.probability) if guess else ""
    return layout.option(playlist.name, playlist.playlist, note, emoji=playlist.emoji)


def _guessed(question: Question, playlist: Playlist) -> Guess | None:
    """The guess, if it's that playlist."""
    return question.guess if question.guess and question.guess.playlist == playlist else None


def _quiet_line(question: Question) -> str:
    unknown = messages.NO_GUESS if question.tally.labels else messages.NO_GUESS_AT_FIRST
    guess = formatting.guesses(question.guesses) if question.guesses else _(unknown)
    line = " · ".join(filter(None, (guess, _rule(question), formatting.near(question.why))))
    return f"{line}\n{messages.held_by(question.holding)}" if question.holding else line


def _rule(question: Question) -> str:
    """Why a receipt asks about a song that has a likely guess."""
    guess = question.guess if question.card.write is not None else None
    return own_rule(guess.playlist, certainty(guess.probability)) if guess is not None else ""


def block(question: Question) -> Sequence[layout.Item]:
    """A question inside an update: one line, and the buttons right there."""
    key, quiet = question.card.card, layout.small(_quiet_line(question))
    line = layout.text(formatting.clip(f"{formatting.song_name(question.song, 40)}\n{quiet}", BLOCK))
    nowhere = layout.button(_(messages.NONE_OF_THEM), ids.of("unone", key))
    if len(question.playlists) <= INSIDE:
        return [line, layout.row(*(_button(question, "uin", playlist) for playlist in question.playlists), nowhere)]
    menu = layout.menu(ids.of("upick", key), _("Where does it go?"), _options(question))
    return [line, menu, layout.row(nowhere)]


def prompt(song: Song, playlists: Sequence[Playlist], nowhere: str) -> Page:
    """A song in a channel, with what each reaction means, and a button for everyone else."""
    return Page(
        _(messages.WHERE_DOES_IT_GO),
        layout.beside(title(song), song.cover, messages.cover(song)),
        messages.legend(playlists, nowhere),
        layout.small(_(messages.WHOSE_PROMPT)),
        layout.row(layout.button(_("Sort it into mine"), ids.of("mine"))),
    )
