"""Local files: the operator's music folder, as `python -m bot analyse --folder` heard it, matched to liked songs.

By ISRC, MusicBrainz id, or artist and title with length (`core.match`, with rapidfuzz for likeness). What the operator
said (`python -m bot match`) goes before any of it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz.fuzz import token_sort_ratio

from bot.adapters.store import Store
from bot.adapters.store.library import recordings
from bot.core.features import SongFeatures
from bot.core.library.file_match import FileMatch, Naming, best, keys
from bot.ports import Learnt, Needs, Subject

NAME = "audio"
QUIET = timedelta(minutes=1)  # without a new file; then an import has ended


@dataclass(frozen=True, slots=True)
class Folder:
    """The files by path, and the paths by whatever of them may be looked for."""

    files: Mapping[str, Naming]
    by_key: Mapping[str, Sequence[str]]

    def match(self, song: Naming) -> tuple[str, FileMatch] | None:
        """Return the file that the song is, if one is."""
        paths = {path for key in keys(song) for path in self.by_key.get(key, ())}
        return best(song, ((path, self.files[path]) for path in paths), token_sort_ratio)


class LocalFiles:
    """Implements `ports.FeatureSource`. Keeps what is written on the files in memory: half a kilobyte for each."""

    name, batch = NAME, 200
    needs: Needs = "title"

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._read: tuple[datetime | None, Folder] | None = None

    async def since(self) -> datetime | None:
        """Return when the last file was heard; nothing while an import is under way, or all would be matched again."""
        async with self._store.reading() as tx:
            newest = await recordings.newest(tx)
        return newest if newest is not None and self._clock() - newest >= QUIET else None

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, Learnt]:
        """Match songs with files. Writes down which, with the score; not by what only a member's file calls a song."""
        folder = await self._folder()
        async with self._store.reading() as tx:
            told = await recordings.corrections(tx, [each.song.song for each in subjects])
        songs = {each.song.song: named(each) for each in subjects if each.song.song not in told}
        matched = await asyncio.to_thread(_match_all, folder, songs)
        paths = {song: path for song, path in told.items() if path}
        paths |= {song: path for song, (path, _) in matched.items()}
        async with self._store.writing() as tx:
            everybodys = {each.song.song for each in subjects if not each.owner} & songs.keys()
            await recordings.save_matches(
                tx, everybodys, {song: matched[song] for song in everybodys & matched.keys()}, self._clock()
            )
            heard = await recordings.heard(tx, paths.values())
        return {song: _learnt(heard[path], folder.files.get(path)) for song, path in paths.items() if path in heard}

    async def _folder(self) -> Folder:
        """Return what is in the folder, read again when files were heard since."""
        async with self._store.reading() as tx:
            newest = await recordings.newest(tx)
            if self._read is not None and self._read[0] == newest:
                return self._read[1]
            files = await recordings.named(tx)
        folder = await asyncio.to_thread(_indexed, files)  # 40 ms for a thousand: Discord gives three seconds for all
        self._read = (newest, folder)
        return folder


def named(subject: Subject) -> Naming:
    song = subject.song
    return Naming(
        title=song.title,
        artists=song.artists,
        album=song.album,
        seconds=song.duration_ms / 1000 if song.duration_ms else None,
        isrc=song.isrc,
        mbids=frozenset(subject.ids.get("recording", ())),
    )


def _indexed(files: Mapping[str, Naming]) -> Folder:
    by_key: dict[str, list[str]] = {}
    for path, each in files.items():
        for key in keys(each):
            by_key.setdefault(key, []).append(path)
    return Folder(files, by_key)


def _match_all(folder: Folder, songs: Mapping[str, Naming]) -> dict[str, tuple[str, FileMatch]]:
    return {song: found for song, each in songs.items() if (found := folder.match(each))}


def _learnt(features: SongFeatures, file: Naming | None) -> Learnt:
    return Learnt(features, {"recording": sorted(file.mbids)} if file is not None and file.mbids else {})
