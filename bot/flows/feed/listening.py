"""Listen: how a song can be heard, best first.

A clip of the operator's file from its peak on; Deezer's preview; the most replayed moment of a video; Spotify's page.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.records import Clip, Song
from bot.errors import AudioError, NoClip
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.previews import SongPreviews


class Way(StrEnum):
    CLIP = "clip"  # cut here, from the operator's file; may be attached
    PREVIEW = "preview"  # another service's 30 s: a message or card of its own, never beside Spotify's artwork
    VIDEO = "video"  # a link into a video, with its start second
    LINK = "link"  # Spotify's own page
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Listen:
    """How one song can be heard.

    clip: for CLIP alone; its own `peak` says where in it the highlight sets in. url: of all others but NOTHING; sound
    itself for PREVIEW (good for some minutes: ask when somebody wants to hear, and keep it nowhere), else a page. by:
    whose it is, to be named. page: the service's page about the song, where url is sound. start: seconds into the
    video, which the url says, too. peak: seconds into the song.
    """

    way: Way
    clip: Clip | None = None
    url: str | None = None
    by: str = ""
    page: str | None = None
    start: float | None = None
    peak: float | None = None


class Listening:
    """Built once."""

    def __init__(self, catalogue: Catalogue, previews: SongPreviews) -> None:
        self._catalogue, self._previews = catalogue, previews

    async def to(self, member: int, song: Song) -> Listen:
        """Return the best way for a song that the member may see; may take some seconds, so defer before it.

        Raises BadChoice for a song that they may not see.
        """
        try:
            clip = await self._catalogue.clip(member, song.song)
        except (NoClip, AudioError):
            return await self._without_file(song)
        entry = await self._catalogue.entry(member, song.song)
        return Listen(Way.CLIP, clip=clip, peak=entry.peak)

    async def _without_file(self, song: Song) -> Listen:
        if (preview := await self._previews.preview(song)) is not None:
            return Listen(Way.PREVIEW, url=preview.url, by="Deezer", page=preview.page)
        if (moment := await self._previews.video(song)) is not None:
            return Listen(Way.VIDEO, url=moment.url, by="YouTube", start=moment.start, peak=moment.start)
        return Listen(Way.LINK, url=song.page, by="Spotify") if song.page else Listen(Way.NOTHING)
