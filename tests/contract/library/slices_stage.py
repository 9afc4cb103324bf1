"""A stage for slices: a member with more songs than one transaction writes, and files as large."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import event, insert

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import playlists
from bot.adapters.vault import Vault
from bot.core.records import Account, Actor, Item, Layer, Like, Playlist, Song
from bot.flows.sorting import playlists as flow
from bot.ports import Contents, ListedPlaylist

ADA, BEN = 1001, 1002
MANY = 1_100
CHANGES = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"


@contextmanager
def rows_written(store: Store) -> Iterator[list[int]]:
    """Yield the number of rows that each transaction wrote, including cascading deletes."""
    engine, done = store._engine.sync_engine, list[int]()
    before: dict[Any, int] = {}

    def written(connection: Any) -> int:
        if engine.dialect.name == "postgresql":
            return int(connection.exec_driver_sql(CHANGES).scalar_one())
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
    """Have Ada like and label many songs and keep them in a playlist. Returns her layer."""
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await members.save_account(tx, Account(ADA, "c" * 32, "ada", "Ada", b"sealed", now))
        liked = [Like(Song(uri(at), f"Song {at}", ("Ann",)), now) for at in range(MANY)]
        await songs.like(tx, ADA, liked, now)
        layer = await playlists.ensure_layer(tx, ADA, "main")
        kept = await playlists.add(tx, layer, "All", "ref", "🟦")
        await playlists.save_content(tx, kept, [Item(like.song.song, now) for like in liked], None)
        said = {"member": ADA, "layer": layer.layer, "kind": "only", "playlists": [kept.playlist], "source": "button"}
        await tx.execute(insert(schema.answer), [said | {"song": uri(at), "event": at} for at in range(MANY)])
    return layer.layer


def vault() -> Vault:
    return Vault([Fernet.generate_key().decode()])


def everything(numbers: range, now: datetime) -> Contents:
    return Contents(tuple(Item(uri(at), now) for at in numbers), "read")


async def the_layer(store: Store) -> tuple[Layer, Playlist]:
    async with store.reading() as tx:
        (layer,), (kept,) = await playlists.layers(tx, ADA), await playlists.of_member(tx, ADA)
    return layer, kept


async def let_go(store: Store, now: datetime) -> Playlist:
    """Have Ada remove her playlist; return it."""
    _, kept = await the_layer(store)
    return await flow.remove(store, ADA, kept.playlist, now)


async def take_again(store: Store, now: datetime, gone: Playlist, layer: str = "other") -> Playlist:
    local, listed = LocalPlaylists(store, ADA, lambda: now), ListedPlaylist(gone.ref, "Again", MANY, None)
    return await flow.take(store, local, Actor(ADA, None, now), layer, listed)


async def taken_again(store: Store, now: datetime) -> None:
    await take_again(store, now, await let_go(store, now))


async def likes_of_ada(store: Store) -> int:
    async with store.reading() as tx:
        return await songs.count(tx, ADA)
