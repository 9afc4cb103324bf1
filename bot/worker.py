"""Worker: a table of what each kind of job does, and of how each failure is answered.

Every job converges, so running one twice does no more than running it once.
"""

import logging
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.adapters.jobs import WAITED_OUT
from bot.core.jobs import UNASKED, Job, JobKind, Next
from bot.core.records import Work
from bot.errors import ChatDown, CratekeeperError, NotLinked, TrainingFailed
from bot.errors.spotify import AppRefused, ConsentEnded, CoolingDown, SpotifyDown, Unreadable, Unsettled
from bot.flows.account import notify
from bot.flows.account.notify import Failure
from bot.flows.attempt import failed, succeeded
from bot.flows.feed import saved_likes
from bot.flows.library import feature_lookup, other_playlists
from bot.flows.library.new_likes import NewLikes
from bot.flows.refresh import Refreshing
from bot.flows.social.shared.publish import Publishing
from bot.flows.sorting import playlists, train
from bot.flows.sorting.writing import sort
from bot.messenger import Messenger
from bot.services import Services
from bot.telemetry.metrics import JOBS, Outcome

log = logging.getLogger(__name__)
BACK_OFF = 5  # seconds; doubled with each try, with full jitter
LONGEST = 300  # seconds between tries
UNREADABLE = 30  # tries, about an hour, after which a job fails if Spotify's answers make no sense
UNUSABLE = 3600.0  # seconds between tries with an app that Spotify refuses; it takes hours to notice a change
SAY_SO = 5  # tries, after which we tell the member that Spotify doesn't answer

Flow = Callable[[Job, datetime], AsyncIterator[Next]]


def flows(services: Services, messenger: Messenger) -> Mapping[JobKind, Flow]:
    """Return what each kind of job does. A flow yields the jobs that follow, each as soon as it may start."""
    store = services.store
    new_likes = NewLikes(store, services, services.sources, services.libraries)
    refreshing = Refreshing(store, services.vault, new_likes, services.polls, partial(_progress, messenger))
    publishing = Publishing(store, services, messenger.is_in)
    return {
        JobKind.SYNC: lambda job, now: refreshing.sync(job.member, now),
        JobKind.POLL: lambda job, now: refreshing.poll(job.member, now),
        JobKind.LOOK_UP: lambda job, _: feature_lookup.look_up_next(
            store, services.sources, job.member, services.clock
        ),
        JobKind.PLACE: lambda job, now: new_likes.place(job.member, now),
        JobKind.SAVE: lambda job, now: saved_likes.save_and_sort(store, new_likes, job.member, now),
        JobKind.TRAIN: _last(lambda job, now: train.train(store, services.trainer, job.member, job.argument, now)),
        JobKind.APPLY: _last(lambda job, now: sort.carry_out(store, services, job.argument, now)),
        JobKind.KEEP: _last(lambda job, now: playlists.finish(store, services, job.member, now)),
        JobKind.READ: lambda job, _: other_playlists.read(store, services, job.member),
        JobKind.SHARE: _last(lambda job, now: publishing.publish(job.member, job.argument, now)),
    }


def _last(work: Callable[[Job, datetime], Awaitable[None]]) -> Flow:
    """Return the flow that does the work; no job follows."""

    async def flow(job: Job, now: datetime) -> AsyncIterator[Next]:
        await work(job, now)
        nothing: tuple[Next, ...] = ()
        for following in nothing:
            yield following

    return flow


async def _progress(messenger: Messenger, member: int, done: int, total: int) -> None:
    await messenger.progress(member, JobKind.SYNC, done, total)


@dataclass(frozen=True, slots=True)
class Response:
    """How a failure is answered.

    again: seconds until the job is tried again, if it is; tell: whether a member who asked hears of it now;
    defect: whether it's counted, and can be looked up by a reference.
    """

    again: float | None = None
    tell: bool = True
    defect: bool = False


def response(error: Exception, tries: int, now: datetime) -> Response:
    """Return how a job's failure after so many tries is answered. now: of the failure, by the job's clock."""
    match error:
        case CoolingDown():
            return Response(again=(error.until - now).total_seconds() + 1, tell=tries == 0)
        case Unsettled():
            return Response(again=(error.until - now).total_seconds(), tell=False)
        case Unreadable() if tries >= UNREADABLE:
            return Response(defect=True)
        case AppRefused():
            return Response(again=UNUSABLE, tell=tries == 0)
        case SpotifyDown():
            return Response(again=_back_off(tries), tell=tries == SAY_SO)
        case ChatDown():
            return Response(again=_back_off(tries), tell=False)
        case ConsentEnded() | NotLinked() | TrainingFailed():
            return Response()
        case _:
            return Response(defect=True)


def _back_off(tries: int) -> float:
    return random.uniform(0, min(LONGEST, BACK_OFF * 2**tries))  # noqa: S311 - spreads the load


class Worker:
    """Runs jobs. `tell` starts delivering a member's notices."""

    def __init__(self, services: Services, messenger: Messenger, tell: Callable[[int], None]) -> None:
        self._services, self._tell = services, tell
        self._flows = flows(services, messenger)

    async def run(self, job: Job) -> None:
        """Run a job, and enqueue what follows or what answers its failure."""
        now, began = self._services.clock(), time.monotonic()
        try:
            async for following in self._flows[job.kind](job, now):
                await self._services.jobs.enqueue(following.kind, job.member, following.argument, delay=following.delay)
            await self._succeeded(job)
            _note_end(job, Outcome.DONE, time.monotonic() - began)
        except WAITED_OUT:
            raise  # the queue tries the job again
        except Exception as error:
            answer = response(error, job.tries, now + timedelta(seconds=time.monotonic() - began))
            outcome = Outcome.FAILED if answer.again is None else Outcome.POSTPONED
            _note_end(job, outcome, time.monotonic() - began, "" if answer.defect else f": {error}")
            await self._respond(job, error, answer)
        self._tell(job.member)

    async def _respond(self, job: Job, error: Exception, answer: Response) -> None:
        services, expected = self._services, isinstance(error, CratekeeperError)
        reference = await self._note(job, error) if answer.defect else ""
        if answer.again is not None:
            delay = max(1, answer.again)
            await services.jobs.enqueue(job.kind, job.member, job.argument, tries=job.tries + 1, delay=delay)
        asked = answer.tell and job.kind not in UNASKED
        failure = Failure(job, _known(error), asked, "" if expected else reference)
        stops_write = answer.defect and job.kind == JobKind.APPLY
        ends = partial(sort.give_up, write=job.argument, error=failure.error) if stops_write else None
        await notify.problem(services.store, failure, services.clock(), ends)

    async def _note(self, job: Job, error: Exception) -> str:
        """Log a defect, and count it; return its reference in the log."""
        reference = secrets.token_hex(2)
        unexpected = None if isinstance(error, CratekeeperError) else error
        log.error("#%s %s of a member failed: %s", reference, job.kind, error, exc_info=unexpected)
        if job.kind in UNASKED:
            await failed(self._services.store, _work(job, job.kind), error, self._services.clock(), reference)
        return reference

    async def _succeeded(self, job: Job) -> None:
        for kind in UNASKED if job.kind == JobKind.SYNC else {job.kind} & UNASKED:
            await succeeded(self._services.store, _work(job, kind))


def _note_end(job: Job, outcome: Outcome, seconds: float, why: str = "") -> None:
    """Count a job, and log how it ended: where a member asked for it at INFO, for there are polls by the thousand."""
    JOBS.labels(job.kind, outcome).observe(seconds)
    level = logging.DEBUG if job.kind in UNASKED else logging.INFO
    log.log(level, "%s %s in %d ms%s", job.kind, outcome, 1000 * seconds, why)


def _work(job: Job, kind: JobKind) -> Work:
    return Work(kind, job.argument if kind == JobKind.SHARE else job.member, job.member)


def _known(error: Exception) -> CratekeeperError:
    return error if isinstance(error, CratekeeperError) else CratekeeperError()
