"""Hear: find out what is to be known of a member's songs, from every source that is switched on.

A job goes in slices of some seconds, the newest likes first, so that nobody's new like waits for somebody else's 20,000
songs. Every answer is kept before the next question is asked, so it may be killed anywhere and goes on where it was:
what was asked is not asked twice. A source that fails keeps none of the others from their work.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.library import lookups, songs
from bot.adapters.store.library.lookups import LookupOutcome, LookupQuestion
from bot.adapters.store.sorting import answers, playlists
from bot.core.records import Layer
from bot.errors import SourceFailed, SourceWaits
from bot.flows.sorting.readiness import FIRST_TRAINING
from bot.ports import FeatureSource, Learnt, Subject

log = logging.getLogger(__name__)
PAGE = 50  # songs that are looked for at once; what the quickest service answers in a slice
NO_TIME = timedelta()
SLICE = timedelta(seconds=10)  # well below the grace that a stop gives
NEWS_EVERY = timedelta(minutes=5)  # while it lasts, what is kept in memory of a library is made anew so often
NOTHING_FOR = timedelta(days=30)  # then a source that knew nothing of a song is asked again
FIRST_RETRY, LAST_RETRY = timedelta(minutes=5), timedelta(days=1)  # after a failure; doubled each time
MOST_TRIES = 6  # failures in a row; from then on as if it knew nothing

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Slice:
    """What a slice came to. `more`: there is more to ask at once; else `later`: when there will be, if ever.

    `fresh`: a like that waits to be sorted is still among what can be asked.
    """

    more: bool
    fresh: bool
    later: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: songs of the library that a source was asked about, of those it can be asked about."""

    source: str
    done: int
    total: int


async def hear(store: Store, sources: Sequence[FeatureSource], member: int, clock: Clock) -> Slice:
    """Ask every source for some seconds, side by side, and say what is left."""
    began = clock()
    asking = (_ask(store, source, member, began, clock) for source in sources)
    ended = await asyncio.gather(*asking, return_exceptions=True)
    waits = [_or_raise(each) for each in ended]  # when all have ended: one that breaks leaves the others their slice
    able = [source for source, wait in zip(sources, waits, strict=True) if wait is None]
    now = clock()
    questions = await _questions(able, member, now)
    async with store.reading() as tx:
        left = [each for each in questions if await lookups.has_open(tx, each)]
        fresh = [each for each in left if await lookups.has_fresh(tx, each)]
        due = await lookups.next_due(tx, member, [each.name for each in sources], now)
    await tell(store, member, now, timedelta() if not left else NEWS_EVERY)
    return Slice(bool(left), bool(fresh), min((each for each in (due, *waits) if each is not None), default=None))


def _or_raise(ended: datetime | BaseException | None) -> datetime | None:
    if isinstance(ended, BaseException):
        raise ended
    return ended


async def tell(store: Store, member: int, now: datetime, every: timedelta = timedelta()) -> None:
    """Let what is kept in memory of the library be made anew, if something was learnt since; not more often than so."""
    async with store.reading() as tx:
        last = await songs.told_at(tx, member)
        if last is not None and now - last < every:
            return
        newest = await songs.newest_in_library(tx, member)
    if newest is not None and (last is None or newest > last):
        async with store.writing() as tx:
            await songs.tell(tx, member, max(now, newest))


async def fresh_open(store: Store, sources: Sequence[FeatureSource], member: int, now: datetime) -> bool:
    """Whether a like that waits to be sorted is still to be asked about."""
    questions = await _questions(sources, member, now)
    async with store.reading() as tx:
        return any([await lookups.has_fresh(tx, each) for each in questions])


async def is_open(store: Store, sources: Sequence[FeatureSource], member: int, now: datetime) -> bool:
    """Whether there is anything to ask about the member's songs."""
    questions = await _questions(sources, member, now)
    async with store.reading() as tx:
        return any([await lookups.has_open(tx, each) for each in questions])


async def progress(store: Store, sources: Sequence[FeatureSource], member: int, now: datetime) -> list[Progress]:
    """Return how far each source is that is not done."""
    found, questions = [], await _questions(sources, member, now)
    async with store.reading() as tx:
        for each in questions:
            if left := await lookups.count_open(tx, each):
                asked = await lookups.count_asked(tx, member, each.source)
                found.append(Progress(each.source, asked, asked + left))
    return found


async def stale_layers(store: Store, member: int) -> list[int]:
    """Return the layers whose labelled songs are known better than when their model was last learnt."""
    async with store.reading() as tx:
        return [each.layer for each in await playlists.layers(tx, member) if await _stale(tx, each)]


async def _stale(tx: Tx, layer: Layer) -> bool:
    verdicts = await answers.verdicts(tx, layer.member, layer.layer)
    labelled = [song for song, verdict in verdicts.items() if verdict.settled]
    newest = await songs.newest_features(tx, layer.member, labelled)
    if newest is None or len(labelled) < FIRST_TRAINING:
        return False
    return layer.learnt_at is None or newest > layer.learnt_at


async def _questions(sources: Sequence[FeatureSource], member: int, now: datetime) -> list[LookupQuestion]:
    since = [await source.since() for source in sources]
    return [
        LookupQuestion(member, source.name, source.needs, now, grown)
        for source, grown in zip(sources, since, strict=True)
        if grown is not None
    ]


async def _ask(store: Store, source: FeatureSource, member: int, began: datetime, clock: Clock) -> datetime | None:
    """Ask one source, page by page, until the slice ends or nothing is left; return when to come back, if so told."""
    while page := await _page(store, source, member, clock()):
        for at in range(0, len(page), source.batch):
            if not NO_TIME <= clock() - began < SLICE:  # over, or the clock was put back
                return None
            if wait := await _ask_about(store, source, page[at : at + source.batch], clock):
                return wait
    return None


async def _ask_about(store: Store, source: FeatureSource, subjects: Sequence[Subject], clock: Clock) -> datetime | None:
    try:
        found = await source.look_up(subjects)
    except SourceWaits as wait:
        return wait.until
    except SourceFailed as failure:
        log.info("%s", failure)
        await _note_failure(store, source, subjects, clock())
        return None
    await _keep(store, source, subjects, found, clock())
    return None


async def _page(store: Store, source: FeatureSource, member: int, now: datetime) -> list[Subject]:
    questions = await _questions([source], member, now)
    if not questions:
        return []
    async with store.reading() as tx:
        found = await lookups.open_songs(tx, questions[0], max(PAGE, source.batch))
        ids = await lookups.ids(tx, {song: owner for song, (_, owner) in found.items()})
    return [Subject(each, ids.get(song, {}), owner) for song, (each, owner) in found.items()]


async def _keep(
    store: Store, source: FeatureSource, asked: Sequence[Subject], found: Mapping[str, Learnt], now: datetime
) -> None:
    """Keep an answer; nothing of songs that nobody holds any more since they were asked about."""
    async with store.writing() as tx:
        for owner, held in (await _held(tx, asked)).items():
            known = {song: found[song] for song in held if song in found}
            features = {song: learnt.features for song, learnt in known.items() if learnt.features.known}
            await songs.keep_features(tx, owner, source.name, features, now)
            await songs.forget_features(tx, owner, source.name, held - features.keys())
            outcomes = [_outcome(song, known.get(song), now) for song in held]
            await lookups.save(tx, source.name, outcomes, now, owner)


async def _held(tx: Tx, asked: Sequence[Subject]) -> dict[int, set[str]]:
    """Return the songs that are still whose they were when they were asked about, by owner."""
    found: dict[int, set[str]] = {}
    for owner in {each.owner for each in asked}:
        theirs = [each.song.song for each in asked if each.owner == owner]
        found[owner] = await songs.owned(tx, owner, theirs)
    return found


def _outcome(song: str, learnt: Learnt | None, now: datetime) -> LookupOutcome:
    return (
        LookupOutcome(song, "nothing", now + NOTHING_FOR)
        if learnt is None
        else LookupOutcome(song, "known", ids=learnt.ids)
    )


async def _note_failure(store: Store, source: FeatureSource, asked: Sequence[Subject], now: datetime) -> None:
    async with store.writing() as tx:
        for owner, held in (await _held(tx, asked)).items():
            tries = await lookups.tries(tx, source.name, list(held), owner)
            failed = [_failed(song, tries.get(song, 0) + 1, now) for song in held]
            await lookups.save(tx, source.name, failed, now, owner)


def _failed(song: str, tries: int, now: datetime) -> LookupOutcome:
    if tries >= MOST_TRIES:
        return LookupOutcome(song, "nothing", now + NOTHING_FOR)
    return LookupOutcome(song, "failed", now + min(LAST_RETRY, FIRST_RETRY * 2 ** (tries - 1)), tries)
