"""Label page: labelling in the browser (`web.feed`). An answer there is an answer in Discord.

A card takes one answer and one undo there, and each list of its *More of these* one answer, so a request that's
repeated because its reply was lost does nothing twice.
Answers have no event of Discord's: each counts after everything its member has said so far.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.adapters.store import Store
from bot.adapters.store.account import interactions
from bot.adapters.store.sorting import answers, cards
from bot.core.jobs import JobKind
from bot.core.records import Clip, Layer, Playlist, Song
from bot.core.sorting.groups import tick_of
from bot.core.sorting.labels import Kind
from bot.errors import NothingToUndo
from bot.errors.sorting import QuestionGone
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.feed import Enqueue
from bot.flows.feed.listening import Listen, Listening
from bot.flows.sorting import playlists, review
from bot.flows.sorting.labelling import bulk, label, presses
from bot.flows.sorting.labelling.bulk import Bulk
from bot.flows.sorting.labelling.label import NothingToAsk, Press, Pressed, Question
from bot.flows.sorting.labelling.presses import OnCard
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import undo
from bot.ports import Clock

Next = Question | NothingToAsk


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer said of a song, and what's asked next. song: None if it was said before, or the song is gone."""

    song: Song | None
    playlists: Sequence[Playlist]
    following: Next


@dataclass(frozen=True, slots=True)
class AnsweredAll:
    """What an answer said of a list, and what's asked next. answered: None if it was said before."""

    answered: bulk.Answered | None
    playlists: Sequence[Playlist]
    following: Next

    @property
    def rest(self) -> bool:
        """Whether the list was longer than one answer takes."""
        return self.answered is not None and self.answered.total > bulk.MOST


@dataclass(frozen=True, slots=True)
class Undone:
    """The last answer is undone. following: its question, again; songs: how many it was about.

    in_playlists: whether it's being undone in playlists, too.
    """

    following: Next
    songs: int
    in_playlists: bool = False


@dataclass(frozen=True, slots=True)
class LabelPage:
    """Built once, by the composition root."""

    store: Store
    libraries: ScoredLibraries
    catalogue: Catalogue
    listening: Listening
    enqueue: Enqueue
    clock: Clock

    async def ask(self, member: int, layer: int) -> Next:
        """Return a question about a layer; 0: the member's first. Raises NoSuchLayer, and as `label.ask` does."""
        return await label.ask(self.store, self.libraries, await self._layer(member, layer), self.clock())

    async def _layer(self, member: int, layer: int) -> Layer:
        if layer:
            return await playlists.layer_numbered(self.store, member, layer)
        return await playlists.layer_named(self.store, member, None)

    async def answer(self, member: int, card: str, kind: Kind, chosen: Sequence[int]) -> Answered:
        """Store the answer to a card. Raises NotYours, QuestionGone or PlaylistNotKept."""
        pressed = await self._press(member, card, kind, chosen)
        if pressed is None:
            return Answered(None, (), await self._newest(member, card))
        await self._queue(pressed)
        song, named = await review.named(self.store, member, pressed.song, chosen)
        following = await review.after(self.store, self.libraries, member, card, self.clock())
        return Answered(song, named, following)

    async def _press(self, member: int, card: str, kind: Kind, chosen: Sequence[int]) -> Pressed | None:
        """Return None if the card was answered here before."""
        async with self.store.writing() as tx:
            if not await interactions.take(tx, [_number("answer", card)], self.clock()):
                return None
            said = Press(kind, chosen, await answers.next_event(tx, member))
            pressed = await presses.keep(tx, OnCard(member, card, said, self.clock()))
        return await label.followed_up(self.store, pressed)

    async def _queue(self, pressed: Pressed) -> None:
        if pressed.train:
            await self.enqueue(JobKind.TRAIN, pressed.member, pressed.layer)
        if pressed.write is not None:
            await self.enqueue(JobKind.APPLY, pressed.member, pressed.write)

    async def more(self, member: int, card: str, key: int) -> Bulk:
        """Return a list of songs to answer about at once. Raises as `bulk.more` does."""
        return await bulk.more(self.store, self.libraries, member, card, key)

    async def answer_all(
        self, member: int, card: str, key: int, chosen: Sequence[int], ticks: Collection[str]
    ) -> AnsweredAll:
        """Store one answer about the ticked songs of a list. ticks: as `tick_of` names them.

        Raises as `bulk.more` and `bulk.keep` do.
        """
        answered = await self._press_all(member, card, key, chosen, ticks)
        if answered is None:
            return AnsweredAll(None, (), await self._newest(member, card))
        await self._queue(answered.pressed)
        _song, named = await review.named(self.store, member, answered.pressed.song, chosen)
        following = await review.after(self.store, self.libraries, member, card, self.clock())
        return AnsweredAll(answered, named, following)

    async def _press_all(
        self, member: int, card: str, key: int, chosen: Sequence[int], ticks: Collection[str]
    ) -> bulk.Answered | None:
        """Return None if this very answer was given before."""
        number = _number("answer", card, key, *chosen, *sorted(ticks))
        async with self.store.reading() as tx:
            if await interactions.taken(tx, number):  # its songs are sorted now, so there may be no list any more
                return None
        listed = await self.more(member, card, key)
        ticked = [song.song for song in listed.songs if tick_of(song.song) in ticks]
        async with self.store.writing() as tx:
            if not await interactions.take(tx, [number], self.clock()):
                return None
            said = Press(Kind.ONLY if chosen else Kind.NONE, chosen, await answers.next_event(tx, member))
            answered = await bulk.keep(tx, member, listed, said, ticked, self.clock())
        return replace(answered, pressed=await label.followed_up(self.store, answered.pressed))

    async def undo(self, member: int, card: str) -> Undone:
        """Undo the last answer in the card's layer, with all of its songs. Raises NothingToUndo, and as `answer`."""
        async with self.store.reading() as tx:
            asked = await label.mine(tx, member, card)
            if asked.write is not None:  # a receipt's card: only Discord shows those
                raise QuestionGone
            repeated = await interactions.taken(tx, _number("undo", card))
            last = None if repeated else await answers.last(tx, member, asked.layer)
        if repeated:
            return Undone(await self._newest(member, card), 1)
        if last is None:
            raise NothingToUndo
        layer = await playlists.layer_numbered(self.store, member, asked.layer)
        write = await undo.tap(self.store, layer, last, self.clock())
        async with self.store.writing() as tx:
            await interactions.take(tx, [_number("undo", card)], self.clock())
            about = await answers.undo_event(tx, member, asked.layer, last.event, self.clock())
        if write is not None:
            await self.enqueue(JobKind.APPLY, member, write)
        question = await label.ask_about(self.store, self.libraries, layer, last.song, self.clock())
        return Undone(question, about, write is not None)

    async def _newest(self, member: int, card: str) -> Next:
        """Return the newest question if it's open; else a new one, as after the card."""
        async with self.store.reading() as tx:
            asked = await label.mine(tx, member, card)
            newest = await cards.newest(tx, member, asked.layer)
            verdict = (await answers.verdicts(tx, member, asked.layer)).get(newest.song) if newest else None
        if newest is None or newest.write is not None or (verdict is not None and verdict.answered):
            return await review.after(self.store, self.libraries, member, card, self.clock())
        return await review.again(self.store, self.libraries, member, newest.card)

    async def listen(self, member: int, card: str) -> tuple[Song, Listen]:
        """Return the card's song and the best way to hear it. Raises NotYours, QuestionGone, NotInLibrary."""
        song = await label.song_on(self.store, member, card)
        return song, await self.listening.to_own(member, song)

    async def clip(self, member: int, card: str) -> Clip:
        """Return the clip of the card's song. Raises as `listen` does, and NotInCatalogue, NoClip, AudioError."""
        return await self.catalogue.clip(member, (await label.song_on(self.store, member, card)).song)


def _number(what: str, card: str, *more: object) -> int:
    """Return the number that stands for what was done on a card, among those of Discord's interactions."""
    done = " ".join(map(str, (what, card, *more)))
    return int.from_bytes(hashlib.sha256(done.encode()).digest()[:8], "big") >> 1
