"""API: the flows behind `web.api`, for a member's own programs."""

from dataclasses import dataclass

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.feed import dislikes
from bot.core.account.records import ApiToken
from bot.flows.account import tokens
from bot.flows.feed import catalogue_sharing
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.catalogue_index import key
from bot.flows.feed.recommend import Recommender
from bot.ports import Clock


@dataclass(frozen=True, slots=True)
class Api:
    """Answers for one member at a time. A song they can't see raises the same MemberError as one that doesn't exist."""

    store: Store
    catalogue: Catalogue
    recommender: Recommender
    clock: Clock

    async def holder(self, secret: str) -> ApiToken | None:
        """Return the token with this secret; None if there's none, or it's no longer valid."""
        return await tokens.holder(self.store, secret, self.clock())

    async def dislike(self, member: int, song: str) -> None:
        """Never recommend the song to the member again, until they undo it. Raises NotInCatalogue, NotLinked."""
        await self.catalogue.entry(member, song)  # a dislike must not reveal whether a hidden song exists
        async with self.store.writing() as tx:
            await members.still(tx, member, self.clock())
            await dislikes.add(tx, member, song, key(song), self.clock())

    async def undo_dislike(self, member: int, song: str) -> None:
        await catalogue_sharing.undo_dislike(self.store, member, key(song))
