"""Hide: nobody sees anything of a member, anywhere, until they show themselves again. Nothing is deleted for it."""

from datetime import datetime

from bot.adapters.store import Store, entries, members


async def hide(store: Store, member: int, now: datetime) -> None:
    """Hide the member; what only they shared is out of the catalogue at once."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, hidden=True)
        await entries.forget(tx, await entries.strangers(tx))


async def show(store: Store, member: int, now: datetime) -> None:
    """Show again what they chose to show."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, hidden=False)
