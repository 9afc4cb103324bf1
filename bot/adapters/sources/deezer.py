"""Deezer: its 30 s preview of a recording, by ISRC: downloaded to be heard here and deleted, or played to a member.

https://developers.deezer.com/api: 50 requests in 5 s for each address. Errors come with status 200, as
{"error": {"type", "message", "code"}}: code 4 asked too often, 700 busy, 800 no such data. A preview's address is good
for some minutes, so it is asked for when it is needed and kept nowhere.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bot.adapters.hearing import Hearing
from bot.adapters.scratch import Scratch
from bot.adapters.sources.musicbrainz import ISRC
from bot.adapters.sources.shapes import LONG_AGO, answer
from bot.adapters.sources.site import Site, Terms
from bot.core import untrusted
from bot.core.features import features_heard
from bot.errors import AudioError, SourceFailed
from bot.ports import Learnt, Needs, Subject

NAME = "deezer"
QUOTA, BUSY, NO_DATA = 4, 700, 800
QUOTA_WAIT, BUSY_WAIT = 10, 60  # seconds; the window is five
MOST_BYTES = 2_000_000  # of a preview; 30 s at 128 kb/s are 480 KB
PATIENCE = 3.0  # seconds that a member waits for its answer
OF_THE_WHOLE = frozenset({"duration", "fade_in", "fade_out"})  # what a part of a song does not tell
PAGE = "https://www.deezer.com/track/"  # and its id
UNMISTAKABLE = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash
PREVIEWS = ".dzcdn.net"  # the end of the names of the hosts that hold them


def terms(agent: str) -> Terms:
    return Terms(25, seconds=5, daily=50_000, agent=agent)  # half of what they bear, so that a restart keeps it, too


def terms_for_members(agent: str) -> Terms:
    """A turn of their own: who wants to hear a song now does not stand behind 20,000 others."""
    return Terms(10, seconds=5, daily=50_000, agent=agent, timeout=PATIENCE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Deezer answered that it will not, or cannot."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Where some 30 s of a song lie for some minutes, and Deezer's page about it."""

    url: str
    page: str


class Previews:
    """Asks Deezer where a song's preview is. Its answer is good for minutes, so nothing of it is kept."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def of(self, isrc: str) -> Preview | None:
        """Return the preview of a recording, None where Deezer has none. Raises SourceWaits, SourceFailed."""
        if not ISRC.fullmatch(isrc):
            return None
        said = preview(await self._site.get(f"/track/isrc:{isrc}"))
        if not isinstance(said, Refusal):
            return said if said is not None and is_theirs(said.url, self._site.base) else None
        if said.code == NO_DATA:
            return None
        if said.code in (QUOTA, BUSY):
            raise await self._site.leave_alone(QUOTA_WAIT if said.code == QUOTA else BUSY_WAIT, f"code {said.code}")
        raise SourceFailed(f"Deezer refuses with code {said.code}: {said.message[:80]}")


class Deezer:
    """Implements `ports.FeatureSource`."""

    name, batch = NAME, 1
    needs: Needs = "isrc"

    def __init__(self, site: Site, hearing: Hearing, scratch: Scratch) -> None:
        self._site, self._hearing, self._scratch = site, hearing, scratch
        self._previews = Previews(site)

    async def since(self) -> datetime | None:
        return LONG_AGO

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, Learnt]:
        """Hear one preview after the other. Raises SourceWaits, SourceFailed."""
        return {each.song.song: found for each in subjects if (found := await self._one(each))}

    async def _one(self, subject: Subject) -> Learnt | None:
        found = await self._previews.of(subject.song.isrc or "")
        return await self._heard(found.url) if found else None

    async def _heard(self, url: str) -> Learnt | None:
        content = await self._site.download(url, MOST_BYTES)
        with await asyncio.to_thread(self._scratch.holding, content) as file:
            try:
                heard = await self._hearing.analyse(file)
            except AudioError:
                return None  # a preview that cannot be heard today cannot be tomorrow
        numbers = {name: value for name, value in heard.numbers.items() if name not in OF_THE_WHOLE}
        return Learnt(features_heard(numbers, heard.vectors))


def is_theirs(url: str, base: str) -> bool:
    """Whether an address is one that previews come from: nobody sends us, or a member, elsewhere.

    Goes by the parsed host. What different readers take apart differently (a backslash, a user's name, white space) is
    refused: the browser must not see another host than we did.
    """
    try:
        parts, ours = urlsplit(url), urlsplit(base)
        place = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return False
    if not UNMISTAKABLE.fullmatch(url) or "@" in parts.netloc:
        return False
    at_preview = parts.scheme == "https" and parts.port in (None, 443) and (parts.hostname or "").endswith(PREVIEWS)
    return at_preview or place == (ours.scheme, ours.hostname, ours.port)


@answer
def preview(found: Any) -> Preview | Refusal | None:
    """Read the answer about a track: its preview, None where there is none, or a Refusal."""
    if found is None:
        return None
    if error := found.get("error"):
        said = untrusted.thing(error)
        return Refusal(untrusted.count(said.get("code")) or 0, untrusted.text(said.get("message")) or "")
    url, id_ = untrusted.url(found.get("preview")), untrusted.number(found.get("id"))
    return Preview(url, f"{PAGE}{id_:.0f}") if url and id_ else None
