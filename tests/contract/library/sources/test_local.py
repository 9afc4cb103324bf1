"""The operator's music folder and the AcousticBrainz index: local data, matched and corrected."""

import asyncio
import bz2
import gzip
import json
import lzma
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert

from bot.__main__ import main
from bot.adapters.sources.acousticbrainz import AcousticBrainz, fill
from bot.adapters.store import schema
from bot.core.vectors import pack
from bot.environment import passed_on
from bot.errors.library import NotADump
from bot.ports import Subject
from sandbox.process import environment
from tests.contract.library.sources.stage import Stage, recording, song, uri

ZSTD = shutil.which("zstd")
NOTHING_ON = pytest.mark.switched()
MUSICBRAINZ = pytest.mark.switched(MUSICBRAINZ_CONTACT="me@example.org")


async def keep(stage: Stage, path: str, tempo: float = 100.0, **written: Any) -> None:
    """Store a file of the music folder, as `python -m bot analyse --folder` does."""
    row = {
        "path": path,
        "size": 1,
        "mtime_ns": 1,
        "digest": path,
        "title": "Song 1",
        "artists": ["Ann"],
        "duration": 200.0,
        "numbers": {"tempo": tempo},
        "vectors": pack({"musicnn": np.full(3, tempo, np.float32)}),
        "at": stage.clock(),
    }
    async with stage.store.writing() as tx:
        await tx.execute(insert(schema.recording).values(row | written))


async def matches(stage: Stage) -> dict[str, tuple[str | None, str]]:
    async with stage.store.reading() as tx:
        return {row.song: (row.path, row.way) for row in await tx.execute(schema.match.select())}


@NOTHING_ON
async def test_a_song_in_the_music_folder_gets_numbers_and_vectors(stage: Stage) -> None:
    await stage.like(1, 2)
    await keep(stage, "a/song.mp3", isrc="ZZ-AAA-19-00001", title="Track 1", artists=[])
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    features = await stage.features(1)
    assert features.numbers == {"tempo": 100.0}
    assert features.embeddings["musicnn"].tolist() == [100.0] * 3
    assert features.provenance == {"tempo": "audio", "musicnn": "audio"}
    assert await matches(stage) == {uri(1): ("a/song.mp3", "isrc")}
    assert await stage.states("audio") == {uri(1): "known", uri(2): "nothing"}


@NOTHING_ON
async def test_a_folder_that_is_still_being_read_is_left_until_it_is(stage: Stage) -> None:
    await stage.like(1)
    await keep(stage, "a.mp3")
    assert not (await stage.hear()).more
    assert await stage.states("audio") == {}
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert (await stage.features(1)).known


@NOTHING_ON
async def test_new_files_are_found_and_nothing_is_done_twice(stage: Stage) -> None:
    await stage.like(1, 2)
    await keep(stage, "a.mp3")
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    async with stage.store.reading() as tx:
        before = {row.song: row.at for row in await tx.execute(schema.feature.select())}
    await keep(stage, "b.mp3", title="Song 2")
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert (await stage.features(2)).known
    async with stage.store.reading() as tx:
        after = {row.song: row.at for row in await tx.execute(schema.feature.select())}
    assert after[uri(1)] == before[uri(1)], "unchanged features aren't rewritten"


@NOTHING_ON
async def test_a_file_that_turns_out_to_be_another_song_loses_its_match(stage: Stage) -> None:
    await stage.like(1)
    await keep(stage, "a.mp3")
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert (await stage.features(1)).known
    async with stage.store.writing() as tx:
        await tx.execute(schema.recording.update().values(title="Something else", at=stage.clock()))
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert not (await stage.features(1)).known
    assert await matches(stage) == {}


@NOTHING_ON
async def test_broken_files_match_nothing(stage: Stage) -> None:
    await stage.like(1)
    await keep(stage, "broken.mp3", error="no audio in it", numbers={}, vectors=None)
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert await stage.states("audio") == {uri(1): "nothing"}


@MUSICBRAINZ
async def test_a_musicbrainz_id_in_the_tags_is_a_match(stage: Stage) -> None:
    stage.world.recordings.append(recording(1))
    await stage.like(1)
    await stage.hear()
    await keep(stage, "x.mp3", title="?", artists=[], mbid=recording(1).mbid)
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert await matches(stage) == {uri(1): ("x.mp3", "mbid")}


def command(stage: Stage, *arguments: str) -> int:
    environment = {
        "DISCORD_TOKEN": "x",
        "DATA_DIR": str(stage.folder),
        "DATABASE_URL": stage.store.url,
    }
    return main(arguments, environment)


@pytest.mark.slow
@NOTHING_ON
async def test_the_operators_correction_overrides_the_matcher(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    await stage.like(1)
    await keep(stage, "a.mp3")
    await keep(stage, "b.mp3", tempo=140.0, title="Something else")
    stage.clock.pass_by(minutes=2)
    await stage.hear()
    assert (await stage.features(1)).numbers == {"tempo": 100.0}
    for arguments, tempo in (
        ((f"https://open.spotify.com/track/{1:022d}?si=x", "b.mp3"), {"tempo": 140.0}),
        ((uri(1), "--none"), {}),
        ((f"{1:022d}", "--auto"), {"tempo": 100.0}),
    ):
        assert await asyncio.to_thread(command, stage, "match", *arguments) == 0
        await stage.hear()
        assert (await stage.features(1)).numbers == tempo
    assert "Song 1 – Ann" in capsys.readouterr().out
    assert await asyncio.to_thread(command, stage, "match", uri(1), "never-heard.mp3") == 1
    assert await asyncio.to_thread(command, stage, "match", uri(9), "a.mp3") == 1
    assert (await stage.features(1)).numbers == {"tempo": 100.0}


# ---------------------------------------------------------------- AcousticBrainz
RHYTHM = "mbid,submission_offset,bpm,bpm_histogram_first_peak_bpm_mean,danceability,onset_rate\n"
TONAL = "mbid,submission_offset,key_key,key_scale,tuning_frequency,tuning_equal_tempered_deviation\n"


def mbid(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-000000000000"


def rhythm(count: int) -> str:
    rows = [f"{mbid(at)},{offset},{100 + at + offset},0,1.5,2.25" for at in range(count) for offset in (0, 1)]
    return RHYTHM + "\n".join(rows) + "\n"


def packed(folder: Path, name: str, files: dict[str, str]) -> Path:
    for inside, text in files.items():
        (folder / inside).parent.mkdir(parents=True, exist_ok=True)
        (folder / inside).write_text(text)
    with tarfile.open(folder / name, "w") as tar:
        for inside in files:
            tar.add(folder / inside, inside)
    return folder / name


async def known(index: Path, number: int) -> dict[str, float]:
    learned = await AcousticBrainz(index).look_up([Subject(song(number), {"recording": [mbid(number)]})])
    return dict(learned[uri(number)].features.numbers) if learned else {}


async def test_the_csv_dumps_are_merged_into_one_index(tmp_path: Path, now: datetime) -> None:
    index = tmp_path / "index.db"
    tar = packed(tmp_path, "features-rhythm.tar", {"dump/features-rhythm.csv": rhythm(3)})
    plain = tmp_path / "features-tonal.csv"
    plain.write_text(TONAL + f"{mbid(1)},0,C,major,440.1,0.02\nnot-an-id,0,C,major,1,1\n{mbid(2)},0,C,minor,nan,\n")
    for dump in (tar, plain):
        list(fill(index, dump, now))
    assert await known(index, 1) == {
        "tempo": 101.0,
        "ab_danceability": 1.5,
        "ab_onset_rate": 2.25,
        "mode": 1.0,
        "ab_tuning_deviation": 0.02,
    }
    assert (await known(index, 2))["mode"] == 0.0
    assert await known(index, 9) == {}


async def test_both_kinds_of_json_dump_are_read_and_broken_ones_skipped(tmp_path: Path, now: datetime) -> None:
    high = {"highlevel": {"mood_happy": {"all": {"happy": 0.9, "not_happy": 0.1}}, "gender": {}}}
    low = {"rhythm": {"bpm": 93.5, "onset_rate": 3}, "tonal": {"key_scale": "minor"}, "lowlevel": {}}
    tar = packed(
        tmp_path,
        "dump.tar",
        {
            f"dump/highlevel/00/0/{mbid(1)}-0.json": json.dumps(high),
            f"dump/highlevel/00/0/{mbid(1)}-1.json": json.dumps({"highlevel": {}}),
            f"dump/lowlevel/00/0/{mbid(2)}-0.json": json.dumps(low),
            f"dump/lowlevel/00/0/{mbid(3)}-0.json": "{broken",
            f"dump/lowlevel/00/0/{mbid(4)}-0.json": "[]",
            f"dump/lowlevel/00/0/{mbid(5)}-0.json": "[" * 100_000,
            f"dump/lowlevel/00/0/{mbid(6)}-0.json": '{"rhythm": {"bpm": 1' + "0" * 400 + "}}",
        },
    )
    list(fill(tmp_path / "index.db", tar, now))
    assert await known(tmp_path / "index.db", 1) == {"ab_happy": 0.9}
    assert await known(tmp_path / "index.db", 2) == {"tempo": 93.5, "ab_onset_rate": 3.0, "mode": 0.0}
    assert [await known(tmp_path / "index.db", number) for number in range(3, 7)] == [{}] * 4


@pytest.mark.skipif(ZSTD is None, reason="needs the program zstd")
async def test_a_dump_is_read_as_published(tmp_path: Path, now: datetime) -> None:
    tar = packed(tmp_path, "features-rhythm.tar", {"features-rhythm.csv": rhythm(2)})
    subprocess.run(["zstd", "-q", tar], cwd=tmp_path, env=environment(tmp_path), check=True)  # noqa: ASYNC221 - blocking is fine in a test
    list(fill(tmp_path / "index.db", tar.with_suffix(".tar.zst"), now))
    assert (await known(tmp_path / "index.db", 1))["tempo"] == 101.0


def zstd(content: bytes) -> bytes:
    command, bare = [ZSTD or "", "-cq"], passed_on(os.environ)
    return subprocess.run(command, input=content, env=bare, cwd="/", check=True, capture_output=True).stdout


@pytest.mark.parametrize(
    ("ending", "packing"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        pytest.param(".zst", zstd, marks=pytest.mark.skipif(ZSTD is None, reason="needs the program zstd")),
    ],
)
def test_a_damaged_or_shortened_dump_is_never_taken_for_a_whole_one(
    tmp_path: Path, now: datetime, ending: str, packing: Callable[[bytes], bytes]
) -> None:
    dump, index = tmp_path / f"features-rhythm.csv{ending}", tmp_path / "index.db"
    whole = packing(rhythm(10_000).encode())
    middle = len(whole) // 2
    damaged = [whole[:at] + b"\xff" * 16 + whole[at + 16 :] for at in (10, middle)]
    for content in (whole[:middle], *damaged):
        dump.write_bytes(content)
        with pytest.raises(NotADump, match="features-rhythm"):
            list(fill(index, dump, now))
    dump.write_bytes(whole)
    assert [*fill(index, dump, now)][-1].entries == 20_000


async def test_a_stopped_import_resumes_where_it_was(tmp_path: Path, now: datetime) -> None:
    dump, index = tmp_path / "features-rhythm.csv", tmp_path / "index.db"
    dump.write_text(rhythm(6_000))
    first = next(fill(index, dump, now))  # 5,000 of 12,000 rows, then it stops
    assert await AcousticBrainz(index).since() is None
    rest = list(fill(index, dump, now))
    assert [progress.entries for progress in (first, *rest)] == [5_000, 10_000, 12_000]
    assert (await known(index, 5_999))["tempo"] == 6_099.0
    assert await AcousticBrainz(index).since() == now
    assert list(fill(index, dump, now)) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b"a,b\n1,2\n"),
        ("x.tar", b"no tar"),
        ("x.json", b"{}"),
        ("x.csv.bz2", b"no bz2"),
        ("x.csv", b"\xff\xfe"),
    ],
)
def test_a_file_that_is_no_dump_is_refused_by_name(tmp_path: Path, now: datetime, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotADump, match=r"x\."):
        list(fill(tmp_path / "index.db", tmp_path / name, now))


@MUSICBRAINZ
async def test_a_filled_index_is_asked_again_about_unknown_songs(stage: Stage) -> None:
    stage.world.recordings += [recording(1), recording(2)]
    await stage.like(1, 2)
    await stage.hear()
    dump = stage.folder / "features-rhythm.csv"
    for count in (2, 3):
        dump.write_text(rhythm(count))
        stage.clock.pass_by(minutes=1)
        list(fill(stage.folder / "acousticbrainz.db", dump, stage.clock()))
        stage.clock.pass_by(minutes=1)
        await stage.hear()
        assert (await stage.features(count - 1)).numbers["tempo"] == 99.0 + count
        assert (await stage.features(count - 1)).provenance["tempo"] == "acousticbrainz"


@NOTHING_ON
async def test_the_command_says_how_much_it_read(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    (stage.folder / "features-rhythm.csv").write_text(rhythm(3))
    for said in ("read, 6 entries", "in the index already"):
        assert command(stage, "import", "acousticbrainz", str(stage.folder / "features-rhythm.csv")) == 0
        assert said in capsys.readouterr().out
