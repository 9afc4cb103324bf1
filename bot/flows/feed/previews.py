"""Previews: where to hear a song we have no file of: another service's preview, or a moment of a video.

A member waits for the answer, so both get a few seconds. A preview's URL expires in minutes, so we fetch it when it's
needed and don't keep it. A video's moment is kept, so each song is looked up once; if that takes too long for the
member who asked, it continues in the background for the next one. For both we remember when there was nothing; not if
a member's file says what was asked about, because the answer is remembered for everybody (promise P38).
"""

import asyncio
import logging
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx
from bot.adapters.store.feed.catalogue import LOCAL, Sound
from bot.adapters.store.library import lookups, songs
from bot.adapters.store.library.lookups import LookupOutcome
from bot.core.feed.heatmap import SAME
from bot.core.feed.video import VideoMoment, replayed
from bot.core.library.lookups import LookupState
from bot.core.records import Song
from bot.errors import SourceFailed, SourceWaits
from bot.ports import Clock, Preview, PreviewService, VideoSearch

log = logging.getLogger(__name__)
PREVIEW, VIDEO = "preview", "youtube"  # source names of the recorded lookups
HEARD = "deezer"  # the feature source that reads previews: if it found none, there's none to play
QUICKLY = 3.0  # seconds a member waits for a preview, its queue included
PATIENCE = 6.0  # seconds a member waits for a video
AT_ONCE = 2  # video lookups at a time; with both running, other songs don't wait for one
NOTHING_FOR = timedelta(days=7)  # then we ask again
KNOWN_FOR = timedelta(days=90)  # videos disappear, and replay counts change
FAILED_FOR = timedelta(hours=1)


class SongPreviews:
    """previews, videos: None if the operator hasn't switched them on."""

    def __init__(
        self,
        store: Store,
        previews: PreviewService | None,
        videos: VideoSearch | None,
        clock: Clock,
        patience: float = PATIENCE,
    ) -> None:
        self._store, self._previews, self._videos = store, previews, videos
        self._clock, self._patience = clock, patience
        self._asking: dict[str, asyncio.Task[None]] = {}

    def sound(self) -> Sound:
        """Return what can be heard at this moment, as far as we know without asking."""
        return Sound(self._previews is not None, (PREVIEW, HEARD), self._clock())

    async def preview(self, song: Song) -> Preview | None:
        """Return the song's preview; None if there's none, or none right now."""
        if self._previews is None or song.isrc is None or await self._noted(song, PREVIEW, HEARD):
            return None
        try:
            async with asyncio.timeout(QUICKLY):
                preview = await self._previews.of(song.isrc)
        except SourceWaits:
            return None  # the service asked us to wait
        except (SourceFailed, TimeoutError):
            await self._note(song, PREVIEW, LookupOutcome(song.song, LookupState.FAILED, self._clock() + FAILED_FOR))
            return None
        if preview is None:
            await self._note(song, PREVIEW, LookupOutcome(song.song, LookupState.NOTHING, self._clock() + NOTHING_FOR))
        return preview

    async def video(self, song: Song) -> VideoMoment | None:
        """Return the most replayed moment of the song's video; None if there's none, or we don't know one yet."""
        if self._videos is None or not song.duration_ms or song.song.startswith(LOCAL):
            return None
        to_ask = not await self._noted(song, VIDEO) and await self._is_everybodys(song)
        if to_ask and (asking := self._looking(self._videos, song)):
            await asyncio.wait({asking}, timeout=self._patience)
        return next(
            (_moment(noted) for noted in await self._noted(song, VIDEO) if noted.state == LookupState.KNOWN), None
        )

    async def close(self) -> None:
        """Cancel the running lookups."""
        asking = list(self._asking.values())
        for lookup in asking:
            lookup.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    def _looking(self, videos: VideoSearch, song: Song) -> asyncio.Task[None] | None:
        """Return the lookup of this song's video, started if need be; None if AT_ONCE others are running."""
        if song.song not in self._asking and len(self._asking) < AT_ONCE:
            self._asking[song.song] = asking = asyncio.create_task(self._look(videos, song))
            asking.add_done_callback(lambda _: self._asking.pop(song.song))
        return self._asking.get(song.song)

    async def _look(self, videos: VideoSearch, song: Song) -> None:
        if await self._noted(song, VIDEO):
            return  # another lookup stored it since our caller checked
        seconds = (song.duration_ms or 0) / 1000
        try:
            shown = await videos.search(f"{' '.join(song.artists)} {song.title}", seconds - SAME, seconds + SAME)
            moment = replayed(song, shown)
        except SourceFailed as failure:
            log.info("%s", failure)
            await self._note(song, VIDEO, LookupOutcome(song.song, LookupState.FAILED, self._clock() + FAILED_FOR))
            return
        await self._note(song, VIDEO, _outcome(song.song, moment, self._clock()))

    async def _noted(self, song: Song, *sources: str) -> list[LookupOutcome]:
        """Return the recorded outcomes that are still valid."""
        async with self._store.reading() as tx:
            outcomes = await lookups.outcomes(tx, song.song, sources)
        now = self._clock()
        return [outcome for outcome in outcomes if outcome.due is not None and outcome.due > now]

    async def _is_everybodys(self, song: Song) -> bool:
        """Whether everybody sees what the song is looked up by; not if nobody holds it any more."""
        async with self._store.reading() as tx:
            return await _sees(tx, song)

    async def _note(self, song: Song, source: str, outcome: LookupOutcome) -> None:
        """Record a lookup's outcome, if everybody sees what was asked about."""
        async with self._store.writing() as tx:
            if await _sees(tx, song):
                await lookups.save(tx, source, [outcome], self._clock())


async def _sees(tx: Tx, song: Song) -> bool:
    shared = await songs.get(tx, song.song)
    return shared is not None and _asked_by(shared) == _asked_by(song)


def _asked_by(song: Song) -> tuple[object, ...]:
    return song.title, song.artists, song.isrc, song.duration_ms


def _outcome(song: str, moment: VideoMoment | None, now: datetime) -> LookupOutcome:
    if moment is None:
        return LookupOutcome(song, LookupState.NOTHING, now + NOTHING_FOR)
    ids = {"video": [moment.video], "start": [str(moment.start)], "confidence": [str(moment.confidence)]}
    return LookupOutcome(song, LookupState.KNOWN, now + KNOWN_FOR, ids=ids)


def _moment(noted: LookupOutcome) -> VideoMoment:
    return VideoMoment(noted.ids["video"][0], float(noted.ids["start"][0]), float(noted.ids["confidence"][0]))
