"""Shapes: entries as JSON, as `openapi.json` describes them. Pure."""

import math
from typing import Any
from urllib.parse import quote

from bot.core.records import Song
from bot.web.api.port import Entry, Recommended


def entry(found: Entry) -> dict[str, Any]:
    song = found.song
    return {
        **name(song),
        "href": address(song),
        "album": song.album,
        "year": song.year,
        "duration_ms": song.duration_ms,
        "isrc": song.isrc,
        "url": song.page,
        "cover": song.cover,
        "numbers": {each: value for each, value in found.numbers.items() if math.isfinite(value)},
        "peak": found.peak,
        "clip": f"{address(song)}/clip" if found.clip else None,
    }


def name(song: Song) -> dict[str, Any]:
    return {"id": song.song, "title": song.title, "artists": list(song.artists)}


def recommended(found: Recommended) -> dict[str, Any]:
    return {
        "song": entry(found.entry),
        "score": found.score,
        "near": [name(each) for each in found.near],
        "why": found.why,
    }


def address(song: Song) -> str:
    return f"/api/songs/{quote(song.song, safe='')}"
