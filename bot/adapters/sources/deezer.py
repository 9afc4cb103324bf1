"""Deezer: its 30 s preview of a recording, by ISRC, downloaded to be heard here, and deleted.

https://developers.deezer.com/api: 50 requests in 5 s for each address. Errors come with status 200, as
{"error": {"type", "message", "code"}}: code 4 asked too often, 700 busy, 800 no such data. A preview's address is good
for some minutes, so it is asked for when it is needed and kept nowhere.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.adapters.sources.musicbrainz import ISRC
from bot.adapters.sources.shapes import LONG_AGO, answer
from bot.adapters.sources.site import Site, Terms
from bot.core.features import features_heard
from bot.errors import AudioError, SourceFailed
from bot.ports import Hearing, Learnt, Needs, Subject

NAME = "deezer"
QUOTA, BUSY, NO_DATA = 4, 700, 800
QUOTA_WAIT, BUSY_WAIT = 10, 60  # seconds; the window is five
MOST_BYTES = 2_000_000  # of a preview; 30 s at 128 kb/s are 480 KB
OF_THE_WHOLE = frozenset({"duration", "fade_in", "fade_out"})  # what a part of a song does not tell
PREVIEWS = ".dzcdn.net"  # the end of the names of the hosts that hold them


def terms(agent: str) -> Terms:
    return Terms(25, seconds=5, daily=50_000, agent=agent)  # half of what they bear, so that a restart keeps it, too


@dataclass(frozen=True, slots=True)
class Refusal:
    """Deezer answered that it will not, or cannot."""

    code: int
    message: str


class Deezer:
    """Implements `ports.FeatureSource`. `folder` holds a preview while it is heard."""

    name, batch = NAME, 1
    needs: Needs = "isrc"

    def __init__(self, site: Site, hearing: Hearing, folder: Path) -> None:
        self._site, self._hearing, self._folder = site, hearing, folder

    async def since(self) -> datetime | None:
        return LONG_AGO

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, Learnt]:
        """Hear one preview after the other. Raises SourceWaits, SourceFailed."""
        return {each.song.song: found for each in subjects if (found := await self._one(each))}

    async def _one(self, subject: Subject) -> Learnt | None:
        isrc = (subject.song.isrc or "").upper().replace("-", "")
        url = await self._preview(isrc) if ISRC.fullmatch(isrc) else None
        return await self._heard(url) if url else None

    async def _preview(self, isrc: str) -> str | None:
        """Return where the preview is; None where Deezer has none."""
        said = preview(await self._site.get(f"/track/isrc:{isrc}"))
        if not isinstance(said, Refusal):
            return said if said is None or self._is_theirs(said) else None
        if said.code == NO_DATA:
            return None
        if said.code in (QUOTA, BUSY):
            raise await self._site.leave_alone(QUOTA_WAIT if said.code == QUOTA else BUSY_WAIT, f"code {said.code}")
        raise SourceFailed(f"Deezer refuses with code {said.code}: {said.message[:80]}")

    def _is_theirs(self, url: str) -> bool:
        """Whether an address is one that previews come from: nobody sends us elsewhere."""
        parts = urlsplit(url)
        if url.startswith(f"{self._site.base}/"):
            return True
        return parts.scheme == "https" and (parts.hostname or "").endswith(PREVIEWS)

    async def _heard(self, url: str) -> Learnt | None:
        with tempfile.TemporaryDirectory(prefix=".preview-", dir=self._folder) as folder:
            file = Path(folder) / "preview.mp3"
            await self._site.download(url, file, MOST_BYTES)
            try:
                heard = await self._hearing.analyse(file)
            except AudioError:
                return None  # a preview that cannot be heard today cannot be tomorrow
        numbers = {name: value for name, value in heard.numbers.items() if name not in OF_THE_WHOLE}
        return Learnt(features_heard(numbers, heard.vectors))


@answer
def preview(found: Any) -> str | Refusal | None:
    """Read the answer about a track: its preview's address, None where there is none, or a Refusal."""
    if found is None:
        return None
    if error := found.get("error"):
        return Refusal(int(error.get("code", 0)), str(error.get("message", "")))
    return str(found.get("preview") or "") or None
