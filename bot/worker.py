"""Worker: what each kind of job does. Every job converges, so running one twice is running it once."""

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
BACK_OFF = 5  # seconds; doubled with each try, spread over the whole of it ("full jitter")
LONGEST = 300
SAY_SO = 5  # tries, after which the member hears that Spotify does not answer
UNASKED = {"poll", "hear", "place", "share", "keep"}  # kinds of job that begin by themselves
LATER = 1  # argument of "hear", beside AT_ONCE: what waits for an hour is no reason not to begin now


class Worker:
    """`tell` has a member told what waits for them."""

    def __init__(self, services: Services, mouth: Messenger, tell: Callable[[int], None]) -> None:
        self._services, self._mouth, self._tell = services, mouth, tell
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
        """Do a job. What Spotify puts off is put off; what the member must hear, they hear."""
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
            raise  # the job is tried again when there is room
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
                await writes.set_state(tx, job.argument, "failed", problem=error.for_member())
        await self._say(job, error, reference)

    async def _succeeded(self, job: Job) -> None:
        for kind in UNASKED if job.kind == "sync" else {job.kind} & UNASKED:
            await succeeded(self._services.store, _work(replace(job, kind=kind)))

    async def _say(self, job: Job, error: CratekeeperError, reference: str = "") -> None:
        """Tell the member of what they asked for, once; of the end of their consent once, whoever met with it."""
        text = error.for_member() + (f" `#{reference}`" if reference else "")
        asked = job.kind not in UNASKED and not job.tries
        async with self._services.store.writing() as tx:
            ended = isinstance(error, ConsentEnded) and await notify.consent_ended(tx, job.member)
            if (asked or ended) and await members.get(tx, job.member) is not None:
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
        """Sort the new likes; where there is somebody to ask what they sound like, that comes first."""
        services = self._services
        if await feature_lookup.is_open(services.store, services.sources, job.member, now):
            await services.jobs.enqueue("hear", job.member, AT_ONCE)
        if not await feature_lookup.fresh_open(services.store, services.sources, job.member, now):
            await self._sort_fresh(job, music, now)

    async def _sort_fresh(self, job: Job, music: Music, now: datetime) -> None:
        services = self._services
        await self._apply_all(await watch.sort_fresh(services.store, music, services.libraries, job.member, now), job)

    async def _hear(self, job: Job, _: datetime) -> None:
        """Go on finding out about the member's songs: a slice, then the next, and what follows from it at the end."""
        services, member = self._services, job.member
        found = await feature_lookup.hear(services.store, services.sources, member, services.clock)
        async with services.store.reading() as tx:
            waiting = await songs.fresh(tx, member)
        if waiting and not found.fresh:
            await services.jobs.enqueue("place", member)
        if found.more:
            await services.jobs.enqueue("hear", member, AT_ONCE)
            return
        for layer in await feature_lookup.stale_layers(services.store, member):
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
        await feature_lookup.tell(self._services.store, job.member, now)
        await self._sort_fresh(job, music, now)

    async def _save(self, job: Job, now: datetime) -> None:
        """Put what they liked in the feed among their likes, and go on with it as with any new like."""
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
        """Go on with a playlist that was asked for at Spotify and is not known to be there."""
        services = self._services
        made = await playlists.resume(services.store, await services.music(job.member), job.member, now)
        async with services.store.writing() as tx:
            for each in made:
                await notices.add(tx, job.member, "kept", {"name": each.name}, now)

    async def _share(self, job: Job, now: datetime) -> None:
        """Write a shared playlist into its host's account, for as long as they are in its server."""
        services = self._services
        if await publish.has_left(services.store, self._mouth.is_in, job.member, job.argument):
            await publish.leave(services.store, job.member, job.argument, now)
        else:
            await publish.share(services.store, services.music, job.member, job.argument, now)


def _work(job: Job) -> Work:
    return Work(job.kind, job.argument if job.kind == "share" else job.member, job.member)
