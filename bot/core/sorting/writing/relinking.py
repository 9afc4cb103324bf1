"""Relinking: songs that Spotify shows in a playlist under another id than the one we added. Pure.

Spotify replaces releases that it may no longer offer ("track relinking"), and doesn't always say with what.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.core.records import Item
from bot.core.sorting.recording import KnownRecording, Recordings


def recognised(absent: Mapping[str, KnownRecording], strangers: Iterable[Item]) -> dict[str, str]:
    """Return which of the `absent` songs appear as one of the `strangers`: song → the id that's shown."""
    held = Recordings(strangers)
    shown = {song: item.song for song, known in absent.items() if isinstance(item := held.of(known), Item)}
    by_id = {other: song for song, other in reversed(shown.items()) if other is not None}
    return {song: other for other, song in by_id.items()}


def under_our_ids(items: Sequence[Item], shown: Mapping[str, str]) -> tuple[Item, ...]:
    """Return the items with our ids for relinked songs: at the first place of each, where ours isn't present."""
    there = {item.song for item in items}
    ours = {other: song for song, other in shown.items() if song not in there}
    named: list[Item] = []
    for item in items:
        song = ours.pop(item.song, None) if item.song else None
        named.append(item if song is None else replace(item, song=song))
    return tuple(named)
