"""Slices: whatever a member imports or deletes, no transaction writes more than a few hundred rows (promise P40)."""

import asyncio
import io
import json
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select

from bot.adapters.artefacts import Folder
from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.rows import CHUNK, in_turns
from bot.adapters.store.sorting import answers, contents, playlists, writes
from bot.core import limits
from bot.core.records import Like, NewWrite, Song
from bot.core.sorting.writing.journal import SETTLE
from bot.core.sorting.writing.writes import WriteKind
from bot.flows.account import erase, link
from bot.flows.library import imports, likes
from bot.flows.library.likes import LikesRead
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.labelling import standing
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import manual_edits, sort, undo
from tests.contract.library.slices_stage import (
    ADA,
    BEN,
    MANY,
    everything,
    file_of,
    has_much,
    rows_written,
    taken_again,
    the_layer,
    uri,
    vault,
)

MOST_ROWS = 550  # in one transaction: a chunk of the store, plus related rows


async def test_p40_a_file_is_stored_a_few_rows_at_a_time_and_others_write_in_between(store, now) -> None:
    order: list[str] = []

    async def others() -> None:
        while True:
            async with store.writing() as tx:
                await members.ensure(tx, BEN, now)
            order.append("other")
            await asyncio.sleep(0)

    with rows_written(store) as written:
        other = asyncio.create_task(others())
        imported = await imports.import_file(store, ADA, "liked.csv", file_of(range(MANY)), now)
        other.cancel()
    assert imported.total == imported.songs == MANY
    assert max(written) <= MOST_ROWS
    assert len(order) >= MANY // imports.SLICE  # a turn for each slice


@pytest.mark.parametrize("what", ["unlink", "erase", "unlike", "recognise"])
async def test_p40_deleting_and_renaming_work_in_slices(store, now, tmp_path: Path, what: str) -> None:
    keys, layer = vault(), await has_much(store, now)
    async with store.reading() as tx:
        account = await members.account(tx, ADA)
        before = await answers.standing(tx, ADA, layer)
    assert account is not None
    if what == "recognise":
        await link.unlink(store, keys, Folder(tmp_path), ADA)
        async with store.writing() as tx:
            liked = [Like(Song(uri(at), f"Song {at}", ("Ann",)), now) for at in range(MANY)]
            await songs.like(tx, ADA, liked, now)
    with rows_written(store) as written:
        match what:
            case "unlink":
                await link.unlink(store, keys, Folder(tmp_path), ADA)
            case "erase":
                await erase.delete_rows(store, ADA, personal_data.LARGE)
                async with store.writing() as tx:
                    await personal_data.erase(tx, ADA)
                await erase.forget_unused(store)
            case "unlike":
                lost = {uri(at) for at in range(MANY)}
                library = likes.StoredLibrary(account, dict.fromkeys(lost))
                await likes.settle(store, library, LikesRead(total=0), lost, now)
            case "recognise":
                await link.recognise(store, keys, ADA)
    assert max(written) <= MOST_ROWS
    async with store.reading() as tx:
        if what == "recognise":
            assert await answers.standing(tx, ADA, layer) == before
        else:
            assert await songs.liked(tx, ADA) == {}
        if what in ("unlink", "erase"):
            assert await songs.some(tx, map(uri, range(MANY))) == {}


async def edited_by_hand(store: Store, now: datetime) -> None:
    """Remove every song by hand, then put them all back."""
    _, kept = await the_layer(store)
    for numbers in (range(0), range(MANY)):
        await manual_edits.learn(store, ADA, {kept: everything(numbers, now)}, now)
    async with store.reading() as tx:
        assert [item.song for item in await playlists.items(tx, kept.playlist)] == [*map(uri, range(MANY))]


async def standing_learned(store: Store, now: datetime) -> None:
    assert await standing.allow(store, ADA, True, now) == MANY


async def standing_forgotten(store: Store, now: datetime) -> None:
    await standing.allow(store, ADA, False, now)
    async with store.reading() as tx:
        assert not [answer for answer in await answers.standing(tx, ADA, 1) if answer.event == answers.STANDING]


async def sorted_and_taken_back(store: Store, now: datetime) -> None:
    """Make dry runs until the oldest is dropped, then apply one and undo it."""
    local, (layer, kept) = LocalPlaylists(store, ADA, lambda: now), await the_layer(store)
    async with contents.alone(store, ADA):
        await contents.remember(store, kept, contents.Read((), None, now))
    libraries = ScoredLibraries(store, Scorer(Folder(Path("none"))))
    for _ in range(limits.DRY_RUNS + 2):
        receipt = await sort.dry_run(store, local, libraries, layer, now)
    await sort.confirm(store, ADA, receipt.write.write)
    done = await sort.apply(store, local, receipt.write.write, now)
    assert done.per_playlist() == [(kept.name, MANY, 0)]
    async with store.reading() as tx:
        kept_runs = select(func.count()).where(schema.write.c.state.in_(("planned", "cancelled")))
        assert (await tx.execute(kept_runs)).scalar_one() == limits.DRY_RUNS - 1
    back = await undo.write(store, ADA, receipt.write.write, now)
    await sort.apply(store, local, back, now + SETTLE)
    assert (await local.contents(kept.ref)).songs == []


async def given_up(store: Store, now: datetime) -> None:
    """Sort into a playlist that's no longer kept."""
    layer, kept = await the_layer(store)
    async with store.writing() as tx:
        write = await writes.begin(tx, NewWrite(ADA, layer.layer, WriteKind.SORT, MANY), now)
    lines = [{"playlist": kept.playlist, "song": uri(at), "action": "add"} for at in range(MANY)]
    await writes.fill(store, ADA, write, lines)
    await flow.remove(store, ADA, kept.playlist, now)
    done = await sort.apply(store, LocalPlaylists(store, ADA, lambda: now), write, now)
    assert len(done.refused) == MANY


@pytest.mark.parametrize(
    "work", [taken_again, edited_by_hand, standing_learned, standing_forgotten, sorted_and_taken_back, given_up]
)
async def test_p40_work_on_a_whole_library_is_done_in_slices(store, now, work) -> None:
    await has_much(store, now)
    if work is standing_forgotten:
        await standing_learned(store, now)
    with rows_written(store) as written:
        await work(store, now)
    assert max(written) <= MOST_ROWS


async def test_others_can_write_while_a_whole_library_is_read() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    assert [number async for number in in_turns(range(10 * CHUNK))] == [*range(10 * CHUNK)]
    other.cancel()
    assert turns >= 10


async def test_p40_an_export_is_read_in_slices_and_is_complete(store, now) -> None:
    await has_much(store, now)
    async with store.reading() as tx:
        pieces = [(table, len(rows)) async for table, rows in personal_data.export(tx, ADA)]
    assert max(size for _, size in pieces) <= CHUNK
    said = await erase.export(store, ADA)
    assert len(json.loads(said)["liked"]) == MANY
    with ZipFile(io.BytesIO(erase.packed(said, "cratekeeper.json"))) as archive:
        assert archive.read("cratekeeper.json") == said
