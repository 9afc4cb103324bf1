"""Sources: who can say what a song sounds like or belongs to. See `ports.FeatureSource`.

Here they are put together, as the settings switch them on.
"""

import asyncio
import time
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
from bot.ports import FeatureSource

__all__ = ["opened", "previews_opened"]
AGENT = "Cratekeeper/0.1"


@asynccontextmanager
async def opened(
    settings: Settings,
    store: Store,
    hearing: Hearing,
    scratch: Scratch,
    clock: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    steady: Callable[[], float] = time.monotonic,
) -> AsyncIterator[tuple[FeatureSource, ...]]:
    """Yield the sources that are switched on: those that name a recording before those that go by the names."""
    known = f"{AGENT} ( {settings.musicbrainz_contact} )"
    async with aiohttp.ClientSession(trust_env=False) as http:

        def site(name: str, base: str, terms: Terms) -> Site:
            return Site(name, base, terms, store, http, clock, sleep, steady)

        found: list[FeatureSource] = [LocalFiles(store, clock)]
        if settings.musicbrainz_contact:
            terms = musicbrainz.terms(known)
            found.append(musicbrainz.MusicBrainz(site(musicbrainz.NAME, settings.musicbrainz_url, terms)))
        found.append(AcousticBrainz(settings.acousticbrainz_index))
        if settings.listenbrainz:
            terms = listenbrainz.terms(known)
            found.append(listenbrainz.ListenBrainz(site(listenbrainz.NAME, settings.listenbrainz_url, terms)))
        if settings.reccobeats:
            found.append(reccobeats.ReccoBeats(site(reccobeats.NAME, settings.reccobeats_url, reccobeats.terms(AGENT))))
        if settings.deezer_previews:
            place = site(deezer.NAME, settings.deezer_url, deezer.terms(AGENT))
            found.append(deezer.Deezer(place, hearing, scratch))
        yield tuple(found)


@asynccontextmanager
async def previews_opened(
    settings: Settings,
    store: Store,
    clock: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    steady: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Previews | None]:
    """Yield what finds previews for members who want to hear a song; None where that is not switched on."""
    if not settings.deezer_previews:
        yield None
        return
    async with aiohttp.ClientSession(trust_env=False) as http:
        terms = deezer.terms_for_members(AGENT)
        yield Previews(Site(deezer.NAME, settings.deezer_url, terms, store, http, clock, sleep, steady))
