"""A server of buckets, and settings that put models and clips there, or into the data folder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import config
from bot.config import Settings
from tests.s3 import Server


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The server, which a test may stop."""
    yield running
    running.stop()
    running.start()


@dataclass(frozen=True)
class Place:
    """Where artefacts are: settings for it, and the folder in which their bytes lie on this disk."""

    env: dict[str, str]
    folder: Path

    @property
    def settings(self) -> Settings:
        return config.storage(self.env)

    def of(self, data: Path) -> Settings:
        """Another process's settings, on another machine: its data folder and cache are its own."""
        return config.storage({**self.env, "DATA_DIR": str(data)})


@pytest.fixture
def bucket(running: Server, tmp_path: Path) -> Place:
    name = running.new_bucket()
    env = {"DATA_DIR": str(tmp_path / "data"), "STORAGE_URL": f"s3://{name}/of/crates", **running.access()}
    return Place(env, running.folder / name / "of" / "crates")


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Place({"DATA_DIR": str(tmp_path / "data")}, tmp_path / "data")
    found: Place = request.getfixturevalue("bucket")
    return found


@pytest.fixture
def without_cache() -> Callable[[Settings], None]:
    """Empties a cache, so that what's loaded comes from the server."""

    def empty(settings: Settings) -> None:
        for path in (settings.data_dir / "cache").rglob("*.*"):
            path.unlink()

    return empty
