"""Stand-ins: songs that Spotify shows in a playlist under another id than the one that we put in. Pure.

Spotify replaces releases that it may no longer offer, and does not always say by what.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.core.recording import KnownRecording, Recordings
from bot.core.records import Item


def recognised(absent: Mapping[str, KnownRecording], strangers: Iterable[Item]) -> dict[str, str]:
    """Return which of the `absent` songs stand there as one of the `strangers`: song → the id that is shown."""
    held = Recordings(strangers)
    shown = {song: found.song for song, known in absent.items() if isinstance(found := held.of(known), Item)}
    by_id = {other: song for song, other in reversed(shown.items()) if other is not None}
    return {song: other for other, song in by_id.items()}


def under_our_ids(items: Sequence[Item], shown: Mapping[str, str]) -> tuple[Item, ...]:
    """Return the places with our ids, where ours are not there: of each stand-in the first place, no more."""
    there = {item.song for item in items}
    ours = {other: song for song, other in shown.items() if song not in there}
    named: list[Item] = []
    for item in items:
        song = ours.pop(item.song, None) if item.song else None
        named.append(item if song is None else replace(item, song=song))
    return tuple(named)
