"""Desk: the interactions that wait for work to be done, so that its progress and result appear where it was asked for.

Only in memory: after a restart the result comes by direct message instead.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import discord

GOOD_FOR = timedelta(minutes=14)  # an interaction can be answered for 15
EVERY = timedelta(seconds=2)  # between two edits that show progress
JOB_OF = {"synced": "sync", "trained": "train", "receipt": "apply"}  # the work that a kind of notice tells of


@dataclass(slots=True)
class Live:
    """An interaction that waits. `apart`: what it showed stays, the result comes as a message of its own."""

    interaction: discord.Interaction[Any]
    since: datetime
    apart: bool
    shown_at: datetime | None = None


class Desk:
    def __init__(self) -> None:
        self._live: dict[tuple[int, str], Live] = {}

    def wait(self, interaction: discord.Interaction[Any], job: str, now: datetime, *, apart: bool = False) -> None:
        """Let the result of the member's `job` ("sync", "train" or "apply") go to this interaction."""
        self._live = {key: live for key, live in self._live.items() if live.since + GOOD_FOR > now}
        self._live[interaction.user.id, job] = Live(interaction, now, apart)

    def take(self, member: int, kind: str, now: datetime) -> Live | None:
        """Return who waits for this kind of notice, once; None when nobody does any more."""
        live = self._live.pop((member, JOB_OF.get(kind, kind)), None)
        return live if live is not None and live.since + GOOD_FOR > now else None

    def due(self, member: int, job: str, now: datetime) -> Live | None:
        """Return who is to see progress now: nobody who saw some just before, nor anybody whose message must stay."""
        live = self._live.get((member, job))
        if live is None or live.apart or live.since + GOOD_FOR <= now:
            return None
        if live.shown_at is not None and live.shown_at + EVERY > now:
            return None
        live.shown_at = now
        return live

    def forget(self, member: int) -> None:
        self._live = {key: live for key, live in self._live.items() if key[0] != member}
