"""Clock: what follows when the machine's clock was set."""

from datetime import datetime, timedelta

from bot.adapters.store import Store, moments


async def pull_in(store: Store, now: datetime, poll: timedelta, back: timedelta) -> None:
    """Leave no stored moment further ahead than it can be. poll: the longest wait for a member's poll.

    back: how far the clock was moved back.
    """
    async with store.writing() as tx:
        await moments.pull_in(tx, now, poll, back)
