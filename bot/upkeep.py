"""Upkeep: the work nobody asks for, at startup and every few seconds. Steps fail independently."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.adapters.parts import EVERYTHING, Part
from bot.adapters.store.leading import Leading
from bot.adapters.store.lease import Lease
from bot.adapters.store.sorting import writes
from bot.background import Background
from bot.core.clock import clock_step
from bot.core.jobs import AT_ONCE, Job, JobKind
from bot.core.records import Model, Work
from bot.errors import CratekeeperError
from bot.flows import clock, once
from bot.flows.account import link, notify
from bot.flows.account.notify import Failure
from bot.flows.attempt import attempt, keep_trying, retry, retry_old
from bot.flows.feed import saved_likes
from bot.flows.library import feature_lookup, imports, progress
from bot.flows.social import digest, reports, reposts, rounds
from bot.flows.social.shared import publish
from bot.flows.sorting import playlists, train
from bot.flows.sorting.labelling import readiness
from bot.flows.sorting.writing import old_writes, sort
from bot.messenger import Messenger
from bot.services import Services

log = logging.getLogger(__name__)
NO_TIME = timedelta()
UNDER_WAY = timedelta(minutes=10)  # a write or training that began earlier isn't under way in another process any more
TOLD_AT_ONCE = 20  # members; each takes a connection to a database on a server, and quiet hours end for all at once
PATIENCE = timedelta(seconds=5)  # in which the process where a member waits for an answer can give it
Step = Callable[[], Awaitable[None]]
Due = Callable[[datetime], Awaitable[None]]


class Upkeep:
    """Starts what is due: `open` once at startup, then `tick` every few seconds."""

    def __init__(self, services: Services, messenger: Messenger, part: Part = EVERYTHING) -> None:
        self._services, self._messenger, self._part = services, messenger, part
        self._leading = None if part.kind is None else Leading(services.settings.database_url, part.kind)
        self._background, self._telling = Background(), asyncio.Semaphore(TOLD_AT_ONCE)
        self._zero: datetime | None = None  # the wall clock's time when the monotonic clock was 0
        self._opening: dict[Work, Step] = {}
        self._shown: dict[int, tuple[int, int]] = {}  # progress, by member
        self._has_ticked = False

    async def settled(self) -> None:
        """Wait until all background work is done."""
        await self._background.settled()

    async def stop(self) -> None:
        await self._background.stop()
        if self._leading is not None:
            self._leading.stop()

    async def open(self) -> None:
        """Repair what a crash or an upgrade interrupted; `tick` does what goes through all members, and what failed."""
        store, now = self._services.store, self._services.clock()
        await keep_trying(store, Work("retry", 0), partial(retry, store, now), now)
        before = now if self._part.is_whole else now - UNDER_WAY
        steps: dict[str, Step] = {
            "erasures": self._resume_erasures,
            "unlinking": self._resume_unlinking,
            "half-prepared writes": partial(writes.forget_unprepared, store, before),
            "cut-short trainings": partial(train.forget_cut_short, store, before),
            "shared playlists": self._resume_sharing,
            "imports": partial(imports.tell_interrupted, store, now),
        }
        afterwards = {
            "models": self._retrain_missing,
            "priors": self._retrain_with_former_prior,
            "trainings": self._begin_trainings,
            "hearing": self._begin_hearing,
            "saving": self._begin_saving,
        }
        self._opening = _opening(steps)
        await self._go_on_opening(now)
        self._opening |= _opening(afterwards)

    async def _go_on_opening(self, now: datetime) -> None:
        for work, step in list(self._opening.items()):
            if await keep_trying(self._services.store, work, step, now):
                del self._opening[work]

    async def _resume_erasures(self) -> None:
        await self._services.erasing.start(self._services.clock())

    async def _resume_unlinking(self) -> None:
        services = self._services
        await link.unlink_rest(services.store, services.vault, services.models)

    async def _retrain_missing(self) -> None:
        await self._retrain(await train.missing(self._services.store, self._services.models))

    async def _retrain_with_former_prior(self) -> None:
        for model in await train.with_former_prior(self._services.store, self._services.priors):
            log.info("model %s was learned with a prior that's gone; it is trained again", model.digest[:12])
            await self._services.jobs.enqueue(JobKind.TRAIN, model.member, model.layer)

    async def _retrain_unusable(self, _: datetime) -> None:
        """Retrain the served models that were found to be lost or damaged when they were needed."""
        await self._retrain(await train.met_unusable(self._services.store, self._services.scorer))

    async def _retrain(self, models: Sequence[Model]) -> None:
        for model in models:
            log.warning("model %s cannot be used; it is trained again", model.digest[:12])
            await self._services.jobs.enqueue(JobKind.TRAIN, model.member, model.layer)

    async def _begin_trainings(self) -> None:
        """Begin the trainings that a crash kept from being queued, just after the label that made them due."""
        for layer in await readiness.every_layer_due(self._services.store):
            await self._services.jobs.enqueue(JobKind.TRAIN, layer.member, layer.layer)

    async def _resume_sharing(self) -> None:
        """Queue a job for every shared playlist that a crash or ended consent left unwritten."""
        for shared in await publish.unwritten(self._services.store):
            if shared.host is not None:
                await self._services.jobs.enqueue(JobKind.SHARE, shared.host, shared.shared)

    async def _begin_hearing(self) -> None:
        """Resume feature lookups, which a crash may have interrupted, or start them for newly switched-on sources."""
        services, now = self._services, self._services.clock()
        for member in await feature_lookup.with_open(services.store, services.sources, now):
            await services.jobs.enqueue(JobKind.LOOK_UP, member, AT_ONCE)

    async def _begin_saving(self) -> None:
        """Resume saving songs liked in the feed to Spotify, which a crash may have interrupted."""
        for member in await saved_likes.unsaved(self._services.store):
            await self._services.jobs.enqueue(JobKind.SAVE, member)

    async def tick(self) -> None:
        """Start what is due. A step that fails or waits holds up neither the others nor the process.

        Where several processes share the work, one gateway does what's done in Discord, and one worker the rest.
        """
        now = self._services.clock()
        if self._part.is_whole:
            await self._tick(now, self._of_each() | self._of_the_clock() | self._in_discord(), clock=True)
            return
        leads, began = await asyncio.to_thread(self._leading.leads) if self._leading else (False, False)
        if self._part.queues and began:
            await self.open()
        steps = self._of_each()
        if self._part.gateway and not self._has_ticked:
            steps |= {"imports": partial(imports.tell_interrupted, self._services.store)}
        self._has_ticked = True
        if leads:
            steps |= self._of_the_clock() if self._part.queues else {}
            steps |= self._in_discord() if self._part.gateway else {}
        await self._tick(now, steps, clock=leads and bool(self._part.queues))

    async def _tick(self, now: datetime, steps: Mapping[str, Due], *, clock: bool) -> None:
        store = self._services.store
        if clock:
            await keep_trying(store, Work("clock", 0), partial(self._check_clock, now, time.monotonic()), now)
            await keep_trying(store, Work("set aside", 0), partial(retry_old, store, now), now)
            await self._go_on_opening(now)
        for name, step in steps.items():
            await keep_trying(store, Work(name, 0), partial(step, now), now)

    def _of_each(self) -> dict[str, Due]:
        """Return what every process does for itself."""
        steps: dict[str, Due] = {"models": self._retrain_unusable}
        steps |= {"jobs": self._take_up_jobs} if self._part.queues else {}
        in_gateway: dict[str, Due] = {
            "progress": self._show_progress,
            "news": self._begin_notices,
            "active": self._services.polls.bring_forward,
        }
        return steps | (in_gateway if self._part.gateway else {})

    def _of_the_clock(self) -> dict[str, Due]:
        """Return what falls due by the clock."""
        store = self._services.store
        return {
            "links": self._sweep_links,
            "polls": self._begin_polls,
            "writes": self._resume_writes,
            "playlists": self._resume_creations,
            "consents": partial(notify.warn_of_consent, store),
            "erasures": self._begin_erasures,
            "reports": partial(reports.sweep, store),
            "interactions": partial(once.sweep, store),
            "old writes": partial(old_writes.thin_out, store),
            "backups": self._begin_backup,
        }

    def _in_discord(self) -> dict[str, Due]:
        """Return what falls due in Discord."""
        return {
            "rounds": self._begin_rounds,
            "takedowns": self._begin_takedowns,
            "reposts": self._resume_reposts,
            "digests": self._begin_digests,
        }

    async def _check_clock(self, now: datetime, steady: float) -> None:
        """Bring forward what waits for a time set while the clock ran ahead. `steady`: the monotonic clock (s)."""
        zero = now - timedelta(seconds=steady)
        back = clock_step(self._zero, zero)
        if back is not None:
            if self._zero is not None:
                log.warning("the clock was put %s by %s", "back" if back > NO_TIME else "forward", abs(back))
            await clock.pull_in(self._services.store, now, self._services.polls.rhythm.last, back)
            await self._services.jobs.pull_in(now, back)
        self._zero = zero

    async def _begin_polls(self, now: datetime) -> None:
        polls, begun = self._services.polls, list[int]()
        try:
            for member in await polls.due(now):
                await self._services.jobs.enqueue(JobKind.POLL, member)
                begun.append(member)
        finally:
            if begun:
                await polls.put_off(begun, now)

    async def _take_up_jobs(self, _: datetime) -> None:
        await self._services.jobs.take_up()
        if self._leads:
            await self._services.jobs.take_over(partial(Lease, self._services.settings.database_url))

    async def _sweep_links(self, _: datetime) -> None:
        await self._services.linking.sweep()

    async def _resume_writes(self, now: datetime) -> None:
        """Queue a job for every confirmed write that a crash left without one; end those whose job was given up."""
        store, jobs = self._services.store, self._services.jobs
        for write in await sort.unfinished(store):
            job = Job(JobKind.APPLY, write.member, write.write)
            if job in await jobs.pending(write.member):
                continue
            if job in await jobs.given_up(write.member):
                failure = Failure(job, CratekeeperError(), asked=True)
                await notify.problem(store, failure, now, partial(sort.give_up, write=write.write, error=failure.error))
            else:
                await jobs.enqueue(job.kind, job.member, job.argument)

    async def _resume_creations(self, _: datetime) -> None:
        """Queue a job for every playlist we asked Spotify for but haven't seen yet."""
        jobs = self._services.jobs
        for member in await playlists.unfinished(self._services.store):
            if not any(job.kind == JobKind.KEEP for job in await jobs.pending(member)):
                await jobs.enqueue(JobKind.KEEP, member)

    async def _show_progress(self, _: datetime) -> None:
        """Show members who wait here how far a worker has come with reading their likes."""
        before, waiting = self._shown, self._messenger.awaiting(JobKind.SYNC)
        self._shown = await progress.noted(self._services.store, waiting)
        for member, (done, total) in self._shown.items():
            if before.get(member) != (done, total):
                show = partial(self._messenger.progress, member, JobKind.SYNC, done, total)
                self._background.begin(("progress", member), show)

    async def _begin_notices(self, now: datetime) -> None:
        owed = await notify.owed(self._services.store, now)
        for member, since in owed.items():
            if self._tells(member, since, now):
                self.tell(member)

    @property
    def _leads(self) -> bool:
        """Whether this process does what one of several must do."""
        return self._leading is not None and self._leading.leads_now

    def _tells(self, member: int, since: datetime, now: datetime) -> bool:
        """Whether this process tells a member: the one where they wait for it, or else, after a while, the leader."""
        patient = now - since >= PATIENCE or self._part.shards is None
        return self._part.is_whole or self._messenger.awaits(member) or (self._leads and patient)

    def tell(self, member: int) -> None:
        """Start delivering a member's notices in the background; Discord may refuse them for an hour.

        A worker leaves them to a gateway.
        """
        if self._part.gateway:
            self._background.begin(("news", member), partial(self._deliver, member))

    async def _deliver(self, member: int) -> None:
        services = self._services
        async with self._telling, services.store.lock(("news", member)):
            await notify.deliver(services.store, self._messenger.tell, services.clock(), member)

    async def _begin_takedowns(self, now: datetime) -> None:
        """Start deleting messages due to go, channel by channel: a rate-limited one doesn't hold up the others."""
        store, take_down = self._services.store, self._messenger.take_down
        for channel in await reposts.to_clear(store, now):
            self._background.begin(("takedowns", channel), partial(reposts.clear, store, take_down, channel, now))

    async def _resume_reposts(self, now: datetime) -> None:
        """Finish reposts that a crash interrupted, channel by channel."""
        store, find = self._services.store, self._messenger.find_repost
        for channel in await reposts.unposted(store, now):
            self._background.begin(("reposts", channel), partial(reposts.resume, store, find, channel, now))

    async def _begin_digests(self, now: datetime) -> None:
        """Start posting the digests that are due, server by server."""
        store, messenger = self._services.store, self._messenger
        for server in await digest.due(store, now):
            post = partial(digest.post_due, store, messenger.digest, messenger.crowd, server, now)
            self._background.begin(("digest", server), post)

    async def _begin_erasures(self, now: datetime) -> None:
        """Start what goes on with erasures: between two, the database rests for minutes if it's large."""
        self._background.begin("erasures", partial(self._services.erasing.tick, now))

    async def _begin_backup(self, now: datetime) -> None:
        backups = self._services.backups
        if backups.is_due(now):
            self._background.begin("backups", partial(backups.keep_up, now))

    async def _begin_rounds(self, now: datetime) -> None:
        store = self._services.store
        for number in await rounds.due(store, now):
            turn = partial(attempt, store, Work("round", number), partial(self._messenger.turn_round, number), now)
            self._background.begin(("round", number), turn)


def _opening(steps: Mapping[str, Step]) -> dict[Work, Step]:
    return {Work(f"opening: {name}", 0): step for name, step in steps.items()}
