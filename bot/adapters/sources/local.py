"""Local files: the operator's music folder, as `python -m bot analyse --folder` analysed it, matched to liked songs.

Matches by ISRC, MusicBrainz id, or artist, title and length (`core.library.file_match`, with rapidfuzz for similarity).
The operator's corrections (`python -m bot match`) go first.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz.fuzz import token_sort_ratio

from bot.adapters.store import Store
from bot.adapters.store.library import recordings
from bot.core.features import SongFeatures
from bot.core.library.file_match import FileMatch, Naming, best, keys
from bot.ports import Clock, LookupResult, Needs, Subject

NAME = "audio"
QUIET = timedelta(minutes=1)  # without a new file, after which an import has ended


@dataclass(frozen=True, slots=True)
class Folder:
    """The files by path, and their paths by every key to search for."""

    files: Mapping[str, Naming]
    by_key: Mapping[str, Sequence[str]]

    def match(self, song: Naming) -> tuple[str, FileMatch] | None:
        """Return the song's file, if there is one."""
        paths = {path for key in keys(song) for path in self.by_key.get(key, ())}
        return best(song, ((path, self.files[path]) for path in paths), token_sort_ratio)


class LocalFiles:
    """Implements `ports.FeatureSource`. Keeps the files' tags in memory: half a kilobyte each."""

    name, batch = NAME, 200
    needs: Needs = "title"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._read: tuple[datetime | None, Folder] | None = None

    async def since(self) -> datetime | None:
        """Return when the last file was analysed; None during an import, or everything would be matched again."""
        async with self._store.reading() as tx:
            newest = await recordings.newest(tx)
        return newest if newest is not None and self._clock() - newest >= QUIET else None

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, LookupResult]:
        """Match songs to files, storing each match and its score; a member's file's titles aren't used."""
        folder = await self._folder()
        async with self._store.reading() as tx:
            told = await recordings.corrections(tx, [subject.song.song for subject in subjects])
        songs = {subject.song.song: named(subject) for subject in subjects if subject.song.song not in told}
        matched = await asyncio.to_thread(_match_all, folder, songs)
        paths = {song: path for song, path in told.items() if path}
        paths |= {song: path for song, (path, _) in matched.items()}
        async with self._store.writing() as tx:
            everybodys = {subject.song.song for subject in subjects if not subject.owner} & songs.keys()
            await recordings.save_matches(
                tx, everybodys, {song: matched[song] for song in everybodys & matched.keys()}, self._clock()
            )
            heard = await recordings.heard(tx, paths.values())
        return {song: _result(heard[path], folder.files.get(path)) for song, path in paths.items() if path in heard}

    async def _folder(self) -> Folder:
        """Return the folder's files, reread if any were analysed since."""
        async with self._store.reading() as tx:
            newest = await recordings.newest(tx)
            if self._read is not None and self._read[0] == newest:
                return self._read[1]
            files = await recordings.named(tx)
        folder = await asyncio.to_thread(_indexed, files)  # 40 ms per thousand: Discord allows three seconds in all
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
    for path, naming in files.items():
        for key in keys(naming):
            by_key.setdefault(key, []).append(path)
    return Folder(files, by_key)


def _match_all(folder: Folder, songs: Mapping[str, Naming]) -> dict[str, tuple[str, FileMatch]]:
    return {song: match for song, naming in songs.items() if (match := folder.match(naming))}


def _result(features: SongFeatures, file: Naming | None) -> LookupResult:
    return LookupResult(features, {"recording": sorted(file.mbids)} if file is not None and file.mbids else {})
