"""Members' files are read and written in other threads than the event loop's, a few at a time (promise P40)."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.store.library import songs
from bot.core import limits
from bot.core.library import tables
from bot.errors.library import BadFile, ManyImports, StillReadingFile
from bot.flows.library import exports, imports
from bot.messages.errors import describe
from tests.conftest import NOW
from tests.contract.library.slices_stage import ADA, MANY, file_of, has_much, the_layer
from tests.databases import new_store
from tests.unit.library.tables.test_archive import packed

CSV = b"Track URI,Track Name,Artist Name(s)\nspotify:track:0000000000000000000001,Song,Ann\n"
ACCOUNT = b'{"tracks": [{"artist": "Ann", "album": "Pier", "track": "Song", "uri": "spotify:track:1"}]}'
M3U8 = b"#EXTM3U\n#EXTINF:200,Ann - Song\nspotify:track:0000000000000000000001\n"
JSPF = (
    b'{"playlist": {"title": "Pier", "track": [{"title": "Song", "creator": "Ann", "location": ["spotify:track:1"]}]}}'
)
FILES = {"liked.csv": CSV, "liked.tsv": CSV.decode().replace(",", "\t").encode("utf-16"), "YourLibrary.json": ACCOUNT}
FILES |= {"pier.m3u8": M3U8, "pier.jspf": JSPF, "all.zip": packed(Pier=CSV, Quay=M3U8)}
READER = str(Path(tables.__file__).parent)


@contextmanager
def calls_in_this_thread(folder: str) -> Iterator[set[str]]:
    """Yield the functions of a folder's modules that this thread calls."""
    called = set[str]()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(folder):
            called.add(frame.f_code.co_qualname)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(before)


@pytest.mark.slow
async def test_p40_no_line_of_a_file_is_parsed_in_the_event_loops_thread(store, now) -> None:
    data = file_of(range(MANY))
    with calls_in_this_thread(READER) as called:
        imported = await imports.import_file(store, ADA, "liked.csv", data, now)
    assert imported.songs == MANY
    assert called == set()
    with calls_in_this_thread(READER) as called:
        assert [*tables.songs_in(imports.table_of("liked.csv", data), "csv")]
    assert "songs_in" in called, "what it does is seen here"


async def test_p40_a_playlists_file_is_written_in_another_thread_too(store, now) -> None:
    await has_much(store, now)
    _, kept = await the_layer(store)
    with calls_in_this_thread(READER) as called:
        exported = await exports.exported(store, LocalPlaylists(store, ADA, lambda: now), kept)
    assert (len(exported.data.splitlines()), exported.unnamed) == (1 + MANY, 0)
    assert called == set()


async def test_p40_only_a_few_files_are_read_at_once_over_all_members(store, now) -> None:
    others, arrived, fetched = range(1, 1 + limits.IMPORTS_AT_ONCE), asyncio.Event(), list[int]()

    async def sent(member: int, waits: bool) -> imports.Imported:
        async def fetch() -> bytes:
            fetched.append(member)
            if waits:
                await arrived.wait()
            return file_of(range(3))

        return await imports.import_fetched(store, member, "liked.csv", fetch, now)

    reading = [asyncio.create_task(sent(member, waits=True)) for member in others]
    while len(fetched) < limits.IMPORTS_AT_ONCE:  # noqa: ASYNC110 - nothing to wait on
        await asyncio.sleep(0)
    with pytest.raises(ManyImports) as refused:
        await sent(ADA, waits=False)
    assert refused.value.count == limits.IMPORTS_AT_ONCE
    with pytest.raises(StillReadingFile):
        await sent(others[0], waits=False)
    assert sorted(fetched) == [*others], "what's refused isn't fetched: it would be held in memory"
    arrived.set()
    assert [done.total for done in await asyncio.gather(*reading)] == [3] * len(others)
    assert (await sent(ADA, waits=False)).total == 3


@pytest.mark.slow
@settings(suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data(), name=st.sampled_from([*FILES]))
def test_a_damaged_file_is_read_or_refused_in_words(data, name, tmp_path_factory) -> None:
    file = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(file)))
        file[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))

    async def reading() -> None:
        store = new_store(tmp_path_factory.mktemp("damaged") / "test.db")
        try:
            imported = await imports.import_file(store, ADA, name, bytes(file), NOW)
            assert imported.songs <= imported.total
        except BadFile as refused:
            assert describe(refused)
            async with store.reading() as tx:
                assert await songs.count(tx, ADA) == 0
        finally:
            await store.close()

    asyncio.run(reading())
