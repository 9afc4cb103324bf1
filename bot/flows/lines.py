"""Lines: what one write is to do to one playlist, as `flows.converge` wants it."""

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from bot.adapters.store import Store, Tx, playlists, writes
from bot.adapters.store import songs as library
from bot.core import recording
from bot.core.journal import OPEN, Line, Look, Problem, State, look
from bot.core.records import Change, Playlist, Song
from bot.flows import hands
from bot.ports import Contents


class WriteJournal:
    """The lines of one write for one playlist."""

    def __init__(self, store: Store, write: int, playlist: Playlist) -> None:
        self._store, self._write, self._playlist = store, write, playlist
        self._read_before = False

    @property
    def ref(self) -> str:
        return self._playlist.ref

    async def known(self) -> Contents:
        async with self._store.reading() as tx:
            current = await playlists.get(tx, self._playlist.playlist)
            seen = await playlists.places(tx, self._playlist.playlist)
        return Contents(tuple(seen), current.snapshot if current is not None else None)

    async def look(self, tx: Tx, contents: Contents, now: datetime) -> Look:
        playlist, songs = self._playlist.playlist, list(contents.songs)
        before = [item.song for item in await playlists.items(tx, playlist)]
        if self._read_before:
            await hands.remember(tx, self._playlist, contents, now)
        else:
            await hands.learn(tx, self._playlist.member, {self._playlist: contents}, now)
        self._read_before = True
        songs += await writes.under_way(tx, playlist, self._write) - set(songs)
        changes = await writes.changes(tx, self._write)
        same = await self._same(tx, changes, contents)
        songs += same - set(songs)
        unchanged = before == [song for song in contents.songs if song]
        found = look(_free(changes, playlist), songs, await writes.ours(tx, playlist), now, unchanged=unchanged)
        known = lines_of(changes, playlist)
        await self.note(tx, [_named(line, same) for line in found.lines if line not in known])
        return found

    async def _same(self, tx: Tx, changes: Sequence[Change], contents: Contents) -> set[str]:
        """Return the songs to put in whose recording stands there under another id: there already, or given by Spotify.

        Spotify may show what was put in under the id of a stand-in.
        """
        current = await playlists.get(tx, self._playlist.playlist)
        if current is None or current.doubles:
            return set()
        adding = [line for line in lines_of(changes, current.playlist) if line.action == "add" and line.is_open]
        known = await library.some(tx, {line.song for line in adding} - set(contents.songs), current.member)
        same, new = recording.standing(known, contents.items), list[Song]()
        for line in adding:
            song = known.get(line.song)
            if song is None or line.song in same or line.sends:
                continue
            if recording.standing({line.song: song}, new):  # both of them are to go in with this write
                same.add(line.song)
            new.append(song)
        return same

    async def note(self, tx: Tx, lines: Sequence[Line]) -> None:
        await writes.note(tx, lines)


def _free(changes: Sequence[Change], playlist: int) -> list[Line]:
    """Return the lines for a playlist that may be carried out now.

    A song that moves is put in before it is taken out; where it cannot be put in, it stays where it is.
    """
    arriving = {each.song: each.state for each in changes if each.action == "add"}
    lines: list[Line] = []
    for line in lines_of(changes, playlist):
        leaves = line.action == "remove" and line.state == State.WANTED
        elsewhere = arriving.get(line.song) if leaves else None
        if elsewhere == State.REFUSED:
            lines.append(replace(line, state=State.REFUSED, problem=Problem.UNMOVED))
        elif elsewhere not in OPEN:
            lines.append(line)
    return lines


def _named(line: Line, same: Container[str]) -> Line:
    """Say of a song that was not put in that its recording is there."""
    return replace(line, problem=Problem.SAME) if line.state == State.UNTOUCHED and line.song in same else line


def lines_of(changes: Sequence[Change], playlist: int) -> list[Line]:
    """Return all that is to be done, or was done, to a playlist."""
    return [_line(each) for each in changes if each.playlist == playlist and each.action != "ask"]


def _line(change: Change) -> Line:
    action: Literal["add", "remove"] = "remove" if change.action == "remove" else "add"
    sent = (change.sent_at, change.sends, change.problem)
    return Line(change.change, change.song, action, change.state, change.position, *sent)
