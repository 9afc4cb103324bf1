"""Language: which one a member speaks, for messages that no interaction asks for."""

import logging

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.errors import StoreError

log = logging.getLogger(__name__)


async def remember(store: Store, member: int, locale: str) -> None:
    """Note the language of a member we know, if it's another than before; a full disk isn't worth an error here."""
    try:
        async with store.reading() as tx:
            known = await members.get(tx, member)
        if known is not None and known.language != locale:
            async with store.writing() as tx:
                await members.change(tx, member, language=locale)
    except StoreError as error:
        log.info("a member's language isn't kept: %s", error)
