"""Shapes: what a song looks like in JSON, wherever it's only named. Pure."""

from typing import Any

from bot.core.records import Song


def song_name(song: Song) -> dict[str, Any]:
    return {"id": song.song, "title": song.title, "artists": list(song.artists)}
