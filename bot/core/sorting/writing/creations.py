"""Creations: playlists that we make in a member's account. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Making:
    """A playlist requested from Spotify. `mark` is in its description; asked_at is None until it's requested."""

    member: int
    purpose: str
    name: str
    mark: str
    asked_at: datetime | None = None
