"""Song results: songs from the catalogue, why each is suggested, and its buttons."""

from collections.abc import Sequence

from bot.chat import ids, layout
from bot.chat.layout import Item, Page
from bot.chat.sorting import cards
from bot.core.features import LIKED
from bot.core.records import Song
from bot.flows.feed.catalogue import About, Entry
from bot.flows.feed.recommend import Recommended
from bot.messages import _, formatting
from bot.messages import feed as messages

MOST_NUMBERS = 30  # of a song
MOST_WORDS = 12  # genres and tags
MOST_SAID = 900  # characters of numbers, of words and of sources
ROOM = 380  # characters of a song in a list
SHOWN = 5  # songs with buttons in one message: Discord takes 40 components
UNITS = {"tempo": "BPM", "tempo_folded": "BPM", "loudness": "dB", "duration": "s", "brightness": "Hz"}


def recommended(found: Sequence[Recommended], like: Sequence[Song] = (), unlike: Sequence[Song] = ()) -> Page:
    """Songs, the best first. like, unlike: what they are near to; without any, it is what the member likes."""
    if not found:
        return Page(messages.nothing_near(like))
    shown = found[:SHOWN]
    return Page(
        messages.songs_near(like, unlike), *(item for each in shown for item in _block(each.entry, _why(each.near)))
    )


def one(entry: Entry) -> Page:
    """A single song, with its cover; another one is a press away."""
    song = entry.song
    another = layout.button("Another", ids.of("any"))
    return Page(
        layout.beside(cards.title(song), song.cover, f"Cover of {song.line}"), layout.row(*_taps(entry), another)
    )


def about(found: About) -> Page:
    """What is known of a song, with who said so."""
    song = found.song
    lines = [_numbers(found), _words(found), _sources(found)]
    said = "\n".join(line for line in lines if line) or _(messages.NO_NUMBERS)
    head = layout.beside(cards.title(song), song.cover, f"Cover of {song.line}")
    return Page(head, said, layout.row(*_taps(found.entry)) if found.entry else None)


def path(start: Song, goal: Song, steps: Sequence[Entry]) -> Page:
    """A walk, song by song."""
    if not steps:
        return Page(_(messages.NO_WAY))
    lines = [formatting.song_name(each, 80) for each in (start, *(step.song for step in steps), goal)]
    return Page(formatting.lines([f"{at}. {line}" for at, line in enumerate(lines, 1)], 3900))


def put_away(song: Song, key: str) -> Page:
    said = (
        f"Noted: {formatting.song_name(song)} is not for you. I leave it alone, and what is much like it comes later."
    )
    return Page(said, layout.row(layout.button("Undo", ids.of("unaway", key))))


def _block(entry: Entry, why: str) -> list[Item]:
    name = formatting.clip(formatting.song_name(entry.song, 80), ROOM)
    return [layout.text(f"{name}\n{layout.small(why)}" if why else name), layout.row(*_taps(entry))]


def _taps(entry: Entry) -> list[Item]:
    return [
        layout.button("More like this", ids.of("alike", entry.key)),
        layout.button("Not for me", ids.of("away", entry.key)),
    ]


def _why(near: Sequence[Song]) -> str:
    return "near " + formatting.listed(f"*{formatting.escape(each.title, 40)}*" for each in near) if near else ""


def _numbers(found: About) -> str:
    numbers = {name: value for name, value in found.features.numbers.items() if name != LIKED}
    said = [f"{formatting.escape(name)} {value:.4g} {UNITS.get(name, '')}".rstrip() for name, value in numbers.items()]
    return formatting.clip(" · ".join(said[:MOST_NUMBERS]), MOST_SAID)


def _words(found: About) -> str:
    sets = {name: tokens for name, tokens in found.features.sets.items() if name in ("genres", "tags")}
    said = sorted({token for tokens in sets.values() for token in tokens})[:MOST_WORDS]
    return formatting.clip(formatting.listed(formatting.escape(each, 40) for each in said), MOST_SAID)


def _sources(found: About) -> str:
    sources = dict.fromkeys(formatting.brought(each) for each in found.features.provenance.values())
    named = formatting.listed(formatting.escape(each, 40) for each in sources)
    return layout.small(formatting.clip(f"from {named}", MOST_SAID)) if sources else ""
