"""Worker: runs each kind of job. Every job converges, so running one twice does no more than running it once."""

import logging
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.adapters.jobs import Job
from bot.adapters.store.account import members, notices
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import writes
from bot.core.records import Work
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
    Unsettled,
    dumped,
)
from bot.flows.account import link, notify
from bot.flows.attempt import failed, succeeded
from bot.flows.feed import saved_likes
from bot.flows.library import feature_lookup, sync
from bot.flows.library.poll import poll
from bot.flows.social import publish
from bot.flows.sorting import playlists, sort, train, watch
from bot.messenger import Messenger
from bot.ports import Music
from bot.services import Services
from bot.upkeep import AT_ONCE, share_rest

log = logging.getLogger(__name__)
BACK_OFF = 5  # seconds; doubled with each try, with full jitter
LONGEST = 300  # seconds between tries
SAY_SO = 5  # tries, after which we tell the member that Spotify doesn't answer
UNASKED = {"poll", "hear", "place", "share", "keep"}  # kinds of job nobody asked for
LATER = 1  # argument of "hear", beside AT_ONCE: a job that waits an hour mustn't keep one from starting now


class Worker:
    """Runs jobs. `tell` starts delivering a member's notices."""

    def __init__(self, services: Services, messenger: Messenger, tell: Callable[[int], None]) -> None:
        self._services, self._messenger, self._tell = services, messenger, tell
        self._does: dict[str, Callable[[Job, datetime], Awaitable[None]]] = {
            "sync": self._sync,
            "poll": self._poll,
            "train": self._train,
            "apply": self._apply,
            "hear": self._hear,
            "place": self._place,
            "save": self._save,
            "share": self._share,
            "keep": self._keep,
        }

    async def run(self, job: Job) -> None:
        """Run a job. Failures that pass are retried later; the member is told about the rest."""
        now = self._services.clock()
        try:
            await self._does[job.kind](job, now)
            await self._succeeded(job)
        except CoolingDown as wait:
            await self._put_off(job, (wait.until - now).total_seconds() + 1)
            await self._say(job, wait)
        except Unsettled as wait:
            await self._put_off(job, (wait.until - now).total_seconds())
        except (SpotifyDown, ChatDown) as down:
            if job.tries == SAY_SO and isinstance(down, SpotifyDown):
                await self._say(replace(job, tries=0), down)
            await self._put_off(job, random.uniform(0, min(LONGEST, BACK_OFF * 2**job.tries)))  # noqa: S311
        except (ConsentEnded, NotLinked, TrainingFailed) as known:
            await self._say(job, known)
        except (StoreBusy, StoreFull):
            raise  # the queue tries the job again
        except CratekeeperError as known:
            reference = secrets.token_hex(2)
            log.warning("#%s %s of a member: %s", reference, job.kind, known)
            await self._fail(job, known, reference if job.kind in UNASKED else "")
        except Exception:
            reference = secrets.token_hex(2)
            log.exception("#%s %s failed", reference, job.kind)
            await self._fail(job, CratekeeperError(), reference)
        self._tell(job.member)

    async def _put_off(self, job: Job, seconds: float) -> None:
        await self._services.jobs.enqueue(
            job.kind, job.member, job.argument, tries=job.tries + 1, delay=max(1, seconds)
        )

    async def _fail(self, job: Job, error: CratekeeperError, reference: str = "") -> None:
        if job.kind in UNASKED:
            await failed(self._services.store, _work(job), error, self._services.clock(), reference)
        if job.kind == "apply":
            async with self._services.store.writing() as tx:
                await writes.set_state(tx, job.argument, "failed", problem=dumped(error))
        await self._say(job, error, reference)

    async def _succeeded(self, job: Job) -> None:
        for kind in UNASKED if job.kind == "sync" else {job.kind} & UNASKED:
            await succeeded(self._services.store, _work(replace(job, kind=kind)))

    async def _say(self, job: Job, error: CratekeeperError, reference: str = "") -> None:
        """Leave the member a notice about a job they asked for, or (once) about consent that has ended."""
        asked = job.kind not in UNASKED and not job.tries
        async with self._services.store.writing() as tx:
            ended = isinstance(error, ConsentEnded) and await notify.consent_ended(tx, job.member)
            if (asked or ended) and await members.get(tx, job.member) is not None:
                await notices.add(
                    tx,
                    job.member,
                    "problem",
                    {"error": dumped(error), "reference": reference, "job": job.kind},
                    self._services.clock(),
                )

    async def _sync(self, job: Job, now: datetime) -> None:
        """Read all likes, for /sync and after linking."""
        services = self._services
        music = await services.account_music(job.member)
        async with services.store.reading() as tx:
            account = await members.account(tx, job.member)
        if account is None:
            raise NotLinked

        async def progress(done: int, total: int) -> None:
            await self._messenger.progress(job.member, "sync", done, total)

        synced = await sync.sync(services.store, music, account, now, progress)
        await link.recognise(services.store, services.vault, job.member)
        async with services.store.writing() as tx:
            body = {"total": synced.total, "new": synced.new, "gone": synced.gone, "first": account.synced_at is None}
            await notices.add(tx, job.member, "synced", body, now)
        await share_rest(services, job.member)
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
        await poll(services.store, music, music, account, now)
        return await self._settle(job, music, now)

    async def _settle(self, job: Job, music: Music, now: datetime) -> None:
        """Sort the new likes, after looking up their features if a source may still know them."""
        services = self._services
        if await feature_lookup.is_open(services.store, services.sources, job.member, now):
            await services.jobs.enqueue("hear", job.member, AT_ONCE)
        if not await feature_lookup.fresh_open(services.store, services.sources, job.member, now):
            await self._sort_fresh(job, music, now)

    async def _sort_fresh(self, job: Job, music: Music, now: datetime) -> None:
        services = self._services
        await self._apply_all(await watch.sort_fresh(services.store, music, services.libraries, job.member, now), job)

    async def _hear(self, job: Job, _: datetime) -> None:
        """Look up features for the member's next songs; after the last ones, retrain the layers they affect."""
        services, member = self._services, job.member
        looked_up = await feature_lookup.hear(services.store, services.sources, member, services.clock)
        async with services.store.reading() as tx:
            waiting = await songs.fresh(tx, member)
        if waiting and not looked_up.fresh:
            await services.jobs.enqueue("place", member)
        if looked_up.more:
            await services.jobs.enqueue("hear", member, AT_ONCE)
            return
        for layer in await feature_lookup.stale_layers(services.store, member):
            await services.jobs.enqueue("train", member, layer)
        if looked_up.later is not None:
            await self._hear_later(job, (looked_up.later - services.clock()).total_seconds())

    async def _hear_later(self, job: Job, seconds: float) -> None:
        """Look again after `seconds`, unless a job already waits to: there's at most one per member."""
        jobs = self._services.jobs
        others = [] if job.argument == LATER else await jobs.pending(job.member)
        if not any((job.kind, job.argument) == ("hear", LATER) for job in others):
            await jobs.enqueue("hear", job.member, LATER, delay=max(1, seconds))

    async def _place(self, job: Job, now: datetime) -> None:
        """Sort the new likes, now that their features are looked up."""
        music = await self._services.account_music(job.member)
        await feature_lookup.tell(self._services.store, job.member, now)
        await self._sort_fresh(job, music, now)

    async def _save(self, job: Job, now: datetime) -> None:
        """Save songs liked in the feed to the member's Spotify likes, then sort them like any new like."""
        services = self._services
        if not await saved_likes.save(services.store, await services.music(job.member), job.member, now):
            return
        async with services.store.reading() as tx:
            account = await members.account(tx, job.member)
        if account is not None:
            music = await services.account_music(job.member)
            await sync.sync(services.store, music, account, now)
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

    async def _keep(self, job: Job, now: datetime) -> None:
        """Finish creating a playlist that we asked Spotify for but haven't seen yet."""
        services = self._services
        made = await playlists.resume(services.store, await services.music(job.member), job.member, now)
        async with services.store.writing() as tx:
            for playlist in made:
                await notices.add(tx, job.member, "kept", {"name": playlist.name}, now)

    async def _share(self, job: Job, now: datetime) -> None:
        """Write a shared playlist to its host's account, or end it if they've left its server."""
        services = self._services
        if await publish.has_left(services.store, self._messenger.is_in, job.member, job.argument):
            await publish.leave(services.store, job.member, job.argument, now)
        else:
            await publish.share(services.store, services.music, job.member, job.argument, now)


def _work(job: Job) -> Work:
    return Work(job.kind, job.argument if job.kind == "share" else job.member, job.member)
