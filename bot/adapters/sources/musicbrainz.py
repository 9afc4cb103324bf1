"""MusicBrainz: a recording's artists, first release, genres and tags, by ISRC.

Web Service 2, https://musicbrainz.org/doc/MusicBrainz_API: one request a second per address, and a User-Agent with the
program's name and a contact; faster clients get a 503. Core data is CC0; genres and tags are CC BY-NC-SA 3.0, for
non-commercial use.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.sources.shapes import LONG_AGO, answer
from bot.adapters.sources.site import Site, Terms
from bot.core import untrusted
from bot.core.features import TITLE, SongFeatures
from bot.core.library.pace import Pace
from bot.core.moments import year_of
from bot.ports import LookupResult, Needs, Subject

NAME = "musicbrainz"
INCLUDED = "artist-credits+releases+genres+tags"
ISRC = re.compile(r"[A-Z]{2}[0-9A-Z]{3}\d{7}")
MOST_WORDS = 12  # genres, and tags, per song; those with most votes
DATED = re.compile(r"\d{4}")


def terms(agent: str) -> Terms:
    pace = Pace(timedelta(seconds=1.1))  # one a second, with a margin for network delays
    return Terms(pace, daily=80_000, agent=agent)


class MusicBrainz:
    """Implements `ports.FeatureSource`."""

    name, batch = NAME, 1
    needs: Needs = "isrc"

    def __init__(self, site: Site) -> None:
        self._site = site

    async def since(self) -> datetime | None:
        return LONG_AGO

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, LookupResult]:
        """Ask about one song after the other. Raises SourceWaits, SourceFailed."""
        return {subject.song.song: said for subject in subjects if (said := await self._one(subject))}

    async def _one(self, subject: Subject) -> LookupResult | None:
        isrc = subject.song.isrc or ""
        if not ISRC.fullmatch(isrc):
            return None
        # Built by hand, because the plus signs of `inc` must stay unescaped.
        answer = await self._site.get(f"/ws/2/isrc/{isrc}?inc={INCLUDED}&fmt=json")
        return None if answer is None else result_of(answer)


@answer
def result_of(body: Any) -> LookupResult | None:
    """Read the answer about an ISRC; None if it has no recording. The first of several gives names and words."""
    recordings = untrusted.things(untrusted.rows(body["recordings"]))
    if not recordings:
        return None
    credited = [
        untrusted.thing(credit.get("artist")) for credit in untrusted.things(recordings[0].get("artist-credit"))
    ]
    genres = _words([recordings[0]], "genres") or _words(credited, "genres")
    sets = {
        "artists": frozenset(_each(credited, "name")),
        "genres": genres,
        "tags": _words([recordings[0], *credited], "tags") - genres,
        TITLE: frozenset(_each(recordings[:1], "title")),
    }
    ids = {"recording": _each(recordings, "id"), "artist": _each(credited, "id")}
    return LookupResult(
        SongFeatures(_year(recordings), {name: words for name, words in sets.items() if words}),
        {kind: values for kind, values in ids.items() if values},
    )


def _each(things: Sequence[Mapping[str, Any]], field: str) -> list[str]:
    return untrusted.texts([item.get(field) for item in things])


def _year(recordings: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    dates = [date for date in _each(recordings, "first-release-date") if DATED.match(date)]
    years = [year for date in dates if (year := year_of(date)) is not None]
    return {"year": min(years)} if years else {}


def _words(things: Sequence[Mapping[str, Any]], kind: str) -> frozenset[str]:
    """Return the words with positive votes, over several entities; votes may be negative."""
    votes: Counter[str] = Counter()
    for thing in things:
        for word in untrusted.things(thing.get(kind)):
            if name := untrusted.text(word.get("name")):
                votes[name] += round(untrusted.number(word.get("count", 1)) or 0)
    ranked = sorted((word for word in votes if votes[word] > 0), key=lambda word: (-votes[word], word))
    return frozenset(ranked[:MOST_WORDS])
