"""Shapes: cards as JSON, for the page. Pure.

Spotify's artwork stands in no card with another service's sound (its developer policy, III.5).
"""

import math
from typing import Any

from bot.flows.feed.catalogue import Entry
from bot.flows.feed.feed import FeedCard, PlaylistGuess
from bot.flows.feed.listening import Listen, Way
from bot.web.api.shapes import name

OTHERS = frozenset({Way.PREVIEW, Way.VIDEO})


def card(found: FeedCard) -> dict[str, Any]:
    """A song before it is known how it can be heard; its cover where that is sure to be by a file of the operator's."""
    song = found.entry.song
    tempo = found.entry.numbers.get("tempo")
    return {
        "key": found.entry.key,
        "title": song.title,
        "artists": list(song.artists),
        "album": song.album,
        "year": song.year,
        "duration_ms": song.duration_ms,
        "url": song.page,
        "cover": song.cover if found.entry.clip else None,
        "tempo": tempo if tempo is not None and math.isfinite(tempo) else None,
        "why": found.why,
        "near": [name(each) for each in found.near],
    }


def listen(entry: Entry, found: Listen) -> dict[str, Any]:
    """How a song can be heard. offset: seconds into the clip at which its highlight sets in; peak: into the song."""
    clip = found.clip
    return {
        "way": found.way.value,
        "clip": f"api/songs/{entry.key}/clip" if clip else None,
        "seconds": clip.seconds if clip else None,
        "waveform": clip.waveform if clip else None,
        "offset": clip.peak if clip else None,
        "url": found.url,
        "by": found.by,
        "page": found.page,
        "start": found.start,
        "peak": found.peak,
        "cover": None if found.way in OTHERS else entry.song.cover,
    }


def guess(found: PlaylistGuess) -> dict[str, Any]:
    playlist = found.playlist
    return {
        "playlist": playlist.playlist,
        "name": playlist.name,
        "emoji": playlist.emoji,
        "probability": found.probability,
    }
