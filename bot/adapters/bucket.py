"""Bucket: artefacts on an S3 server, with a local cache of recently used ones.

A cached file is used only if it parses; if it's damaged, it's fetched again. A file appears whole or not at all, as S3
promises.
"""

import hashlib
import io
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from bot.errors import StorageDown, StorageRefused
from bot.ports import Artefacts

log = logging.getLogger(__name__)
T = TypeVar("T")
CONNECTING, STALLED = timedelta(seconds=3), timedelta(seconds=5)
REQUEST = timedelta(minutes=2)  # the largest prior at 2 MB/s
RETRIES, RETRYING = 2, timedelta(seconds=10)
NO_BUCKET, SKEWED = "NoSuchBucket", "RequestTimeTooSkewed"
ELSEWHERE = "the bucket is in another region: set AWS_REGION"
NO_KEY = "the server refuses these credentials"
REFUSALS = {  # by words of the library's messages, which has error types for few of them
    NO_BUCKET: "there's no such bucket",
    "redirect without LOCATION": ELSEWHERE,
    "AuthorizationHeaderMalformed": ELSEWHERE,
    "401 Unauthorized": NO_KEY,
    "403 Forbidden": NO_KEY,
}
NOT_THERE = "check"  # a name that no file has
VERSION_LASTS = 60.0  # seconds until a file's version is asked for again


class Bucket:
    """Files below a storage URL. most: bytes of all files together; beyond that, the oldest are deleted."""

    def __init__(self, url: str, access: Mapping[str, str], cache: Artefacts, most: int | None = None) -> None:
        """access: `endpoint`, `region`, `access_key_id`, `secret_access_key`, each if it's known."""
        self._url, self._cache, self._most = url, cache, most
        self._store = _store(url, access)
        self._versions: dict[str, tuple[float, str]] = {}  # by name: until when it holds, and what it was

    def __str__(self) -> str:
        return self._url

    @property
    def local(self) -> Artefacts:
        return self._cache

    def check(self) -> None:
        """Raise StorageDown if the server doesn't answer, refuses us, has no such bucket or isn't S3."""
        with self._typed():
            next(iter(obstore.list(self._store, chunk_size=1)), None)
        if self.has(NOT_THERE):
            raise StorageRefused(f"{self._url}: that's no S3 server. Check AWS_ENDPOINT_URL")

    def load(self, name: str, parse: Callable[[BinaryIO], T], most: int | None = None, version: str = "") -> T:
        """Return what `parse` makes of a file. Raises FileNotFoundError, ValueError if it's larger than `most` bytes,
        and what `parse` raises.

        version: of a file whose content changes under its name; no other is taken from the cache.
        """
        cached = _versioned(name, version)
        with suppress(Exception):  # missing or damaged in the cache: the server's counts
            return self._cache.load(cached, parse, most)
        content = self._fetch(name, most)
        made = parse(io.BytesIO(content))
        if version:
            self._cache.delete({old for old in self._cache.names() if old.startswith(name)})
        self._keep(cached, content)
        return made

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all. Raises StorageDown."""
        with self._typed():
            obstore.put(self._store, name, content)
        self._versions.pop(name, None)
        self._keep(name, content)
        if self._most is not None:
            self._make_room(self._most, name)

    def has(self, name: str) -> bool:
        return self._head(name) is not None

    def version(self, name: str) -> str:
        """Return what changes with a file's content, at most VERSION_LASTS old; empty if there's no file."""
        until, known = self._versions.get(name, (0.0, ""))
        if time.monotonic() < until:
            return known
        self._versions[name] = time.monotonic() + VERSION_LASTS, known  # also if it's down, so nobody waits again
        about = self._head(name)
        known = f"{about['e_tag']} {about['size']}" if about else ""
        self._versions[name] = time.monotonic() + VERSION_LASTS, known
        return known

    def names(self) -> set[str]:
        """Return the names of all files, including those that only the cache still has."""
        return {about["path"] for about in self._list()} | self._cache.names()

    def delete(self, names: Iterable[str]) -> None:
        gone = list(names)
        with self._typed():
            obstore.delete(self._store, gone)
        self._cache.delete(gone)

    def _fetch(self, name: str, most: int | None) -> bytes:
        with self._typed():
            got = obstore.get(self._store, name)
            if most is None or got.meta["size"] <= most:
                return bytes(got.bytes())
        raise ValueError(f"{name} is larger than {most} bytes")

    def _keep(self, name: str, content: bytes) -> None:
        with suppress(OSError):  # no room on this disk: it's fetched again
            self._cache.put(name, content)

    def _head(self, name: str) -> Mapping[str, Any] | None:
        with self._typed():
            try:
                return obstore.head(self._store, name)
            except FileNotFoundError:
                return None

    def _list(self) -> list[Mapping[str, Any]]:
        with self._typed():
            return [about for part in obstore.list(self._store) for about in part]

    def _make_room(self, most: int, newest: str) -> None:
        """Delete the oldest files. A server's times have whole seconds only, so `newest` names the newest."""
        gone = []
        for about in sorted(self._list(), key=lambda at: (at["path"] == newest, at["last_modified"]), reverse=True):
            most -= about["size"]
            gone += [about["path"]] if most < 0 else []
        if gone:
            self.delete(gone)

    @contextmanager
    def _typed(self) -> Iterator[None]:
        """Raise StorageDown, in one line, for every error except a missing file."""
        try:
            yield
        except FileNotFoundError as problem:
            if NO_BUCKET in str(problem):
                raise self._down(problem) from None
            raise
        except BaseError as problem:
            log.debug("%s", problem)
            raise self._down(problem) from None

    def _down(self, problem: Exception) -> StorageDown:
        said = str(problem)
        if SKEWED in said:
            return StorageDown(f"{self._url}: this machine's clock is wrong")
        if why := next((why for words, why in REFUSALS.items() if words in said), None):
            return StorageRefused(f"{self._url}: {why}")
        return StorageDown(f"{self._url}: the server doesn't answer properly")


def _versioned(name: str, version: str) -> str:
    return f"{name}-{hashlib.sha256(version.encode()).hexdigest()[:16]}" if version else name


def _store(url: str, access: Mapping[str, str]) -> S3Store:
    parts = urlsplit(url)
    config: Any = dict(access)
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/"),
        config=config,
        # With options given, AWS_ALLOW_HTTP counts for nothing (promise P36).
        client_options={
            "allow_http": access.get("endpoint", "").startswith("http://"),
            "connect_timeout": CONNECTING,
            "read_timeout": STALLED,
            "timeout": REQUEST,
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": RETRYING},
    )
