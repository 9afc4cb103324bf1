"""Whatever number a member names, forged or guessed, only their own things are found (promise P15). Real store."""

from collections.abc import Awaitable
from datetime import datetime

import pytest
import sqlalchemy as sa

from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.sorting import cards, playlists, writes
from bot.core.records import Card, NewWrite
from bot.core.sorting.writing.writes import Action, WriteKind, WriteState
from bot.errors import NothingToUndo, NotYours
from bot.errors.sorting import DryRunGone, NoSuchLayer, PlaylistNotKept, StateGone
from bot.flows.sorting import history, review, train
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.labelling import label
from bot.flows.sorting.writing import sort, undo

ADA, BEN = 1001, 1002
LINE = {"playlist": 1, "song": "a", "action": Action.ADD}


async def everything(store: Store) -> list[object]:
    async with store.reading() as tx:
        return [(await tx.execute(sa.select(table))).all() for table in schema.metadata.sorted_tables]


async def test_p15_nobody_finds_by_number_what_is_somebody_elses(store: Store, now: datetime) -> None:
    async with store.writing() as tx:
        for member in (ADA, BEN):
            await members.ensure(tx, member, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        kept = (await playlists.add(tx, layer, "Run", "ref", "🟦")).playlist
        planned, done = [await writes.begin(tx, NewWrite(ADA, layer.layer, WriteKind.SORT, 1), now) for _ in range(2)]
        await writes.add_changes(tx, ADA, done, [LINE | {"playlist": kept}])
        await writes.set_state(tx, planned, WriteState.PLANNED)
        await writes.set_state(tx, done, WriteState.DONE, applied_at=now)
        await cards.add(tx, Card("card", ADA, layer.layer, "a", None, now))
    before = await everything(store)
    attempts: list[tuple[type[Exception], Awaitable[object]]] = [
        (PlaylistNotKept, flow.remove(store, BEN, kept, now)),
        (PlaylistNotKept, flow.settings(store, BEN, kept, flow.PlaylistSettings(automatic=False))),
        (NoSuchLayer, flow.layer_numbered(store, BEN, layer.layer)),
        (NoSuchLayer, train.versions(store, BEN, layer.layer)),
        (NoSuchLayer, train.rollback(store, BEN, layer.layer, None, now)),
        (StateGone, history.history(store, BEN, kept)),
        (NotYours, label.song_on(store, BEN, "card")),
        (NotYours, review.review(store, BEN, done)),
        (DryRunGone, sort.confirm(store, BEN, planned)),
        (NothingToUndo, undo.write(store, BEN, done, now)),
    ]
    for refusal, attempt in attempts:
        with pytest.raises(refusal):
            await attempt
    await sort.cancel(store, BEN, planned)
    assert await everything(store) == before
