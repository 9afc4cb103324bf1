"""Listening: the ways to hear a song, best first.

A clip of the operator's file from its highlight; Deezer's preview; a video's most replayed moment; Spotify's page.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.records import Clip, Song
from bot.errors import NoClip, TooOften
from bot.errors.audio import AudioError
from bot.errors.feed import NotInCatalogue
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.previews import SongPreviews


class Way(StrEnum):
    CLIP = "clip"  # cut from the operator's file; may be attached
    PREVIEW = "preview"  # another service's 30 s: in its own message or card, never beside Spotify's artwork
    VIDEO = "video"  # a link into a video, with its start second
    LINK = "link"  # Spotify's own page
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Listen:
    """How to hear one song.

    clip: for CLIP only; its `highlight` is a moment in it. url: for PREVIEW the sound itself (it expires in minutes,
    so fetch it when needed and don't keep it), else a page; None for CLIP and NOTHING. by: the service, to
    be credited. page: the service's page about the song, if url is sound. start: seconds into the video (also in the
    url). highlight: seconds into the song.
    """

    way: Way
    clip: Clip | None = None
    url: str | None = None
    by: str = ""
    page: str | None = None
    start: float | None = None
    highlight: float | None = None


class Listening:
    """Finds the best way to hear a song."""

    def __init__(self, catalogue: Catalogue, previews: SongPreviews) -> None:
        self._catalogue, self._previews = catalogue, previews

    async def to(self, member: int, song: Song) -> Listen:
        """Return the best way to hear the song. It may take seconds, so defer the interaction first.

        Raises NotInCatalogue for a song the member can't see.
        """
        try:
            clip = await self._catalogue.clip(member, song.song)
        except (NoClip, AudioError, TooOften):
            return await self._without_file(song)
        entry = await self._catalogue.entry(member, song.song)
        return Listen(Way.CLIP, clip=clip, highlight=entry.highlight)

    async def to_own(self, member: int, song: Song) -> Listen:
        """Return the best way for members to hear a song of their own, which the catalogue may not have."""
        try:
            return await self.to(member, song)
        except NotInCatalogue:
            return await self._without_file(song)

    async def _without_file(self, song: Song) -> Listen:
        if (preview := await self._previews.preview(song)) is not None:
            return Listen(Way.PREVIEW, url=preview.url, by="Deezer", page=preview.page)
        if (moment := await self._previews.video(song)) is not None:
            return Listen(Way.VIDEO, url=moment.url, by="YouTube", start=moment.start, highlight=moment.start)
        return Listen(Way.LINK, url=song.page, by="Spotify") if song.page else Listen(Way.NOTHING)
