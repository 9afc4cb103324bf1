"""Sources: services that know how a song sounds or what it belongs to. See `ports.FeatureSource`.

They're assembled here, as the settings enable them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import aiohttp

from bot.adapters.hearing import Hearing
from bot.adapters.scratch import Scratch
from bot.adapters.sources import deezer, listenbrainz, musicbrainz, reccobeats
from bot.adapters.sources.acousticbrainz import AcousticBrainz
from bot.adapters.sources.deezer import Previews
from bot.adapters.sources.local import LocalFiles
from bot.adapters.sources.site import Site, Terms
from bot.adapters.store import Store
from bot.config import Settings
from bot.ports import Clock, FeatureSource

AGENT = "Cratekeeper/0.1"


@asynccontextmanager
async def opened(
    settings: Settings,
    store: Store,
    hearing: Hearing,
    scratch: Scratch,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[tuple[FeatureSource, ...]]:
    """Yield the enabled sources: those that identify a recording before those that use names."""
    known = f"{AGENT} ( {settings.musicbrainz_contact} )"
    async with aiohttp.ClientSession(trust_env=False) as http:

        def site(name: str, base: str, terms: Terms) -> Site:
            return Site(name, base, terms, store, http, clock, sleep)

        sources: list[FeatureSource] = [LocalFiles(store, clock)]
        if settings.musicbrainz_contact:
            terms = musicbrainz.terms(known)
            sources.append(musicbrainz.MusicBrainz(site(musicbrainz.NAME, settings.musicbrainz_url, terms)))
        sources.append(AcousticBrainz(settings.acousticbrainz_index))
        if settings.listenbrainz:
            terms = listenbrainz.terms(known)
            sources.append(listenbrainz.ListenBrainz(site(listenbrainz.NAME, settings.listenbrainz_url, terms)))
        if settings.reccobeats:
            terms = reccobeats.terms(AGENT)
            sources.append(reccobeats.ReccoBeats(site(reccobeats.NAME, settings.reccobeats_url, terms)))
        if settings.deezer_previews:
            place = site(deezer.NAME, settings.deezer_url, deezer.terms(AGENT))
            sources.append(deezer.Deezer(place, hearing, scratch))
        yield tuple(sources)


@asynccontextmanager
async def previews_opened(settings: Settings, store: Store, clock: Clock) -> AsyncIterator[Previews | None]:
    """Yield the finder of previews for members; None if it's disabled."""
    if not settings.deezer_previews:
        yield None
        return
    async with aiohttp.ClientSession(trust_env=False) as http:
        terms = deezer.terms_for_members(AGENT)
        yield Previews(Site(deezer.NAME, settings.deezer_url, terms, store, http, clock))
