"""Hide: nobody sees anything of a member, anywhere, until they show themselves again. What they chose to show is kept."""

from datetime import datetime

from bot.adapters.store import Store, entries, members, reposts


async def hide(store: Store, member: int, now: datetime) -> None:
    """Hide the member: what only they shared is out of the catalogue at once, their reposts' messages are deleted."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, hidden=True)
        await entries.forget(tx, await entries.strangers(tx))
        await reposts.take_down_of(tx, member)


async def show(store: Store, member: int, now: datetime) -> None:
    """Show again what they chose to show. `Points.refresh` takes their songs in; messages do not come back."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, hidden=False)
