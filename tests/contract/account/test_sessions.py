"""Sessions of the feed page: single-use links, and browsers that stay logged in."""

from datetime import datetime, timedelta

import pytest

from bot.adapters.store import Store
from bot.core import limits
from bot.core.records import Actor
from bot.errors import LinkUsed
from bot.flows.account import sessions

ADA, BEN = 1001, 1002


async def test_a_link_opens_a_session_only_once(store: Store, now: datetime) -> None:
    link = await sessions.invite(store, Actor(ADA, None, now))
    session = await sessions.enter(store, link, now)
    assert await sessions.holder(store, session, now) == ADA
    assert await sessions.holder(store, link, now) is None, "a link isn't a session"
    with pytest.raises(LinkUsed):
        await sessions.enter(store, link, now)


async def test_a_link_lasts_ten_minutes_or_until_the_next_one(store: Store, now: datetime) -> None:
    early, late = await sessions.invite(store, Actor(ADA, None, now)), now + timedelta(minutes=11)
    for link, when in ((early, late), (early, now)):
        await sessions.invite(store, Actor(BEN, None, now))
        if when is now:
            await sessions.invite(store, Actor(ADA, None, now))
        with pytest.raises(LinkUsed):
            await sessions.enter(store, link, when)


@pytest.mark.parametrize("foreign", ["", "x", "x" * 43, "ä" * 43, "../../etc"])
async def test_a_made_up_link_opens_nothing(store: Store, now: datetime, foreign: str) -> None:
    with pytest.raises(LinkUsed):
        await sessions.enter(store, foreign, now)
    assert await sessions.holder(store, foreign, now) is None


async def test_sessions_end_by_age_by_logout_and_beyond_the_limit(store: Store, now: datetime) -> None:
    kept = [
        await sessions.begin(store, Actor(ADA, None, now + timedelta(seconds=at))) for at in range(limits.SESSIONS + 1)
    ]
    assert [await sessions.holder(store, token, now) for token in kept] == [None] + [ADA] * limits.SESSIONS
    assert await sessions.holder(store, kept[-1], now + timedelta(days=31)) is None
    await sessions.end(store, kept[1])
    assert await sessions.holder(store, kept[1], now) is None
    await sessions.end_all(store, ADA)
    assert await sessions.holder(store, kept[-1], now) is None
