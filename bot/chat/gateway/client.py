"""Client: Discord, as the rest of the bot sees it: run it, tell a member something, report progress."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime

import discord

from bot.adapters.parts import EVERYTHING, Part
from bot.chat import delivery
from bot.chat.account import data, guide, link, settings, status, tokens, unlink, updates
from bot.chat.failures import FAILURES
from bot.chat.feed import activity, discover, feed, listening, song, web
from bot.chat.gateway import presence
from bot.chat.gateway.bot import AnyCommand, Bot, Handler, ShardedBot
from bot.chat.layout import Page
from bot.chat.library import library
from bot.chat.social import (
    channels,
    follow,
    groups,
    hide,
    profile,
    reposts,
    rounds,
    server,
    shared_playlists,
    taste_match,
)
from bot.chat.sorting import bulk, label, model, playlists, prompt, rules, standing, unsorted
from bot.chat.sorting.writing import corrections, history, sort, undo, why
from bot.core.records import Notice
from bot.core.social.records import Repost, Takedown
from bot.errors import SettingsError
from bot.flows.library import progress as library_progress
from bot.flows.social.digest import Digest
from bot.messages.library import reading
from bot.services import Services

log = logging.getLogger(__name__)
REMEMBERED = 1000  # notices that were told
BRIEFLY = 5  # seconds that work waits for its progress to be shown
ROOMS = (
    *(link, library),
    *(rules, playlists, history, standing, label, bulk, prompt, model, sort, undo, corrections, why, unsorted),
    *(song, updates, settings, status, guide, data, unlink, tokens),
    *(discover, feed, listening, web, activity, profile, follow, taste_match, server),
    *(reposts, hide, shared_playlists, groups, rounds),
)


def all_commands() -> list[AnyCommand]:
    return [command for room in ROOMS for command in getattr(room, "COMMANDS", ())]


def all_taps() -> Mapping[str, Handler]:
    """Return who handles which button. Raises ValueError if two handlers share a name."""
    taps = [tap for room in ROOMS for tap in getattr(room, "TAPS", {}).items()]
    if len(dict(taps)) != len(taps):
        raise ValueError("two handlers share a name")
    return dict(taps)


class Chat:
    """`tell` and `progress` may be called before the connection stands; they wait for it."""

    def __init__(self, services: Services, part: Part = EVERYTHING) -> None:
        self._token = services.settings.discord_token
        self._services, self._part = services, part
        kind = ShardedBot if part.shards else Bot
        self._bot = kind(services, all_commands(), all_taps(), part)
        self._told: deque[tuple[int, datetime]] = deque(maxlen=REMEMBERED)

    async def run(self) -> None:
        """Stay connected until closed; without a gateway, only to the REST API.

        Raises SettingsError for a token that Discord refuses.
        """
        try:
            if self._part.gateway:
                await self._bot.start(self._token)
            else:
                await self._bot.stay_logged_in(self._token)
        except discord.LoginFailure:
            raise SettingsError("Discord refused DISCORD_TOKEN: copy it again from the developer portal") from None

    async def close(self) -> None:
        await self._bot.close()

    @property
    def is_connected(self) -> bool:
        """Whether the gateway is connected at this moment."""
        return self._bot.is_connected

    @property
    def active(self) -> int:
        """How many members used a command or a button in the last day, or since the start."""
        return self._bot.acknowledgements.active()

    async def tell(self, notices: Sequence[Notice]) -> bool:
        """Tell one member of a notice, or of several updates in one message; False if Discord allows it nowhere.

        Nothing is told twice, also when two callers bring the same notice.
        """
        async with self._telling(notices[0].member):
            new = {(notice.notice, notice.created_at): notice for notice in notices}
            new = {key: notice for key, notice in new.items() if key not in self._told}
            told = not new or await delivery.deliver(self._bot, [*new.values()])
            self._told.extend(new if told else ())
            return told

    def _telling(self, member: int) -> asyncio.Lock:
        return self._services.store.lock_here(("telling", member))

    async def progress(self, member: int, kind: str, done: int, total: int) -> None:
        """Show how far work has come where it was asked for; at most every other second.

        A worker leaves that to the gateway where it was.
        """
        if not self._part.gateway:
            await library_progress.note(self._services.store, member, done, total)
            return
        async with self._telling(member):  # never over the result
            live = self._bot.pending.due(member, kind, self._services.clock())
            if live is None:
                return
            try:
                async with asyncio.timeout(BRIEFLY):
                    await live.interaction.edit_original_response(view=Page(reading(done, total)))
            except FAILURES as gone:
                log.debug("nobody sees the progress of %s: %s", kind, gone)

    async def take_down(self, takedown: Takedown) -> bool:
        """Delete a message of ours; True when it is gone. Raises ChatDown."""
        return await channels.take_down(self._bot, takedown)

    async def find_repost(self, repost: Repost) -> int | None:
        """Return the message of a repost that was cut short. Raises ChatDown."""
        return await channels.find_repost(self._bot, repost)

    async def pass_on(self, number: int) -> Repost | None:
        """Post a repost that was begun elsewhere than in Discord. Raises BadChoice."""
        return await channels.pass_on(self._bot, number)

    async def digest(self, news: Digest) -> None:
        """Post a digest unless it stands there. Raises ChatDown."""
        await channels.digest(self._bot, news)

    async def turn_round(self, number: int) -> None:
        """Turn a round that is due, and tell its channel. Raises ChatDown."""
        await channels.turn_round(self._bot, number)

    async def is_in(self, server: int, member: int) -> bool:
        """Whether a member is in a server, at this moment. Raises ChatDown."""
        return await presence.is_in(self._bot, server, member)

    async def name_of(self, member: int) -> str:
        """What Discord calls a member. Raises ChatDown."""
        return await presence.name_of(self._bot, member)

    async def server_name(self, server: int) -> str | None:
        """What Discord calls a server; None for one that the bot is not in."""
        guild = await self._bot.guild(server)
        return guild.name if guild is not None else None

    async def crowd(self, server: int) -> int:
        """Return how many are in a server, the bot among them; 0 for one that it is not in."""
        guild = await self._bot.guild(server)
        return (guild.member_count or guild.approximate_member_count or 0) if guild is not None else 0

    def awaiting(self, kind: str) -> Sequence[int]:
        """Return the members who wait here for the result of such a job."""
        return self._bot.pending.awaiting(kind, self._services.clock())

    def awaits(self, member: int) -> bool:
        """Whether an interaction of a member's waits here for the result of a job."""
        return self._bot.pending.has(member, self._services.clock())
