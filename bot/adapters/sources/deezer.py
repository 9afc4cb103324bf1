"""Deezer: its 30 s preview of a recording, by ISRC: downloaded, analysed here and deleted, or played to a member.

https://developers.deezer.com/api: 50 requests in 5 s per address. Errors come with status 200, as
{"error": {"type", "message", "code"}}: code 4 rate limit, 700 busy, 800 no such data. A preview's address is valid for
some minutes, so it's requested when needed and never stored.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.adapters.hearing import Hearing
from bot.adapters.scratch import Scratch
from bot.adapters.sources.musicbrainz import ISRC
from bot.adapters.sources.shapes import LONG_AGO, answer
from bot.adapters.sources.site import Site, Terms
from bot.core import untrusted
from bot.core.features import features_heard
from bot.core.library.pace import Pace
from bot.errors import SourceFailed
from bot.errors.audio import AudioError
from bot.ports import LookupResult, Needs, Preview, Subject

NAME = "deezer"
QUOTA, BUSY, NO_DATA = 4, 700, 800
QUOTA_WAIT, BUSY_WAIT = 10, 60  # seconds; the window is five
MOST_BYTES = 2_000_000  # bytes of a preview; 30 s at 128 kb/s are 480 KB
PATIENCE = 3.0  # seconds a member waits for its answer
OF_THE_WHOLE = frozenset({"duration", "fade_in", "fade_out"})  # features that a part of a song doesn't have
PAGE = "https://www.deezer.com/track/"  # followed by its id
UNMISTAKABLE = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash
PREVIEWS = ".dzcdn.net"  # suffix of the hosts that serve them


def terms(agent: str) -> Terms:
    return Terms(Pace(timedelta(seconds=0.2)), daily=50_000, agent=agent)  # half of what they allow: 50 in 5 seconds


def terms_for_members(agent: str) -> Terms:
    """Return separate terms, so that a member who wants to hear a song doesn't queue behind 20,000 others."""
    pace = Pace(timedelta(seconds=0.5), burst=10)  # 20 in 5 seconds at most
    return Terms(pace, daily=50_000, agent=agent, timeout=PATIENCE, line=":members")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Deezer answered that it can't or won't."""

    code: int
    message: str


class Previews:
    """Asks Deezer for a song's preview. Its answer is valid for minutes, so none of it is stored."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def of(self, isrc: str) -> Preview | None:
        """Return a recording's preview, None if Deezer has none. Raises SourceWaits, SourceFailed."""
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

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, LookupResult]:
        """Analyse one preview after the other. Raises SourceWaits, SourceFailed."""
        return {subject.song.song: result for subject in subjects if (result := await self._one(subject))}

    async def _one(self, subject: Subject) -> LookupResult | None:
        preview = await self._previews.of(subject.song.isrc or "")
        return await self._heard(preview.url) if preview else None

    async def _heard(self, url: str) -> LookupResult | None:
        content = await self._site.download(url, MOST_BYTES)
        with await asyncio.to_thread(self._scratch.holding, content) as file:
            try:
                heard = await self._hearing.analyse(file)
            except AudioError:
                return None  # a preview that can't be analysed today can't be tomorrow
        numbers = {name: value for name, value in heard.numbers.items() if name not in OF_THE_WHOLE}
        return LookupResult(features_heard(numbers, heard.vectors))


def is_theirs(url: str, base: str) -> bool:
    """Whether an address is one that serves previews, so nobody can send us or a member elsewhere.

    It checks the parsed host, and refuses addresses that parsers disagree on (a backslash, user info, white space): the
    browser must not see another host than we did.
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
def preview(track: Any) -> Preview | Refusal | None:
    """Read the answer about a track: its preview, None if there's none, or a Refusal."""
    if track is None:
        return None
    if error := track.get("error"):
        said = untrusted.thing(error)
        return Refusal(untrusted.count(said.get("code")) or 0, untrusted.text(said.get("message")) or "")
    url, id_ = untrusted.url(track.get("preview")), untrusted.number(track.get("id"))
    return Preview(url, f"{PAGE}{id_:.0f}") if url and id_ else None
