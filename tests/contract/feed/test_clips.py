"""Clips of the operator's files: cut at the highlight, cached by content, limited in size; with the audio process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.artefacts import Folder
from bot.adapters.hearing import Hearing
from bot.adapters.store import Store
from bot.adapters.store.library import files
from bot.adapters.store.library.files import File
from bot.errors import TooOften
from bot.errors.audio import AudioError
from bot.flows.feed.catalogue import Catalogue
from bot.flows.feed.clips import MOST_WAITING, Clips
from tests.contract.feed.catalogue_stage import ADA, BEN, local
from tests.contract.library.sources.stage import sound
from tests.full_disk import full_disk


@pytest.fixture
async def hearing() -> AsyncIterator[Hearing]:
    made = Hearing()
    yield made
    await made.close()


@pytest.mark.slow
async def test_a_clip_is_cut_once_and_its_peak_is_remembered(
    store: Store, hearing: Hearing, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(sound(330))
    heard = File(
        str(path),
        1,
        1,
        f"{7:032d}{7:032d}",
        now,
        title="A song",
        version="1",
        numbers={"tempo": 90.0},
    )
    async with store.writing() as tx:
        await files.save(tx, [heard])
    catalogue = Catalogue(store, Clips(hearing, Folder(tmp_path / "clips")), lambda: now)
    await catalogue.points.refresh()
    before = await catalogue.entry(ADA, local(7))
    assert (before.clip, before.highlight) == (True, None)
    clip = await catalogue.clip(ADA, local(7))
    assert clip.highlight is not None
    assert clip.data
    assert clip.seconds > 0
    path.unlink()
    assert await catalogue.clip(ADA, local(7)) == clip
    after = (await catalogue.entry(ADA, local(7))).highlight
    assert after is not None
    assert after >= 0
    assert 0 <= clip.highlight <= min(after, clip.seconds), "the highlight's position in the clip"


@pytest.mark.slow
async def test_a_damaged_clip_is_cut_again_and_a_lost_file_is_an_error(hearing: Hearing, tmp_path: Path) -> None:
    path, kept = tmp_path / "song.wav", Clips(hearing, Folder(tmp_path / "clips"))
    path.write_bytes(sound(330))
    clip = await kept.cut(path, "a", ADA)
    damaged = tmp_path / "clips" / "a.clip"
    damaged.write_bytes(b"{ damaged")
    assert kept.highlight("a") is None
    again = await kept.cut(path, "a", ADA)
    assert (again.seconds, again.mime) == (clip.seconds, clip.mime)
    assert await kept.cut(path, "a", ADA) == again
    with pytest.raises(AudioError):
        await kept.cut(tmp_path / "nowhere.wav", "b", ADA)


@pytest.mark.slow
async def test_p20_a_clip_that_finds_no_room_is_played_all_the_same(hearing: Hearing, tmp_path: Path) -> None:
    path, kept = tmp_path / "song.wav", Clips(hearing, Folder(tmp_path / "clips"))
    path.write_bytes(sound(330))
    await hearing.guards()  # its process is there
    with full_disk():
        clip = await kept.cut(path, "a", ADA)
    assert clip.data
    assert not list((tmp_path / "clips").iterdir())
    assert (await kept.cut(path, "a", ADA)).seconds == clip.seconds
    assert kept.highlight("a") is not None


@pytest.mark.slow
async def test_nobody_waits_for_all_of_another_members_clips(hearing: Hearing, tmp_path: Path) -> None:
    path, clips, cut = tmp_path / "song.wav", Clips(hearing, Folder(tmp_path / "clips")), list[int]()
    path.write_bytes(sound(330))

    async def ask(member: int, digest: str) -> None:
        await clips.cut(path, digest, member)
        cut.append(member)

    asking = [asyncio.create_task(ask(ADA, f"a{number}")) for number in range(MOST_WAITING)]
    await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    asking.append(asyncio.create_task(ask(BEN, "b")))
    await asyncio.gather(*asking)
    assert cut.index(BEN) <= 3
    flood = await asyncio.gather(*(ask(ADA, f"c{number}") for number in range(50)), return_exceptions=True)
    assert sum(isinstance(each, TooOften) for each in flood) == 50 - MOST_WAITING
    assert (await clips.cut(path, "d", ADA)).data, "it's over once they're cut"


@pytest.mark.slow
async def test_the_least_recently_used_clip_makes_room(hearing: Hearing, tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(sound(330))
    one = len((await Clips(hearing, Folder(tmp_path / "one")).cut(path, "a", ADA)).data)
    kept = Clips(hearing, Folder(tmp_path / "clips", most=int(2.5 * (one + 2_000))))
    for digest in ("a", "b", "a", "c"):
        await kept.cut(path, digest, ADA)
    assert {path.stem for path in (tmp_path / "clips").iterdir()} == {"a", "c"}
