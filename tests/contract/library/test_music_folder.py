"""A music folder: unreadable parts don't count as deleted, many missing files need confirming, bins are skipped."""

import os
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.adapters.hearing import Hearing
from bot.adapters.store import Store, schema
from bot.adapters.store.library import files, recordings
from bot.errors.audio import ManyMissing
from bot.flows.library.operator.folder_listing import Listing, _files, _list_file, list_folder
from bot.flows.library.operator.music_folder import forget_missing, import_folder
from sandbox.process import start
from tests.unit.sounds import tune, write


@pytest.fixture
async def hearing() -> AsyncIterator[Hearing]:
    made = Hearing()
    yield made
    await made.close()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two albums of five different songs each."""
    for album in ("One", "Two"):
        (tmp_path / "music" / album).mkdir(parents=True)
        for number in range(5):
            song = tune(1, seed=number + 10 * (album == "Two"))
            write(tmp_path / "music" / album / f"{number}.wav", song)
    return tmp_path / "music"


async def run(store: Store, hearing: Hearing, music: Path) -> list[tuple[str, str]]:
    """Import the folder. Returns the outcome and name of each file."""
    importing = import_folder(store, [hearing], music, lambda: datetime.now(UTC))
    return [(done.how, Path(done.path).name) async for done in importing]


async def kept(store: Store) -> int:
    async with store.reading() as tx:
        return len(await files.stamps(tx))


@pytest.mark.slow
async def test_an_unmounted_part_is_kept_and_not_analysed_again(store: Store, hearing: Hearing, music: Path) -> None:
    assert len(await run(store, hearing, music)) == 10
    (music / "Two").rename(music.parent / "unmounted")
    with pytest.raises(ManyMissing, match="5 files"):
        await run(store, hearing, music)
    (music / "Two").mkdir()
    with pytest.raises(ManyMissing, match="5 files"):
        await run(store, hearing, music)
    assert await kept(store) == 10
    (music / "Two").rmdir()
    (music.parent / "unmounted").rename(music / "Two")
    assert await run(store, hearing, music) == []


@pytest.mark.slow
async def test_an_emptied_folder_needs_confirmation(store: Store, hearing: Hearing, music: Path) -> None:
    (music / "Three").mkdir()
    write(music / "Three" / "x.wav", tune(1, seed=99))
    await run(store, hearing, music)
    (music / "Three" / "x.wav").unlink()
    with pytest.raises(ManyMissing, match="1 files"):
        await run(store, hearing, music)
    assert [Path(path).name for path in await forget_missing(store, music)] == ["x.wav"]
    assert await run(store, hearing, music) == []
    assert await kept(store) == 10


@pytest.mark.slow
async def test_a_deleted_file_is_forgotten_and_reported(store: Store, hearing: Hearing, music: Path) -> None:
    await run(store, hearing, music)
    (music / "One" / "3.wav").unlink()
    assert await run(store, hearing, music) == [("gone", "3.wav")]
    assert await kept(store) == 9


@pytest.mark.slow
async def test_many_moved_files_are_not_missing(store: Store, hearing: Hearing, music: Path) -> None:
    await run(store, hearing, music)
    (music / "Two").rename(music / "Second")
    assert {how for how, _ in await run(store, hearing, music)} == {"moved"}
    assert await kept(store) == 10


@pytest.mark.slow
async def test_moved_files_that_cannot_be_heard_are_not_missing(store: Store, hearing: Hearing, music: Path) -> None:
    for number in range(4):
        (music / "Two" / f"{number}.wav").write_bytes(b"not audio, whatever the name says" + bytes([number]))
    await run(store, hearing, music)
    (music / "Two").rename(music / "Second")
    assert {how for how, _ in await run(store, hearing, music)} == {"moved", "failed"}
    assert await kept(store) == 10


@pytest.mark.slow
async def test_what_match_said_about_a_file_that_moved_before_an_upgrade_is_kept(
    store: Store, hearing: Hearing, music: Path
) -> None:
    await run(store, hearing, music)
    before, after = music / "Two" / "3.wav", music / "Two" / "three.wav"
    async with store.writing() as tx:
        await recordings.correct(tx, "spotify:track:a", str(before), datetime.now(UTC))
        await tx.execute(sa.update(schema.recording).values(version="older"))
    before.rename(after)
    assert {how for how, _ in await run(store, hearing, music)} == {"heard"}
    async with store.reading() as tx:
        assert await recordings.corrections(tx, ["spotify:track:a"]) == {"spotify:track:a": str(after)}


@pytest.mark.slow
async def test_a_link_to_an_unmounted_disk_is_not_treated_as_deleted(
    store: Store, hearing: Hearing, music: Path
) -> None:
    await run(store, hearing, music)
    (music / "One" / "0.wav").unlink()
    (music / "One" / "0.wav").symlink_to(music / "nowhere" / "0.wav")
    assert await run(store, hearing, music) == []
    assert await kept(store) == 10
    assert list(list_folder(music).away) == [str(music / "One" / "0.wav")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list anything")
async def test_an_unreadable_folder_is_not_treated_as_deleted(store: Store, hearing: Hearing, music: Path) -> None:
    await run(store, hearing, music)
    (music / "Two").chmod(0)
    try:
        assert await run(store, hearing, music) == []
        assert list(list_folder(music).away) == [str(music / "Two")]
    finally:
        (music / "Two").chmod(0o700)
    assert await kept(store) == 10


def test_bins_snapshots_and_hidden_files_are_skipped(music: Path) -> None:
    for name in (
        ".Trash-1000/files",
        "#recycle",
        "@eaDir",
        "$RECYCLE.BIN",
        "lost+found",
        ".stversions",
        ".AppleDouble",
    ):
        (music / name).mkdir(parents=True)
        (music / name / "x.mp3").write_bytes(b"deleted")
    (music / "One" / "._0.wav").write_bytes(bytes.fromhex("0005160700020000") + bytes(4088))
    (music / "@Recently-Snapshot" / "today").mkdir(parents=True)
    (music / "@Recently-Snapshot" / "today" / "x.mp3").write_bytes(b"deleted")
    assert len(list_folder(music).sounds) == 10
    (music / "...And Then").mkdir()
    (music / "...And Then" / "x.mp3").write_bytes(b"a band")
    assert len(list_folder(music).sounds) == 11


@pytest.mark.slow
async def test_files_an_older_version_read_from_a_bin_are_forgotten_without_asking(
    store: Store, hearing: Hearing, music: Path
) -> None:
    await run(store, hearing, music)
    (music / "Two").rename(music / "#recycle")
    async with store.writing() as tx:
        await tx.execute(sa.text("UPDATE recording SET path = replace(path, '/Two/', '/#recycle/')"))
    assert {how for how, _ in await run(store, hearing, music)} == {"gone"}
    assert await kept(store) == 5


def test_unsupported_file_types_are_counted(music: Path) -> None:
    for name in ("a.wma", "b.WMA", "c.wv", "d.dsf", "cover.jpg", "e.mka", "f.m4b", "g.caf"):
        (music / name).write_bytes(b"x")
    listing = list_folder(music)
    assert listing.unread == {".wma": 2, ".wv": 1, ".dsf": 1}
    assert len(listing.sounds) == 13


AS_ON_MACOS = """
import os, sys
vars(os).pop("sched_getaffinity", None)
from bot.__main__ import start
sys.exit(start(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("bot", [("-m", "bot"), ("-c", AS_ON_MACOS)], ids=["this system", "one that hides processors"])
async def test_the_summary_says_how_many_files_of_unsupported_types_there_are(
    tmp_path: Path, bot: tuple[str, str]
) -> None:
    (tmp_path / "music").mkdir()
    for name in ("a.wma", "b.WMA", "c.wv", "cover.jpg"):
        (tmp_path / "music" / name).write_bytes(b"x")
    process = await start(*bot, "analyse", "--folder", "music", folder=tmp_path, stdout=PIPE)
    printed = (await process.communicate())[0].decode()
    assert process.returncode == 0
    assert printed.endswith("; 3 of kinds that are not read passed over (2 .wma, 1 .wv)\n")


@pytest.mark.slow
async def test_a_file_that_goes_before_it_is_analysed_stops_nothing(
    store: Store, hearing: Hearing, music: Path
) -> None:
    outcomes = []
    async for done in import_folder(store, [hearing], music, lambda: datetime.now(UTC)):
        (music / "Two" / "4.wav").unlink(missing_ok=True)
        outcomes.append((done.how, Path(done.path).name))
    assert [how for how, _ in outcomes] == ["heard"] * 9 + ["failed"]
    assert outcomes[-1][1] == "4.wav"
    assert await kept(store) == 9
    assert await run(store, hearing, music) == []


def test_a_file_that_goes_while_the_folder_is_listed_is_left_out(music: Path) -> None:
    listing = Listing(music)
    for path in _files(listing):
        (music / "One" / "4.wav").unlink(missing_ok=True)
        _list_file(path, listing)
    assert len(listing.sounds) == 9
    assert listing.away == {}
