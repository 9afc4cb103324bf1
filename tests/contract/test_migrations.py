"""Migrations: what older versions stored, and which programs may use it."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select, text

from bot.adapters.store import Store, schema
from bot.adapters.store.account import members
from bot.adapters.store.feed import dislikes
from bot.adapters.store.library import songs
from bot.adapters.store.migration import upgrade
from bot.adapters.store.social import shared_playlists
from bot.core.records import Like, Song
from bot.errors import NewerSchema

ADA = 1001


async def test_migrations_end_at_the_current_schema(store: Store) -> None:
    async with store._engine.connect() as tx:
        differences = await tx.run_sync(
            lambda connection: compare_metadata(MigrationContext.configure(connection), schema.metadata)
        )
    assert differences == []
    assert not await store.behind()


@asynccontextmanager
async def upgraded(folder: Path, revision: str, fill: Callable[[Connection], None]) -> AsyncIterator[Store]:
    """A database that an older version filled, after the upgrade to today's schema."""

    def before(connection: Connection) -> None:
        upgrade(connection, revision)
        fill(connection)
        connection.commit()

    async with Store(f"sqlite+aiosqlite:///{folder / 'old.db'}") as store:
        async with store._engine.connect() as tx:
            await tx.run_sync(before)
        await store.migrate()
        yield store


async def test_members_of_the_first_schema_are_migrated_and_teach_nothing(tmp_path, now: datetime) -> None:
    def fill(connection: Connection) -> None:
        columns = "member, created_at, updates, daily_cap, learn_from_playlists, polls"
        connection.exec_driver_sql(f"INSERT INTO member ({columns}) VALUES ({ADA}, 0, 'dm', 3, 0, 0)")  # noqa: S608

    async with upgraded(tmp_path, "0001", fill) as store, store.reading() as tx:
        ada = await members.get(tx, ADA)
    assert ada is not None
    assert (ada.teaches, ada.taught) == (False, None)


async def test_isrcs_stored_by_an_older_version_are_normalised(tmp_path, now: datetime) -> None:
    told = {"us-qza-25-00001": 120, "USQZA2500001": 121, "qzaaa2500002": 90}

    def fill(connection: Connection) -> None:
        song = "INSERT INTO song (song, title, artists, isrc, origin, cached_at) VALUES ('a', 'A', '[]', ?, 2, 0)"
        connection.exec_driver_sql(song, ("us-qza-25-00001",))
        columns = "owner, song, source, numbers, sets, at"
        feature = f"INSERT INTO feature ({columns}) VALUES (0, ?, 'operator:x', ?, '{{}}', 0)"  # noqa: S608
        for code, tempo in told.items():
            connection.exec_driver_sql(feature, (f"isrc:{code}", f'{{"tempo": {tempo}}}'))

    async with upgraded(tmp_path, "0013", fill) as store, store.reading() as tx:
        kept = await songs.some(tx, "a")
        known = await songs.features(tx, ADA, [*kept.values(), Song("b", "B", (), isrc="QZAAA2500002")])
        spelt = (await tx.execute(select(schema.song.c.isrc))).scalar_one()
    assert spelt == "USQZA2500001"
    assert [features.numbers for features in known.values()] == [{"tempo": 120}, {"tempo": 90}]


async def test_dislikes_and_removals_keep_their_rows_under_their_new_names(tmp_path) -> None:
    def fill(connection: Connection) -> None:
        columns = "member, created_at, updates, daily_cap, learn_from_playlists, polls"
        connection.exec_driver_sql(f"INSERT INTO member ({columns}) VALUES ({ADA}, 0, 'dm', 3, 0, 0)")  # noqa: S608
        connection.exec_driver_sql("INSERT INTO shared (shared, name, making, created_at) VALUES (1, 'Run', 0, 0)")
        connection.exec_driver_sql("INSERT INTO distaste VALUES (?, 'a', 'key', 0)", (ADA,))
        connection.exec_driver_sql("INSERT INTO put_out VALUES (1, ?, ?, 0)", (ADA, ADA))

    async with upgraded(tmp_path, "0037", fill) as store, store.reading() as tx:
        assert await dislikes.of(tx, ADA) == ["a"]
        assert [(removed.member, removed.by) for removed in await shared_playlists.removals(tx, 1)] == [(ADA, ADA)]


@pytest.mark.parametrize("kept", [253_402_387_139_000, 2**63 - 1, -(2**63)])
async def test_an_impossible_date_stored_by_an_older_version_locks_nobody_out(
    store: Store, now: datetime, kept: int
) -> None:
    """9999-12-31T23:59:59-23:59 was stored as milliseconds beyond what a date can hold."""
    async with store.writing() as tx:
        await members.ensure(tx, ADA, now)
        await songs.like(tx, ADA, [Like(Song("a", "A", ()), now)], now)
        await tx.execute(text("UPDATE liked SET added_at = :kept"), {"kept": kept})
    async with store.reading() as tx:
        liked = await songs.liked(tx, ADA)
        assert [song.title for song in await songs.library(tx, ADA)] == ["A"]
    assert liked["a"] is not None


async def test_unchecked_songs_stored_by_an_older_version_are_repaired(tmp_path, now: datetime) -> None:
    odd = [("a", "", '[null, 7, "Ann"]', "'soon'"), ("b", "B", "null", "1.5"), ("c", "C", '["Cat"]', "7")]

    def fill(connection: Connection) -> None:
        for song, title, artists, length in odd:
            row = f"'{song}', '{title}', '{artists}', {length}, 0"
            connection.exec_driver_sql(
                f"INSERT INTO song (song, title, artists, duration_ms, cached_at) VALUES ({row})"  # noqa: S608
            )

    async with upgraded(tmp_path, "0008", fill) as store, store.reading() as tx:
        mended = await songs.some(tx, "abc")
    kept = {song.song: (song.title, song.artists, song.duration_ms) for song in mended.values()}
    assert kept == {"a": ("Untitled song", ("Ann",), None), "b": ("B", (), None), "c": ("C", ("Cat",), 7)}


@pytest.mark.sqlite
async def test_p23_an_older_program_refuses_a_newer_schema(store: Store) -> None:
    with sqlite3.connect(store.path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerSchema):
        await store.migrate()
