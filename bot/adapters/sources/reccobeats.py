"""ReccoBeats: numbers like Spotify's former audio features, by Spotify's track ids.

https://reccobeats.com/docs: up to 40 ids per request; unknown songs are left out of the answer, and the others name
their Spotify track in `href`. Limits aren't published: a 429 with Retry-After reports excess. Free to use; no licence
is stated for the values.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.sources.shapes import LONG_AGO, answer
from bot.adapters.sources.site import Site, Terms
from bot.core import untrusted
from bot.core.features import SongFeatures
from bot.core.library.pace import Pace
from bot.ports import LookupResult, Needs, Subject

NAME = "reccobeats"
NUMBERS = (
    "acousticness", "danceability", "energy", "instrumentalness", "liveness", "loudness", "mode", "speechiness",
    "tempo", "valence",
)  # fmt: skip


def terms(agent: str) -> Terms:
    return Terms(Pace(timedelta(seconds=1)), daily=5_000, agent=agent)  # none is published; 40 songs a second is plenty


class ReccoBeats:
    """Implements `ports.FeatureSource`."""

    name, batch = NAME, 40
    needs: Needs = "uri"

    def __init__(self, site: Site) -> None:
        self._site = site

    async def since(self) -> datetime | None:
        return LONG_AGO

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, LookupResult]:
        """Ask about all songs at once. Raises SourceWaits, SourceFailed."""
        ids = {subject.song.song.rpartition(":")[2]: subject.song.song for subject in subjects}
        answer = await self._site.get("/v1/audio-features", ids=",".join(ids))
        known = audio_features(answer) if answer is not None else {}
        return {song: LookupResult(known[id_]) for id_, song in ids.items() if id_ in known and known[id_].known}


@answer
def audio_features(body: Any) -> dict[str, SongFeatures]:
    """Return the features in an answer, by Spotify's track id."""
    known = [(untrusted.url(track.get("href")), track) for track in untrusted.things(untrusted.rows(body["content"]))]
    return {href.rstrip("/").rpartition("/")[2]: _features(track) for href, track in known if href}


def _features(row: Mapping[str, Any]) -> SongFeatures:
    return SongFeatures({name: value for name in NUMBERS if (value := untrusted.number(row.get(name))) is not None})
