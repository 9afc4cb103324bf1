"""Poll: one look at a member's account, for new likes and manual edits, and when the next one follows.

If nothing has changed, a look costs one call, for the newest likes, and every fourth one another, for the list of
playlists with their snapshots.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx, setbacks
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.core.jobs import JobKind
from bot.core.library import polling
from bot.core.library.polling import Rhythm
from bot.core.records import Account, Look
from bot.errors import NotLinked
from bot.flows.library import sync
from bot.flows.sorting.writing import manual_edits
from bot.ports import Likes, Music

LOOK_AT_PLAYLISTS = 4  # every fourth poll
AT_ONCE = 200  # members whose polls are begun by one tick: after an outage, everybody's are due


class Polls:
    """Plans looks in a rhythm."""

    def __init__(self, store: Store, rhythm: Rhythm) -> None:
        self._store, self.rhythm = store, rhythm
        self._active: set[int] = set()  # who used the bot since the last tick

    def saw(self, member: int) -> None:
        """Note that a member uses the bot: they'll be looked at soon."""
        self._active.add(member)

    async def look_soon(self, now: datetime) -> None:
        """Bring the looks at members who use the bot forward to `shortest` after the last one.

        Not if they wait for longer than ever because their app has no looks to give.
        """
        active, self._active = self._active, set()
        for some in chunks(active):
            async with self._store.reading() as tx:
                known = await members.looks(tx, some)
            sooner = {look.member: soon for look in known if (soon := self._sooner(look, now)) is not None}
            if sooner:
                async with self._store.writing() as tx:
                    await members.plan_looks(tx, sooner)

    def _sooner(self, look: Look, now: datetime) -> datetime | None:
        """Return the moment to bring a look forward to, if any."""
        if look.turn_at is None or look.next_poll_at is None:
            return None
        soon = max(now, look.turn_at + self.rhythm.shortest)
        return soon if soon < look.next_poll_at <= now + self.rhythm.last else None

    async def due(self, now: datetime) -> list[int]:
        """Return the members to look at now: those who are due, as far as their apps have looks to give.

        The others have reserved their app's next ones. Members whose looks failed too often aren't among them.
        """
        async with self._store.reading() as tx:
            aside = await setbacks.subjects_aside(tx, JobKind.POLL)
            waiting = await members.due(tx, now, AT_ONCE + len(aside))
        waiting = [look for look in waiting if look.member not in aside][:AT_ONCE]
        if not waiting:
            return []
        async with self._store.writing() as tx:
            turns = await self._reserve(tx, waiting, now)
        return [look.member for look in waiting if turns.get(look.member, now) <= now]

    async def _reserve(self, tx: Tx, waiting: Sequence[Look], now: datetime) -> dict[int, datetime]:
        """Reserve turns for those without one; return these."""
        turns: dict[int, datetime] = {}
        free_at = {look.client_id: look.free_at for look in waiting}
        for look in waiting:
            if not polling.has_turn(look.turn_at, look.next_poll_at, now):
                before = free_at[look.client_id]
                turns[look.member], free_at[look.client_id] = polling.turn(before, now, self.rhythm)
        demands = await members.demands(tx, free_at)
        stretch = {app: polling.stretch(demands.get(app, 0), self.rhythm) for app in free_at}
        await members.keep_apps(tx, {app: at for app, at in free_at.items() if at is not None}, stretch)
        await members.plan_looks(tx, turns, turns=True)
        return turns

    async def put_off(self, numbers: Iterable[int], now: datetime) -> None:
        """Plan the next looks at members whose looks have begun."""
        async with self._store.writing() as tx:
            known = await members.looks(tx, numbers)
            await members.plan_looks(tx, {look.member: self._next(look, now) for look in known})

    def _next(self, look: Look, now: datetime) -> datetime:
        after = self.rhythm.shortest if look.poll_pause is None else timedelta(seconds=look.poll_pause)
        return polling.next_look(look.member, look.polls, now, after * (look.stretch or 1))

    async def learn(self, member: int, now: datetime) -> None:
        """Plan the next look at a member by how often they like songs, now that their likes are read."""
        async with self._store.reading() as tx:
            liked = await songs.liked_since(tx, member, now - polling.MEMORY)
        pause = polling.pause(polling.likes_a_day(liked, now), self.rhythm)
        async with self._store.writing() as tx:
            await members.change_account(tx, member, poll_pause=round(pause.total_seconds()))
        await self.put_off([member], now)

    async def poll(self, music: Music, likes: Likes, account: Account, now: datetime) -> None:
        """Look at a member's account once; new likes are then ready to sort.

        Raises NotLinked for a member who has been erased meanwhile: nothing of them may come back.
        """
        async with self._store.writing() as tx:
            member = await members.get(tx, account.member)
            if member is None:
                raise NotLinked
            await members.change(tx, account.member, polls=member.polls + 1)
        if member.polls % LOOK_AT_PLAYLISTS == LOOK_AT_PLAYLISTS - 1:
            await manual_edits.look(self._store, music, account.member, now)
        await sync.sync(self._store, likes, account, now)
        await self.learn(account.member, now)
