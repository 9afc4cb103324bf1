"""Hide: nobody sees anything of a member, anywhere, until they show themselves again.

What they chose to show is kept for then; messages with their name in them are deleted for good.
"""

from datetime import datetime

from bot.adapters.store import Store, entries, members, reposts


async def hide(store: Store, member: int, now: datetime) -> None:
    """Hide the member: what only they shared is out of the catalogue at once, what they reposted is taken back."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, hidden=True)
        await entries.forget(tx, await entries.strangers(tx))
        await reposts.remove_all(tx, member)


async def show(store: Store, member: int, now: datetime) -> None:
    """Show again what they chose to show. `Points.refresh` takes their songs in."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, hidden=False)
