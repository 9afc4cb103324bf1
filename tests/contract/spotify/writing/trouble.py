"""Trouble: what a write may meet. Hypothesis draws it for the stories of writes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import strategies as st

from sandbox.spotify import Fault, Lag, World
from sandbox.spotify.faults import HangUp, Request

WHAT = (
    "POST /v1/playlists/*/items",
    "POST /v1/playlists/*/items",
    "DELETE /v1/playlists/*/items",
    "GET /v1/playlists/*",
    "GET /v1/me/playlists",
)
HOW: dict[str, Callable[[str], Fault]] = {
    "502, not carried out": lambda what: Fault(what, "status", times=2),
    "carried out, then 502": lambda what: Fault(what, "apply-then", times=2),
    "carried out, no reply": lambda what: Fault(what, "apply-then", status=0),
    "carried out, half a reply": lambda what: Fault(what, "cut"),
    "no reply": lambda what: Fault(what, "drop"),
    "carried out 12 s late": lambda what: Fault(what, "late", seconds=12),
    "429": lambda what: Fault(what, "status", status=429, retry_after=30),
}
REQUEST = st.none() | st.integers(1, 8)  # the number of a request of a write


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens during a write: how long reads lag, a fault, a crash, and a song that somebody adds."""

    lag: int
    what: str
    how: str | None
    crash_before: int | None
    crash_after: int | None
    added_at: int | None

    async def befalls(self, world: World, work: Awaitable[object], add: Callable[[], None]) -> bool:
        """Do the work; return whether it was killed. add: adds a song by hand. Lag and fault stay until `pass_by`."""
        seen = 0
        world.lag = Lag(self.lag)
        world.faults = [HOW[self.how](self.what)] if self.how else []
        working = asyncio.ensure_future(work)

        async def before(_: Request) -> None:
            nonlocal seen
            seen += 1
            if seen == self.added_at:
                add()
            if seen == self.crash_before:
                working.cancel()
                raise HangUp

        async def after(_: Request) -> None:
            if seen == self.crash_after:
                working.cancel()

        world.before, world.after = [before], [after]
        with suppress(asyncio.CancelledError):
            await working
        world.before, world.after = [], []
        return working.cancelled()


def pass_by(world: World) -> None:
    world.faults, world.lag = [], Lag()


NONE = Trouble(0, "", None, None, None, None)
TROUBLE = st.builds(
    Trouble,
    st.sampled_from([0, 2, 30]),
    st.sampled_from(WHAT),
    st.none() | st.sampled_from([*HOW]),
    REQUEST,
    REQUEST,
    REQUEST,
)
