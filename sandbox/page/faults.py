"""Faults to try: buttons for what real services do to a bot."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.discord.model import Json
from sandbox.page.asking import Ask
from sandbox.page.stage import Stage
from sandbox.spotify import Fault, Lag

EVERY_CALL = "* /v1/*"
ADDING = "POST /v1/playlists/*/items"
WAIT = 30  # seconds of Retry-After
OUTAGE = 30.0  # seconds
SLOWNESS = 2.0  # seconds that a slow call takes
SLOW_CALLS = 10
LAG = Lag(items=8.0, snapshots=8.0)
LATE = 8.0  # seconds after the client gave up on an answer


@dataclass(frozen=True, slots=True)
class Button:
    """`label` is the button's text, `meaning` the explanation next to it."""

    name: str
    service: str
    label: str
    meaning: str
    press: Callable[[Stage], None]


def _limit(stage: Stage) -> None:
    stage.spotify.faults.append(Fault(EVERY_CALL, "status", status=429, retry_after=WAIT))


def _lost_answer(stage: Stage) -> None:
    stage.spotify.faults.append(Fault(ADDING, "apply-then", status=502))


def _outage(stage: Stage) -> None:
    fault = Fault(EVERY_CALL, "status", times=None, status=503)
    stage.spotify.faults.append(fault)
    asyncio.get_running_loop().call_later(OUTAGE, _end, stage, fault)


def _end(stage: Stage, fault: Fault) -> None:
    stage.spotify.faults[:] = [other for other in stage.spotify.faults if other is not fault]
    stage.watcher()


def _quota(stage: Stage) -> None:
    stage.spotify.faults.append(Fault(EVERY_CALL, "quota"))


def _slow_spotify(stage: Stage) -> None:
    stage.spotify.faults.append(Fault(EVERY_CALL, "slow", times=SLOW_CALLS, seconds=SLOWNESS))


def _lag(stage: Stage) -> None:
    stage.spotify.lag = LAG


def _late(stage: Stage) -> None:
    stage.spotify.faults.append(Fault(ADDING, "late", seconds=LATE))


def _drop(stage: Stage) -> None:
    stage.discord.sessions.drop()


def _invalidate(stage: Stage) -> None:
    stage.discord.sessions.invalidate()


def _limit_discord(stage: Stage) -> None:
    stage.discord.faults.limit(SLOWNESS)


def _slow_discord(stage: Stage) -> None:
    stage.discord.faults.delay(SLOWNESS, times=SLOW_CALLS)


def _clear(stage: Stage) -> None:
    stage.spotify.faults.clear()
    stage.spotify.lag = Lag()
    stage.discord.faults.clear()


BUTTONS = (
    Button("limit", "Spotify", f"Wait {WAIT} s", f"The next call is refused: 429 with Retry-After {WAIT}.", _limit),
    Button(
        "lost-answer", "Spotify", "Lose an answer", "The next add is carried out, but answered with 502.", _lost_answer
    ),
    Button("outage", "Spotify", "Be down", f"Every call is answered with 503 for {OUTAGE:.0f} seconds.", _outage),
    Button("quota", "Spotify", "Exceed the quota", "The next call is refused for a day: QUOTA_EXCEEDED.", _quota),
    Button("slow", "Spotify", "Be slow", f"The next {SLOW_CALLS} calls take {SLOWNESS:.0f} s longer.", _slow_spotify),
    Button("lag", "Spotify", "Lag behind", f"Changes become visible {LAG.items:.0f} s later.", _lag),
    Button("late", "Spotify", "Be late", f"The next add gets no answer, and is carried out {LATE:.0f} s later.", _late),
    Button("drop", "Discord", "Drop the gateway", "The connection drops; the bot should resume.", _drop),
    Button("invalid", "Discord", "Invalid session", "The bot has to log in again.", _invalidate),
    Button("limit-discord", "Discord", "Rate limit", f"The next request has to wait {SLOWNESS:.0f} s.", _limit_discord),
    Button("slow-discord", "Discord", "Be slow", f"{SLOW_CALLS} requests take {SLOWNESS:.0f} s longer.", _slow_discord),
    Button("clear", "All", "Clear all faults", "Pending faults are cancelled; nothing lags any more.", _clear),
)


def pending(stage: Stage) -> list[str]:
    """Return the pending faults, in words."""
    spotify = [f"Spotify: {_kind(fault)} × {_often(fault)}" for fault in stage.spotify.faults if fault.times != 0]
    discord = [f"Discord: {_discord_kind(fault.delay)} × {fault.times}" for fault in stage.discord.faults.pending]
    lag = ["Spotify: lags behind"] if stage.spotify.lag != Lag() else []
    return [*lag, *spotify, *discord]


def _kind(fault: Fault) -> str:
    return (
        str(fault.status) if fault.kind == "status" else f"{fault.kind}".replace("apply-then", "carried out, then 502")
    )


def _often(fault: Fault) -> str:
    return "every call" if fault.times is None else str(fault.times)


def _discord_kind(delay: float) -> str:
    return f"slow by {delay:.0f} s" if delay else "refused"


# The page's calls


async def offered(_: Ask) -> list[Json]:
    return [
        {"name": button.name, "service": button.service, "label": button.label, "meaning": button.meaning}
        for button in BUTTONS
    ]


async def press(ask: Ask) -> Json:
    """Press a button. Raises KeyError if there's none of that name."""
    {button.name: button for button in BUTTONS}[ask.text("name")].press(ask.stage)
    ask.stage.watcher()
    return {}
