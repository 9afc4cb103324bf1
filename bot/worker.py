"""Worker: what each kind of job does. Every job converges, so running one twice is running it once."""

import asyncio
import logging
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.adapters.jobs import Job
from bot.adapters.store import members, notices, shown, songs, writes
from bot.core.records import Notice, Write
from bot.core.social import Repost, Takedown
from bot.errors import (
    ChatDown,
    ConsentEnded,
    CoolingDown,
    CratekeeperError,
    NotLinked,
    SpotifyDown,
    StoreBusy,
    StoreFull,
    TrainingFailed,
)
from bot.flows import digest, hear, library, link, notify, publish, report, repost, rounds, save, sort, train, watch
from bot.flows.digest import Digest
from bot.ports import Music
from bot.services import Services

log = logging.getLogger(__name__)
BACK_OFF = 5  # seconds; doubled with each try, spread over the whole of it ("full jitter")
LONGEST = 300
UNASKED = ("poll", "hear", "place", "share")  # kinds of job that begin by themselves
AT_ONCE, LATER = 0, 1  # arguments of "hear": what waits for an hour is no reason not to begin now


class Mouth(Protocol):
    """What the worker says to members through: the chat."""

    async def tell(self, notices: Sequence[Notice]) -> bool:
        """Tell one member; False when every door is closed. Raises ChatDown where later is better."""
        ...

    async def progress(self, member: int, kind: str, done: int, total: int) -> None: ...

    async def take_down(self, takedown: Takedown) -> bool: ...

    async def find_repost(self, repost: Repost) -> int | None: ...

    async def digest(self, found: Digest) -> None: ...

    async def crowd(self, server: int) -> int: ...

    async def is_in(self, server: int, member: int) -> bool:
        """Raises ChatDown."""
        ...

    async def turn_round(self, number: int) -> None: ...


class Worker:
    def __init__(self, services: Services, mouth: Mouth) -> None:
        self._services, self._mouth = services, mouth
        self._delivering = asyncio.Lock()
        self._does: dict[str, Callable[[Job, datetime], Awaitable[None]]] = {
            "sync": self._sync,
            "poll": self._poll,
            "train": self._train,
            "apply": self._apply,
            "hear": self._hear,
            "place": self._place,
            "save": self._save,
            "share": self._share,
        }

    async def run(self, job: Job) -> None:
        """Do a job. What Spotify puts off is put off; what the member must hear, they hear."""
        now = self._services.clock()
        try:
            await self._does[job.kind](job, now)
        except CoolingDown as wait:
            await self._put_off(job, (wait.until - now).total_seconds() + 1)
            await self._say(job, wait)
        except (SpotifyDown, ChatDown):
            await self._put_off(job, random.uniform(0, min(LONGEST, BACK_OFF * 2**job.tries)))  # noqa: S311
        except (ConsentEnded, NotLinked, TrainingFailed) as known:
            await self._say(job, known)
        except (StoreBusy, StoreFull):
            raise  # the job is tried again when there is room
        except CratekeeperError as known:
            log.warning("%s of a member: %s", job.kind, known)
            await self._fail(job, known)
        except Exception:
            reference = secrets.token_hex(2)
            log.exception("#%s %s failed", reference, job.kind)
            await self._fail(job, CratekeeperError(), reference)
        await self._deliver(job.member)

    async def make_good(self) -> None:
        """Have every model that serves and cannot be used learnt anew, and written what waits to be."""
        for model in await train.lost(self._services.store, self._services.scorer):
            log.warning("model %s cannot be used; it is learnt anew", model.digest[:12])
            await self._services.jobs.enqueue("train", model.member, model.layer)
        await self._share_rest()

    async def _share_rest(self, host: int | None = None) -> None:
        """Have written what a crash or an ended consent left behind."""
        for each in await publish.unwritten(self._services.store, host):
            if each.host is not None:
                await self._services.jobs.enqueue("share", each.host, each.shared)

    async def tick(self) -> None:
        """Begin what is due: polls of members' likes, writes without a job, warnings, waiting notices."""
        store, now = self._services.store, self._services.clock()
        await self._services.linking.sweep()
        async with store.writing() as tx:
            due = await members.due(tx, now)
            for each in due:
                pause = self._services.settings.poll_seconds * random.uniform(0.9, 1.1)  # noqa: S311 - spreads the load
                await members.change(tx, each.member, next_poll_at=now + timedelta(seconds=pause))
            unfinished = await writes.unfinished(tx)
        for each in due:
            await self._services.jobs.enqueue("poll", each.member)
        for write in unfinished:
            await self._resume(write)
        await notify.warn_of_consent(store, now)
        await self._deliver()
        await self._services.erasing.tick(now)
        await self._see_to_channels(now)

    async def _see_to_channels(self, now: datetime) -> None:
        """Delete what is to go from channels, clear up reposts that were cut short, post what is due."""
        store, mouth = self._services.store, self._mouth
        try:
            await repost.clear(store, mouth.take_down, now)
            await repost.resume(store, mouth.find_repost, now)
            await digest.post_due(store, mouth.digest, mouth.crowd, now)
            for number in await rounds.due(store, now):
                await mouth.turn_round(number)
        except ChatDown as down:
            log.warning("channels wait: %s", down)
        await report.sweep(store, now)

    async def begin_hearing(self) -> None:
        """Go on finding out about songs, or begin: sources may have been switched on since, or a crash come between."""
        services, now = self._services, self._services.clock()
        async with services.store.reading() as tx:
            everybody = await members.with_likes(tx)
        for member in everybody:
            if await hear.is_open(services.store, services.sources, member, now):
                await services.jobs.enqueue("hear", member, AT_ONCE)

    async def begin_saving(self) -> None:
        """Go on putting among members' likes what they liked in the feed: a crash may have come between."""
        async with self._services.store.reading() as tx:
            waiting = await shown.who_saves(tx)
        for member in waiting:
            await self._services.jobs.enqueue("save", member)

    async def _resume(self, write: Write) -> None:
        """A write that was confirmed has a job, whatever a crash left behind."""
        jobs = await self._services.jobs.pending(write.member)
        if not any(job.kind == "apply" and job.argument == write.write for job in jobs):
            await self._services.jobs.enqueue("apply", write.member, write.write)

    async def _deliver(self, member: int | None = None) -> None:
        """Send what waits; one delivery at a time, so that nothing is sent by two. What nobody hears waits on."""
        async with self._delivering:
            try:
                await notify.deliver(self._services.store, self._mouth.tell, self._services.clock(), member)
            except ChatDown as down:
                log.warning("news wait: %s", down)

    async def _put_off(self, job: Job, seconds: float) -> None:
        await self._services.jobs.enqueue(
            job.kind, job.member, job.argument, tries=job.tries + 1, delay=max(1, seconds)
        )

    async def _fail(self, job: Job, error: CratekeeperError, reference: str = "") -> None:
        if job.kind == "apply":
            async with self._services.store.writing() as tx:
                await writes.set_state(tx, job.argument, "failed", problem=error.for_member())
        await self._say(job, error, reference)

    async def _say(self, job: Job, error: CratekeeperError, reference: str = "") -> None:
        """Tell the member once; what they did not ask for and was put off is nobody's business but the log's."""
        if job.tries or (job.kind in UNASKED and not isinstance(error, ConsentEnded)):
            return
        text = error.for_member() + (f" `#{reference}`" if reference else "")
        async with self._services.store.writing() as tx:
            if await members.get(tx, job.member) is not None:
                await notices.add(tx, job.member, "problem", {"text": text, "job": job.kind}, self._services.clock())

    async def _sync(self, job: Job, now: datetime) -> None:
        """Read the likes and whatever is new in them; what /sync and a first link ask for."""
        services = self._services
        music = await services.account_music(job.member)
        async with services.store.reading() as tx:
            account = await members.account(tx, job.member)
        if account is None:
            raise NotLinked

        async def progress(done: int, total: int) -> None:
            await self._mouth.progress(job.member, "sync", done, total)

        synced = await library.sync(services.store, music, account, now, progress)
        async with services.store.writing() as tx:
            await link.recognise(tx, services.vault, job.member)
            body = {"total": synced.total, "new": synced.new, "gone": synced.gone, "first": account.synced_at is None}
            await notices.add(tx, job.member, "synced", body, now)
        await self._share_rest(job.member)
        await self._settle(job, music, now)

    async def _poll(self, job: Job, now: datetime) -> None:
        services = self._services
        async with services.store.reading() as tx:
            account = await members.account(tx, job.member)
        if account is None:
            return None
        if account.synced_at is None:
            return await self._sync(job, now)
        music = await services.account_music(job.member)
        await watch.poll(services.store, music, music, account, now)
        return await self._settle(job, music, now)

    async def _settle(self, job: Job, music: Music, now: datetime) -> None:
        """Sort the new likes; where there is somebody to ask what they sound like, that comes first."""
        services = self._services
        if await hear.is_open(services.store, services.sources, job.member, now):
            await services.jobs.enqueue("hear", job.member, AT_ONCE)
        if not await hear.fresh_open(services.store, services.sources, job.member, now):
            await self._sort_fresh(job, music, now)

    async def _sort_fresh(self, job: Job, music: Music, now: datetime) -> None:
        services = self._services
        await self._apply_all(await watch.sort_fresh(services.store, music, services.outlooks, job.member, now), job)

    async def _hear(self, job: Job, _: datetime) -> None:
        """Go on finding out about the member's songs: a slice, then the next, and what follows from it at the end."""
        services, member = self._services, job.member
        found = await hear.hear(services.store, services.sources, member, services.clock)
        async with services.store.reading() as tx:
            waiting = await songs.fresh(tx, member)
        if waiting and not found.fresh:
            await services.jobs.enqueue("place", member)
        if found.more:
            await services.jobs.enqueue("hear", member, AT_ONCE)
            return
        for layer in await hear.stale_layers(services.store, member):
            await services.jobs.enqueue("train", member, layer)
        if found.later is not None:
            await self._hear_later(job, (found.later - services.clock()).total_seconds())

    async def _hear_later(self, job: Job, seconds: float) -> None:
        """Come back after `seconds`, unless somebody else will: there is one such job of a member at the most."""
        jobs = self._services.jobs
        others = [] if job.argument == LATER else await jobs.pending(job.member)
        if not any((each.kind, each.argument) == ("hear", LATER) for each in others):
            await jobs.enqueue("hear", job.member, LATER, delay=max(1, seconds))

    async def _place(self, job: Job, now: datetime) -> None:
        """Sort the new likes, now that what there is to know of them is known."""
        music = await self._services.account_music(job.member)
        await hear.tell(self._services.store, job.member, now)
        await self._sort_fresh(job, music, now)

    async def _save(self, job: Job, now: datetime) -> None:
        """Put what they liked in the feed among their likes, and go on with it as with any new like."""
        services = self._services
        if not await save.save(services.store, await services.music(job.member), job.member):
            return
        async with services.store.reading() as tx:
            account = await members.account(tx, job.member)
        if account is not None:
            music = await services.account_music(job.member)
            await library.sync(services.store, music, account, now, watch.nothing)
            await self._settle(job, music, now)

    async def _apply_all(self, opened: Sequence[int], job: Job) -> None:
        for write in opened:
            await self._services.jobs.enqueue("apply", job.member, write)

    async def _train(self, job: Job, now: datetime) -> None:
        await train.train(self._services.store, self._services.trainer, job.member, job.argument, now)

    async def _apply(self, job: Job, now: datetime) -> None:
        services = self._services
        async with services.store.reading() as tx:
            write = await writes.get(tx, job.argument)
        if write is None or write.state != "applying":
            return
        receipt = await sort.apply(services.store, await services.music(job.member), job.argument, now)
        if receipt.write.kind == "watch":
            await watch.tell_of(services.store, job.member, [receipt], now)
            return
        async with services.store.writing() as tx:
            await notices.add(tx, job.member, "receipt", {"write": job.argument, "kind": receipt.write.kind}, now)

    async def _share(self, job: Job, now: datetime) -> None:
        """Write a shared playlist into its host's account, for as long as they are in its server."""
        services = self._services
        if await publish.has_left(services.store, self._mouth.is_in, job.member, job.argument):
            await publish.leave(services.store, job.member, job.argument, now)
        else:
            await publish.share(services.store, services.music, job.member, job.argument, now)
