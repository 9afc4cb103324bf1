"""S3 for tests: a real server from a wheel, whose buckets are folders and whose objects are files."""

import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

KEY, SECRET = "test-key", "test-secret"
STARTING = 20  # seconds


class Server:
    """A server on loopback that a test may stop and start again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._port = folder, _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = ["-m", "nanio", "serve", "--host", "127.0.0.1", "--port", str(self._port)]
        self._process = subprocess.Popen(
            [sys.executable, *command, "--data-dir", str(self.folder), "--log-level", "error", "--no-access-log"],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET},
        )
        until = time.monotonic() + STARTING
        while not self._answers():
            assert time.monotonic() < until, "the S3 server doesn't start"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def new_bucket(self) -> str:
        """Make a bucket, and return its name."""
        name = f"bucket-{secrets.token_hex(4)}"
        (self.folder / name).mkdir()
        return name

    def access(self) -> dict[str, str]:
        """The settings that let the bot in."""
        return {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
