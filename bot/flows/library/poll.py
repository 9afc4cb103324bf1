"""Poll: check a member's account for new likes and manual edits, and plan when to do so again.

If nothing has changed, a poll costs one request, for the newest likes. Every fourth poll costs a second one, for the
list of playlists with their snapshots.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.adapters.store import Store, Tx, setbacks
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.rows import chunks
from bot.core.jobs import JobKind
from bot.core.library import polling
from bot.core.library.pace import turn
from bot.core.library.polling import Rhythm
from bot.core.records import Account, NextPoll
from bot.errors import NotLinked
from bot.flows.library import sync
from bot.flows.sorting.writing import manual_edits
from bot.ports import Likes, Music

PLAYLISTS_EVERY = 4  # polls; the others only read likes
AT_ONCE = 200  # members whose polls one tick starts: after an outage, everybody is due


class Polls:
    """Plans and makes polls. Each gateway brings forward those of its members, whichever process makes them."""

    def __init__(self, store: Store, rhythm: Rhythm) -> None:
        self._store, self.rhythm = store, rhythm
        self._active: set[int] = set()  # members who used the bot since the last tick

    def saw(self, member: int) -> None:
        """Note that a member uses the bot, so that they're polled soon."""
        self._active.add(member)

    async def bring_forward(self, now: datetime) -> None:
        """Poll members who use the bot as soon as `shortest` has passed since the last poll.

        Members whose app has used up its budget keep their turn.
        """
        active, self._active = self._active, set()
        for some in chunks(active):
            async with self._store.reading() as tx:
                sooner = await self._those_sooner(tx, some, now)
            if sooner:
                async with self._store.writing() as tx:  # where no poll begins meanwhile
                    await members.plan_polls(tx, await self._those_sooner(tx, sooner, now))

    async def _those_sooner(self, tx: Tx, some: Iterable[int], now: datetime) -> dict[int, datetime]:
        known = await members.next_polls(tx, some)
        return {poll.member: soon for poll in known if (soon := self._sooner(poll, now)) is not None}

    def _sooner(self, poll: NextPoll, now: datetime) -> datetime | None:
        """Return the earlier moment to poll at, if there is one."""
        if poll.turn_at is None or poll.next_poll_at is None:
            return None
        soon = max(now, poll.turn_at + self.rhythm.shortest)
        return soon if soon < poll.next_poll_at <= now + self.rhythm.last else None

    async def due(self, now: datetime) -> list[int]:
        """Return the members to poll now: those who are due, as far as their apps' budgets allow.

        The others get a turn later. Members whose polls failed too often are left out.
        """
        async with self._store.reading() as tx:
            aside = await setbacks.subjects_aside(tx, JobKind.POLL)
            waiting = await members.due(tx, now, AT_ONCE + len(aside))
        waiting = [poll for poll in waiting if poll.member not in aside][:AT_ONCE]
        if not waiting:
            return []
        async with self._store.writing() as tx:
            turns = await self._reserve(tx, waiting, now)
        return [poll.member for poll in waiting if turns.get(poll.member, now) <= now]

    async def _reserve(self, tx: Tx, waiting: Sequence[NextPoll], now: datetime) -> dict[int, datetime]:
        """Reserve a turn for each member without one; return the new turns."""
        turns: dict[int, datetime] = {}
        free_at = {poll.client_id: poll.free_at for poll in waiting}
        for poll in waiting:
            if not polling.has_turn(poll.turn_at, poll.next_poll_at, now):
                before = free_at[poll.client_id]
                turns[poll.member], free_at[poll.client_id] = turn(before, now, self.rhythm.pace)
        demands = await members.demands(tx, free_at)
        stretch = {app: polling.stretch(demands.get(app, 0), self.rhythm) for app in free_at}
        await members.keep_apps(tx, {app: at for app, at in free_at.items() if at is not None}, stretch)
        await members.plan_polls(tx, turns, turns=True)
        return turns

    async def put_off(self, numbers: Iterable[int], now: datetime) -> None:
        """Plan the next polls of members whose polls have started."""
        async with self._store.writing() as tx:
            known = await members.next_polls(tx, numbers)
            await members.plan_polls(tx, {poll.member: self._next(poll, now) for poll in known})

    def _next(self, poll: NextPoll, now: datetime) -> datetime:
        after = self.rhythm.shortest if poll.poll_pause is None else timedelta(seconds=poll.poll_pause)
        return polling.next_poll(poll.member, poll.polls, now, after * (poll.stretch or 1))

    async def learn(self, member: int, now: datetime) -> None:
        """Plan a member's next poll by how often they like songs, now that their likes are read."""
        async with self._store.reading() as tx:
            liked = await songs.liked_since(tx, member, now - polling.MEMORY)
        pause = polling.pause(polling.likes_a_day(liked, now), self.rhythm)
        async with self._store.writing() as tx:
            await members.change_account(tx, member, poll_pause=round(pause.total_seconds()))
        await self.put_off([member], now)

    async def poll(self, music: Music, likes: Likes, account: Account, now: datetime) -> None:
        """Poll a member's account once; new likes are then ready to sort.

        Raises NotLinked for a member who has been erased meanwhile: nothing of them may come back.
        """
        async with self._store.writing() as tx:
            member = await members.get(tx, account.member)
            if member is None:
                raise NotLinked
            await members.change(tx, account.member, polls=member.polls + 1)
        if member.polls % PLAYLISTS_EVERY == PLAYLISTS_EVERY - 1:
            await manual_edits.detect(self._store, music, account.member, now)
        await sync.sync(self._store, likes, account, now)
        await self.learn(account.member, now)
