"""Limits: every list that members can fill has one, and concurrent requests can't exceed it. Real store."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store import schema
from bot.core import limits
from bot.core.records import Actor
from bot.errors import BadChoice
from bot.errors.social import HostingFull
from bot.flows.account import tokens
from bot.flows.social import follow, match_consent, reports, reposts, rounds
from bot.flows.social.shared import hosting
from bot.flows.social.shared import playlists as shared_playlists
from bot.flows.sorting import playlists
from bot.messages.errors import describe
from tests.contract.feed.catalogue_stage import ADA, Stage, song
from tests.contract.limits_stage import CHANNEL, LAYER, OTHERS, SERVER, a_list, count, fill, stage
from tests.contract.social.shared_stage import opened_with

__all__ = ["stage"]  # a fixture

BY_SONGS = "as many as the member's songs, which library and sources limit"
BY_SERVER = "set by those who run a server, or counted for it"
ONE = "one of a member, or of a song"
OPERATOR = "fed by the operator, or by Spotify and the sources"
LIMITED: Mapping[str, str] = {
    "account": ONE,
    "agreement": "MATCHES",
    "answer": "ANSWERS",
    "api_token": "TOKENS",
    "barred": BY_SERVER,
    "card": "CARDS",
    "change": "songs of a write; of old writes, the last line about each song and playlist",
    "consent": ONE,
    "content": "what Spotify lets a playlist hold, or the member's songs",
    "contribution": "SHARED_SONGS",
    "cooldown": OPERATOR,
    "counted": BY_SERVER,
    "dislike": "DISLIKES",
    "edit": "EDITS",
    "entry": BY_SONGS,
    "erasure": ONE,
    "feature": BY_SONGS,
    "follow": "FOLLOWED",
    "interaction": "of the last minutes: they are swept",
    "layer": "LAYERS",
    "liked": BY_SONGS,
    "link_state": ONE,
    "lookup": BY_SONGS,
    "making": "MAKINGS",
    "match": OPERATOR,
    "member": ONE,
    "model": "MODELS",
    "news": ONE,
    "notice": "NOTICES",
    "other_playlist": "OTHER_PLAYLISTS: and OTHER_PLACES of their songs",
    "own_song": BY_SONGS,
    "partner": "SHARED_PARTNERS",
    "place": BY_SERVER,
    "playlist": "PLAYLISTS_EVER",
    "posted": "NAMED",
    "profile": ONE,
    "prompt": "PROMPTS",
    "removal": "SHARED_REMOVED",
    "recording": OPERATOR,
    "report": "REPORTS_A_DAY",
    "repost": "REPOSTS",
    "revision": "REVISIONS",
    "round": "ROUNDS",
    "round_entry": "ROUND_ENTRIES",
    "round_vote": "ROUND_VOTES",
    "session": "SESSIONS",
    "setback": OPERATOR,
    "shared": "SHARED_HOSTED",
    "shown": "SHOWN",
    "song": BY_SONGS,
    "space": OPERATOR,
    "spent": OPERATOR,
    "app": OPERATOR,
    "turn": OPERATOR,
    "takedown": "messages of ours, which NAMED and REPOSTS limit; each is tried for some weeks",
    "vote": "one of a member for each song on record",
    "write": "WRITES: and DRY_RUNS; of older ones, what says which songs are ours",
}


def test_no_limit_is_defined_twice() -> None:
    names = [line.partition(" = ")[0] for line in Path(limits.__file__).read_text().splitlines() if " = " in line]
    assert sorted(names) == sorted(set(names))


def test_every_table_has_a_limit_or_a_reason_for_none() -> None:
    assert {table.name for table in schema.metadata.sorted_tables} == LIMITED.keys()
    named = {where.partition(":")[0] for where in LIMITED.values() if where.partition(":")[0].isupper()}
    assert all(getattr(limits, name) > 0 for name in named)


@dataclass
class Full:
    """A list one short of its limit: how to fill it, how to add to it, and which rows count."""

    most: int
    table: sa.Table
    fixed: Mapping[str, Any]
    add: Callable[[Stage, int], Awaitable[object]]
    before: Callable[[Stage], Awaitable[object]] = field(default=lambda stage: asyncio.sleep(0))


async def show_reposts(stage: Stage) -> None:
    async with stage.store.writing() as tx:
        shows = {"playlists": [], "map": False, "reposts": True, "at": stage.now}
        await tx.execute(sa.insert(schema.profile), [{"member": other, **shows} for other in OTHERS])


async def a_round(stage: Stage) -> None:
    await rounds.start(stage.store, Actor(ADA, SERVER, stage.now), CHANNEL, "Rain", (1, 1))


async def a_group(stage: Stage) -> None:
    await a_list(stage, None)


async def groups(stage: Stage) -> None:
    async with stage.store.writing() as tx:
        for table in range(1, limits.SHARED_GROUPS + 3):
            values = {"shared": table, "host": OTHERS[table], "name": f"g{table}", "created_at": stage.now}
            await tx.execute(sa.insert(schema.shared).values(values))


async def join(stage: Stage, member: int, number: int) -> object:
    async with stage.store.reading() as tx:
        known = await shared_playlists.table.get(tx, number)
    assert known is not None
    return await shared_playlists.join(stage.store, member, number, shared_playlists.invitation(known), stage.now)


def _repost(stage: Stage, number: int) -> Awaitable[object]:
    return reposts.begin(stage.store, stage.catalogue, Actor(ADA, SERVER, stage.now), song(number).song)


def _playlist(stage: Stage, number: int) -> Awaitable[object]:
    return playlists.make(
        stage.store, LocalPlaylists(stage.store, ADA, lambda: stage.now), ADA, "main", f"New {number}", stage.now
    )


def _report(stage: Stage, number: int) -> Awaitable[object]:
    report = reports.NewReport(song(number).song, reports.Reason.SPAM, where=reports.Where(SERVER))
    return reports.send(stage.store, stage.catalogue, ADA, report, stage.now)


WEEKS_AGO = {"at": lambda number: datetime(2020, 1, 1).astimezone() + timedelta(minutes=number)}
JUST_NOW = {"at": lambda number: datetime(2026, 11, 22, 11).astimezone() + timedelta(seconds=number)}
REFUSED = {
    "layers": Full(
        limits.LAYERS - 1,
        schema.layer,
        {"member": ADA},
        lambda stage, number: playlists.layer_settings(stage.store, ADA, f"new {number}", several=True),
    ),
    "playlists in a layer": Full(limits.PLAYLISTS, schema.playlist, {"member": ADA, "layer": LAYER}, _playlist),
    "playlists ever": Full(
        limits.PLAYLISTS_EVER,
        schema.playlist,
        {"member": ADA, "layer": LAYER, "removed_at": datetime(2026, 1, 1).astimezone()},
        _playlist,
    ),
    "tokens": Full(
        limits.TOKENS,
        schema.api_token,
        {"member": ADA, "expires_at": datetime(2030, 1, 1).astimezone()},
        lambda stage, number: tokens.issue(stage.store, ADA, f"t{number}", 1, stage.now),
    ),
    "follows": Full(
        limits.FOLLOWED,
        schema.follow,
        {"member": ADA, "followed": lambda number: OTHERS[number]},
        lambda stage, number: follow.follow(stage.store, ADA, OTHERS[-1 - number], stage.now),
        show_reposts,
    ),
    "matches": Full(
        limits.MATCHES,
        schema.agreement,
        {"member": ADA, "other": lambda number: OTHERS[number], "agreed_at": datetime(2026, 1, 1).astimezone()},
        lambda stage, number: match_consent.ask(stage.store, ADA, OTHERS[-1 - number], stage.now),
    ),
    "questions": Full(
        limits.QUESTIONS_OPEN,
        schema.agreement,
        {"member": ADA, "other": lambda number: OTHERS[number]},
        lambda stage, number: match_consent.ask(stage.store, ADA, OTHERS[-1 - number], stage.now),
    ),
    "reports": Full(limits.REPORTS_A_DAY, schema.report, {"member": ADA}, _report),
    "reposts a day": Full(limits.REPOSTS_A_DAY, schema.repost, {"member": ADA, **JUST_NOW}, _repost),
    "reposts": Full(limits.REPOSTS, schema.repost, {"member": ADA, **WEEKS_AGO}, _repost),
    "rounds a day": Full(
        limits.ROUNDS_A_DAY,
        schema.round_,
        {"host": ADA, "state": "cancelled"},
        lambda stage, number: rounds.start(
            stage.store, Actor(ADA, SERVER, stage.now), CHANNEL + number, "Rain", (1, 1)
        ),
    ),
    "entries": Full(
        limits.ROUND_ENTRIES,
        schema.round_entry,
        {"round": 1, "member": lambda number: OTHERS[number]},
        lambda stage, number: rounds.enter(stage.store, OTHERS[-1 - number], 1, song(number), stage.now),
        a_round,
    ),
    "hosted": Full(
        limits.SHARED_HOSTED,
        schema.shared,
        {"host": ADA},
        lambda stage, number: opened_with(stage.store, Actor(ADA, SERVER, stage.now), f"n{number}", []),
    ),
    "playlists of a server": Full(
        limits.SHARED_IN_SERVER,
        schema.shared,
        {"server": SERVER},
        lambda stage, number: shared_playlists.open_new(
            stage.store, Actor(OTHERS[number], SERVER, stage.now), f"n{number}"
        ),
    ),
    "groups": Full(
        limits.SHARED_GROUPS,
        schema.partner,
        {"member": ADA, "shared": lambda number: number + 1},
        lambda stage, number: join(stage, ADA, limits.SHARED_GROUPS + number),
        groups,
    ),
    "partners": Full(
        limits.SHARED_PARTNERS - 1,  # plus the host
        schema.partner,
        {"shared": 1, "member": lambda number: OTHERS[number + 10]},
        lambda stage, number: join(stage, OTHERS[-1 - number], 1),
        a_group,
    ),
    "songs on record": Full(
        limits.SHARED_SONGS,
        schema.contribution,
        {"shared": 1, "brought_by": lambda number: OTHERS[number + 5], "state": "wanted", **WEEKS_AGO},
        lambda stage, number: shared_playlists.add(
            stage.store, Actor(OTHERS[number], SERVER, stage.now), 1, song(number)
        ),
        a_list,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
async def test_of_two_concurrent_adds_only_one_gets_into_an_almost_full_list(stage: Stage, name: str) -> None:
    full = REFUSED[name]
    await full.before(stage)
    async with stage.store.writing() as tx:
        await fill(tx, full.table, full.most - 1, stage.now, **full.fixed)
        before = await count(tx, full.table)
    came = await asyncio.gather(*(full.add(stage, number) for number in range(2)), return_exceptions=True)
    (refused,) = [outcome for outcome in came if isinstance(outcome, Exception)]
    assert isinstance(refused, BadChoice), refused
    assert any(character.isdigit() for character in describe(refused)), "the message states the limit"
    async with stage.store.reading() as tx:
        assert await count(tx, full.table) == before + 1


async def test_a_host_at_the_limit_cannot_take_on_another_playlist(stage: Stage) -> None:
    await a_list(stage)
    async with stage.store.writing() as tx:
        await shared_playlists.table.unhost(tx, 1)
        await fill(tx, schema.shared, limits.SHARED_HOSTED, stage.now, host=ADA)
    with pytest.raises(HostingFull) as refused:
        await hosting.confirm(stage.store, Actor(ADA, SERVER, stage.now), 1)
    assert refused.value.most == limits.SHARED_HOSTED
