"""Converge: bring one playlist to what its journal wants. Sorts, undos and shared playlists are all written here.

It reads the playlist, judges each line (`core.sorting.writing.journal`), sends what's needed and reads again, until
nothing is left to send. Changes that may still appear by themselves are waited for: the caller comes back at the
returned moment, or after a crash. Every batch is stored before it's sent, so a request with an unknown result never
counts as unsent.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from bot.adapters.store import Store, Tx
from bot.adapters.store.rows import chunks
from bot.core.sorting.writing.journal import TRIES, Judgement, Line, Refused, without_doubles
from bot.core.sorting.writing.plan import BATCH, batches, plan, runs
from bot.core.sorting.writing.writes import Action, LineState
from bot.errors import CratekeeperError
from bot.errors.sorting import PlaylistNotKept
from bot.errors.spotify import PlaylistFull, SongsRefused, SpotifyDown, SpotifyError
from bot.ports import Clock, Contents, Music

T = TypeVar("T")
Steady = Callable[[], float]  # seconds, as `time.monotonic` counts them
Send = Callable[[Sequence[T]], Awaitable[None]]
GiveUp = Callable[[T, SpotifyError], Awaitable[None]]
MOST_DEAD = 50  # songs refused one by one in one run; more than this isn't the songs' fault


class Journal(Protocol):
    """What to do to one playlist, line by line, and what was read in it."""

    @property
    def ref(self) -> str: ...

    async def known(self) -> Contents | None:
        """Return what was read last, if it's enough to rely on while the snapshot is unchanged."""
        ...

    async def recognise(self, contents: Contents) -> Contents:
        """Return what was read with our ids in place of the ids under which Spotify shows our songs."""
        ...

    async def judge(self, contents: Contents, now: datetime) -> Judgement:
        """Judge the lines by what was just read, and store both."""
        ...

    async def may_write(self, tx: Tx) -> bool:
        """Whether the playlist may still be written: whose it is may have let it go meanwhile."""
        ...

    async def note(self, tx: Tx, lines: Sequence[Line]) -> None:
        """Store the state of lines."""
        ...


async def converge(store: Store, music: Music, journal: Journal, clock: Clock) -> datetime | None:
    """Do what can be done now; return when to read again, None once all lines are settled.

    Raises PlaylistGone, PlaylistNotKept before it's written once it may not be any more, CoolingDown, ConsentEnded, and
    SpotifyDown if it can't even be read.
    """
    sender = _Sender(store, music, journal, clock)
    read = await music.contents(journal.ref, await journal.known())
    while True:
        contents = await journal.recognise(read)
        judged = await journal.judge(contents, clock())
        if judged.todo:
            await sender.send(judged.todo, contents)
        elif judged.doubled:
            await sender.mend(judged.doubled, contents)
        else:
            return judged.again
        read = await music.contents(journal.ref, _at_least(read, [*judged.todo, *judged.doubled]))


def _at_least(read: Contents, sent: Sequence[Line]) -> Contents:
    """Return the least that must be there on the next read: what was read, without the songs just removed."""
    gone = {id_ for line in sent for id_ in line.ids}
    return Contents(tuple(item for item in read.items if item.song not in gone), None)


async def in_halves(songs: Sequence[T], send: Send[T], give_up: GiveUp[T]) -> None:
    """Send songs in one call; if refused, in halves, so that one bad song blocks no other.

    Gives up on songs that are refused alone, after at least two tries, because one answer proves nothing. Raises what
    `send` and `give_up` raise once nothing more can be sent.
    """
    try:
        await send(songs)
    except (SongsRefused, PlaylistFull):
        half = len(songs) // 2
        for some in filter(None, (songs[:half], songs[half:])):
            await _in_halves(some, send, give_up)


async def _in_halves(songs: Sequence[T], send: Send[T], give_up: GiveUp[T]) -> None:
    try:
        await send(songs)
    except (SongsRefused, PlaylistFull) as refused:
        if len(songs) == 1:
            await give_up(songs[0], refused)
            return
        half = len(songs) // 2
        await _in_halves(songs[:half], send, give_up)
        await _in_halves(songs[half:], send, give_up)


def running_from(now: datetime, steady: Steady = time.monotonic) -> Clock:
    """Return a clock that starts at `now` and runs steadily, even if the system clock changes."""
    started = steady()
    return lambda: now + timedelta(seconds=steady() - started)


class _Sender:
    """Sends lines in batches, storing each batch before it's sent and after it's answered."""

    def __init__(self, store: Store, music: Music, journal: Journal, clock: Clock) -> None:
        self._store, self._music, self._journal, self._clock = store, music, journal, clock
        self._unsent: dict[int | str, Line] = {}
        self._dead = 0

    async def send(self, lines: Sequence[Line], contents: Contents) -> None:
        """Send each line once. Stops at the first batch with an unknown result; reading again tells (promise P2)."""
        self._unsent = {line.key: line for line in lines}
        by_song = {line.song: line for line in lines}
        adding = [(line.song, line.position) for line in lines if line.action == Action.ADD]
        removing = [line.song for line in lines if line.action == Action.REMOVE]
        todo = plan(contents.songs, adding, removing, frozenset(removing))
        try:
            for gone in batches(todo.remove):
                await self._remove([_as_it_stands(by_song[song], contents) for song in gone], contents.snapshot)
            for position, back in runs(todo.insert):
                await self._add([by_song[song] for song in back], position)
            for new in batches(todo.append):
                await self._add([by_song[song] for song in new], None)
        except (PlaylistFull, SongsRefused) as refused:
            await self._refuse(list(self._unsent.values()), _problem(refused, many=True))
        except SpotifyDown:
            return

    async def mend(self, doubled: Sequence[Line], contents: Contents) -> None:
        """Remove our duplicates. After a crash in between, the songs are put back in their places.

        These lines have used up their TRIES: one that was sent more often is one that we removed ourselves.
        """
        lines = doubled[:BATCH]
        back = without_doubles(contents.items, lines)
        place = {song: at for at, song in reversed(back)}
        placed = [replace(line, position=place[line.song], sends=max(line.sends, TRIES)) for line in lines]
        try:
            async with self._attempt(placed):
                await self._take_out(placed, contents.snapshot)
        except SpotifyDown:
            return
        except SongsRefused:  # leave the duplicates
            await self._note([replace(line, sends=1) for line in lines])
            return
        await self._note([replace(line, state=LineState.ATTEMPTED, sends=1, sent_at=self._clock()) for line in placed])
        try:
            for position, songs in runs(back):
                await self._music.add(self._journal.ref, songs, position)
        except (PlaylistFull, SongsRefused, SpotifyDown):
            return  # songs that don't appear soon are sent again, one by one if needed
        await self._note([replace(line, state=LineState.SENT, sends=1, sent_at=self._clock()) for line in placed])

    async def _remove(self, lines: Sequence[Line], snapshot: str | None) -> None:
        await self._deliver(lines, partial(self._take_out, snapshot=snapshot))

    async def _take_out(self, lines: Sequence[Line], snapshot: str | None) -> None:
        for ids in batches([id_ for line in lines for id_ in line.ids]):
            await self._music.remove(self._journal.ref, ids, snapshot)

    async def _add(self, lines: Sequence[Line], position: int | None) -> None:
        placed = 0

        async def send(some: Sequence[Line]) -> None:
            nonlocal placed
            songs = [line.song for line in some]
            try:
                await self._music.add(self._journal.ref, songs, None if position is None else position + placed)
            except SongsRefused:
                if position is None or len(songs) > 1:
                    raise
                await self._music.add(self._journal.ref, songs, None)  # its position is gone: append it
            placed += len(songs)

        await self._deliver(lines, send)

    async def _deliver(self, lines: Sequence[Line], send: Send[Line]) -> None:
        async def attempt(some: Sequence[Line]) -> None:
            async with self._attempt(some):
                await send(some)

        await in_halves(lines, attempt, self._give_up)

    async def _give_up(self, line: Line, refused: SpotifyError) -> None:
        self._dead += 1
        if isinstance(refused, PlaylistFull) or self._dead > MOST_DEAD:
            raise refused
        await self._refuse([line], _problem(refused, many=False))

    @asynccontextmanager
    async def _attempt(self, lines: Sequence[Line]) -> AsyncIterator[None]:
        """Store that lines are being sent, and the result. Refused lines were not carried out."""
        sent = [
            replace(line, state=LineState.ATTEMPTED, sends=line.sends + 1, sent_at=self._clock(), problem=None)
            for line in lines
        ]
        await self._note(sent, beginning=True)
        try:
            yield
        except SpotifyDown:
            await self._note([replace(line, sent_at=self._clock()) for line in sent])  # it may still be carried out
            raise
        except CratekeeperError:
            await self._note(lines)
            raise
        await self._note([replace(line, state=LineState.SENT, sent_at=self._clock()) for line in sent])
        for line in sent:
            self._unsent.pop(line.key, None)

    async def _refuse(self, lines: Sequence[Line], problem: Refused) -> None:
        await self._note([replace(line, state=LineState.REFUSED, problem=problem) for line in lines])
        for line in lines:
            self._unsent.pop(line.key, None)

    async def _note(self, lines: Sequence[Line], *, beginning: bool = False) -> None:
        """Store the state of lines. beginning: they're about to be sent."""
        for piece in chunks(lines):
            async with self._store.writing() as tx:
                if beginning and not await self._journal.may_write(tx):
                    raise PlaylistNotKept
                await self._journal.note(tx, piece)


def _as_it_stands(line: Line, contents: Contents) -> Line:
    """Store the position of a song to remove, so that an undo can put it back there."""
    return line if line.position is not None else replace(line, position=contents.songs.index(line.song))


def _problem(refused: SpotifyError, *, many: bool) -> Refused:
    """Return why songs were refused: a single one is unknown to Spotify; several may be retried another day."""
    if isinstance(refused, PlaylistFull):
        return Refused.FULL
    return Refused.UNANSWERED if many else Refused.UNKNOWN
