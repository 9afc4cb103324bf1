"""A killed music-folder import resumes where it was: it analyses no file twice and loses none."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC

from sandbox.process import environment
from tests.unit.sounds import tune

COUNT = 60
RATE = 8_000
KILLED_AFTER = (20, 15)  # files, in successive runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many different one-second songs in several folders, two undecodable files, and a text file."""
    root = tmp_path_factory.mktemp("music")
    for number in range(COUNT):
        place = root / f"album {number % 7}"
        place.mkdir(exist_ok=True)
        path = place / f"Artist - Song {number:04d}.flac"
        soundfile.write(path, tune(1, RATE, 1, seed=number).T, RATE)
        if number % 50 == 0:
            file = FLAC(path)
            file.update(title=f"Named {number}", artist="Ada", isrc="DE-AB1-23-45678", date="1999-02-03")
            file.save()
    (root / "broken.mp3").write_bytes(b"no sound at all" * 100)
    soundfile.write(root / "silent.wav", np.zeros(RATE), RATE)
    (root / "cover.txt").write_text("not a song")
    return root


def run(database: Path, folder: Path, *killed_after: int) -> list[str]:
    """Return the lines an import printed, until it finished or was killed after some files."""
    arguments = (str(database), str(folder), *map(str, killed_after))
    command = [sys.executable, "-m", "tests.crash.library.importer", *arguments]
    place, closed = database.parent, environment(database.parent)
    done = subprocess.run(command, cwd=place, env=closed, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == (-signal.SIGKILL if killed_after else 0)
    return done.stdout.splitlines()


def rows(database: Path) -> dict[str, tuple[object, ...]]:
    with sqlite3.connect(database) as raw:
        return {row[0]: row for row in raw.execute("SELECT path, mtime_ns, digest, error, at FROM recording")}


def test_killed_midway_it_analyses_no_file_twice_and_loses_none(folder: Path, tmp_path: Path) -> None:
    database = tmp_path / "test.db"
    runs = [run(database, folder, count) for count in KILLED_AFTER]
    before = rows(database)
    assert sum(KILLED_AFTER) <= len(before) < COUNT
    runs.append(run(database, folder))
    after = rows(database)
    said = [line.split(" ", 1)[1] for lines in runs for line in lines]
    assert len(said) == len(set(said))
    assert len(after) == COUNT + 2
    assert {path: after[path] for path in before} == before
    assert len({row[2] for row in after.values()}) == COUNT + 2
    assert sorted(Path(path).name for path, row in after.items() if row[3]) == ["broken.mp3", "silent.wav"]

    assert run(database, folder) == []
    assert rows(database) == after

    changed = folder / "album 3" / "Artist - Song 0003.flac"
    soundfile.write(changed, tune(1.5, RATE, 1, seed=5000).T, RATE)
    touched = folder / "album 4" / "Artist - Song 0004.flac"
    os.utime(touched)
    assert sorted(run(database, folder)) == [f"heard {changed}", f"same {touched}"]

    (folder / "album 6").rename(folder / "moved")
    (folder / "moved" / "Artist - Song 0006.flac").rename(folder / "moved" / "Artist - Other.flac")
    shutil.copy(folder / "album 0" / "Artist - Song 0007.flac", folder / "copy.flac")
    moved = run(database, folder)
    assert len(moved) == len([*(folder / "moved").iterdir()]) + 1
    assert {line.partition(" ")[0] for line in moved} == {"moved"}
    assert not [path for path in rows(database) if "album 6" in path]
    with sqlite3.connect(database) as raw:
        titles = "SELECT title FROM recording WHERE path LIKE '%moved/Artist - Other.flac' OR path LIKE '%copy.flac'"
        assert sorted(raw.execute(titles)) == [("Other",), ("copy",)]
        whole = "SELECT count(*) FROM recording WHERE vectors IS NULL AND error IS NULL"
        assert raw.execute(whole).fetchone() == (0,)
    (folder / "copy.flac").unlink()

    (folder / "album 5" / "Artist - Song 0005.flac").unlink()
    assert [line.partition(" ")[0] for line in run(database, folder)] == ["gone", "gone"]
    assert len(rows(database)) == COUNT + 1

    with sqlite3.connect(database) as raw:
        named = "SELECT title, artists, isrc, year, duration FROM recording WHERE path LIKE '%Song 0050.flac'"
        assert raw.execute(named).fetchone() == ("Named 50", '["Ada"]', "DEAB12345678", 1999, 1.0)
        plain = "SELECT title, artists FROM recording WHERE path LIKE '%Song 0051.flac'"
        assert raw.execute(plain).fetchone() == ("Song 0051", '["Artist"]')
