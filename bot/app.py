"""App: the composition root. Builds every adapter once, and runs the bot until it is stopped."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from aiohttp.web import Application

from bot import memory, web
from bot.adapters import artefacts, home, sources
from bot.adapters.backup.daily import DailyBackups
from bot.adapters.hearing import Hearing
from bot.adapters.identity import Identity
from bot.adapters.jobs import Jobs
from bot.adapters.parts import EVERYTHING, Part
from bot.adapters.prior import SHIPPED, Priors
from bot.adapters.scorer import Scorer
from bot.adapters.scratch import Scratch
from bot.adapters.spotify import Spotify
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.lease import WHOLE, Lease, held_names
from bot.adapters.trainer import Trainer
from bot.adapters.vault import KEYS, Vault
from bot.adapters.ytdlp import YtDlp
from bot.chat.gateway.client import Chat
from bot.config import Settings
from bot.core.library.pace import Pace
from bot.core.library.polling import Rhythm
from bot.core.records import Actor, Work
from bot.core.sorting.learning import text
from bot.errors import AlreadyRuns, StoreError
from bot.flows.account.erase import Erasing
from bot.flows.account.link import Consent, Linking
from bot.flows.attempt import keep_trying
from bot.flows.feed.api import Api
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.clips import Clips
from bot.flows.feed.feed import Feed
from bot.flows.feed.listening import Listening
from bot.flows.feed.pages.activity import Activity
from bot.flows.feed.pages.dry_run_page import DryRunPage
from bot.flows.feed.pages.label_page import LabelPage
from bot.flows.feed.pages.page import FeedPage
from bot.flows.feed.previews import SongPreviews
from bot.flows.feed.recommend import Recommender
from bot.flows.library.poll import Polls
from bot.flows.library.uploads import Uploads
from bot.flows.social import reposts
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.ports import Artefacts
from bot.services import Services
from bot.telemetry import health, logs, metrics
from bot.telemetry.scrape import scrape
from bot.threads import switch_often
from bot.upkeep import Upkeep
from bot.web import activity, api, feed
from bot.worker import Worker

log = logging.getLogger(__name__)
SHARED_TICK = 1  # seconds between ticks if other processes leave messages for this one to send
RENEWAL = 1  # seconds between renewals of our names in a database on a server
TAKEOVER = 2  # seconds for which a process that restarts a dead one's jobs holds its name
UPGRADE = 30  # seconds for which a part waits while another upgrades the schema
TICK = 5  # seconds between ticks of the upkeep; less if polls are more frequent
REFRESH = 60  # seconds between refreshes of the catalogue; at least CALM times as long as a refresh takes
CALM = 20
SWEEP = 3600  # seconds between deleting records of finished jobs
GOODBYE = 2  # seconds to close the connection to Discord


class Closeable(Protocol):
    async def close(self) -> None: ...


T = TypeVar("T", bound=Closeable)


def clock() -> datetime:
    return datetime.now(UTC)


async def run(settings: Settings, environment: Mapping[str, str], part: Part = EVERYTHING) -> int:
    """Run the bot, or a part of it, until SIGTERM or Ctrl-C; returns the exit code.

    Raises SettingsError if Discord refuses the token, AlreadyRuns.
    """
    logs.set_up(settings.log_level, settings.log_format)
    memory.give_back()
    switch_often()
    stopped = asyncio.Event()
    for stop in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(stop, stopped.set)
    async with assembled(settings, environment, part) as services:
        await _serve(services, stopped, part)
    return 0


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the bot's data is, locked for this process and up to date."""

    leases: Sequence[Lease]
    store: Store
    vault: Vault
    models: Artefacts


@asynccontextmanager
async def assembled(
    settings: Settings, environment: Mapping[str, str], part: Part = EVERYTHING
) -> AsyncIterator[Services]:
    """Migrate the database, build the services, and close them again."""
    home.prepare(settings)
    async with AsyncExitStack() as closing:
        opened = await _opened(closing, settings, part)
        await asyncio.to_thread(text.encoder)  # refuses to start without it: no model could be trained or used
        yield await _services(closing, settings, environment, part, opened)


async def _opened(closing: AsyncExitStack, settings: Settings, part: Part) -> Opened:
    closing.enter_context(home.lived_in(settings, part.name))
    store = _closed_at_the_end(closing, Store(settings.database_url))
    if not part.is_whole:  # other parts may be older, and run
        await home.migrate(store, settings, UPGRADE)
    leases = [closing.enter_context(lease) for lease in _leases(settings, part)]
    await asyncio.to_thread(_check_shards, settings, part)
    stopped_in_order = closing.enter_context(home.watched(settings))
    await asyncio.to_thread(home.verify_at_start, settings, stopped_in_order=stopped_in_order)
    await home.upgrade(store, settings)
    keys = await home.keys(store, settings)
    models = artefacts.models_of(settings)
    await asyncio.to_thread(artefacts.move_in, settings, models)
    return Opened(leases, store, Vault(keys, None if settings.encryption_keys else settings.data_dir / KEYS), models)


async def _services(
    closing: AsyncExitStack, settings: Settings, environment: Mapping[str, str], part: Part, opened: Opened
) -> Services:
    store, vault, models = opened.store, opened.vault, opened.models
    spotify = _closed_at_the_end(closing, _spotify(settings, store, vault))
    scratch = Scratch(settings.data_dir, "" if part.is_whole else part.name)
    hearing = _closed_at_the_end(closing, Hearing())
    clipping = _closed_at_the_end(closing, Hearing())  # a process of its own: the feed never waits for uploads
    previews = await closing.enter_async_context(sources.previews_opened(settings, store, clock))
    song_previews = _closed_at_the_end(closing, SongPreviews(store, previews, _videos(settings, environment), clock))
    catalogue = Catalogue(store, Clips(clipping, artefacts.clips_of(settings)), clock)
    jobs = Jobs(settings.jobs_url, executor=part.name, queues=part.queues)
    scorer, priors = Scorer(models), await _priors(settings, models)
    libraries = ScoredLibraries(store, scorer, priors)
    recommender = Recommender(store, catalogue, scorer)
    return Services(
        settings=settings,
        store=store,
        leases=opened.leases,
        vault=vault,
        spotify=spotify,
        linking=Linking(store, vault, spotify, clock),
        models=models,
        scorer=scorer,
        priors=priors,
        libraries=libraries,
        erasing=Erasing(store, jobs, libraries, models, scratch),
        jobs=jobs,
        polls=Polls(store, _rhythm(settings)),
        trainer=_closed_at_the_end(closing, _trainer(settings, environment)),
        backups=DailyBackups(settings, environment),
        uploads=Uploads(store, hearing, scratch),
        drawing=clipping,
        sources=await closing.enter_async_context(sources.opened(settings, store, hearing, scratch, clock)),
        catalogue=catalogue,
        recommender=recommender,
        feed=Feed(store, catalogue, recommender, jobs.enqueue, clock, song_previews.sound),
        listening=Listening(catalogue, song_previews),
        clock=clock,
    )


def _closed_at_the_end(closing: AsyncExitStack, adapter: T) -> T:
    closing.push_async_callback(adapter.close)
    return adapter


async def _priors(settings: Settings, models: Artefacts) -> Priors:
    priors = Priors(models, SHIPPED if settings.prior else None)
    await asyncio.to_thread(priors.current)  # loads it early, and logs now if it's damaged
    return priors


def _trainer(settings: Settings, environment: Mapping[str, str]) -> Trainer:
    storage = settings.storage_environment
    return Trainer(settings.database_url, settings.data_dir, environment, prior=settings.prior, storage=storage)


def _rhythm(settings: Settings) -> Rhythm:
    shortest, longest = timedelta(seconds=settings.poll_seconds), timedelta(seconds=settings.poll_longest)
    return Rhythm(shortest, max(shortest, longest), settings.polls_a_day)


def _videos(settings: Settings, environment: Mapping[str, str]) -> YtDlp | None:
    return YtDlp(settings.yt_dlp, environment.get("PATH", os.defpath)) if settings.yt_dlp else None


def _spotify(settings: Settings, store: Store, vault: Vault) -> Spotify:
    secret = settings.spotify_client_secret
    return Spotify(
        store,
        vault,
        api_url=settings.spotify_api_url,
        accounts_url=settings.spotify_accounts_url,
        secrets={settings.spotify_client_id: secret} if secret else {},
        clock=clock,
        pace=Pace(timedelta(seconds=1 / settings.spotify_rate), burst=10 * settings.spotify_rate),
        backoff=1 / settings.spotify_rate,
    )


async def _serve(services: Services, stopped: asyncio.Event, part: Part) -> None:
    chat = Chat(services, part)
    upkeep = Upkeep(services, chat, part)
    worker = Worker(services, chat, upkeep.tell)
    await services.jobs.start(worker.run)
    if part.is_whole:
        await upkeep.open()
    settings = services.settings
    runner = await web.serve(_pages(services, chat, part), settings.http_port, settings.http_host)
    watching = asyncio.create_task(metrics.watch_the_loop())
    chatting = asyncio.create_task(chat.run())
    chores = _keep_ticking(services, upkeep, part), _keep_renewing(services.leases), _keep_refreshing(services)
    working = [asyncio.create_task(chore) for chore in chores]
    try:
        await _until(stopped, [*working, chatting])
    finally:
        for task in (*working, watching):
            task.cancel()
        services.spotify.stop()
        await services.jobs.stop(settings.stop_seconds)
        await upkeep.stop()
        with suppress(TimeoutError):  # a dead connection to Discord never closes
            await asyncio.wait_for(chat.close(), GOODBYE)
        chatting.cancel()  # it may still wait for Discord
        await runner.cleanup()
        await asyncio.gather(*working, chatting, watching, return_exceptions=True)


async def _until(stopped: asyncio.Event, working: Sequence[asyncio.Task[None]]) -> None:
    """Wait until the bot is to stop. Raises the error of a task that ends before, so a supervisor restarts us."""
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({*working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    for ended in working:
        if ended.done():
            ended.result()


async def _keep_ticking(services: Services, upkeep: Upkeep, part: Part) -> None:
    """Run the upkeep's tick, and once in a while delete old job records, until cancelled."""
    pause = min(TICK, services.settings.poll_seconds) if part.is_whole else SHARED_TICK
    last_sweep = time.monotonic()
    while True:
        await upkeep.tick()
        if part.queues and time.monotonic() - last_sweep > SWEEP:
            last_sweep, now = time.monotonic(), clock()
            sweep = partial(services.jobs.sweep, now)
            await keep_trying(services.store, Work("records of jobs", 0), sweep, now)
        await asyncio.sleep(pause)


def _leases(settings: Settings, part: Part) -> list[Lease]:
    """Return what this process holds in a database on a server: its name, and the bot, alone or with other parts."""
    url = settings.database_url
    return [Lease(url, part.name, TAKEOVER), Lease(url, WHOLE, shared=not part.is_whole)] if settings.on_server else []


def _check_shards(settings: Settings, part: Part) -> None:
    """Raise AlreadyRuns if another gateway is told of the same servers: both would answer their members."""
    running = held_names(settings.database_url) if part.kind == "gateway" else []
    if clashing := sorted(name for name in running if part.clashes_with(name)):
        raise AlreadyRuns(
            f"Another gateway ({clashing[0]}) has the same shards, or another number of them in all. Stop it first."
        )


async def _keep_renewing(leases: Sequence[Lease]) -> None:
    """Renew our names in a database on a server, until cancelled. Raises AlreadyRuns if another process has one."""
    failing = False
    while True:
        try:
            for lease in leases:
                await asyncio.to_thread(lease.renew)
            failing = False
        except StoreError as problem:
            log.log(
                logging.DEBUG if failing else logging.WARNING, "the lock in the database can't be renewed: %s", problem
            )
            failing = True
        await asyncio.sleep(RENEWAL)


async def _keep_refreshing(services: Services) -> None:
    """Refresh the catalogue's index until cancelled. A refresh that fails is logged, and the next may succeed."""
    while True:
        began = time.monotonic()
        await keep_trying(services.store, Work("catalogue", 0), services.catalogue.points.refresh, clock())
        await asyncio.sleep(max(REFRESH, CALM * (time.monotonic() - began)))


def _pages(services: Services, chat: Chat, part: Part) -> Application:
    async def arrive(state: str, code: str | None, _: str | None) -> Consent:
        return await services.linking.arrive(state, code)

    async def healthy() -> Mapping[str, object]:
        return (await health.examine(services.store, services.jobs, chat.is_connected, clock())).facts()

    pages = web.application(arrive if part.gateway or part.pages else None, healthy)
    pages.middlewares.append(web.only(urlsplit(services.settings.public_url).hostname))
    if services.settings.metrics:
        web.add_metrics(pages, partial(_scrape, services, chat), services.settings.metrics_token)
    if part.pages:
        _add_members_pages(pages, services, chat)
    return pages


def _add_members_pages(pages: Application, services: Services, chat: Chat) -> None:
    """Add the API, the page and the Activity, as far as they're switched on."""
    settings, feed_api = services.settings, Api(services.store, services.catalogue, services.recommender, clock)
    if settings.http_api:
        pages.add_subapp("/api", api.application(feed_api, settings.api_rate, time.monotonic))
    if settings.feed_page:
        pages.add_subapp("/feed", _feed_page(services, chat, feed_api))
    if settings.activity:
        identity = Identity(settings.discord_api_url, settings.discord_token, settings.discord_client_secret)
        inside = activity.application(
            Activity(services.store, identity, clock),
            _feed_page(services, chat, feed_api),
            settings.public_url,
            time.monotonic,
        )
        pages.add_subapp("/activity", inside)


async def _scrape(services: Services, chat: Chat) -> bytes:
    metrics.GATEWAY.set(chat.is_connected)
    metrics.ACTIVE.set(chat.active)
    return await scrape(services.store, services.jobs, clock())


def _feed_page(services: Services, chat: Chat, feed_api: Api) -> Application:
    async def post(member: int, server: int | None, song: str) -> None:
        actor = Actor(member, server, clock())
        number = await reposts.begin(services.store, services.catalogue, actor, song, members.still)
        await chat.pass_on(number)

    async def repost_server(server: int) -> str | None:
        return await chat.server_name(server) if await reposts.are_open(services.store, server) else None

    settings = services.settings
    parts = services.store, services.libraries, services.catalogue, services.listening, services.jobs.enqueue, clock
    labelling, dry_runs = LabelPage(*parts), DryRunPage(*parts)
    known = services.feed.of_known()
    page = FeedPage(feed_api, known, labelling, dry_runs, services.listening, post, chat.name_of, repost_server)
    origins = settings.picture_origins, settings.sound_origins
    return feed.application(page, settings.public_url, *origins, time.monotonic)
