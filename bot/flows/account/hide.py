"""Hide: nobody sees anything of a member, anywhere, until they show themselves again.

Their sharing settings are kept for that; messages with their name are deleted for good.
"""

from collections.abc import Iterable
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.social import named_messages, reposts
from bot.flows.account.erase import forget_unshared


async def hide(store: Store, member: int, now: datetime) -> None:
    """Hide the member: songs that only they shared leave the catalogue at once, and their reposts are removed."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, hidden=True)
        await reposts.remove_all(tx, member)
        await named_messages.take_down(tx, member)
    await forget_unshared(store)


async def posted(store: Store, named: Iterable[int], channel: int, message: int) -> None:
    """Record that one of our messages names these members: it's deleted when one of them hides or erases their data."""
    async with store.writing() as tx:
        await named_messages.note(tx, named, channel, message)


async def show(store: Store, member: int, now: datetime) -> None:
    """Show what the member shares again. `Points.refresh` adds their songs."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, hidden=False)
