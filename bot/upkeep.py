"""Upkeep: what begins by itself, at the start and every few seconds. Each piece on its own, however it ends."""

import logging
import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from bot.adapters.store import moments, setbacks
from bot.adapters.store.account import members
from bot.adapters.store.feed import feed_history
from bot.adapters.store.sorting import writes
from bot.background import Background
from bot.core.drift import put_back
from bot.core.records import Work
from bot.flows import once
from bot.flows.account import link, notify
from bot.flows.attempt import attempt, keep_trying
from bot.flows.library import feature_lookup
from bot.flows.social import digest, publish, reports, reposts, rounds
from bot.flows.sorting import playlists, train
from bot.messenger import Messenger
from bot.services import Services

log = logging.getLogger(__name__)
AT_ONCE = 0  # argument of "hear"
SOONEST, LATEST = 0.9, 1.1  # of the pause between two polls
NO_TIME = timedelta()


class Upkeep:
    def __init__(self, services: Services, mouth: Messenger) -> None:
        self._services, self._mouth = services, mouth
        self._background = Background()
        self._zero: datetime | None = None  # what the clock showed when the steady one stood at 0
        self._opening: dict[Work, Callable[[], Awaitable[None]]] = {}

    async def settled(self) -> None:
        """Wait until nothing that a tick or a job began is under way."""
        await self._background.settled()

    async def stop(self) -> None:
        await self._background.stop()

    async def open(self) -> None:
        """Make good what a stop or an upgrade broke; what fails now is tried again by `tick`."""
        store, now = self._services.store, self._services.clock()
        await keep_trying(store, Work("retry", 0), partial(self._retry, now), now)
        steps: dict[str, Callable[[], Awaitable[None]]] = {
            "erasures": self._resume_erasures,
            "unlinking": self._resume_unlinking,
            "half-prepared writes": partial(writes.forget_unprepared, self._services.store),
            "models": self._relearn,
            "shared playlists": partial(share_rest, self._services),
            "hearing": self._begin_hearing,
            "saving": self._begin_saving,
        }
        self._opening = {Work(f"opening: {name}", 0): step for name, step in steps.items()}
        await self._go_on_opening(now)

    async def _go_on_opening(self, now: datetime) -> None:
        for work, step in list(self._opening.items()):
            if await keep_trying(self._services.store, work, step, now):
                del self._opening[work]

    async def _retry(self, now: datetime) -> None:
        async with self._services.store.writing() as tx:
            await setbacks.retry(tx, now)

    async def _retry_old(self, now: datetime) -> None:
        async with self._services.store.writing() as tx:
            await setbacks.retry_old(tx, now)

    async def _resume_erasures(self) -> None:
        await self._services.erasing.start(self._services.clock())

    async def _resume_unlinking(self) -> None:
        services = self._services
        await link.unlink_rest(services.store, services.vault, services.settings.models_dir)

    async def _relearn(self) -> None:
        """Have every model that serves and cannot be used learnt anew."""
        await train.forget_cut_short(self._services.store)
        for model in await train.lost(self._services.store, self._services.scorer):
            log.warning("model %s cannot be used; it is learnt anew", model.digest[:12])
            await self._services.jobs.enqueue("train", model.member, model.layer)

    async def _begin_hearing(self) -> None:
        """Go on finding out about songs, or begin: sources may have been switched on since, or a crash come between."""
        services, now = self._services, self._services.clock()
        async with services.store.reading() as tx:
            everybody = await members.with_likes(tx)
        for member in everybody:
            if await feature_lookup.is_open(services.store, services.sources, member, now):
                await services.jobs.enqueue("hear", member, AT_ONCE)

    async def _begin_saving(self) -> None:
        """Go on putting among members' likes what they liked in the feed: a crash may have come between."""
        async with self._services.store.reading() as tx:
            waiting = await feed_history.who_saves(tx)
        for member in waiting:
            await self._services.jobs.enqueue("save", member)

    async def tick(self) -> None:
        """Begin what is due. Each step on its own: one that fails or waits stops neither the others nor the process."""
        store, now = self._services.store, self._services.clock()
        await keep_trying(store, Work("clock", 0), partial(self._mind_the_clock, now, time.monotonic()), now)
        await keep_trying(store, Work("set aside", 0), partial(self._retry_old, now), now)
        await self._go_on_opening(now)
        steps: dict[str, Callable[[datetime], Awaitable[None]]] = {
            "jobs": self._take_up_jobs,
            "links": self._sweep_links,
            "polls": self._begin_polls,
            "writes": self._resume_writes,
            "playlists": self._resume_making,
            "consents": partial(notify.warn_of_consent, store),
            "news": self._begin_telling,
            "rounds": self._begin_rounds,
            "takedowns": self._begin_taking_down,
            "reposts": self._begin_clearing_up,
            "digests": self._begin_digests,
            "erasures": self._services.erasing.tick,
            "reports": partial(reports.sweep, store),
            "interactions": partial(once.sweep, store),
        }
        for name, step in steps.items():
            await keep_trying(store, Work(name, 0), partial(step, now), now)

    async def _mind_the_clock(self, now: datetime, steady: float) -> None:
        """Pull in what waits for a moment that a clock which was ahead gave it; `steady`: seconds nobody sets."""
        zero = now - timedelta(seconds=steady)
        back = put_back(self._zero, zero)
        if back is not None:
            if self._zero is not None:
                log.warning("the clock was put %s by %s", "back" if back > NO_TIME else "forward", abs(back))
            poll = timedelta(seconds=LATEST * self._services.settings.poll_seconds)
            async with self._services.store.writing() as tx:
                await moments.pull_in(tx, now, poll, back)
            await self._services.jobs.pull_in(now)
        self._zero = zero

    async def _begin_polls(self, now: datetime) -> None:
        store = self._services.store
        async with store.reading() as tx:
            aside = await setbacks.subjects_aside(tx, "poll")
            due = [each.member for each in await members.due(tx, now) if each.member not in aside]
        for member in due:
            await self._services.jobs.enqueue("poll", member)
            pause = self._services.settings.poll_seconds * random.uniform(SOONEST, LATEST)  # noqa: S311 - spreads the load
            async with store.writing() as tx:
                await members.change(tx, member, next_poll_at=now + timedelta(seconds=pause))

    async def _take_up_jobs(self, _: datetime) -> None:
        await self._services.jobs.take_up()

    async def _sweep_links(self, _: datetime) -> None:
        await self._services.linking.sweep()

    async def _resume_writes(self, now: datetime) -> None:
        """A write that was confirmed has a job, whatever a crash left behind."""
        async with self._services.store.reading() as tx:
            unfinished = await writes.unfinished(tx)
        for write in unfinished:
            jobs = await self._services.jobs.pending(write.member)
            if not any(job.kind == "apply" and job.argument == write.write for job in jobs):
                await self._services.jobs.enqueue("apply", write.member, write.write)

    async def _resume_making(self, _: datetime) -> None:
        """A playlist that was asked for at Spotify is looked for, or made, until it is there."""
        jobs = self._services.jobs
        for member in await playlists.unfinished(self._services.store):
            if not any(job.kind == "keep" for job in await jobs.pending(member)):
                await jobs.enqueue("keep", member)

    async def _begin_telling(self, now: datetime) -> None:
        for member in await notify.owed(self._services.store):
            self.tell(member)

    def tell(self, member: int) -> None:
        """Tell a member what waits for them, without waiting for it: their door may be shut for an hour."""
        services, tell = self._services, self._mouth.tell
        self._background.begin(("news", member), lambda: notify.deliver(services.store, tell, services.clock(), member))

    async def _begin_taking_down(self, now: datetime) -> None:
        """Begin to delete what is to go, each channel on its own: a slow or limited one keeps no other waiting."""
        store, take_down = self._services.store, self._mouth.take_down
        for channel in await reposts.to_clear(store, now):
            self._background.begin(("takedowns", channel), partial(reposts.clear, store, take_down, channel, now))

    async def _begin_clearing_up(self, now: datetime) -> None:
        """The same for reposts that were cut short."""
        store, find = self._services.store, self._mouth.find_repost
        for channel in await reposts.unposted(store, now):
            self._background.begin(("reposts", channel), partial(reposts.resume, store, find, channel, now))

    async def _begin_digests(self, now: datetime) -> None:
        """The same for the digests of servers."""
        store, mouth = self._services.store, self._mouth
        for server in await digest.due(store, now):
            post = partial(digest.post_due, store, mouth.digest, mouth.crowd, server, now)
            self._background.begin(("digest", server), post)

    async def _begin_rounds(self, now: datetime) -> None:
        store = self._services.store
        for number in await rounds.due(store, now):
            turn = partial(attempt, store, Work("round", number), partial(self._mouth.turn_round, number), now)
            self._background.begin(("round", number), turn)


async def share_rest(services: Services, host: int | None = None) -> None:
    """Have written what a crash or an ended consent left behind of shared playlists."""
    for each in await publish.unwritten(services.store, host):
        if each.host is not None:
            await services.jobs.enqueue("share", each.host, each.shared)
