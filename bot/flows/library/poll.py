"""Poll: one look at a member's account, for new likes and manual edits.

If nothing has changed, a look costs one call: three times the newest likes, every fourth time the list of playlists
with their snapshots.
"""

from datetime import datetime

from bot.adapters.store import Store, setbacks
from bot.adapters.store.account import members
from bot.core.jobs import JobKind
from bot.core.records import Account
from bot.flows.library import sync
from bot.flows.sorting.writing import manual_edits
from bot.ports import Likes, Music

LOOK_AT_PLAYLISTS = 4  # every fourth poll
AT_ONCE = 200  # members whose polls are begun by one tick: after an outage, everybody's are due


async def due(store: Store, now: datetime) -> list[int]:
    """Return the members whose account should be looked at first; not those whose looks failed too often."""
    async with store.reading() as tx:
        aside = await setbacks.subjects_aside(tx, JobKind.POLL)
        waiting = await members.due(tx, now, AT_ONCE + len(aside))
    return [member.member for member in waiting if member.member not in aside][:AT_ONCE]


async def put_off(store: Store, member: int, until: datetime) -> None:
    async with store.writing() as tx:
        await members.change(tx, member, next_poll_at=until)


async def poll(store: Store, music: Music, likes: Likes, account: Account, now: datetime) -> None:
    """Look at a member's account once; new likes are then ready to sort."""
    async with store.writing() as tx:
        member = await members.ensure(tx, account.member, now)
        await members.change(tx, account.member, polls=member.polls + 1)
    if member.polls % LOOK_AT_PLAYLISTS == LOOK_AT_PLAYLISTS - 1:
        await manual_edits.look(store, music, account.member, now)
    else:
        await sync.sync(store, likes, account, now)
