"""Doubles: recordings that are in a playlist more than once, and songs that can't be played. Pure."""

from collections.abc import Sequence

from bot.flows.sorting.playlists import Odd
from bot.messages import formatting

ROOM = 3000  # characters
NOTHING = "None of your playlists holds a recording twice, or a song that can't be played."
AS_LAST_SEEN = "-# As I last saw them at Spotify. I change nothing here: take out by hand what you don't want."


def shown(found: Sequence[Odd]) -> str:
    said = [line for each in found for line in _lines(each)]
    return f"{formatting.lines(said, ROOM)}\n{AS_LAST_SEEN}" if said else NOTHING


def _lines(odd: Odd) -> list[str]:
    where = formatting.playlist_name(odd.playlist)
    doubled = [f"- {where} has {formatting.escape(title, 60)} at {_places(places)}" for title, places in odd.doubles]
    return doubled + [f"- {where} can't play {formatting.escape(title, 60)} ({at + 1})" for title, at in odd.unplayable]


def _places(places: Sequence[int]) -> str:
    return formatting.listed([f"{at + 1:,}" for at in places])
