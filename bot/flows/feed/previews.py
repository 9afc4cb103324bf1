"""Elsewhere: where a song of which we have no file can be heard at its best: a preview, or a moment of a video.

A member waits for the answer, so both have a few seconds. A preview's address is good for minutes: it is asked for when
somebody wants to hear, and not kept. A moment of a video is kept, so that a song is asked about once, whoever likes it;
looking for it goes on after the member was answered otherwise, and whoever asks next has it. That there was nothing is
remembered for both.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.adapters.sources.deezer import Preview, Previews
from bot.adapters.store import Store
from bot.adapters.store.feed.catalogue import LOCAL
from bot.adapters.store.library import lookups, songs
from bot.adapters.store.library.lookups import LookupOutcome
from bot.adapters.ytdlp import YtDlp
from bot.core.feed.heatmap import SAME
from bot.core.feed.video import VideoMoment, replayed
from bot.core.records import Song
from bot.errors import SourceFailed, SourceWaits

log = logging.getLogger(__name__)
PREVIEW, VIDEO = "preview", "youtube"  # the names under which it is noted that they were asked
HEARD = "deezer"  # the source that hears previews: what it found none of has none to play
QUICKLY = 3.0  # seconds that a member waits for a preview; its turn included
PATIENCE = 6.0  # seconds that a member waits for a video
AT_ONCE = 2  # songs that are looked for among videos; who comes while they are does not wait
NOTHING_FOR = timedelta(days=7)  # then it is asked again
KNOWN_FOR = timedelta(days=90)  # videos go, and what is replayed changes
FAILED_FOR = timedelta(hours=1)


class SongPreviews:
    """Built once. previews, videos: None where the operator has not switched them on."""

    def __init__(
        self,
        store: Store,
        previews: Previews | None,
        videos: YtDlp | None,
        clock: Callable[[], datetime],
        patience: float = PATIENCE,
    ) -> None:
        self._store, self._previews, self._videos = store, previews, videos
        self._clock, self._patience = clock, patience
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def preview(self, song: Song) -> Preview | None:
        """Return the song's preview; None where there is none, or not at this moment."""
        if self._previews is None or song.isrc is None or await self._noted(song, PREVIEW, HEARD):
            return None
        try:
            async with asyncio.timeout(QUICKLY):
                found = await self._previews.of(song.isrc)
        except SourceWaits:
            return None  # for a while nobody asks, about no song
        except (SourceFailed, TimeoutError):
            await self._note(PREVIEW, LookupOutcome(song.song, "failed", self._clock() + FAILED_FOR))
            return None
        if found is None:
            await self._note(PREVIEW, LookupOutcome(song.song, "nothing", self._clock() + NOTHING_FOR))
        return found

    async def video(self, song: Song) -> VideoMoment | None:
        """Return the most replayed moment of the song's video; None where there is none, or none is known yet."""
        if self._videos is None or not song.duration_ms or song.song.startswith(LOCAL):
            return None
        if not await self._noted(song, VIDEO) and (asking := self._looking(self._videos, song)):
            await asyncio.wait({asking}, timeout=self._patience)
        return next((_moment(each) for each in await self._noted(song, VIDEO) if each.state == "known"), None)

    async def close(self) -> None:
        """Look no further."""
        asking = list(self._asking.values())
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    def _looking(self, videos: YtDlp, song: Song) -> asyncio.Task[None] | None:
        """The one look for this song's video; None where others are looked for already."""
        if song.song not in self._asking and len(self._asking) < AT_ONCE:
            self._asking[song.song] = asking = asyncio.create_task(self._look(videos, song))
            asking.add_done_callback(lambda _: self._asking.pop(song.song))
        return self._asking.get(song.song)

    async def _look(self, videos: YtDlp, song: Song) -> None:
        seconds = (song.duration_ms or 0) / 1000
        try:
            shown = await videos.search(f"{' '.join(song.artists)} {song.title}", seconds - SAME, seconds + SAME)
            found = replayed(song, shown)
        except SourceFailed as failure:
            log.info("%s", failure)
            await self._note(VIDEO, LookupOutcome(song.song, "failed", self._clock() + FAILED_FOR))
            return
        await self._note(VIDEO, _outcome(song.song, found, self._clock()))

    async def _noted(self, song: Song, *sources: str) -> list[LookupOutcome]:
        """Return what came of asking, as far as that holds still."""
        async with self._store.reading() as tx:
            found = await lookups.outcomes(tx, song.song, sources)
        now = self._clock()
        return [each for each in found if each.due is not None and each.due > now]

    async def _note(self, source: str, outcome: LookupOutcome) -> None:
        """Note what came of asking; nothing of a song that nobody holds any more."""
        async with self._store.writing() as tx:
            if await songs.get(tx, outcome.song) is not None:
                await lookups.save(tx, source, [outcome], self._clock())


def _outcome(song: str, found: VideoMoment | None, now: datetime) -> LookupOutcome:
    if found is None:
        return LookupOutcome(song, "nothing", now + NOTHING_FOR)
    ids = {"video": [found.video], "start": [str(found.start)], "confidence": [str(found.confidence)]}
    return LookupOutcome(song, "known", now + KNOWN_FOR, ids=ids)


def _moment(noted: LookupOutcome) -> VideoMoment:
    return VideoMoment(noted.ids["video"][0], float(noted.ids["start"][0]), float(noted.ids["confidence"][0]))
