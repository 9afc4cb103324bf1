"""A member's language is remembered, for news that no interaction asks for."""

from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.flows.account.language import remember

ADA, STRANGER = 7, 8


async def test_a_members_language_is_the_last_one_that_their_discord_spoke(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
    for locale in ("de", "en-GB"):
        await remember(store, ADA, locale)
        async with store.reading() as tx:
            known = await members.get(tx, ADA)
        assert known is not None
        assert known.language == locale


async def test_nobody_becomes_a_member_by_speaking(store: Store) -> None:
    await remember(store, STRANGER, "de")
    async with store.reading() as tx:
        assert await members.get(tx, STRANGER) is None
