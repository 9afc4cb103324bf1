"""Features: sources that know what songs sound like: a service, an index on this disk, the operator's music folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from bot.core.features import SongFeatures
from bot.core.records import Song

Ids = Mapping[str, Sequence[str]]  # MusicBrainz ids of a song by kind: "recording", "artist"
Needs = Literal["title", "isrc", "uri", "recording", "artist"]  # what a source finds songs by; the last two are Ids


@dataclass(frozen=True, slots=True)
class Subject:
    """A song that a source is asked about, and the ids that other sources gave it.

    owner: the member whose file alone describes it, so that the answer is theirs alone; 0: everybody's.
    """

    song: Song
    ids: Ids = field(default_factory=dict)
    owner: int = 0


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What a source said about a song. `ids` help other sources find it; no model sees them."""

    features: SongFeatures
    ids: Ids = field(default_factory=dict)


class FeatureSource(Protocol):
    """Something that knows about songs: a service, an index on this disk, the operator's music folder.

    name: as in `core.library.merge.PRECEDENCE`; needs: what a song must have to be asked about; batch: songs a call.
    """

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> Needs: ...

    @property
    def batch(self) -> int: ...

    async def since(self) -> datetime | None:
        """Return when its knowledge last changed, so that it's asked again; None: it can't answer now."""
        ...

    async def look_up(self, subjects: Sequence[Subject]) -> Mapping[str, LookupResult]:
        """Return what it knows, by song; songs it knows nothing about are left out.

        Raises SourceWaits (don't ask before a certain moment), SourceFailed (for these songs, perhaps only for these).
        """
        ...
