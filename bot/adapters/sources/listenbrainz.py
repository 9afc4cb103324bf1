"""ListenBrainz: artists with the same listeners, by the artists' MusicBrainz ids.

An experimental API (https://labs.api.listenbrainz.org/similar-artists): one row per similar artist, with the
`reference_mbid` of the artist asked about; unknown algorithms get a 400. They announce 30 requests in 10 s. Listens and
data computed from them are CC0.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.sources.shapes import LONG_AGO, answer
from bot.adapters.sources.site import Site, Terms
from bot.core import untrusted
from bot.core.features import SongFeatures
from bot.core.library.pace import Pace
from bot.ports import LookupResult, Needs, Subject

NAME = "listenbrainz"
ALGORITHM = "session_based_days_7500_session_300_contribution_5_threshold_10_limit_100_filter_True_skip_30"
MOST_SIMILAR = 20  # artists; the most similar ones


def terms(agent: str) -> Terms:
    return Terms(Pace(timedelta(seconds=1)), daily=20_000, agent=agent)  # a third of what they allow


class ListenBrainz:
    """Implements `ports.FeatureSource`. The set holds MusicBrainz ids, including the song's own artists."""

    name, batch = NAME, 20
    needs: Needs = "artist"

    def __init__(self, site: Site) -> None:
        self._site = site

    async def since(self) -> datetime | None:
        return LONG_AGO

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, LookupResult]:
        """Ask about all artists of all songs at once. Raises SourceWaits, SourceFailed."""
        artists = sorted({artist for subject in subjects for artist in subject.ids.get("artist", ())})
        rows = await self._site.post("/similar-artists/json", [{"artist_mbids": artists, "algorithm": ALGORITHM}])
        similar = similar_artists(rows or [])
        return {subject.song.song: result for subject in subjects if (result := _result(subject, similar))}


@answer
def similar_artists(rows: Any) -> dict[str, list[str]]:
    """Return each requested artist's most similar artists, most similar first."""
    scored: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row in untrusted.things(untrusted.rows(rows)):
        artist, other = untrusted.text(row.get("reference_mbid")), untrusted.text(row.get("artist_mbid"))
        if artist and other:
            scored[artist].append((untrusted.number(row.get("score")) or 0.0, other))
    return {
        artist: [other for _, other in sorted(scores, key=lambda one: (-one[0], one[1]))[:MOST_SIMILAR]]
        for artist, scores in scored.items()
    }


def _result(subject: Subject, similar: Mapping[str, Sequence[str]]) -> LookupResult | None:
    own = subject.ids.get("artist", ())
    others = {other for artist in own for other in similar.get(artist, ())}
    return LookupResult(SongFeatures({}, {"similar_artists": frozenset(others | set(own))})) if others else None
