"""Song results: songs from the catalogue, why each is suggested, and its buttons."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Form, Item, Page
from bot.chat.sorting import cards
from bot.core.features import LIKED
from bot.core.records import Song
from bot.core.sound import heard
from bot.flows.feed.catalogue import About, Entry
from bot.flows.feed.feed import savable
from bot.flows.feed.recommend import Recommended
from bot.flows.sorting.playlists import LONGEST_NAME
from bot.messages import _, formatting, listed
from bot.messages import feed as messages

MOST_NUMBERS = 30  # of a song
MOST_WORDS = 12  # genres and tags
MOST_SAID = 900  # characters of numbers, of words and of sources
ROOM = 380  # characters of a song in a list
CHOICE = "songwhich"  # handler of the select of a list's songs
SHOWN = 5  # songs with buttons in one message: Discord takes 40 components
UNITS = {"tempo": "bpm", "tempo_folded": "bpm", "loudness": "dB", "duration": "s", "brightness": "Hz"}


def recommended(songs: Sequence[Recommended], like: Sequence[Song] = (), unlike: Sequence[Song] = ()) -> Page:
    """Songs, the best first. like, unlike: what they're near; without any, it's what the member likes."""
    if not songs:
        return Page(messages.nothing_near(like))
    shown = songs[:SHOWN]
    blocks = [item for song in shown for item in _block(song.entry, messages.near(song.near))]
    return Page(messages.songs_near(like, unlike), *blocks, *_act([song.entry for song in shown]))


def one(entry: Entry) -> Page:
    """One song with its cover, and a button for another."""
    another = layout.button(_("Another"), ids.of("any"))
    return Page(_head(entry.song), layout.row(*_all_taps(entry)), layout.row(another))


def chosen(entry: Entry) -> Page:
    """A song chosen from a list, and what to do with it."""
    return Page(_head(entry.song), layout.row(*_all_taps(entry)))


def about(shown: About) -> Page:
    """How a song sounds, in words; its numbers are behind a button."""
    lines = [messages.sound(heard(shown.features.numbers)), _words(shown)]
    said = "\n".join(filter(None, lines)) or _(messages.NO_NUMBERS)
    more = layout.button(_("Details"), ids.of("facts", as_key(shown.song.song))) if _has_details(shown) else None
    return Page(_head(shown.song), said, *_rows(shown, more))


def details(shown: About) -> Page:
    """All we know about a song, and from which sources."""
    lines = [messages.sound(heard(shown.features.numbers)), _words(shown), _numbers(shown), _sources(shown)]
    return Page(_head(shown.song), "\n".join(filter(None, lines)) or _(messages.NO_NUMBERS), *_rows(shown, None))


def as_key(song: str) -> str:
    """Return a song's URI for a button's id, where colons have another meaning."""
    return song.replace(":", "-")


def of_key(key: str) -> str:
    """Return the URI behind such a key."""
    return key.replace("-", ":")


def _has_details(shown: About) -> bool:
    return shown.features.known and len(shown.song.song) <= ids.LONGEST_KEY


def _rows(shown: About, more: Item | None) -> list[layout.Row]:
    """A row of what to do with the song, and one with what else there's to know."""
    rows = [layout.row(*_all_taps(shown.entry))] if shown.entry else []
    return [*rows, layout.row(more)] if more else rows


def path(start: Song, goal: Song, steps: Sequence[Entry]) -> Page:
    """A path, song by song."""
    if not steps:
        return Page(_(messages.NO_WAY))
    lines = [formatting.song_name(song, 80) for song in (start, *(step.song for step in steps), goal)]
    return Page(formatting.lines([f"{at}. {line}" for at, line in enumerate(lines, 1)], 3900), *_act(steps))


def disliked(song: Song, key: str) -> Page:
    return Page(messages.disliked(song), layout.row(layout.button(_("Undo"), ids.of("unaway", key))))


def _block(entry: Entry, why: str) -> list[Item]:
    name = formatting.clip(formatting.song_name(entry.song, 80), ROOM)
    return [layout.text(f"{name}\n{layout.small(why)}" if why else name), layout.row(*taps(entry))]


def _head(song: Song) -> Item:
    return layout.with_cover(cards.title(song), song)


def _act(entries: Sequence[Entry]) -> list[layout.Row]:
    """A select that leads to a song's buttons; for a single song, the buttons themselves."""
    if len(entries) == 1:
        return [layout.row(_listen(entries[0]), *acts(entries[0]))]
    options = [layout.option(entry.song.line, entry.key) for entry in entries]
    rows = [layout.menu(ids.of(CHOICE), _("Choose a song…"), options)]
    if any(savable(entry.song) for entry in entries):
        rows.append(layout.row(layout.button(_("Make a playlist of these"), ids.of("listnew"))))
    return rows


def name_form(new: int) -> Form:
    """Ask for the name of the playlist that a list becomes, and say what happens. new: songs they don't like yet."""
    field = layout.field(_("Its name"), "name", LONGEST_NAME, _("Late night"))
    return Form(_("New playlist"), ids.of("listnamed"), messages.before_list(new), field)


def _all_taps(entry: Entry) -> list[Item]:
    return [_listen(entry), *acts(entry), *taps(entry)]


def _listen(entry: Entry) -> Item:
    return layout.button(_("Listen"), ids.of("listen", entry.key), layout.PRIMARY)


def acts(entry: Entry) -> list[Item]:
    """Like, and Add to… where playlists can hold the song."""
    add = [layout.button(_("Add to…"), ids.of("fadd", entry.key))] if savable(entry.song) else []
    return [layout.button(_("Like"), ids.of("flike", entry.key)), *add]


def taps(entry: Entry) -> list[Item]:
    """More like this, and Not for me."""
    return [
        layout.button(_("More like this"), ids.of("alike", entry.key)),
        layout.button(_("Not for me"), ids.of("away", entry.key)),
    ]


def _numbers(shown: About) -> str:
    numbers = {name: value for name, value in shown.features.numbers.items() if name != LIKED}
    said = [f"{formatting.escape(name)} {value:.4g} {UNITS.get(name, '')}".rstrip() for name, value in numbers.items()]
    return formatting.clip(" · ".join(said[:MOST_NUMBERS]), MOST_SAID)


def _words(shown: About) -> str:
    sets = {name: tokens for name, tokens in shown.features.sets.items() if name in ("genres", "tags")}
    words = sorted({token for tokens in sets.values() for token in tokens})[:MOST_WORDS]
    return formatting.clip(listed(formatting.escape(word, 40) for word in words), MOST_SAID)


def _sources(shown: About) -> str:
    sources = dict.fromkeys(formatting.brought(source) for source in shown.features.provenance.values())
    named = [formatting.escape(source, 40) for source in sources]
    return layout.small(formatting.clip(messages.sources(named), MOST_SAID)) if named else ""
