"""Long work on a library: if interrupted, it's finished or redone; if run twice at once, it's done once."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from bot.adapters.artefacts import Folder
from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import own_features, songs
from bot.adapters.store.sorting import answers, contents, playlists, writes
from bot.core.records import Like, NewWrite, Playlist, Song
from bot.core.sorting.writing.writes import WriteKind
from bot.errors.library import ErasedMeanwhile, NoSongsInFile, StillReadingFile
from bot.errors.sorting import AlreadyInLayer
from bot.flows.account import link
from bot.flows.library import imports
from bot.flows.sorting import history
from bot.flows.sorting.writing import manual_edits
from tests.contract.library.slices_stage import (
    ADA,
    BEN,
    MANY,
    everything,
    file_of,
    has_much,
    let_go,
    likes_of_ada,
    rows_written,
    take_again,
    the_layer,
    uri,
    vault,
)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
async def test_an_interrupted_unlinking_is_finished_at_the_next_start(store, now, tmp_path: Path, share: float) -> None:
    keys, layer = vault(), await has_much(store, now)
    with rows_written(store) as written:
        task = asyncio.create_task(link.unlink(store, keys, Folder(tmp_path), ADA))
        while sum(written) <= share * 3 * MANY and not task.done():
            await likes_of_ada(store)  # lets the unlinking proceed
        task.cancel()
    assert [outcome for outcome in await asyncio.gather(task, return_exceptions=True) if outcome is not True]
    async with store.reading() as tx:
        assert await members.account(tx, ADA) is None  # the tokens go first
    await link.unlink_rest(store, keys, Folder(tmp_path))
    async with store.reading() as tx:
        theirs = await members.get(tx, ADA)
        assert theirs is not None and theirs.source is None
        assert await songs.liked(tx, ADA) == {}
        assert all(answer.song.startswith(link.SEALED_SONG) for answer in await answers.standing(tx, ADA, layer))
        assert await members.with_source(tx, link.UNLINKING) == []


@pytest.mark.parametrize("after", range(1, 5))
async def test_a_history_interrupted_while_a_change_is_stored_has_no_part_of_it(store, now, after: int) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    await manual_edits.learn(store, ADA, {kept: everything(range(MANY), now)}, now)  # recording begins
    with pytest.raises(asyncio.CancelledError):
        await _cut_short(store, after, manual_edits.remember(store, kept, everything(range(5), now), now))
    await manual_edits.remember(store, kept, everything(range(5), now), now)
    (recorded, tally), *earlier = (await history.history(store, ADA, kept.playlist)).revisions
    assert earlier == []
    assert dict(tally) == {("remove", "hand"): MANY - 5}
    state = await history.state(store, ADA, recorded.revision)
    assert [song.song for song, _added in state.named] == [*map(uri, range(MANY))]
    async with store.reading() as tx:
        left = (await tx.execute(select(func.count()).select_from(schema.edit))).scalar_one()
    assert left == MANY - 5


async def _cut_short(store: Store, after: int, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, and cancel it at its `after`-th commit."""
    task = asyncio.ensure_future(work)
    commits = 0

    def count(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits == after:
            task.cancel()

    event.listen(store._engine.sync_engine, "commit", count)
    try:
        await task
    finally:
        event.remove(store._engine.sync_engine, "commit", count)


async def test_an_interrupted_read_leaves_the_previous_contents(store, now) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    read = contents.Read(everything(range(MANY, 3 * MANY), now).items, "new", now)
    async with contents.alone(store, ADA):
        task = asyncio.create_task(contents.remember(store, kept, read))
        while not task.done():
            async with store.reading() as tx:
                seen = {item.song for item in await playlists.items(tx, kept.playlist)}
                unfinished = await playlists.next_edition(tx, kept.playlist) > 1
            assert seen in ({*map(uri, range(MANY))}, {*map(uri, range(MANY, 3 * MANY))})
            if unfinished:
                task.cancel()
                break
        await asyncio.gather(task, return_exceptions=True)
        await contents.remember(store, kept, contents.Read(everything(range(3), now).items, None, now))
    async with store.reading() as tx:
        assert [place.song for place in await playlists.places(tx, kept.playlist)] == [*map(uri, range(3))]
        rows = (await tx.execute(select(func.count()).select_from(schema.content))).scalar_one()
    assert unfinished
    assert rows == 3  # nothing left of the interrupted read


async def test_two_concurrent_reads_create_labels_once(store, now) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    both = (manual_edits.learn(store, ADA, {kept: everything(range(MANY + 50), now)}, now) for _ in range(2))
    async with store.writing() as tx:
        await songs.like(tx, ADA, [Like(Song(uri(at), "New", ("Ann",)), now) for at in range(MANY, MANY + 50)], now)
    assert sorted(await asyncio.gather(*both)) == [0, 50]


@pytest.mark.parametrize("after", range(1, 4))
async def test_what_was_done_by_hand_is_learned_once_though_the_read_was_cut_short(store, now, after: int) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    await manual_edits.learn(store, ADA, {kept: everything(range(MANY), now)}, now)
    async with store.writing() as tx:
        await songs.like(tx, ADA, [Like(Song(uri(at), "New", ("Ann",)), now) for at in range(MANY, MANY + 9)], now)
    put_in = {kept: everything(range(MANY + 9), now)}
    with pytest.raises(asyncio.CancelledError):
        await _cut_short(store, after, manual_edits.learn(store, ADA, put_in, now))
    await manual_edits.learn(store, ADA, put_in, now)
    async with store.reading() as tx:
        by_hand = [answer.song for answer in await answers.by_hand(tx, ADA, 0)]
    assert sorted(by_hand) == [uri(at) for at in range(MANY, MANY + 9)]


@pytest.mark.slow
async def test_concurrent_reads_leave_the_contents_of_one(store, now) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    looks = [everything(range(at * MANY, (at + 1) * MANY), now) for at in (1, 2, 3)]
    learning = (manual_edits.learn(store, ADA, {kept: look}, now) for look in looks[:2])
    await asyncio.gather(*learning, manual_edits.remember(store, kept, looks[2], now))
    async with store.reading() as tx:
        assert [item.song for item in await playlists.items(tx, kept.playlist)] in [look.songs for look in looks]


@pytest.mark.parametrize("second", ["other", "a third"])
async def test_a_playlist_added_twice_concurrently_is_kept_once_and_whole(store, now, second: str) -> None:
    await has_much(store, now)
    gone = await let_go(store, now)
    both = (take_again(store, now, gone, layer) for layer in ("other", second))
    results = await asyncio.gather(*both, return_exceptions=True)
    assert [type(result) for result in results if not isinstance(result, Playlist)] == [AlreadyInLayer]
    async with store.reading() as tx:
        (kept,) = await playlists.of_member(tx, ADA)
        assert [item.song for item in await playlists.items(tx, kept.playlist)] == [*map(uri, range(MANY))]
        assert len(await playlists.layers(tx, ADA)) == 2, "what is refused makes no layer"


async def test_an_interrupted_preparation_is_gone_after_the_next_start(store, now) -> None:
    layer, kept = (await has_much(store, now), await the_layer(store))[1]
    async with store.writing() as tx:
        write = await writes.begin(tx, NewWrite(ADA, layer.layer, WriteKind.WATCH, MANY), now)
        await writes.add_changes(tx, ADA, write, [{"playlist": kept.playlist, "song": uri(0), "action": "add"}])
    await writes.forget_unprepared(store, now)
    async with store.reading() as tx:
        assert await writes.get(tx, write) is None
        assert await writes.changes(tx, write) == []


async def test_p40_a_member_has_one_file_read_at_a_time(store, now) -> None:
    results = await asyncio.gather(
        imports.import_file(store, ADA, "a.csv", file_of(range(300)), now),
        imports.import_file(store, ADA, "b.csv", file_of(range(300)), now),
        imports.import_file(store, BEN, "c.csv", file_of(range(300)), now),
        return_exceptions=True,
    )
    assert [isinstance(result, StillReadingFile) for result in results] == [False, True, False]
    with pytest.raises(NoSongsInFile):
        await imports.import_file(store, ADA, "none.csv", b"Track Name,Artist Name(s)\n", now)
    await imports.import_file(store, ADA, "a.csv", file_of(range(3)), now)  # also after a bad file


@pytest.mark.postgresql
async def test_p40_a_member_has_one_file_read_at_a_time_by_all_processes(store, now) -> None:
    other, fetching, on = Store(store.url), asyncio.Event(), asyncio.Event()

    async def fetch() -> bytes:
        fetching.set()
        await on.wait()
        return file_of(range(300))

    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await members.change(tx, ADA, importing="a.csv")  # as it would be a moment later
    reading = asyncio.create_task(imports.import_fetched(store, ADA, "a.csv", fetch, now))
    await fetching.wait()
    with pytest.raises(StillReadingFile):
        await imports.import_file(other, ADA, "b.csv", file_of(range(3)), now)
    await imports.tell_interrupted(other, now)
    async with store.reading() as tx:
        assert await members.importing(tx) == {ADA: "a.csv"}, "it isn't interrupted"
    on.set()
    assert (await reading).songs == 300
    await other.close()


@pytest.mark.parametrize("known", [True, False])
async def test_p35_an_erasure_wins_over_a_running_import(store, now, known: bool) -> None:
    if known:
        await imports.import_file(store, ADA, "first.csv", file_of(range(2)), now)

    async def erased_meanwhile() -> bytes:
        async with store.writing() as tx:
            await members.ensure(tx, ADA, now)
            await personal_data.begin_erasure(tx, ADA, now + timedelta(seconds=1))
            if known:
                await personal_data.erase(tx, ADA)
        return file_of(range(300))

    with pytest.raises(ErasedMeanwhile):
        await imports.import_fetched(store, ADA, "liked.csv", erased_meanwhile, now)
    async with store.reading() as tx:
        assert await songs.count(tx, ADA) == await own_features.count(tx, ADA) == 0


async def test_p40_an_interrupted_file_is_complete_after_it_is_sent_again(store, now) -> None:
    task = asyncio.create_task(imports.import_file(store, ADA, "liked.csv", file_of(range(1_000)), now))
    for _ in range(10_000):
        if count := await likes_of_ada(store):
            break
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert 0 < count < 1_000
    assert (await imports.import_file(store, ADA, "liked.csv", file_of(range(1_000)), now)).total == 1_000
