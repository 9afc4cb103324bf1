"""Cards: a song, a guess, and a button for every playlist it may belong in."""

from collections.abc import Container, Iterator, Sequence

from bot.chat import ids, layout
from bot.chat.layout import Page, Tap
from bot.core.records import Playlist, Song
from bot.core.sorting.groups import ALBUM, tick_of
from bot.flows.sorting.labelling.bulk import Bulk
from bot.flows.sorting.labelling.label import Guess, NothingToAsk, Question
from bot.flows.sorting.labelling.readiness import FIRST_TRAINING
from bot.messages import _, formatting
from bot.messages.sorting import labels as messages

FEW = 10  # playlists that get a button each; more of them get a select
INSIDE = layout.MOST_BUTTONS - 1  # the same inside an update, in one row with "None of them"
KEYS = ALBUM + 1  # of a song's groups; a button's id holds `number * KEYS + key`
SWITCHES = 2  # other groups on a page, beside three buttons in a row
BLOCK = 450  # characters of a question inside an update


def card(question: Question, note: str = "", links: Sequence[layout.Item | str | None] = ()) -> Page:
    """The song to be placed; `note` says what the last tap did, `links` lead to the page."""
    key = question.card.card
    return Page(
        note or _(messages.WHERE_DOES_IT_GO),
        layout.with_cover(title(question.song), question.song),
        layout.small(messages.quiet_line(question)),
        *places(question),
        layout.row(
            layout.button(_("Several"), ids.of("several", key)) if len(question.playlists) > 1 else None,
            layout.button(_(messages.NONE_OF_THEM), ids.of("none", key)),
            layout.button(_("Skip"), ids.of("skip", key)),
            layout.button(_("Undo"), ids.of("back", key)),
            layout.button(_("Listen"), ids.of("cardhear", key)),
        ),
        layout.row(layout.button(_("More of these"), ids.of("moreof", key, question.more.key)))
        if question.more
        else None,
        *links,
        layout.small(formatting.tally(question.tally)),
    )


def several(question: Question) -> Page:
    """The same card, with a select that takes more than one playlist."""
    key, options = question.card.card, _options(question)
    return Page(
        _(messages.WHERE_DOES_IT_GO),
        layout.with_cover(title(question.song), question.song),
        layout.small(messages.quiet_line(question)),
        layout.menu(ids.of("these", key), _("All of its playlists"), options, most=len(options)),
        layout.row(layout.button(_("Back"), ids.of("card", key))),
    )


def shown(
    question: Question | NothingToAsk,
    note: str = "",
    answered: str = "",
    links: Sequence[layout.Item | str | None] = (),
) -> Page:
    """A card, or that nothing is left to ask; answered: the card of the last answer."""
    return card(question, note, links) if isinstance(question, Question) else done(question, note, answered)


def done(nothing_left: NothingToAsk, note: str = "", answered: str = "") -> Page:
    """Nothing is left to ask. answered: the card of the last answer, which can be undone."""
    back = layout.button(_("Undo"), ids.of("back", answered)) if answered else None
    layer, said = nothing_left.layer.layer, messages.done(nothing_left)
    if nothing_left.tally.labels < FIRST_TRAINING:
        return Page(note, said, layout.row(back) if back else None)
    look = (_("Show me what you'd do"), ids.of("sort", layer))
    on = look if nothing_left.tally.scores else (_("Learn from them"), ids.of("train", layer))
    return Page(note, said, layout.row(layout.button(*on, layout.PRIMARY), back))


def title(song: Song) -> str:
    """Title and artists as a heading, linked back to Spotify."""
    name = formatting.linked(song)
    return f"### {name}\n{formatting.escape(', '.join(song.artists))}" if song.artists else f"### {name}"


def places(question: Question) -> Sequence[layout.Item]:
    """A button for each playlist, or a select of many: always in the order they're kept in, with the guess marked."""
    if len(question.playlists) > FEW:
        return [layout.menu(ids.of("pick", question.card.card), _("Its playlist"), _options(question))]
    return layout.rows([_button(question, "in", playlist) for playlist in question.playlists])


def bulk(listed: Bulk, ticked: Container[str], note: str = "") -> Page:
    """The songs of a group, to be ticked, and where those that are ticked go; `note` says what the last answer did."""
    key, group = listed.card.card, listed.group.key
    chosen = [song for song in listed.songs if song.song in ticked]
    switches = [layout.button(messages.all_of(other), ids.of("moreof", key, other.key)) for other in listed.others]
    nowhere = layout.button(_(messages.NONE_OF_THEM), ids.of("bulknone", key, group)) if chosen else None
    undo = layout.button(_("Undo"), ids.of("back", key)) if note else None
    return Page(
        note,
        messages.not_sorted(listed.group, listed.total, len(listed.songs)),
        messages.titles_of(chosen),
        *_ticks(listed, ticked),
        *(_bulk_places(listed) if chosen else ()),
        layout.row(nowhere, *switches[:SWITCHES], undo, layout.button(_("Back"), ids.of("card", key))),
    )


def _ticks(listed: Bulk, ticked: Container[str]) -> Iterator[layout.Item]:
    """Selects of the songs, with those that are ticked."""
    key, group, count = listed.card.card, listed.group.key, len(listed.songs)
    for at, start in enumerate(range(0, count, layout.MOST_OPTIONS)):
        songs = listed.songs[start : start + layout.MOST_OPTIONS]
        options = [layout.option(song.line, tick_of(song.song), chosen=song.song in ticked) for song in songs]
        title = messages.songs_from_to(start + 1, start + len(songs))
        yield layout.menu(ids.of("tick", key, at * KEYS + group), title, options, least=0, most=len(songs))


def _bulk_places(listed: Bulk) -> Sequence[layout.Item]:
    key, group = listed.card.card, listed.group.key
    if len(listed.playlists) > FEW:
        options = [_option(playlist, None) for playlist in listed.playlists]
        return [layout.menu(ids.of("bulkpick", key, group), _("Their playlist"), options)]
    return layout.rows(
        [
            layout.button(playlist.name, ids.of("bulkin", key, playlist.playlist * KEYS + group), emoji=playlist.emoji)
            for playlist in listed.playlists
        ]
    )


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


def block(question: Question) -> Sequence[layout.Item]:
    """A question inside an update: one line, and the buttons right there."""
    key, quiet = question.card.card, layout.small(messages.quiet_line(question))
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
        layout.with_cover(title(song), song),
        messages.legend(playlists, nowhere),
        layout.small(_(messages.WHOSE_PROMPT)),
        layout.row(layout.button(_("Sort it into mine"), ids.of("mine"))),
    )
