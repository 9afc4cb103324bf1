"""Prior: the prior that a member's models may use. It must not have been trained on the member's own answers."""

from bot.adapters.store import Tx
from bot.adapters.store.account import members
from bot.core.sorting.learning.prior import Prior


async def usable_by(tx: Tx, member: int, prior: Prior | None) -> Prior | None:
    """Return the prior; if it was trained on this member too, only the one that it stands on, if any.

    What it says of their songs would repeat their own answers, and a model tested on those looks better than it is. No
    member taught the one that ships.
    """
    known = await members.get(tx, member) if prior else None
    return prior.under if known and prior and known.taught == prior.version else prior
