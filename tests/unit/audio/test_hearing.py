"""Audio analysis: the named features, equal on any thread; and the audio process, which may die."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutagen.id3 import ID3, TIT2, Encoding

from bot.adapters import hearing as ear
from bot.adapters.hearing import Hearing
from bot.audio.analysis.features import FEATURES, VECTORS, VERSION, Analysis, analyse
from bot.audio.analysis.spectrum import mixed, resample
from bot.audio.files.decode import read
from bot.audio.files.sound import Sound
from bot.audio.files.tags import read_tags
from bot.core import wire
from bot.core.library.tables.languages import LANGUAGES
from bot.errors.audio import AudioError, HearingFailed, NotAudio, SilentAudio, TooLargeAudio, TruncatedAudio
from bot.messages.errors import describe
from sandbox.process import environment
from tests.unit.sounds import ENDINGS, RATE, tune, write

pytestmark = pytest.mark.slow

READABLE = "Café Größe Група крові Ζωή řeka żółw éłő ığdır تحت שיר เพลง 夜のバス 音樂 노래 ąčęė"
LONG = 15 * 60  # seconds; long enough to be killed during the analysis


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write(tmp_path / "song.flac", tune(12))


@pytest.fixture(scope="module")
def long_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples = np.tile(tune(30, 22_050, 1), LONG // 30)
    return write(tmp_path_factory.mktemp("long") / "long.flac", samples, 22_050)


# ---------------------------------------------------------------- features
def heard(samples: np.ndarray) -> Analysis:
    return analyse(Sound(samples, RATE))


def test_every_feature_has_a_name_and_every_name_a_feature(song: Path) -> None:
    analysis = analyse(read(song))
    assert list(analysis.numbers) == [feature.name for feature in FEATURES]
    assert list(analysis.vectors) == [vector.name for vector in VECTORS]
    assert analysis.version == VERSION
    assert all(np.isfinite(number) for number in analysis.numbers.values())
    for vector in VECTORS:
        assert analysis.vectors[vector.name].dtype == np.float32
        assert len(analysis.vectors[vector.name]) == int(vector.unit.split(",")[0])


@pytest.mark.parametrize("seconds", [0.5, 0.61, 1, 2, 5])
def test_short_sounds_have_every_feature(seconds: float) -> None:
    numbers = heard(tune(seconds)).numbers
    assert all(np.isfinite(number) for number in numbers.values())


def test_two_threads_give_the_same_result_as_one(song: Path) -> None:
    sound = read(song)
    alone = analyse(sound)
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(analyse, [sound] * 4))
    assert all(dict(analysis.numbers) == dict(alone.numbers) for analysis in together)
    assert all(
        np.array_equal(analysis.vectors[name], alone.vectors[name]) for analysis in together for name in alone.vectors
    )


def test_libraries_on_two_threads_differ_only_by_rounding(song: Path, tmp_path: Path) -> None:
    """That's why the audio process limits its libraries to one thread."""
    code = (
        "import json, pathlib, sys; from bot.audio.files.decode import read;"
        "from bot.audio.analysis.features import analyse;"
        "found = analyse(read(pathlib.Path(sys.argv[1])));"
        "print(json.dumps([*found.numbers.values(), *(x for v in found.vectors.values() for x in v.tolist())]))"
    )
    one, two = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", code, str(song)],
                env=environment(tmp_path, {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}),
                cwd=tmp_path,
                check=True,
                capture_output=True,
            ).stdout
        )
        for threads in ("1", "2")
    )
    np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)


async def test_every_process_gives_the_same_result_whatever_the_environment(
    song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Hearing()
    first = await alone.ask("analyse", song)
    await alone.close()
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    pair = [Hearing(), Hearing()]
    both = await asyncio.gather(*(process.ask("analyse", song) for process in pair))
    for process in pair:
        await process.close()
    assert first == both[0] == both[1]


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_mixing_second_by_second_is_mixing_the_whole(channels: int) -> None:
    sound = Sound(tune(3.3, channels=channels), RATE)
    np.testing.assert_allclose(mixed(sound, 22_050), resample(sound.mono, RATE, 22_050), atol=1e-6)


def test_doubling_the_amplitude_adds_six_decibels_and_changes_nothing_else() -> None:
    soft, loud = heard(tune(6)).numbers, heard(2 * tune(6)).numbers
    for name in ("loudness", "level"):
        assert loud[name] - soft[name] == pytest.approx(6.02, abs=0.01)
    for name in (
        "tempo",
        "brightness",
        "roll_off",
        "flatness",
        "zero_crossings",
        "harmonic_share",
        "crest",
        "fade_out",
    ):
        assert loud[name] == pytest.approx(soft[name], rel=1e-3, abs=1e-3)


def test_a_tone_is_harmonic_and_clicks_are_not() -> None:
    times = np.arange(6 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * times)[None].astype(np.float32)
    clicks = np.zeros((1, 6 * RATE), np.float32)
    clicks[0, :: RATE // 2] = 1
    clicks += 1e-4 * np.random.default_rng(0).standard_normal(clicks.shape).astype(np.float32)
    assert heard(tone).numbers["harmonic_share"] > 0.9
    assert heard(clicks).numbers["harmonic_share"] < 0.2


def test_a_tone_and_noise_have_the_spectral_shape_that_theory_gives() -> None:
    times = np.arange(6 * RATE) / RATE
    tone = heard(np.sin(2 * np.pi * 1000 * times)[None].astype(np.float32)).numbers
    noise = heard(0.1 * np.random.default_rng(0).standard_normal((1, 6 * RATE)).astype(np.float32)).numbers
    assert tone["brightness"] == pytest.approx(1000, rel=0.02)
    assert tone["zero_crossings"] == pytest.approx(2000, rel=0.01)
    assert tone["crest"] == pytest.approx(3.01, abs=0.05)
    assert noise["brightness"] == pytest.approx(5512, rel=0.06)
    assert noise["roll_off"] == pytest.approx(0.85 * 11_025, rel=0.06)
    assert noise["flatness"] > 0.3 > 0.01 > tone["flatness"]


def test_a_fade_out_is_detected() -> None:
    samples = tune(10)
    fading = samples * np.linspace(1, 0, samples.shape[1], dtype=np.float32)
    assert heard(fading).numbers["fade_out"] < -15 < -3 < heard(samples).numbers["fade_out"]


@pytest.mark.filterwarnings("ignore:overflow")
def test_samples_far_above_full_scale_are_rejected() -> None:
    with pytest.raises(TruncatedAudio, match="full scale"):
        heard(1e7 * tune())


# ---------------------------------------------------------------- the process
async def test_the_process_gives_the_same_result_as_the_function(song: Path) -> None:
    hearing = Hearing()
    there = await hearing.analyse(song)
    await hearing.close()
    here = analyse(read(song))
    assert {name: there.numbers[name] for name in here.numbers} == pytest.approx(dict(here.numbers), rel=1e-4, abs=1e-4)
    for name in here.vectors:
        np.testing.assert_allclose(there.vectors[name], here.vectors[name], rtol=1e-4, atol=1e-3)
    assert len(there.vectors["musicnn"]) == 200


async def test_the_confined_process_analyses_every_kind_of_file(tmp_path: Path) -> None:
    """One decoder may need a system call that another doesn't, so each one runs in the confined process here."""
    hearing = Hearing()
    for ending in ENDINGS:
        analysis = await hearing.analyse(write(tmp_path / f"song{ending}", tune(6)))
        assert analysis.numbers["duration"] == pytest.approx(6, abs=0.2), ending
    await hearing.close()


async def test_the_confined_process_reads_names_in_every_encoding(tmp_path: Path) -> None:
    hearing, encodings = Hearing(), [*LANGUAGES, "utf-16"]
    written = ID3()
    written.add(TIT2(encoding=Encoding.LATIN1, text=""))
    try:
        for encoding in encodings:
            path = write(tmp_path / f"{encoding}.mp3", tune(1))
            written["TIT2"].text = [READABLE.encode(encoding, "ignore").decode("latin-1")]
            written.save(path)
            said = await hearing.ask("recording", path)
            assert said["tags"]["title"] == read_tags(path).title, encoding
    finally:
        await hearing.close()


async def test_errors_from_the_process_keep_their_message_for_the_member(tmp_path: Path, song: Path) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros((1, RATE), np.float32))
    hearing = Hearing()
    with pytest.raises(SilentAudio) as told:
        await hearing.analyse(silent)
    assert "silent" in describe(told.value)
    with pytest.raises(NotAudio):
        await hearing.analyse(tmp_path / "missing.mp3")
    assert (await hearing.analyse(song)).numbers["duration"] == pytest.approx(12)
    await hearing.close()


async def test_a_file_analysed_apart_shares_its_process_with_no_other(song: Path) -> None:
    hearing, seen = Hearing(), list[int | None]()

    async def watch() -> None:
        while True:
            seen.append(hearing.pid)
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    with song.open("rb") as first, song.open("rb") as second:
        work = (
            hearing.analyse(song),
            hearing.analyse_apart(first),
            hearing.analyse_apart(second),
            hearing.analyse(song),
        )
        one, *others = await asyncio.gather(*work)
    watching.cancel()
    await hearing.close()
    assert all(other.numbers == one.numbers for other in others)
    assert len({pid for pid in seen if pid is not None}) == 4


async def test_a_process_that_is_killed_costs_one_file(song: Path, long_song: Path) -> None:
    hearing = Hearing()
    await hearing.ask("features")
    doomed = asyncio.create_task(hearing.analyse(long_song))
    await asyncio.sleep(0.3)
    assert hearing.pid is not None
    os.kill(hearing.pid, signal.SIGSEGV)
    with pytest.raises(HearingFailed):
        await doomed
    assert (await hearing.analyse(song)).version == VERSION
    await hearing.close()


async def test_a_file_that_takes_too_long_is_given_up_and_the_next_analysed(song: Path, long_song: Path) -> None:
    hearing = Hearing()
    await hearing.ask("features")
    hasty = Hearing(timeout=0.05)
    with pytest.raises(HearingFailed):
        await hasty.analyse(long_song)
    assert hasty.pid is None
    assert (await hearing.analyse(song)).version == VERSION
    await hasty.close()
    await hearing.close()


async def test_a_file_that_takes_too_much_memory_is_too_large_and_the_next_is_analysed(
    song: Path, long_song: Path
) -> None:
    hearing = Hearing(memory=250 * 2**20)
    with pytest.raises((TooLargeAudio, HearingFailed)):
        await hearing.analyse(long_song)
    assert (await hearing.analyse(song)).version == VERSION
    await hearing.close()


async def test_a_cancelled_callers_result_never_goes_to_the_next(song: Path, long_song: Path) -> None:
    hearing = Hearing()
    await hearing.ask("features")
    impatient = asyncio.create_task(hearing.analyse(long_song))
    await asyncio.sleep(0.3)
    impatient.cancel()
    assert (await hearing.analyse(song)).numbers["duration"] == pytest.approx(12)
    await hearing.close()


async def test_an_idle_process_ends(song: Path) -> None:
    hearing = Hearing(idle=0.1)
    await hearing.analyse(song)
    await asyncio.sleep(0.5)
    assert hearing.pid is None
    await hearing.close()


def test_messages_are_plain_and_bounded() -> None:
    message = {"do": "analyse", "path": "ö.mp3"}
    packed = wire.pack(message)
    assert wire.length(packed[: wire.HEADER.size]) == len(packed) - wire.HEADER.size
    assert wire.unpack(packed[wire.HEADER.size :]) == message
    with pytest.raises(ValueError, match="message"):
        wire.length(b"\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="object"):
        wire.unpack(b"[1]")
    with pytest.raises(ValueError, match="deep"):
        wire.unpack(b"[" * 100_000)
    with pytest.raises(ValueError):
        wire.pack({"number": float("nan")})


# ---------------------------------------------------------------- the command
def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "analyse", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment(cwd), capture_output=True, text=True, check=False)


def test_the_command_prints_features_and_names_failed_files(tmp_path: Path, song: Path) -> None:
    said = run(song, "missing.mp3", cwd=tmp_path)
    assert said.returncode == 1
    assert "loudness" in said.stdout and "LUFS" in said.stdout and "took" in said.stdout
    assert said.stderr.startswith("missing.mp3: ")


def test_the_command_prints_json_and_draws(tmp_path: Path, song: Path) -> None:
    said = run(song, "--json", "--picture", "song.png", cwd=tmp_path)
    assert said.returncode == 0
    (line,) = said.stdout.splitlines()
    assert json.loads(line)["numbers"]["duration"] == pytest.approx(12)
    assert (tmp_path / "song.png").read_bytes().startswith(b"\x89PNG")


def test_a_name_with_control_characters_is_escaped_on_one_line(tmp_path: Path, song: Path) -> None:
    (tmp_path / "bad\x1b[2J\n.mp3").write_text("no sound")
    (tmp_path / os.fsdecode(b"s\xf6ng.mp3")).write_text("no sound")
    said = run("bad\x1b[2J\n.mp3", os.fsdecode(b"s\xf6ng.mp3"), cwd=tmp_path)
    assert [line.partition(": ")[0] for line in said.stderr.splitlines()] == ["bad\\x1b[2J\\n.mp3", "s\\udcf6ng.mp3"]


def test_a_file_with_an_undecodable_name_is_named_and_skipped(tmp_path: Path, song: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    (music / "song.mp3").write_bytes(song.read_bytes())
    (music / os.fsdecode(b"s\xf6ng.mp3")).write_bytes(song.read_bytes())
    said = run("--folder", music, cwd=tmp_path)
    assert said.stdout.startswith("1 file: 1 heard")
    (line,) = said.stderr.splitlines()
    assert "s\\udcf6ng.mp3: Its name is no text" in line
    assert said.returncode != 0


def test_a_folder_has_a_progress_bar_only_on_a_terminal_and_no_picture(tmp_path: Path, song: Path) -> None:
    said = run("--folder", song.parent, cwd=tmp_path)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("1 file: 1 heard, 0 that cannot be heard, ")
    assert "1 as they were" in run("--folder", song.parent, cwd=tmp_path).stdout
    refused = run("--folder", song.parent, "--picture", "song.png", cwd=tmp_path)
    assert refused.returncode == 2 and "--picture" in refused.stderr


def test_two_imports_do_not_analyse_the_same_files_at_once(tmp_path: Path, song: Path) -> None:
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "import.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = run("--folder", song.parent, cwd=tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith("cratekeeper: Another import is under way")
    assert run("--folder", song.parent, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"numbers": [], "vectors": {}, "version": "1"},
        {"numbers": {"tempo": None}, "vectors": {}, "version": "1"},
        {"numbers": {"tempo": float("nan")}, "vectors": {}, "version": "1"},
        {"numbers": {"tempo": 10**400}, "vectors": {}, "version": "1"},
        {"numbers": {}, "vectors": {"musicnn": [[1], [1, 2]]}, "version": "1"},
        {"numbers": {}, "vectors": {"musicnn": [1e99]}, "version": "1"},
    ],
)
def test_a_malformed_response_from_the_process_is_rejected(answer: dict[str, Any]) -> None:
    with pytest.raises(HearingFailed, match="no answer"):
        ear.heard(answer)


@pytest.mark.parametrize("named", ["annotations", "SettingsError", "for_member", 1, None, [], "__dict__"])
def test_the_process_can_only_raise_known_audio_errors(named: object) -> None:
    assert type(ear.error({"error": named})) is AudioError
