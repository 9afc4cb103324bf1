"""Language: which one to speak with a member: the one they chose, or else their Discord's."""

import logging
from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.errors import StoreError

log = logging.getLogger(__name__)


async def spoken_with(store: Store, member: int, locale: str) -> str:
    """Return the language to speak with a member whose Discord speaks `locale`."""
    try:
        async with store.reading() as tx:
            known = await members.get(tx, member)
    except StoreError as error:
        log.info("can't read a member's language: %s", error)
        return locale
    return (known.chosen_language if known is not None else None) or locale


async def choose(store: Store, member: int, language: str | None, now: datetime) -> None:
    """Speak `language` with a member from now on; None: their Discord's."""
    async with store.writing() as tx:
        await members.ensure(tx, member, now)
        await members.change(tx, member, chosen_language=language)


async def remember(store: Store, member: int, locale: str) -> None:
    """Record a known member's Discord language if it changed, for messages that don't answer an interaction.

    A full disk isn't worth an error here.
    """
    try:
        async with store.reading() as tx:
            known = await members.get(tx, member)
        if known is not None and known.language != locale:
            async with store.writing() as tx:
                await members.change(tx, member, language=locale)
    except StoreError as error:
        log.info("can't record a member's language: %s", error)
