"""Shapes: catalogue entries as the JSON that `openapi.json` describes. Pure."""

import math
from typing import Any
from urllib.parse import quote

from bot.core.records import Song
from bot.flows.feed.catalogue import Entry
from bot.flows.feed.recommend import Recommended
from bot.messages.feed import near_in_plain_text


def song_name(song: Song) -> dict[str, Any]:
    return {"id": song.song, "title": song.title, "artists": list(song.artists)}


def entry(entry: Entry) -> dict[str, Any]:
    song = entry.song
    return {
        **song_name(song),
        "href": address(song),
        "album": song.album,
        "year": song.year,
        "duration_ms": song.duration_ms,
        "isrc": song.isrc,
        "url": song.page,
        "cover": song.cover,
        "numbers": {name: value for name, value in entry.numbers.items() if math.isfinite(value)},
        "highlight": entry.highlight,
        "clip": f"{address(song)}/clip" if entry.clip else None,
    }


def recommended(recommendation: Recommended) -> dict[str, Any]:
    return {
        "song": entry(recommendation.entry),
        "score": recommendation.score,
        "near": [song_name(song) for song in recommendation.near],
        "why": near_in_plain_text(recommendation.near),
    }


def address(song: Song) -> str:
    return f"/api/songs/{quote(song.song, safe='')}"
