"""Lines: what one write does to one playlist, as the Journal that `flows.sorting.writing.converge` takes."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs as library
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import playlists, writes
from bot.core.records import Change, Playlist
from bot.core.sorting import recording
from bot.core.sorting.writing.journal import OPEN, Judgement, Line, Refused, judge, read_again
from bot.core.sorting.writing.writes import Action, LineState, WriteKind
from bot.flows.sorting.writing import manual_edits
from bot.ports import Contents


class WriteJournal:
    """The lines of one write for one playlist."""

    def __init__(self, store: Store, write: int, playlist: Playlist) -> None:
        self._store, self.write, self.playlist = store, write, playlist
        self._read_before = False

    @property
    def ref(self) -> str:
        return self.playlist.ref

    async def lines(self) -> list[Line]:
        """Return all its lines as they are now, done or not."""
        async with self._store.reading() as tx:
            return lines_of(await writes.changes(tx, self.write), self.playlist.playlist)

    async def known(self) -> Contents:
        return await manual_edits.kept(self._store, self.playlist)

    async def recognise(self, contents: Contents) -> Contents:
        return await manual_edits.recognise(self._store, self.playlist, contents)

    async def judge(self, contents: Contents, now: datetime) -> Judgement:
        playlist, songs = self.playlist.playlist, list(contents.songs)
        async with self._store.reading() as tx:
            before = [item.song for item in await playlists.items(tx, playlist)]
        await self._learn(contents, now)
        async with self._store.reading() as tx:
            changes, first = await writes.changes(tx, self.write), await writes.going_first(tx, playlist, self.write)
            same, twins = await self._same(tx, changes, contents)
            ours, shown = await self._ours(tx, changes), await writes.shown_as(tx, playlist)
        songs += same - set(songs)
        unchanged, there = before == [song for song in contents.songs if song], set(songs)
        shown = {song: other for song, other in shown.items() if other not in there}
        free = [_shown(line, shown) for line in _free(changes, playlist) if line.key not in twins]
        ready, held = _ready(free, first)
        judged = await asyncio.to_thread(judge, ready, songs, ours, now, unchanged=unchanged)
        known = set(lines_of(changes, playlist))
        for piece in chunks(_named(line, same) for line in judged.lines if line not in known):
            async with self._store.writing() as tx:
                await self.note(tx, piece)
        again = [judged.again, *(read_again(first[line.song], now) for line in held)]
        return replace(judged, again=min(filter(None, again), default=None))

    async def _ours(self, tx: Tx, changes: Sequence[Change]) -> frozenset[str]:
        """Return the songs we may remove: ours, and what the member was shown before they confirmed a restore."""
        ours, write = await writes.ours(tx, self.playlist.playlist), await writes.get(tx, self.write)
        asked = [change.song for change in changes if change.action == Action.REMOVE]
        return ours.union(asked) if write is not None and write.kind == WriteKind.RESTORE else ours

    async def _learn(self, contents: Contents, now: datetime) -> None:
        if self._read_before:
            await manual_edits.remember(self._store, self.playlist, contents, now)
        else:
            await manual_edits.learn(self._store, self.playlist.member, {self.playlist: contents}, now)
        self._read_before = True

    async def _same(self, tx: Tx, changes: Sequence[Change], contents: Contents) -> tuple[set[str], set[int | str]]:
        """Return the songs to add whose recording is there under another id, and the keys of lines waiting for a twin.

        Of two releases in one write, the second waits for the result of the first.
        """
        current = await playlists.get(tx, self.playlist.playlist)
        if current is None or current.doubles:
            return set(), set()
        there, lines = set(contents.songs), lines_of(changes, current.playlist)
        absent = [line for line in lines if line.action == Action.ADD and line.is_open and line.song not in there]
        known = await library.some(tx, (line.song for line in absent), current.member)
        named = {line.song: known[line.song] for line in absent if line.song in known}
        same = recording.standing(named, contents.items)
        twins = recording.repeated({song: known_song for song, known_song in named.items() if song not in same}, ())
        return same, {line.key for line in absent if line.song in twins and not line.sends}

    async def may_write(self, tx: Tx) -> bool:
        current = await playlists.get(tx, self.playlist.playlist)
        return current is not None and current.ref == self.ref and current.removed_at is None

    async def note(self, tx: Tx, lines: Sequence[Line]) -> None:
        await writes.note(tx, lines)


def _free(changes: Sequence[Change], playlist: int) -> list[Line]:
    """Return the lines for a playlist that may be carried out now.

    A moved song is added before it's removed; if it can't be added, it stays where it is.
    """
    arriving = {change.song: change.state for change in changes if change.action == Action.ADD}
    lines: list[Line] = []
    for line in lines_of(changes, playlist):
        leaves = line.action == Action.REMOVE and line.state == LineState.WANTED
        elsewhere = arriving.get(line.song) if leaves else None
        if elsewhere == LineState.REFUSED:
            lines.append(replace(line, state=LineState.REFUSED, problem=Refused.UNMOVED))
        elif elsewhere not in OPEN:
            lines.append(line)
    return lines


def _ready(lines: Sequence[Line], first: Container[str]) -> tuple[list[Line], list[Line]]:
    """Part the lines from those that wait, because another write changes their song `first`."""
    held = {line.key for line in lines if line.state == LineState.WANTED and line.song in first}
    return [line for line in lines if line.key not in held], [line for line in lines if line.key in held]


def _shown(line: Line, shown: Mapping[str, str]) -> Line:
    """Add the id under which Spotify shows a song to remove; ids that somebody added themselves are left out."""
    return replace(line, shown_as=shown.get(line.song)) if line.action == Action.REMOVE else line


def _named(line: Line, same: Container[str]) -> Line:
    """Mark a song that wasn't added because its recording is there."""
    return replace(line, problem=Refused.SAME) if line.state == LineState.UNTOUCHED and line.song in same else line


def lines_of(changes: Sequence[Change], playlist: int) -> list[Line]:
    """Return all lines for a playlist, done or not."""
    return [_line(change) for change in changes if change.playlist == playlist and change.action != Action.ASK]


def _line(change: Change) -> Line:
    action = Action.REMOVE if change.action == Action.REMOVE else Action.ADD
    sent = (change.sent_at, change.sends, change.problem, change.shown_as)
    return Line(change.change, change.song, action, change.state, change.position, *sent)
