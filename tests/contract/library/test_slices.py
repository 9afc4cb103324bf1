"""Slices: whatever one member brings or deletes, no transaction writes more than a few hundred rows (promise P40)."""

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event, func, insert, select

from bot.adapters.local_playlists import Shelf
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store, personal_data, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import own_features, songs
from bot.adapters.store.rows import CHUNK, in_turns
from bot.adapters.store.sorting import answers, contents, playlists, writes
from bot.adapters.vault import Vault
from bot.core import limits
from bot.core.records import Account, Item, Layer, Like, NewWrite, Playlist, Song
from bot.core.sorting.journal import SETTLE
from bot.core.sorting.writes import WriteKind
from bot.errors.library import ErasedMeanwhile, NoSongsInFile, StillReadingFile
from bot.errors.sorting import AlreadyInLayer
from bot.flows.account import erase, link
from bot.flows.library import likes, sync
from bot.flows.library.likes import LibraryLook
from bot.flows.sorting import playlists as flow
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import manual_edits, sort
from bot.ports import Contents, LikesPage, ListedPlaylist

ADA, BEN = 1001, 1002
MOST_ROWS = 550  # in one transaction: a chunk of the store, and what goes with it
MANY = 1_100
WIDE = ("Tempo", "Energy", *(f"Column {at}" for at in range(85)))


@contextmanager
def rows_written(store: Store) -> Iterator[list[int]]:
    """Yield the number of rows that each transaction has written, deletions by reference among them."""
    engine, done = store._engine.sync_engine, list[int]()
    before: dict[Any, int] = {}

    def written(connection: Any) -> int:
        return int(connection.connection.driver_connection.total_changes)

    def begun(connection: Any) -> None:
        before[connection] = written(connection)

    def ended(connection: Any) -> None:
        done.append(written(connection) - before.pop(connection))

    listeners: dict[str, Callable[..., None]] = {"begin": begun, "commit": ended}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    yield done
    for name, listener in listeners.items():
        event.remove(engine, name, listener)


def uri(at: int) -> str:
    return f"spotify:track:{at:022d}"


def file_of(numbers: range, columns: tuple[str, ...] = ("Tempo",)) -> bytes:
    lines = [",".join(["Track URI", "Track Name", "Artist Name(s)", *columns])]
    lines += [",".join([uri(at), f"Song {at}", "Ann", *(["1.5"] * len(columns))]) for at in numbers]
    return "\n".join(lines).encode()


async def has_much(store: Store, now: datetime) -> int:
    """Have Ada like, label and keep many songs; return her layer."""
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await members.save_account(tx, Account(ADA, "c" * 32, "ada", "Ada", b"sealed", now))
        liked = [Like(Song(uri(at), f"Song {at}", ("Ann",)), now) for at in range(MANY)]
        await songs.like(tx, ADA, liked, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        kept = await playlists.add(tx, layer, "All", "ref", "🟦")
        await playlists.save_content(tx, kept, [Item(song.song.song, now) for song in liked], None)
        said = {"member": ADA, "layer": layer.layer, "kind": "only", "playlists": [kept.playlist], "source": "button"}
        await tx.execute(insert(schema.answer), [said | {"song": uri(at), "event": at} for at in range(MANY)])
    return layer.layer


def vault() -> Vault:
    return Vault([Fernet.generate_key().decode()])


async def test_p40_a_file_is_kept_a_few_rows_at_a_time_and_others_write_in_between(store, now) -> None:
    order: list[str] = []

    async def others() -> None:
        while True:
            async with store.writing() as tx:
                await members.ensure(tx, BEN, now)
            order.append("other")
            await asyncio.sleep(0)

    with rows_written(store) as written:
        other = asyncio.create_task(others())
        imported = await sync.import_file(store, ADA, "liked.csv", file_of(range(MANY)), now)
        other.cancel()
    assert imported.total == imported.songs == MANY
    assert max(written) <= MOST_ROWS
    assert len(order) >= MANY // sync.SLICE  # a turn for each slice


@pytest.mark.parametrize("what", ["unlink", "erase", "unlike", "recognise"])
async def test_p40_deleting_and_renaming_goes_by_slices(store, now, tmp_path: Path, what: str) -> None:
    keys, layer = vault(), await has_much(store, now)
    async with store.reading() as tx:
        account = await members.account(tx, ADA)
        before = await answers.standing(tx, ADA, layer)
    assert account is not None
    if what == "recognise":
        await link.unlink(store, keys, tmp_path, ADA)
        async with store.writing() as tx:
            liked = [Like(Song(uri(at), f"Song {at}", ("Ann",)), now) for at in range(MANY)]
            await songs.like(tx, ADA, liked, now)
    with rows_written(store) as written:
        match what:
            case "unlink":
                await link.unlink(store, keys, tmp_path, ADA)
            case "erase":
                await erase.delete_rows(store, ADA, personal_data.LARGE)
                async with store.writing() as tx:
                    await personal_data.erase(tx, ADA)
                await erase.forget_unused(store)
            case "unlike":
                lost = {uri(at) for at in range(MANY)}
                library = likes.StoredLibrary(account, dict.fromkeys(lost))
                await likes.settle(store, library, LibraryLook(total=0), lost, now)
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


def everything(numbers: range, now: datetime) -> Contents:
    return Contents(tuple(Item(uri(at), now) for at in numbers), "read")


async def the_layer(store: Store) -> tuple[Layer, Playlist]:
    async with store.reading() as tx:
        (layer,), (kept,) = await playlists.layers(tx, ADA), await playlists.of_member(tx, ADA)
    return layer, kept


async def taken(store: Store, now: datetime) -> None:
    shelf = Shelf(store, ADA, lambda: now)
    _, kept = await the_layer(store)
    await flow.take(store, shelf, ADA, "other", ListedPlaylist(kept.ref, "Again", MANY, None))


async def edited_by_hand(store: Store, now: datetime) -> None:
    """All of it goes, and comes back."""
    _, kept = await the_layer(store)
    for numbers in (range(0), range(MANY)):
        await manual_edits.learn(store, ADA, {kept: everything(numbers, now)}, now)
    async with store.reading() as tx:
        assert [item.song for item in await playlists.items(tx, kept.playlist)] == [*map(uri, range(MANY))]


async def standing_learnt(store: Store, now: datetime) -> None:
    assert await manual_edits.allow_standing(store, ADA, True, now) == MANY


async def standing_forgotten(store: Store, now: datetime) -> None:
    await manual_edits.allow_standing(store, ADA, False, now)
    async with store.reading() as tx:
        assert not [answer for answer in await answers.standing(tx, ADA, 1) if answer.event == answers.STANDING]


async def sorted_and_taken_back(store: Store, now: datetime) -> None:
    """Dry runs until the oldest gives way; then one is carried out, and taken back."""
    shelf, (layer, kept) = Shelf(store, ADA, lambda: now), await the_layer(store)
    async with contents.alone(store, ADA):
        await contents.remember(store, kept, (), None)
    outlooks = ScoredLibraries(store, Scorer(Path("none")))
    for _ in range(limits.DRY_RUNS + 2):
        receipt = await sort.dry_run(store, shelf, outlooks, layer, now)
    await sort.confirm(store, ADA, receipt.write.write)
    done = await sort.apply(store, shelf, receipt.write.write, now)
    assert done.per_playlist() == [(kept.name, MANY, 0)]
    async with store.reading() as tx:
        kept_runs = select(func.count()).where(schema.write.c.state.in_(("planned", "cancelled")))
        assert (await tx.execute(kept_runs)).scalar_one() == limits.DRY_RUNS - 1
    back = await sort.undo(store, ADA, receipt.write.write, now)
    await sort.apply(store, shelf, back, now + SETTLE)
    assert (await shelf.contents(kept.ref)).songs == []


async def given_up(store: Store, now: datetime) -> None:
    """A sort into a playlist that was let go of."""
    layer, kept = await the_layer(store)
    async with store.writing() as tx:
        write = await writes.begin(tx, NewWrite(ADA, layer.layer, WriteKind.SORT, MANY), now)
    lines = [{"playlist": kept.playlist, "song": uri(at), "action": "add"} for at in range(MANY)]
    await writes.fill(store, ADA, write, lines)
    await flow.remove(store, ADA, kept.playlist, now)
    done = await sort.apply(store, Shelf(store, ADA, lambda: now), write, now)
    assert len(done.refused) == MANY


@pytest.mark.parametrize(
    "work", [taken, edited_by_hand, standing_learnt, standing_forgotten, sorted_and_taken_back, given_up]
)
async def test_p40_what_is_done_to_a_whole_library_goes_by_slices(store, now, work) -> None:
    await has_much(store, now)
    if work is standing_forgotten:
        await standing_learnt(store, now)
    with rows_written(store) as written:
        await work(store, now)
    assert max(written) <= MOST_ROWS


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
async def test_unlinking_that_is_cut_short_is_ended_at_the_next_start(store, now, tmp_path: Path, share: float) -> None:
    keys, layer = vault(), await has_much(store, now)
    with rows_written(store) as written:
        task = asyncio.create_task(link.unlink(store, keys, tmp_path, ADA))
        while sum(written) <= share * 3 * MANY and not task.done():
            await _count(store)  # others' time, in which it goes on
        task.cancel()
    assert [outcome for outcome in await asyncio.gather(task, return_exceptions=True) if outcome is not True]
    async with store.reading() as tx:
        assert await members.account(tx, ADA) is None  # the tokens go first
    await link.unlink_rest(store, keys, tmp_path)
    async with store.reading() as tx:
        theirs = await members.get(tx, ADA)
        assert theirs is not None and theirs.source is None
        assert await songs.liked(tx, ADA) == {}
        assert all(answer.song.startswith(link.SEALED_SONG) for answer in await answers.standing(tx, ADA, layer))
        assert await members.with_source(tx, link.UNLINKING) == []


async def test_a_look_that_is_cut_short_leaves_what_was_remembered_before(store, now) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    async with contents.alone(store, ADA):
        task = asyncio.create_task(contents.remember(store, kept, everything(range(MANY, 3 * MANY), now).items, "new"))
        while not task.done():
            async with store.reading() as tx:
                seen = {item.song for item in await playlists.items(tx, kept.playlist)}
                unfinished = await playlists.next_edition(tx, kept.playlist) > 1
            assert seen in ({*map(uri, range(MANY))}, {*map(uri, range(MANY, 3 * MANY))})
            if unfinished:
                task.cancel()
                break
        await asyncio.gather(task, return_exceptions=True)
        await contents.remember(store, kept, everything(range(3), now).items, None)
    async with store.reading() as tx:
        assert [place.song for place in await playlists.places(tx, kept.playlist)] == [*map(uri, range(3))]
        rows = (await tx.execute(select(func.count()).select_from(schema.content))).scalar_one()
    assert unfinished
    assert rows == 3  # nothing of what was cut short


async def test_two_looks_at_once_teach_once(store, now) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    both = (manual_edits.learn(store, ADA, {kept: everything(range(MANY + 50), now)}, now) for _ in range(2))
    async with store.writing() as tx:
        await songs.like(tx, ADA, [Like(Song(uri(at), "New", ("Ann",)), now) for at in range(MANY, MANY + 50)], now)
    assert sorted(await asyncio.gather(*both)) == [0, 50]


async def test_looks_at_the_same_time_leave_the_contents_of_one(store, now) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    looks = [everything(range(at * MANY, (at + 1) * MANY), now) for at in (1, 2, 3)]
    learning = (manual_edits.learn(store, ADA, {kept: look}, now) for look in looks[:2])
    await asyncio.gather(*learning, manual_edits.remember(store, kept, looks[2], now))
    async with store.reading() as tx:
        assert [item.song for item in await playlists.items(tx, kept.playlist)] in [look.songs for look in looks]


async def test_a_playlist_taken_twice_at_the_same_time_is_kept_once_and_whole(store, now) -> None:
    await has_much(store, now)
    results = await asyncio.gather(taken(store, now), taken(store, now), return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [AlreadyInLayer]
    async with store.reading() as tx:
        (kept,) = [playlist for playlist in await playlists.of_member(tx, ADA) if playlist.name == "Again"]
        assert [item.song for item in await playlists.items(tx, kept.playlist)] == [*map(uri, range(MANY))]


async def test_a_preparation_that_was_cut_short_is_gone_after_the_next_start(store, now) -> None:
    layer, kept = (await has_much(store, now), await the_layer(store))[1]
    async with store.writing() as tx:
        write = await writes.begin(tx, NewWrite(ADA, layer.layer, WriteKind.WATCH, MANY), now)
        await writes.add_changes(tx, ADA, write, [{"playlist": kept.playlist, "song": uri(0), "action": "add"}])
    await writes.forget_unprepared(store)
    async with store.reading() as tx:
        assert await writes.get(tx, write) is None
        assert await writes.changes(tx, write) == []


async def test_others_get_their_turn_while_a_whole_library_is_read() -> None:
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


async def nearly_full(store: Store, room: int, now: datetime) -> None:
    """Have Ada like as many songs as a library holds, but for some room; all of them long ago."""
    liked = {"member": ADA, "added_at": now - timedelta(days=1), "fresh": False}
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await tx.execute(insert(schema.liked), [liked | {"song": f"old:{at}"} for at in range(limits.SONGS - room)])


async def test_p40_a_library_holds_so_many_songs_from_however_many_files(store, now) -> None:
    await nearly_full(store, 150, now)
    first = await sync.import_file(store, ADA, "a.csv", file_of(range(100)), now)
    second = await sync.import_file(store, ADA, "b.csv", file_of(range(50, 250)), now)
    assert (first.total, first.over) == (limits.SONGS - 50, 0)
    assert (second.total, second.over) == (limits.SONGS, 100)
    async with store.reading() as tx:
        assert await own_features.count(tx, ADA) == 150


@dataclass
class Newest:
    """Spotify's list of likes, of which there are more than are kept; only its first page is new."""

    page: LikesPage

    async def likes(self, offset: int) -> LikesPage:
        return self.page if offset == 0 else LikesPage((), 50, 0)


async def test_p40_of_more_likes_than_a_library_holds_the_newest_are_kept(store, now) -> None:
    await nearly_full(store, 10, now)
    account = Account(ADA, "c" * 32, "ada", "Ada", b"sealed", now, synced_at=now)
    async with store.writing() as tx:
        await members.save_account(tx, account)
    new = tuple(Like(Song(uri(at), f"Song {at}", ("Ann",)), now) for at in range(50))
    library = likes.StoredLibrary(account, {})
    await likes.look(store, Newest(LikesPage(new, 50, 50)), library, now, likes.unwatched)
    async with store.reading() as tx:
        assert await songs.count(tx, ADA) == limits.SONGS
        assert len(await songs.liked_of(tx, ADA, map(uri, range(50)))) == 50


async def test_p40_what_is_kept_of_a_song_is_bounded(store, now) -> None:
    await sync.import_file(store, ADA, "wide.csv", file_of(range(3), (*WIDE, "x" * 900)), now)
    async with store.reading() as tx:
        known = await songs.features(tx, ADA, await songs.library(tx, ADA))
    for features in known.values():
        assert len(features.numbers) <= limits.NUMBERS
        assert max(map(len, features.numbers)) <= limits.NAME
        assert {"tempo", "energy"} <= features.numbers.keys()


async def test_p40_one_file_of_a_member_is_read_at_a_time(store, now) -> None:
    results = await asyncio.gather(
        sync.import_file(store, ADA, "a.csv", file_of(range(300)), now),
        sync.import_file(store, ADA, "b.csv", file_of(range(300)), now),
        sync.import_file(store, BEN, "c.csv", file_of(range(300)), now),
        return_exceptions=True,
    )
    assert [isinstance(result, StillReadingFile) for result in results] == [False, True, False]
    with pytest.raises(NoSongsInFile):
        await sync.import_file(store, ADA, "none.csv", b"Track Name,Artist Name(s)\n", now)
    await sync.import_file(store, ADA, "a.csv", file_of(range(3)), now)  # after a bad one, too


@pytest.mark.parametrize("known", [True, False])
async def test_p35_an_erasure_wins_over_a_file_that_is_being_read(store, now, known: bool) -> None:
    if known:
        await sync.import_file(store, ADA, "first.csv", file_of(range(2)), now)

    async def erased_meanwhile() -> bytes:
        async with store.writing() as tx:
            await members.ensure(tx, ADA, now)
            await personal_data.begin_erasure(tx, ADA, now + timedelta(seconds=1))
            if known:
                await personal_data.erase(tx, ADA)
        return file_of(range(300))

    with pytest.raises(ErasedMeanwhile):
        await sync.import_fetched(store, ADA, "liked.csv", erased_meanwhile, now)
    async with store.reading() as tx:
        assert await songs.count(tx, ADA) == await own_features.count(tx, ADA) == 0


async def test_p40_a_file_cut_short_is_whole_after_it_is_sent_again(store, now) -> None:
    task = asyncio.create_task(sync.import_file(store, ADA, "liked.csv", file_of(range(1_000)), now))
    for _ in range(10_000):
        if count := await _count(store):
            break
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert count < 1_000
    assert (await sync.import_file(store, ADA, "liked.csv", file_of(range(1_000)), now)).total == 1_000


async def _count(store: Store) -> int:
    async with store.reading() as tx:
        return await songs.count(tx, ADA)


async def test_a_later_file_keeps_what_an_earlier_one_said_of_a_song(store, now) -> None:
    await sync.import_file(store, ADA, "a.csv", file_of(range(1), ("Tempo", "Energy")), now)
    await sync.import_file(store, ADA, "b.csv", file_of(range(1), ("Valence",)), now)
    async with store.reading() as tx:
        (known,) = (await songs.features(tx, ADA, await songs.library(tx, ADA))).values()
    assert {"tempo", "energy", "valence"} <= known.numbers.keys()


async def test_p40_what_is_handed_out_is_read_in_slices_and_is_whole(store, now) -> None:
    await has_much(store, now)
    async with store.reading() as tx:
        pieces = [(table, len(rows)) async for table, rows in personal_data.export(tx, ADA)]
    assert max(size for _, size in pieces) <= CHUNK
    said = await erase.export(store, ADA)
    assert len(json.loads(said)["liked"]) == MANY
    with ZipFile(io.BytesIO(erase.packed(said, "cratekeeper.json"))) as archive:
        assert archive.read("cratekeeper.json") == said
