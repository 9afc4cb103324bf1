"""Shapes: cards as JSON, for the swipe page. Pure.

Spotify's artwork never appears beside another service's sound (Spotify's developer policy, III.5).
"""

import math
from typing import Any

from bot.flows.feed.catalogue import Entry
from bot.flows.feed.feed import FeedCard, PlaylistGuess
from bot.flows.feed.listening import Listen, Way
from bot.messages.feed import near_in_plain_text
from bot.web.http.shapes import song_name

OTHERS = frozenset({Way.PREVIEW, Way.VIDEO})


def card(card: FeedCard) -> dict[str, Any]:
    """A song, before we know how it'll be heard; with its cover only if the sound is sure to be the operator's file."""
    song = card.entry.song
    tempo = card.entry.numbers.get("tempo")
    return {
        "key": card.entry.key,
        "title": song.title,
        "artists": list(song.artists),
        "album": song.album,
        "year": song.year,
        "duration_ms": song.duration_ms,
        "url": song.page,
        "cover": song.cover if card.entry.clip else None,
        "tempo": tempo if tempo is not None and math.isfinite(tempo) else None,
        "why": near_in_plain_text(card.near),
        "near": [song_name(song) for song in card.near],
    }


def listen(entry: Entry, listen: Listen) -> dict[str, Any]:
    """How to hear a song. offset: where its highlight starts (s into the clip); peak: the same (s into the song)."""
    clip = listen.clip
    return {
        "way": listen.way.value,
        "clip": f"api/songs/{entry.key}/clip" if clip else None,
        "seconds": clip.seconds if clip else None,
        "waveform": clip.waveform if clip else None,
        "offset": clip.peak if clip else None,
        "url": listen.url,
        "by": listen.by,
        "page": listen.page,
        "start": listen.start,
        "peak": listen.peak,
        "cover": None if listen.way in OTHERS else entry.song.cover,
    }


def guess(guess: PlaylistGuess) -> dict[str, Any]:
    playlist = guess.playlist
    return {
        "playlist": playlist.playlist,
        "name": playlist.name,
        "emoji": playlist.emoji,
        "probability": guess.probability,
        "best": guess.best,
    }
