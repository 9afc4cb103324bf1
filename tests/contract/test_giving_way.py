"""Limits beyond which the newest replaces the oldest. Real store."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.adapters.store import schema
from bot.adapters.store.account import members, notices
from bot.adapters.store.engine import Tx
from bot.adapters.store.feed import dislikes, feed_history
from bot.adapters.store.social import named_messages
from bot.adapters.store.social import rounds as round_table
from bot.adapters.store.sorting import answers, cards, models, writes
from bot.core import limits
from bot.core.notices import NoticeKind
from bot.core.records import Actor, Card, NewModel, NewWrite, Prompt
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.writes import WriteKind
from bot.flows.account import sessions
from bot.flows.social.shared import hosting
from bot.flows.social.shared import playlists as shared_playlists
from tests.contract.feed.catalogue_stage import ADA, Stage
from tests.contract.limits_stage import CHANNEL, LAYER, OTHERS, SERVER, a_list, count, fill, stage

__all__ = ["stage"]  # a fixture


@dataclass
class Rolling:
    """A list that drops its oldest rows: filled beyond its limit, then given one more."""

    most: int
    table: sa.Table
    fixed: Mapping[str, Any]
    add: Callable[[Tx, datetime], Awaitable[object]]
    others: int = 0  # other rows, which don't count


NEWEST = OTHERS[-1]
GIVING_WAY = {
    "cards": Rolling(
        limits.CARDS,
        schema.card,
        {"member": ADA, "layer": LAYER},
        lambda tx, now: cards.add(tx, Card("newest", ADA, LAYER, "x", None, now)),
    ),
    "prompts": Rolling(
        limits.PROMPTS,
        schema.prompt,
        {"member": ADA, "layer": LAYER, "message": lambda number: number},
        lambda tx, now: cards.add_prompt(tx, Prompt(-1, ADA, CHANNEL, LAYER, "newest", (), now)),
    ),
    "notices": Rolling(
        limits.NOTICES,
        schema.notice,
        {"member": ADA, "kind": NoticeKind.UPDATE},
        lambda tx, now: notices.add(tx, ADA, NoticeKind.ASIDE, {}, now),
    ),
    "answers": Rolling(
        limits.ANSWERS,
        schema.answer,
        {"member": ADA, "layer": LAYER, "song": "x", "kind": "skip", "source": "button"},
        lambda tx, now: answers.add(tx, ADA, LAYER, Answer("x", Kind.NONE, (), Source.FEED, 10**9)),
    ),
    "models": Rolling(
        limits.MODELS,
        schema.model,
        {"member": ADA, "layer": LAYER},
        lambda tx, now: models.publish(tx, NewModel(ADA, LAYER, "newest", 9, {}, now)),
        others=1,
    ),
    "dry runs": Rolling(
        limits.DRY_RUNS,
        schema.write,
        {"member": ADA, "layer": LAYER, "kind": "sort", "state": "planned"},
        lambda tx, now: writes.begin(tx, NewWrite(ADA, LAYER, WriteKind.SORT, 1, "newest"), now),
    ),
    "shown": Rolling(
        limits.SHOWN,
        schema.shown,
        {"member": ADA},
        lambda tx, now: feed_history.note(tx, ADA, {"newest": "k"}, now),
    ),
    "dislikes": Rolling(
        limits.DISLIKES,
        schema.dislike,
        {"member": ADA},
        lambda tx, now: dislikes.add(tx, ADA, "newest", "k", now),
    ),
    "removed from a group": Rolling(
        limits.SHARED_REMOVED,
        schema.removal,
        {"shared": 1, "member": lambda number: OTHERS[number]},
        lambda tx, now: shared_playlists.table.remove_partner(tx, 1, NEWEST, ADA, now),
    ),
    "named": Rolling(
        limits.NAMED,
        schema.posted,
        {"member": ADA, "message": lambda number: number},
        lambda tx, now: named_messages.note(tx, [ADA], 10**6, 10**6),
    ),
    "rounds": Rolling(
        limits.ROUNDS,
        schema.round_,
        {"host": ADA, "channel": CHANNEL, "state": "closed"},
        lambda tx, now: round_table.add(
            tx,
            host=ADA,
            channel=CHANNEL,
            theme="newest",
            state="entering",
            enter_until=now,
            vote_until=now,
            created_at=now,
        ),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GIVING_WAY)
async def test_in_a_full_list_the_newest_replaces_the_oldest(stage: Stage, name: str) -> None:
    full = GIVING_WAY[name]
    if full.table is schema.removal:
        await a_list(stage, None)
    async with stage.store.writing() as tx:
        await fill(tx, full.table, full.most + 3, stage.now, **full.fixed)
        await full.add(tx, stage.now)
        assert await count(tx, full.table) == full.most + full.others
        newest = {"newest", "1000000", str(NEWEST), "feed", str(NoticeKind.ASIDE)}
        assert any(newest.intersection(map(str, row)) for row in await tx.execute(sa.select(full.table)))


async def test_a_dropped_message_with_a_name_is_deleted_in_its_channel(stage: Stage) -> None:
    async with stage.store.writing() as tx:
        for message in range(1, limits.NAMED + 3):
            await named_messages.note(tx, [ADA], CHANNEL, message)
        assert {row.message for row in await tx.execute(sa.select(schema.takedown))} == {1, 2}


async def test_the_oldest_of_a_servers_ended_playlists_is_dropped(stage: Stage) -> None:
    await a_list(stage)
    async with stage.store.writing() as tx:
        await shared_playlists.table.bring(tx, 1, [("x", ADA)], stage.now)
        over = {"server": SERVER, "ended_at": lambda number: stage.now - timedelta(days=number + 1)}
        await fill(tx, schema.shared, limits.SHARED_ENDED, stage.now, **over)
    await hosting.end(stage.store, OTHERS[0], 1, stage.now)
    async with stage.store.reading() as tx:
        assert await count(tx, schema.shared) == limits.SHARED_ENDED
        assert await shared_playlists.table.get(tx, 1) is not None


async def test_a_member_has_few_sessions_and_a_new_link_voids_the_last(stage: Stage) -> None:
    for number in range(limits.SESSIONS + 3):
        await sessions.begin(stage.store, Actor(ADA, None, stage.now + timedelta(seconds=number)))
        await sessions.invite(stage.store, Actor(ADA, None, stage.now))
    async with stage.store.reading() as tx:
        assert await count(tx, schema.session) == limits.SESSIONS + 1
        assert await members.get(tx, ADA) is not None
