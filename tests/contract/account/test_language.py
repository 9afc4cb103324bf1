"""A member's language is remembered, for messages that don't answer an interaction."""

from datetime import datetime

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.flows.account.language import Languages, choose

ADA, STRANGER = 7, 8


async def test_a_members_language_is_the_last_one_their_discord_used(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
    for locale in ("de", "es-419", "en-GB"):
        await Languages(store).remember(ADA, locale)
        async with store.reading() as tx:
            known = await members.get(tx, ADA)
        assert known is not None
        assert known.language == locale


async def test_setting_a_language_makes_nobody_a_member(store: Store) -> None:
    await Languages(store).remember(STRANGER, "de")
    async with store.reading() as tx:
        assert await members.get(tx, STRANGER) is None


async def test_a_chosen_language_holds_until_its_member_takes_it_back(store: Store, now: datetime) -> None:
    assert await Languages(store).spoken_with(ADA, "en-GB") == "en-GB"
    await choose(store, ADA, "de", now)
    await Languages(store).remember(ADA, "en-GB")
    async with store.reading() as tx:
        known = await members.get(tx, ADA)
    assert known is not None
    assert known.speaks == await Languages(store).spoken_with(ADA, "en-GB") == "de"
    await choose(store, ADA, None, now)
    assert await Languages(store).spoken_with(ADA, "en-GB") == "en-GB"
