"""Shared lines: the songs of a shared playlist, in the form `flows.sorting.writing.converge` takes."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.social import shared_playlists as table
from bot.core.records import Item, Song
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, Shared, SongState
from bot.core.sorting import recording
from bot.core.sorting.writing import journal, relinking
from bot.core.sorting.writing.journal import SETTLE, Judgement, Line, judge
from bot.core.sorting.writing.writes import Action, LineState
from bot.ports import Contents

TO_PUT_IN = (SongState.WANTED, SongState.ATTEMPTED, SongState.SENT, SongState.LEAVING, SongState.SAME)


class SharedJournal:
    """What to add to, and remove from, the host's playlist. closed: it had ended, and nothing is left to remove."""

    def __init__(self, store: Store, known: Shared) -> None:
        self._store, self._known = store, known
        self.put_in = self.taken_out = 0
        self.closed = False

    @property
    def known_as(self) -> Shared:
        """Return the playlist as it was last judged: it may have ended since it was read."""
        return self._known

    @property
    def ref(self) -> str:
        return self._known.ref or ""

    async def known(self) -> Contents:
        """Return what was last seen there; with the snapshot if nothing else about it needs to be known."""
        async with self._store.reading() as tx:
            record = await table.record(tx, self._known.shared)
        there = [song.shown_as or song.song for song in record if song.state in (SongState.WRITTEN, SongState.THEIRS)]
        unclear = [
            song for song in record if song.state == SongState.REFUSED or (song.stands and song.state in TO_PUT_IN)
        ]
        return Contents(tuple(Item(uri, None) for uri in there), None if unclear else self._known.snapshot)

    async def recognise(self, contents: Contents) -> Contents:
        """Recognise relinked songs that we just added, as `flows.sorting.writing.manual_edits` does."""
        async with self._store.writing() as tx:
            return await self._recognise(tx, contents)

    async def _recognise(self, tx: Tx, contents: Contents) -> Contents:
        record, there = await table.record(tx, self._known.shared), set(contents.songs)
        shown = {song.song: song.shown_as for song in record if song.shown_as is not None}
        known = {*shown.values(), *(song.song for song in record)}
        strangers = [item for item in contents.items if item.song and item.song not in known]
        sent = [song.song for song in record if song.state == SongState.SENT and song.song not in there | shown.keys()]
        new = relinking.recognised(await songs.some(tx, sent), strangers) if strangers else {}
        changed = [song for song in record if song.song in new or (song.shown_as and song.song in there)]
        await table.note(tx, self._known.shared, [replace(song, shown_as=new.get(song.song)) for song in changed])
        return replace(contents, items=relinking.under_our_ids(contents.items, shown | new))

    async def judge(self, contents: Contents, now: datetime) -> Judgement:
        """Judge the songs as they are now: there may be new ones, or another host, since they were read."""
        async with self._store.writing() as tx:
            return await self._judge(tx, contents, now)

    async def _judge(self, tx: Tx, contents: Contents, now: datetime) -> Judgement:
        today = await table.get(tx, self._known.shared)
        if today is None or not await self.may_write(tx):
            return Judgement((), (), (), None)
        self._known = replace(self._known, ended_at=today.ended_at)
        before = await table.record(tx, today.shared)
        wanted = as_wanted(today, before)
        fresh = _unsettled(wanted, contents, now)
        named = await songs.some(tx, (song.song for song in before))
        there, (same, waiting) = set(contents.songs), _twins(wanted, named, contents)
        record = [_as_seen(song, contents, today, song.song in fresh) for song in wanted]
        record = rules.beside_twins(record, same, _out(record, named))
        lines = [_line(song, today.ref, there) for song in record if song.song not in waiting]
        todo = [line for line in lines if line is not None]
        ours = frozenset(line.song for line in todo if line.action == Action.REMOVE)
        seen = judge(todo, [*contents.songs, *same], ours, now)
        await self._keep(tx, before, record, seen.lines)
        settled = not (seen.todo or seen.doubled or seen.again or fresh)
        await table.change(tx, today.shared, snapshot=contents.snapshot if settled else None)
        if today.ended_at is not None and not (seen.todo or seen.again):
            await table.close(tx, today.shared)
            self.closed = True
        return seen

    async def may_write(self, tx: Tx) -> bool:
        today = await table.get(tx, self._known.shared)
        return today is not None and (today.host, today.ref) == (self._known.host, self._known.ref)

    async def note(self, tx: Tx, lines: Sequence[Line]) -> None:
        today = await table.get(tx, self._known.shared)
        if today is not None:
            before = await table.record(tx, today.shared)
            await self._keep(tx, before, as_wanted(today, before), lines)

    async def _keep(self, tx: Tx, before: Sequence[Brought], record: Sequence[Brought], lines: Sequence[Line]) -> None:
        by_song = {line.song: line for line in lines}
        noted = [rules.noted(song, by_song[song.song]) if song.song in by_song else song for song in record]
        known = {song.song: song for song in before}
        changed = [
            song
            for song in (replace(song, dropped_at=known[song.song].dropped_at) for song in noted)
            if song != known[song.song]
        ]
        confirmed = [by_song[song.song].action for song in changed if _is_confirmed(by_song.get(song.song))]
        self.put_in, self.taken_out = (
            self.put_in + confirmed.count(Action.ADD),
            self.taken_out + confirmed.count(Action.REMOVE),
        )
        await table.note(tx, self._known.shared, changed)


def _twins(
    record: Sequence[Brought], named: Mapping[str, Song], contents: Contents
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the songs whose recording is there with another id, and those that wait for one that's being added."""
    there = set(contents.songs)
    unwritten = [song for song in record if song.stands and song.state in TO_PUT_IN and song.song not in there]
    absent = {song.song: named[song.song] for song in unwritten if song.song in named}
    same = recording.standing(absent, contents.items)
    again = recording.repeated({uri: song for uri, song in absent.items() if uri not in same}, ())
    return frozenset(same), frozenset(song.song for song in unwritten if song.song in again and not song.sends)


def _out(record: Sequence[Brought], named: Mapping[str, Song]) -> frozenset[str]:
    """Return the songs whose other release was on record and was voted out or removed."""
    dropped = {song.song for song in record if not song.stands}
    return frozenset(recording.standing(named, (song for uri, song in named.items() if uri in dropped)) - dropped)


def _line(brought: Brought, ref: str | None, songs: Container[str | None]) -> Line | None:
    """Return what to write for a song. What the host added too, as Spotify shows it, isn't removed."""
    line = rules.line(brought, ref)
    return replace(line, shown_as=None) if line is not None and line.shown_as in songs else line


def _is_confirmed(line: Line | None) -> bool:
    return line is not None and line.state == LineState.SENT


def _unsettled(record: Sequence[Brought], contents: Contents, now: datetime) -> frozenset[str]:
    """Return the songs that can't be judged yet."""
    lately = [song for song in record if song.sent_at is not None and now - song.sent_at < SETTLE]
    return journal.unsettled(lately, contents.songs)


def _as_seen(brought: Brought, contents: Contents, today: Shared, unsettled: bool) -> Brought:
    if unsettled or rules.line(brought, today.ref) is not None:
        return brought
    return rules.seen(brought, brought.song in contents.songs)


def as_wanted(known: Shared, record: Sequence[Brought]) -> list[Brought]:
    """Return the record as it should be written: once a list has ended, nothing stands."""
    return [replace(song, dropped_at=song.dropped_at or known.ended_at) for song in record]
