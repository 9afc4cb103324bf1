"""Pending: interactions that wait for work to finish, so that progress and results appear where they were asked for.

Only in memory: after a restart the result comes by direct message instead.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import discord

GOOD_FOR = timedelta(minutes=14)  # an interaction can be answered for 15
EVERY = timedelta(seconds=2)  # between two edits that show progress


@dataclass(slots=True)
class Live:
    """An interaction that waits. `apart`: what it showed stays; the result comes as a new message.

    `sorts`: a training that it waits for is followed by the dry run.
    """

    interaction: discord.Interaction[Any]
    since: datetime
    apart: bool
    sorts: bool = False
    shown_at: datetime | None = None


class Pending:
    def __init__(self) -> None:
        self._live: dict[tuple[int, str, int], Live] = {}  # by member, job and what it is about

    def wait(
        self,
        interaction: discord.Interaction[Any],
        job: str,
        now: datetime,
        *,
        about: int = 0,
        apart: bool = False,
        sorts: bool = False,
    ) -> None:
        """Send the result of the member's job ("sync", "train" a layer, "apply" a write) to this interaction.

        A result that would come apart leaves it to an interaction whose message waits for it already.
        """
        self._live = {key: live for key, live in self._live.items() if live.since + GOOD_FOR > now}
        key = interaction.user.id, job, about
        if not apart or key not in self._live:
            self._live[key] = Live(interaction, now, apart, sorts)

    def take(self, member: int, job: str, now: datetime, about: int | None = None) -> Live | None:
        """Return, once, the interaction that waits for this job, or without `about` for any of its kind."""
        key = next((key for key in self._live if key[:2] == (member, job) and about in (None, key[2])), None)
        live = self._live.pop(key) if key else None
        return live if live is not None and live.since + GOOD_FOR > now else None

    def due(self, member: int, job: str, now: datetime) -> Live | None:
        """Return the interaction to show progress in, if it showed none a moment ago and its message may change."""
        for key, live in self._live.items():
            rested = live.shown_at is None or live.shown_at + EVERY <= now
            if key[:2] == (member, job) and not live.apart and rested and live.since + GOOD_FOR > now:
                live.shown_at = now
                return live
        return None

    def has(self, member: int, now: datetime) -> bool:
        """Whether any interaction of the member's waits."""
        return any(key[0] == member and live.since + GOOD_FOR > now for key, live in self._live.items())

    def awaiting(self, job: str, now: datetime) -> list[int]:
        """Return the members for whom an interaction waits for such a job."""
        return [key[0] for key, live in self._live.items() if key[1] == job and live.since + GOOD_FOR > now]

    def forget(self, member: int) -> None:
        self._live = {key: live for key, live in self._live.items() if key[0] != member}
