"""Port: what the API needs from the rest of the bot. Everything is asked for one member, and answered for them alone.

Where the member may not see a song, or there is none, a MemberError is raised; both are one answer: not found.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.core.records import ApiToken, Song


class Entry(Protocol):
    """A song of the catalogue. `peak` is its most striking moment (s), where known, `clip` whether one can be cut."""

    @property
    def song(self) -> Song: ...

    @property
    def numbers(self) -> Mapping[str, float]: ...

    @property
    def peak(self) -> float | None: ...

    @property
    def clip(self) -> bool: ...


class Page(Protocol):
    """`next` is what to ask for the next page with; None at the end."""

    @property
    def entries(self) -> Sequence[Entry]: ...

    @property
    def next(self) -> str | None: ...


class Recommended(Protocol):
    """A song, how well it fits, the songs that it is near to, and why in words."""

    @property
    def entry(self) -> Entry: ...

    @property
    def score(self) -> float: ...

    @property
    def near(self) -> Sequence[Song]: ...

    @property
    def why(self) -> str: ...


class Clip(Protocol):
    @property
    def data(self) -> bytes: ...

    @property
    def mime(self) -> str: ...


class Feed(Protocol):
    async def holder(self, secret: str) -> ApiToken | None:
        """Return whose token has this secret; None where none is good."""
        ...

    async def page(self, member: int, after: str | None, count: int, typed: str) -> Page: ...

    async def entry(self, member: int, song: str) -> Entry: ...

    async def random(self, member: int) -> Entry: ...

    async def clip(self, member: int, song: str) -> Clip: ...

    async def recommend(self, member: int, song: str | None, count: int) -> Sequence[Recommended]: ...

    async def dislike(self, member: int, song: str) -> None:
        """Never recommend the song to the member, until that is undone."""
        ...

    async def undo_dislike(self, member: int, song: str) -> None: ...
