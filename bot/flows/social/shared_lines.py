"""Shared lines: the songs of a shared playlist, in the form `flows.sorting.converge` takes."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import songs
from bot.adapters.store.social import shared_playlists as table
from bot.core import recording, stand_ins
from bot.core.records import Item, Song
from bot.core.social import shared_playlists as rules
from bot.core.social.shared_playlists import Brought, Shared, SongState
from bot.core.sorting import journal
from bot.core.sorting.journal import SETTLE, Line, Look, look
from bot.core.sorting.writes import Action
from bot.ports import Contents

TO_PUT_IN = (SongState.WANTED, SongState.ATTEMPTED, SongState.SENT, SongState.LEAVING, SongState.SAME)


class SharedJournal:
    """What is to be put into, and taken out of, the host's playlist."""

    def __init__(self, store: Store, known: Shared) -> None:
        self._store, self._known = store, known
        self.put_in = self.taken_out = 0

    @property
    def ref(self) -> str:
        return self._known.ref or ""

    async def known(self) -> Contents:
        """Return what of it was last seen there; with the snapshot where nothing else in it needs to be known."""
        async with self._store.reading() as tx:
            record = await table.record(tx, self._known.shared)
        there = [each.shown_as or each.song for each in record if each.state in (SongState.WRITTEN, SongState.THEIRS)]
        unclear = [
            each for each in record if each.state == SongState.REFUSED or (each.stands and each.state in TO_PUT_IN)
        ]
        return Contents(tuple(Item(song, None) for song in there), None if unclear else self._known.snapshot)

    async def recognise(self, contents: Contents) -> Contents:
        """As `flows.hands` does: a stand-in came for a song that we put in just now."""
        async with self._store.writing() as tx:
            return await self._recognise(tx, contents)

    async def _recognise(self, tx: Tx, contents: Contents) -> Contents:
        record, there = await table.record(tx, self._known.shared), set(contents.songs)
        shown = {each.song: each.shown_as for each in record if each.shown_as is not None}
        known = {*shown.values(), *(each.song for each in record)}
        strangers = [item for item in contents.items if item.song and item.song not in known]
        sent = [each.song for each in record if each.state == SongState.SENT and each.song not in there | shown.keys()]
        new = stand_ins.recognised(await songs.some(tx, sent), strangers) if strangers else {}
        changed = [each for each in record if each.song in new or (each.shown_as and each.song in there)]
        await table.note(tx, self._known.shared, [replace(each, shown_as=new.get(each.song)) for each in changed])
        return replace(contents, items=stand_ins.under_our_ids(contents.items, shown | new))

    async def look(self, contents: Contents, now: datetime) -> Look:
        """Judge the songs anew: some may have come meanwhile, and another host."""
        async with self._store.writing() as tx:
            return await self._look(tx, contents, now)

    async def _look(self, tx: Tx, contents: Contents, now: datetime) -> Look:
        today = await table.get(tx, self._known.shared)
        if today is None or (today.host, today.ref) != (self._known.host, self._known.ref):
            return Look((), (), (), None)
        before = await table.record(tx, today.shared)
        wanted = as_wanted(today, before)
        fresh = _unsettled(wanted, contents, now)
        named = await songs.some(tx, (each.song for each in before))
        there, (same, waiting) = set(contents.songs), _twins(wanted, named, contents)
        record = [_as_seen(each, contents, today, each.song in fresh) for each in wanted]
        record = rules.beside_twins(record, same, _out(record, named))
        lines = [_line(each, today.ref, there) for each in record if each.song not in waiting]
        todo = [line for line in lines if line is not None]
        ours = frozenset(line.song for line in todo if line.action == Action.REMOVE)
        found = look(todo, [*contents.songs, *same], ours, now)
        await self._keep(tx, before, record, found.lines)
        settled = not (found.todo or found.doubled or found.again or fresh)
        await table.change(tx, today.shared, snapshot=contents.snapshot if settled else None)
        if today.ended_at is not None and not (found.todo or found.again):
            await table.close(tx, today.shared)
        return found

    async def note(self, tx: Tx, lines: Sequence[Line]) -> None:
        today = await table.get(tx, self._known.shared)
        if today is not None:
            before = await table.record(tx, today.shared)
            await self._keep(tx, before, as_wanted(today, before), lines)

    async def _keep(self, tx: Tx, before: Sequence[Brought], record: Sequence[Brought], lines: Sequence[Line]) -> None:
        by_song = {line.song: line for line in lines}
        noted = [rules.noted(each, by_song[each.song]) if each.song in by_song else each for each in record]
        known = {each.song: each for each in before}
        changed = [
            each
            for each in (replace(each, dropped_at=known[each.song].dropped_at) for each in noted)
            if each != known[each.song]
        ]
        confirmed = [by_song[each.song].action for each in changed if _is_confirmed(by_song.get(each.song))]
        self.put_in, self.taken_out = (
            self.put_in + confirmed.count(Action.ADD),
            self.taken_out + confirmed.count(Action.REMOVE),
        )
        await table.note(tx, self._known.shared, changed)


def _twins(
    record: Sequence[Brought], named: Mapping[str, Song], contents: Contents
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the songs whose recording is there under another id, and those that wait for one that is to go in."""
    there = set(contents.songs)
    open_ended = [each for each in record if each.stands and each.state in TO_PUT_IN and each.song not in there]
    absent = {each.song: named[each.song] for each in open_ended if each.song in named}
    same = recording.standing(absent, contents.items)
    again = recording.repeated({song: known for song, known in absent.items() if song not in same}, ())
    return frozenset(same), frozenset(each.song for each in open_ended if each.song in again and not each.sends)


def _out(record: Sequence[Brought], named: Mapping[str, Song]) -> frozenset[str]:
    """Return the songs of which another release was on record, and was voted out or taken back."""
    dropped = {each.song for each in record if not each.stands}
    return frozenset(recording.standing(named, (known for song, known in named.items() if song in dropped)) - dropped)


def _line(brought: Brought, ref: str | None, songs: Container[str | None]) -> Line | None:
    """Return what is to be written of a song. What the host put in as well, as Spotify shows it, is not taken out."""
    line = rules.line(brought, ref)
    return replace(line, shown_as=None) if line is not None and line.shown_as in songs else line


def _is_confirmed(line: Line | None) -> bool:
    return line is not None and line.state == journal.LineState.SENT


def _unsettled(record: Sequence[Brought], contents: Contents, now: datetime) -> frozenset[str]:
    """Return the songs of which this look says nothing yet."""
    lately = [each for each in record if each.sent_at is not None and now - each.sent_at < SETTLE]
    return journal.unsettled(lately, contents.songs)


def _as_seen(brought: Brought, contents: Contents, today: Shared, unsettled: bool) -> Brought:
    if unsettled or rules.line(brought, today.ref) is not None:
        return brought
    return rules.seen(brought, brought.song in contents.songs)


def as_wanted(known: Shared, record: Sequence[Brought]) -> list[Brought]:
    """Return the record as it is to be written: of a list that has ended, nothing stands."""
    return [replace(each, dropped_at=each.dropped_at or known.ended_at) for each in record]
