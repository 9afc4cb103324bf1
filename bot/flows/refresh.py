"""Refresh: reads a member's Spotify account, and yields the jobs that follow.

It belongs to no room: what it reads concerns the library, the account's sealed answers and the shared playlists.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.adapters.store import Store
from bot.adapters.store.account import members, notices
from bot.adapters.store.sorting import answers
from bot.core.jobs import JobKind, Next
from bot.core.notices import NoticeKind
from bot.core.records import Account
from bot.errors import NotLinked
from bot.flows.account import link
from bot.flows.feed import saved_likes
from bot.flows.library import other_playlists, sync
from bot.flows.library.new_likes import NewLikes
from bot.flows.library.poll import Polls
from bot.flows.social.shared import publish
from bot.flows.sorting.writing import manual_edits
from bot.ports import Secrets


@dataclass(frozen=True, slots=True)
class Refreshing:
    """Reads accounts. `progress` hears the member, and how many of how many likes are read."""

    store: Store
    vault: Secrets
    new_likes: NewLikes
    polls: Polls
    progress: Callable[[int, int, int], Awaitable[None]]

    async def sync(self, member: int, now: datetime) -> AsyncIterator[Next]:
        """Read all likes and changed playlists, for /sync and after linking.

        Raises NotLinked, ConsentEnded, and as `sync.sync` does.
        """
        music = await self.new_likes.accounts.account_music(member)
        account = await self._account(member)
        if account is None:
            raise NotLinked

        async def progress(done: int, total: int) -> None:
            await self.progress(member, done, total)

        synced = await sync.sync(self.store, music, account, now, progress)
        await self.polls.learn(member, now)
        await link.recognise(self.store, self.vault, member)
        told = await self._told_up_to(member)
        await manual_edits.detect(self.store, music, member, now)
        async with self.store.writing() as tx:
            edits = await manual_edits.learned_since(tx, member, told)
            body: dict[str, Any] = {"edits": edits, "event": await answers.next_event(tx, member) - 1}
            body |= {"total": synced.total, "new": synced.new, "gone": synced.gone, "first": account.synced_at is None}
            await notices.add(tx, member, NoticeKind.SYNCED, body, now)
        for shared in await publish.unwritten(self.store, member):
            yield Next(JobKind.SHARE, shared.shared)
        if await saved_likes.are_unsaved(self.store, member):  # since before they linked again
            yield Next(JobKind.SAVE)
        if await other_playlists.may_be_read(self.store, member):
            yield Next(JobKind.READ)
        async for following in self.new_likes.settle(member, now):
            yield following

    async def _told_up_to(self, member: int) -> int:
        """Return the event up to which the member was told what their edits taught; at first, that's everything."""
        async with self.store.reading() as tx:
            before = await notices.newest(tx, member, NoticeKind.SYNCED)
            event = before.body.get("event") if before is not None else None
            return int(event) if event is not None else await answers.next_event(tx, member) - 1

    async def poll(self, member: int, now: datetime) -> AsyncIterator[Next]:
        """Look at the account once; read all likes if that was never done."""
        account = await self._account(member)
        if account is None:
            return
        if account.synced_at is None:
            async for following in self.sync(member, now):
                yield following
            return
        music = await self.new_likes.accounts.account_music(member)
        await self.polls.poll(music, music, account, now)
        if await other_playlists.are_due(self.store, member):
            yield Next(JobKind.READ)
        async for following in self.new_likes.settle(member, now):
            yield following

    async def _account(self, member: int) -> Account | None:
        async with self.store.reading() as tx:
            return await members.account(tx, member)
