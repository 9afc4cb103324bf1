"""Language: which one to speak with a member: the one they chose, or else their Discord's."""

import logging
from collections.abc import Sequence
from datetime import datetime

from bot.adapters.store import Store, Tx
from bot.adapters.store.account import members
from bot.core.records import Member
from bot.errors import StoreError
from bot.flows.batching import Batcher

log = logging.getLogger(__name__)


class Languages:
    """Reads the languages of all members who wait in one statement."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batcher = Batcher(store.reading, _known)

    async def spoken_with(self, member: int, locale: str) -> str:
        """Return the language to speak with a member whose Discord speaks `locale`."""
        try:
            known = await self._batcher.submit(member)
        except StoreError as error:
            log.info("can't read a member's language: %s", error)
            return locale
        return (known.chosen_language if known is not None else None) or locale

    async def remember(self, member: int, locale: str) -> None:
        """Record a known member's Discord language if it changed, for messages that don't answer an interaction.

        A full disk isn't worth an error here.
        """
        try:
            known = await self._batcher.submit(member)
            if known is not None and known.language != locale:
                async with self._store.writing() as tx:
                    await members.change(tx, member, language=locale)
        except StoreError as error:
            log.info("can't record a member's language: %s", error)


async def _known(tx: Tx, numbers: Sequence[int]) -> list[Member | None]:
    known = await members.several(tx, set(numbers))
    return [known.get(member) for member in numbers]


async def choose(store: Store, member: int, language: str | None, now: datetime) -> None:
    """Speak `language` with a member from now on; None: their Discord's."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, chosen_language=language)
