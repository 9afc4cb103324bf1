"""A command as a process: how it ends if its output can't be written, or on Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.process import environment
from tests.unit.training.test_training_commands import write_csv


def command(text: str, folder: Path) -> list[str]:
    """Return a command's arguments, with the files that it reads in the folder."""
    write_csv(folder / "F.csv", [["track_id", "tempo"], *([str(at), 100 + at] for at in range(4))])
    write_csv(folder / "L.csv", [["playlist", "track_id", "verdict"], ["A", "0", "yes"]])
    return [sys.executable, "-m", *text.split()]


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("text", ["bot health", "training next --models m --library F.csv --labels L.csv"])
def test_a_command_whose_output_nobody_reads_ends_without_a_word(text: str, unbuffered: str, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    env = environment(tmp_path, {"PYTHONUNBUFFERED": unbuffered})
    done = subprocess.run(command(text, tmp_path), cwd=tmp_path, env=env, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
@pytest.mark.parametrize("text", ["bot health", "training next --models m --library F.csv --labels L.csv"])
def test_output_that_does_not_fit_on_the_disk_gives_one_line(text: str, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        arguments, env = command(text, tmp_path), environment(tmp_path)
        done = subprocess.run(arguments, cwd=tmp_path, env=env, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def heed_ctrl_c() -> None:
    """Undo that a shell has what it starts in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_ctrl_c_ends_a_command_without_a_word(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "library.csv")
    arguments, env = command("training pretrain library.csv", tmp_path), environment(tmp_path)
    with (
        subprocess.Popen(arguments, cwd=tmp_path, env=env, stderr=subprocess.PIPE, preexec_fn=heed_ctrl_c) as process,
        (tmp_path / "library.csv").open("w"),  # once it reads
    ):
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said) == (130, b"")
