"""Cards: a song, a guess, and a button for every playlist it may belong in."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Page, Tap
from bot.core.records import Card, Playlist, Song
from bot.flows.sorting.label import NothingToAsk, Question
from bot.flows.sorting.readiness import FIRST_TRAINING
from bot.messages import _, formatting
from bot.messages.sorting import labels as messages

FEW = 5  # playlists that get a button each; more of them get a select
SHORTCUTS = 3  # guesses with a button of their own beside the select
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
        ),
        layout.small(
            formatting.tally(question.tally, {playlist.playlist: playlist.name for playlist in question.playlists})
        ),
    )


def several(question: Question) -> Page:
    """The same card, with a select that takes more than one playlist."""
    key, options = question.card.card, [_option(playlist) for playlist in question.playlists]
    return Page(
        _(messages.WHERE_DOES_IT_GO),
        layout.beside(title(question.song), question.song.cover, messages.cover(question.song)),
        layout.small(_quiet_line(question)),
        layout.menu(ids.of("these", key), _("All of its playlists"), options, most=len(options)),
        layout.row(layout.button(_("Back"), ids.of("card", key))),
    )


def done(nothing_left: NothingToAsk, note: str = "") -> Page:
    layer, labels = nothing_left.layer.layer, nothing_left.tally.labels
    tally = formatting.tally(nothing_left.tally, {})
    if labels < FIRST_TRAINING:
        return Page(note, messages.too_few_songs(FIRST_TRAINING - labels, tally))
    look = (_("Show me what you'd do"), ids.of("sort", layer))
    on = look if nothing_left.tally.scores else (_("Learn from them"), ids.of("train", layer))
    return Page(note, messages.nothing_to_ask(tally), layout.row(layout.button(*on, layout.PRIMARY)))


def title(song: Song) -> str:
    """Title and artists as a heading, linked back to Spotify."""
    name = formatting.linked(song)
    return f"### {name}\n{formatting.escape(', '.join(song.artists))}" if song.artists else f"### {name}"


def places(question: Question) -> list[layout.Item]:
    """A button for each playlist, the guess first; with many playlists the best guesses and a select."""
    ordered, few = best_first(question), len(question.playlists) <= FEW
    shown = ordered if few else ordered[:SHORTCUTS] if question.guesses else []
    items: list[layout.Item] = [*layout.rows([_button(question, playlist) for playlist in shown])]
    if not few:
        options = map(_option, question.playlists)
        items.append(layout.menu(ids.of("pick", question.card.card), _("Its playlist"), options))
    return items


def best_first(question: Question) -> Sequence[Playlist]:
    """The likeliest playlists first, as far as there are guesses; the others in their usual order."""
    guessed = [guess.playlist for guess in question.guesses[: 1 if len(question.playlists) <= FEW else SHORTCUTS]]
    return [*guessed, *(playlist for playlist in question.playlists if playlist not in guessed)]


def _button(question: Question, playlist: Playlist) -> Tap:
    guessed = bool(question.guesses) and question.guesses[0].playlist == playlist
    where = ids.of("in", question.card.card, playlist.playlist)
    return layout.button(playlist.name, where, layout.PRIMARY if guessed else layout.SECONDARY, emoji=playlist.emoji)


def _option(playlist: Playlist) -> layout.Option:
    return layout.option(playlist.name, playlist.playlist, emoji=playlist.emoji)


def _quiet_line(question: Question) -> str:
    unknown = messages.NO_GUESS if question.tally.labels else messages.NO_GUESS_AT_FIRST
    guess = formatting.guesses(question.guesses) if question.guesses else _(unknown)
    return " · ".join(filter(None, (guess, formatting.near(question.why))))


def block(question: Question) -> list[layout.Item]:
    """A question inside an update: one line, and the buttons right there."""
    line = formatting.clip(f"{formatting.song_name(question.song, 40)}\n{layout.small(_quiet_line(question))}", BLOCK)
    taps: list[layout.Item] = []
    if len(question.playlists) <= FEW - 1:
        nowhere = layout.button(_(messages.NONE_OF_THEM), ids.of("unone", question.card.card))
        taps.append(layout.row(*(_inside(question.card, playlist) for playlist in best_first(question)), nowhere))
    else:
        shown = best_first(question)[: layout.MOST_OPTIONS - 1]
        options = [*map(_option, shown), layout.option(_(messages.NONE_OF_THEM), 0)]
        taps.append(layout.menu(ids.of("upick", question.card.card), _("Where does it go?"), options))
    return [layout.text(line), *taps]


def _inside(card: Card, playlist: Playlist) -> Tap:
    return layout.button(playlist.name, ids.of("uin", card.card, playlist.playlist), emoji=playlist.emoji)


def prompt(song: Song, playlists: Sequence[Playlist], nowhere: str) -> Page:
    """A song in a channel, with what each reaction means, and a button for everyone else."""
    return Page(
        _(messages.WHERE_DOES_IT_GO),
        layout.beside(title(song), song.cover, messages.cover(song)),
        messages.legend(playlists, nowhere),
        layout.small(_(messages.WHOSE_PROMPT)),
        layout.row(layout.button(_("Sort it into mine"), ids.of("mine"))),
    )
