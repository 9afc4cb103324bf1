"""Feature lookup: look up audio features for a member's songs, from every enabled source.

A job runs in slices of a few seconds, newest likes first, so that nobody's new like waits for somebody else's 20,000
songs. Every answer is stored before the next question, so it may be killed at any point and continues without asking
twice. A failing source doesn't stop the others.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.adapters.store.library import lookups, songs
from bot.adapters.store.library.lookups import LookupOutcome, LookupQuestion
from bot.adapters.store.rows import chunks
from bot.adapters.store.sorting import answers, playlists
from bot.core.jobs import AT_ONCE, LATER, JobKind, Next
from bot.core.library.lookups import LookupState
from bot.core.records import Layer
from bot.errors import SourceFailed, SourceWaits
from bot.flows.sorting.labelling.readiness import FIRST_TRAINING
from bot.ports import Clock, FeatureSource, LookupResult, Subject

log = logging.getLogger(__name__)
PAGE = 50  # songs fetched at once: what the fastest service answers in a slice
NO_TIME = timedelta()
SLICE = timedelta(seconds=10)  # well below the grace period of a stop
NEWS_EVERY = timedelta(minutes=5)  # how often cached libraries are refreshed while it runs
NOTHING_FOR = timedelta(days=30)  # before asking a source again that knew nothing of a song
FIRST_RETRY = timedelta(minutes=5)  # after a failure; doubles each time
MOST_TRIES = 6  # failures in a row, after which the source counts as knowing nothing


@dataclass(frozen=True, slots=True)
class Slice:
    """The result of a slice. `more`: there's more to ask at once; else `later`: when there will be, if ever.

    `fresh`: a like that waits to be sorted can still be asked about.
    """

    more: bool
    fresh: bool
    later: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A source's progress: songs of the library it was asked about, of those it can be asked about."""

    source: str
    done: int
    total: int


async def look_up(store: Store, sources: Sequence[FeatureSource], member: int, clock: Clock) -> Slice:
    """Ask every source for a few seconds, concurrently, and return what's left."""
    began = clock()
    asking = (_ask(store, source, member, began, clock) for source in sources)
    ended = await asyncio.gather(*asking, return_exceptions=True)
    waits = [_or_raise(outcome) for outcome in ended]  # only now, so that one failure doesn't cut the others short
    able = [source for source, wait in zip(sources, waits, strict=True) if wait is None]
    now = clock()
    questions = await _questions(able, now)
    async with store.reading() as tx:
        left = [question for question in questions if await lookups.with_open(tx, question, [member])]
        fresh = [question for question in left if await lookups.has_fresh(tx, question, member)]
        due = await lookups.next_due(tx, member, [source.name for source in sources], now)
    await mark_changed(store, member, now, timedelta() if not left else NEWS_EVERY)
    return Slice(bool(left), bool(fresh), min((moment for moment in (due, *waits) if moment is not None), default=None))


async def look_up_next(
    store: Store, sources: Sequence[FeatureSource], member: int, clock: Clock
) -> AsyncIterator[Next]:
    """Look up features for the member's next songs; after the last ones, retrain the layers they affect."""
    looked_up = await look_up(store, sources, member, clock)
    async with store.reading() as tx:
        waiting = await songs.fresh(tx, member)
    if waiting and not looked_up.fresh:
        yield Next(JobKind.PLACE)
    if looked_up.more:
        yield Next(JobKind.LOOK_UP, AT_ONCE)
        return
    for layer in await stale_layers(store, member):
        yield Next(JobKind.TRAIN, layer)
    if looked_up.later is not None:
        yield Next(JobKind.LOOK_UP, LATER, max(1, (looked_up.later - clock()).total_seconds()))


def _or_raise(ended: datetime | BaseException | None) -> datetime | None:
    if isinstance(ended, BaseException):
        raise ended
    return ended


async def mark_changed(store: Store, member: int, now: datetime, every: timedelta = timedelta()) -> None:
    """Mark what's known of the library as changed if anything new was stored, at most once per `every`."""
    async with store.reading() as tx:
        last = await songs.changed_at(tx, member)
        if last is not None and now - last < every:
            return
        newest = await songs.newest_in_library(tx, member)
    if newest is not None and (last is None or newest > last):
        async with store.writing() as tx:
            await songs.mark_changed(tx, member, max(now, newest))


async def fresh_open(store: Store, sources: Sequence[FeatureSource], member: int, now: datetime) -> bool:
    """Whether a like that waits to be sorted can still be asked about."""
    questions = await _questions(sources, now)
    async with store.reading() as tx:
        return any([await lookups.has_fresh(tx, question, member) for question in questions])


async def is_open(store: Store, sources: Sequence[FeatureSource], member: int, now: datetime) -> bool:
    """Whether there's anything to ask about the member's songs."""
    return bool(await _with_open(store, await _questions(sources, now), [member]))


async def with_open(store: Store, sources: Sequence[FeatureSource], now: datetime) -> list[int]:
    """Return the members about whose songs there's anything to ask."""
    questions = await _questions(sources, now)
    async with store.reading() as tx:
        everybody = await members.with_likes(tx) if questions else []
    return [member for some in chunks(everybody) for member in await _with_open(store, questions, some)]


async def _with_open(store: Store, questions: Sequence[LookupQuestion], some: Sequence[int]) -> list[int]:
    async with store.reading() as tx:
        return sorted({member for question in questions for member in await lookups.with_open(tx, question, some)})


async def progress(store: Store, sources: Sequence[FeatureSource], member: int, now: datetime) -> list[Progress]:
    """Return the progress of each source that isn't done."""
    under_way, questions = [], await _questions(sources, now)
    async with store.reading() as tx:
        for question in questions:
            if left := await lookups.count_open(tx, question, member):
                asked = await lookups.count_asked(tx, member, question.source)
                under_way.append(Progress(question.source, asked, asked + left))
    return under_way


async def stale_layers(store: Store, member: int) -> list[int]:
    """Return the layers whose labelled songs have new features since their last training."""
    async with store.reading() as tx:
        return [layer.layer for layer in await playlists.layers(tx, member) if await _stale(tx, layer)]


async def _stale(tx: Tx, layer: Layer) -> bool:
    verdicts = await answers.verdicts(tx, layer.member, layer.layer)
    labelled = [song for song, verdict in verdicts.items() if verdict.settled]
    newest = await songs.newest_features(tx, layer.member, labelled)
    if newest is None or len(labelled) < FIRST_TRAINING:
        return False
    return layer.learnt_at is None or newest > layer.learnt_at


async def _questions(sources: Sequence[FeatureSource], now: datetime) -> list[LookupQuestion]:
    since = [await source.since() for source in sources]
    return [
        LookupQuestion(source.name, source.needs, now, grown)
        for source, grown in zip(sources, since, strict=True)
        if grown is not None
    ]


async def _ask(store: Store, source: FeatureSource, member: int, began: datetime, clock: Clock) -> datetime | None:
    """Ask one source, page by page, until the slice ends or nothing is left; return when to come back if it says so."""
    while page := await _page(store, source, member, clock()):
        for at in range(0, len(page), source.batch):
            if not NO_TIME <= clock() - began < SLICE:  # over, or the clock was moved back
                return None
            if wait := await _ask_about(store, source, page[at : at + source.batch], clock):
                return wait
    return None


async def _ask_about(store: Store, source: FeatureSource, subjects: Sequence[Subject], clock: Clock) -> datetime | None:
    try:
        answer = await source.look_up(subjects)
    except SourceWaits as wait:
        return wait.until
    except SourceFailed as failure:
        log.info("%s", failure)
        await _note_failure(store, source, subjects, clock())
        return None
    await _keep(store, source, subjects, answer, clock())
    return None


async def _page(store: Store, source: FeatureSource, member: int, now: datetime) -> list[Subject]:
    questions = await _questions([source], now)
    if not questions:
        return []
    async with store.reading() as tx:
        waiting = await lookups.open_songs(tx, questions[0], member, max(PAGE, source.batch))
        ids = await lookups.ids(tx, {song: owner for song, (_, owner) in waiting.items()})
    return [Subject(known, ids.get(song, {}), owner) for song, (known, owner) in waiting.items()]


async def _keep(
    store: Store, source: FeatureSource, asked: Sequence[Subject], answer: Mapping[str, LookupResult], now: datetime
) -> None:
    """Store an answer, but nothing for songs that nobody has any more."""
    async with store.writing() as tx:
        for owner, held in (await _held(tx, asked)).items():
            known = {song: answer[song] for song in held if song in answer}
            features = {song: result.features for song, result in known.items() if result.features.known}
            await songs.keep_features(tx, owner, source.name, features, now)
            await songs.forget_features(tx, owner, source.name, held - features.keys())
            outcomes = [_outcome(song, known.get(song), now) for song in held]
            await lookups.save(tx, source.name, outcomes, now, owner)


async def _held(tx: Tx, asked: Sequence[Subject]) -> dict[int, set[str]]:
    """Return the songs whose owner still has them, by owner."""
    by_owner: dict[int, set[str]] = {}
    for owner in {subject.owner for subject in asked}:
        theirs = [subject.song.song for subject in asked if subject.owner == owner]
        by_owner[owner] = await songs.owned(tx, owner, theirs)
    return by_owner


def _outcome(song: str, result: LookupResult | None, now: datetime) -> LookupOutcome:
    return (
        LookupOutcome(song, LookupState.NOTHING, now + NOTHING_FOR)
        if result is None
        else LookupOutcome(song, LookupState.KNOWN, ids=result.ids)
    )


async def _note_failure(store: Store, source: FeatureSource, asked: Sequence[Subject], now: datetime) -> None:
    async with store.writing() as tx:
        for owner, held in (await _held(tx, asked)).items():
            tries = await lookups.tries(tx, source.name, list(held), owner)
            failed = [_failed(song, tries.get(song, 0) + 1, now) for song in held]
            await lookups.save(tx, source.name, failed, now, owner)


def _failed(song: str, tries: int, now: datetime) -> LookupOutcome:
    if tries >= MOST_TRIES:
        return LookupOutcome(song, LookupState.NOTHING, now + NOTHING_FOR)
    return LookupOutcome(song, LookupState.FAILED, now + FIRST_RETRY * 2 ** (tries - 1), tries)
