"""The wheel is complete: the command it installs works without the checkout."""

import argparse
import json
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

import bot
import cratekeeper
from bot.__main__ import parser as bot_parser
from sandbox.__main__ import parser as sandbox_parser
from sandbox.music.songs import songs, write_audio
from sandbox.process import ROOT, environment
from sandbox.spotify.model import spotify_id
from sandbox.stack import free_port
from training.__main__ import build_parser as training_parser

PACKAGES = ("bot", "training", "sandbox")
SOURCES = (*PACKAGES, "models")
FILES = ("pyproject.toml", "README.md", "LICENSE", "cratekeeper.py")
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
NOT_CODE = shutil.ignore_patterns("__pycache__", "*.egg-info")


def run(*command: str | Path, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that can't see the checkout."""
    env = environment(folder, {"PYTHONPATH": "", **settings})
    return subprocess.run(command, cwd=folder, env=env, text=True, capture_output=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy because setuptools leaves build files next to the sources."""
    copy, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=NOT_CODE)
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    (copy / "models" / "somebody.json").write_text("{}")
    built = run(sys.executable, "-c", BUILD, out, folder=copy)
    assert built.returncode == 0, built.stderr
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `cratekeeper` command in an environment with the wheel and this one's libraries, but not the checkout."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    put = run(python, "-m", "installer", wheel, folder=home)
    assert put.returncode == 0, put.stderr
    return home / "bin" / "cratekeeper"


def test_the_wheel_has_every_file_but_no_trained_model(wheel: Path) -> None:
    files = {
        str(path.relative_to(ROOT))
        for folder in PACKAGES
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    endings = {"musicnn": ".onnx", "prior": ".npz", "words": ".npz"}
    shipped = ("__init__.py", *(f"{name}{end}" for name, kind in endings.items() for end in (".md", kind)))
    models = {f"models/{name}" for name in shipped}
    assert held == files | models | {"cratekeeper.py"}


def test_the_command_prints_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "--version", folder=tmp_path).stdout == f"Cratekeeper {bot.__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        "",
        "run",
        "doctor",
        "analyse",
        "import",
        "import features",
        "import acousticbrainz",
        "match",
        "train fit",
        "sandbox",
    ],
)
def test_every_command_has_help(installed: Path, tmp_path: Path, command: str) -> None:
    shown = run(installed, *command.split(), "--help", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"usage: {f'cratekeeper {command}'.strip()} [-h]")


def test_the_doctor_migrates_a_database_and_finds_audio_analysis(installed: Path, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    services = dict.fromkeys(("DISCORD_API_URL", "SPOTIFY_API_URL", "SPOTIFY_ACCOUNTS_URL"), nowhere)
    lines = run(installed, "doctor", folder=tmp_path, DISCORD_TOKEN="token", **services).stdout.splitlines()
    assert {"settings", "database", "hearing", "prior"} <= {
        line[4:22].strip() for line in lines if line.startswith("ok ")
    }
    assert (tmp_path / "data" / "cratekeeper.db").exists()


def test_it_analyses_a_song_with_the_bundled_network(installed: Path, tmp_path: Path) -> None:
    write_audio(songs(0, 1)[0], tmp_path / "song.ogg")
    heard = run(installed, "analyse", "--json", "song.ogg", folder=tmp_path)
    assert heard.returncode == 0, heard.stderr
    assert "musicnn" in json.loads(heard.stdout)["vectors"]


def test_the_tour_succeeds(installed: Path, tmp_path: Path) -> None:
    """With its own small library, because the sandbox's songs take a minute to render."""
    write_library(tmp_path / "library.csv")
    toured = run(installed, "sandbox", folder=tmp_path, CI="true", LIBRARY="library.csv", LABELS="10")
    assert toured.returncode == 0, toured.stdout + toured.stderr
    assert re.search(r"^  Right +(\d+) of \1 songs", toured.stdout, re.MULTILINE)


@pytest.mark.soak
def test_the_tour_succeeds_on_generated_songs(installed: Path, tmp_path: Path) -> None:
    toured = run(installed, "sandbox", folder=tmp_path, CI="true")
    assert toured.returncode == 0, toured.stderr


def write_library(path: Path) -> None:
    """Write two easily separable playlists as Exportify files."""
    rows = ["Track URI,Track Name,Artist Name(s),Playlist,Added At,Genres,Tempo,Energy"]
    for number in range(120):
        name, genre, tempo, energy = (("Calm", "ambient", 70, 0.2), ("Loud", "metal", 170, 0.9))[number % 2]
        rows.append(
            f"spotify:track:{spotify_id('wheel', number)},Song {number},Artist {number % 12},{name},"
            f"{datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ},{genre},"
            f"{tempo + number % 9},{energy}"
        )
    path.write_text("\n".join(rows))


def arguments(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """Every argument of a parser and its subcommands, each with its command."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from arguments(below)
        else:
            yield parser.prog, action


@pytest.mark.parametrize(
    "parser", [bot_parser("cratekeeper", cratekeeper.BESIDE), training_parser(), sandbox_parser("sandbox")]
)
def test_every_argument_has_help(parser: argparse.ArgumentParser) -> None:
    assert [f"{prog} {action.dest}" for prog, action in arguments(parser) if not action.help] == []
