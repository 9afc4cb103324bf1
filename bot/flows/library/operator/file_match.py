"""File match: the operator's corrections of which file in the music folder a song is."""

from datetime import datetime

from bot.adapters.store import Store, Tx, schema
from bot.adapters.store.library import lookups, recordings, songs
from bot.core.codes import track_uri
from bot.core.records import Song
from bot.errors.library import NobodyLikes, NotAnalysed

SOURCE = "audio"  # the source name of the folder's features


async def correct(store: Store, typed: str, paths: list[str], now: datetime) -> Song:
    """Record which of the files in `paths` a song is, or that it's none of them if `paths` is empty; return the song.

    `typed`: its URI, link or id. Features from another file are forgotten. Raises NotAnalysed, NobodyLikes.
    """
    async with store.writing() as tx:
        song = await _song(tx, typed)
        known = [path for path in paths if await recordings.exists(tx, path)]
        if paths and not known:
            raise NotAnalysed(paths[0])
        await recordings.correct(tx, song.song, known[0] if known else None, now)
        await _ask_anew(tx, song, now)
    return song


async def leave_to_matcher(store: Store, typed: str, now: datetime) -> Song:
    """Remove a correction; return the song. Raises NobodyLikes."""
    async with store.writing() as tx:
        song = await _song(tx, typed)
        await recordings.uncorrect(tx, song.song)
        await _ask_anew(tx, song, now)
    return song


async def _song(tx: Tx, typed: str) -> Song:
    song = track_uri(typed) or typed
    if known := await songs.get(tx, song):
        return known
    if await songs.is_own(tx, song):
        return Song(song, song, ())  # a member's file names it for that member alone
    raise NobodyLikes(typed)


async def _ask_anew(tx: Tx, song: Song, now: datetime) -> None:
    await songs.forget_said(tx, SOURCE, song.song)
    await lookups.forget(tx, song.song, SOURCE)
    await songs.mark_changed(tx, schema.OPERATOR, now)
