"""The prior that a member's models may use: what other people's playlists taught, but not the member's own."""

from bot.adapters.store import Tx
from bot.adapters.store.account import members
from bot.core.sorting.prior import Prior


async def usable_by(tx: Tx, member: int, prior: Prior | None) -> Prior | None:
    """Return the prior, or None where it was learnt from this member too.

    What it says of their songs would be their own answers once more, and a model tested on those looks better than
    it is.
    """
    known = await members.get(tx, member) if prior else None
    return None if known and prior and known.taught == prior.version else prior
