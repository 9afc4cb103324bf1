"""Artefacts behave the same in a folder and in a bucket on a real S3 server."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

import pytest

from bot import config
from bot.adapters.artefacts import Folder, clips_of, models_of, move_in
from bot.config import Settings
from bot.errors import SettingsError, StorageDown, StorageRefused
from tests.contract.storage.conftest import Place
from tests.s3 import Server


def content(file: BinaryIO) -> bytes:
    return file.read()


def test_what_is_put_is_found_by_everybody_until_it_is_deleted(place: Place) -> None:
    files = models_of(place.settings)
    assert files.names() == set()
    files.put("a.onnx", b"first")
    files.put("a.onnx", b"second")
    files.put("b.json", b"{}")
    for each in (files, models_of(place.settings)):
        assert each.load("a.onnx", content) == b"second"
        assert each.load("b.json", json.load) == {}
        assert each.names() == {"a.onnx", "b.json"}
        assert (each.has("a.onnx"), each.has("c.onnx")) == (True, False)
    files.delete(["a.onnx", "never-there"])
    assert files.names() == {"b.json"}
    assert not files.has("a.onnx")
    with pytest.raises(FileNotFoundError):
        files.load("a.onnx", content)
    assert [path.name for path in (place.folder / "models").glob("*")] == ["b.json"]


def test_models_and_clips_are_apart(place: Place) -> None:
    models_of(place.settings).put("one", b"model")
    clips_of(place.settings).put("one", b"clip")
    assert models_of(place.settings).load("one", content) == b"model"
    assert clips_of(place.settings).load("one", content) == b"clip"


def test_a_file_that_is_too_large_is_not_read(place: Place) -> None:
    files = models_of(place.settings)
    files.put("a", b"12345")
    assert files.load("a", content, most=5) == b"12345"
    with pytest.raises(ValueError, match="a is"):
        models_of(place.settings).load("a", content, most=4)


def test_what_does_not_parse_is_the_callers_to_know(place: Place) -> None:
    files = models_of(place.settings)
    files.put("a.json", b"{ damaged")
    with pytest.raises(json.JSONDecodeError):
        files.load("a.json", json.load)


def test_a_version_tells_when_a_file_has_changed(place: Place) -> None:
    files = models_of(place.settings)
    assert files.version("prior.npz") == ""
    files.put("prior.npz", b"old")
    old = files.version("prior.npz")
    assert files.load("prior.npz", content, version=old) == b"old"
    files.put("prior.npz", b"newer")
    new = files.version("prior.npz")
    assert "" != old != new != ""
    assert files.load("prior.npz", content, version=new) == b"newer"
    assert models_of(place.settings).version("prior.npz") == new


def test_clips_make_room_for_newer_ones(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.artefacts.MOST_CLIPS", 250)
    clips = clips_of(place.settings)
    for name in ("a", "c", "d", "b"):
        clips.put(name, 100 * b"x")
        assert name in clips.names()
    assert len(clips.names()) == 2


def test_the_cache_holds_what_was_used_last_and_no_more(
    server: Server, bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.artefacts.MEGABYTE", 250)
    settings = config.storage({**bucket.env, "STORAGE_CACHE_MB": "1"})
    files, cache = models_of(settings), Folder(settings.data_dir / "cache" / "models")
    for name in ("a", "b"):
        files.put(name, name.encode() * 100)
    files.load("a", content)
    files.put("c", b"c" * 100)
    assert cache.names() == {"a", "c"}
    assert files.names() == {"a", "b", "c"}
    assert files.load("b", content) == b"b" * 100
    assert cache.names() == {"b", "c"}
    server.stop()
    assert files.load("c", content) == b"c" * 100
    with pytest.raises(StorageDown):
        files.load("a", content)


def test_p28_what_is_damaged_in_the_cache_is_fetched_again(bucket: Place) -> None:
    files = models_of(bucket.settings)
    files.put("a.json", b'{"sound": true}')
    cached = bucket.settings.data_dir / "cache" / "models" / "a.json"
    for damaged in (b"", b'{"sound": tr'):
        cached.write_bytes(damaged)
        assert files.load("a.json", json.load) == {"sound": True}
        assert cached.read_bytes() == b'{"sound": true}'


def test_only_what_the_cache_holds_is_local(server: Server, place: Place, tmp_path: Path) -> None:
    clips_of(place.settings).put("a", b"x")
    assert clips_of(place.settings).local.load("a", content) == b"x"
    if "STORAGE_URL" in place.env:
        with pytest.raises(FileNotFoundError):
            clips_of(place.of(tmp_path / "other")).local.load("a", content)


@pytest.mark.slow
def test_a_server_that_is_down_is_told_in_one_line(server: Server, bucket: Place) -> None:
    files = models_of(bucket.settings)
    files.check()
    server.stop()
    uses: list[Callable[[], object]] = [
        files.check,
        files.names,
        lambda: files.put("a", b""),
        lambda: files.load("a", content),
        lambda: files.has("a"),
        lambda: files.version("a"),
        lambda: files.delete(["a"]),
    ]
    for use in uses:
        with pytest.raises(StorageDown) as told:
            use()
        assert str(told.value) == f"{bucket.env['STORAGE_URL']}/models: the server doesn't answer properly"
    server.start()
    files.check()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "the server refuses these credentials"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "the server refuses these credentials"),
        ({"STORAGE_URL": "s3://no-such-bucket"}, "there's no such bucket"),
    ],
)
def test_wrong_settings_are_told_in_one_line(bucket: Place, change: dict[str, str], why: str) -> None:
    settings = config.storage({**bucket.env, **change})
    files = models_of(settings)
    for use in (files.check, lambda: move_in(settings, files)):
        with pytest.raises(StorageRefused) as told:
            use()
        assert str(told.value) == f"{settings.storage_url}/models: {why}"


@contextmanager
def answering(status: int, code: str) -> Iterator[str]:
    """Serve the same answer to every request; yield the server's address."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = f"<Error><Code>{code}</Code></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.send_header("Last-Modified", "Tue, 01 Dec 2026 12:00:00 GMT")
            self.end_headers()
            self.wfile.write(said if self.command == "GET" else b"")

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


@pytest.mark.parametrize(
    ("status", "code", "kind", "why"),
    [
        (301, "PermanentRedirect", StorageRefused, "another region: set AWS_REGION"),
        (400, "AuthorizationHeaderMalformed", StorageRefused, "another region: set AWS_REGION"),
        (200, "none, but a page of a console", StorageRefused, "no S3 server. Check AWS_ENDPOINT_URL"),
        (403, "RequestTimeTooSkewed", StorageDown, "this machine's clock is wrong"),
        (503, "SlowDown", StorageDown, "doesn't answer properly"),
    ],
)
def test_what_a_server_has_against_the_settings_is_told(
    tmp_path: Path, status: int, code: str, kind: type[StorageDown], why: str
) -> None:
    with answering(status, code) as address:
        told = {"DATA_DIR": str(tmp_path), "STORAGE_URL": "s3://crates", "AWS_ENDPOINT_URL": address}
        files = models_of(config.storage({**told, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}))
        with pytest.raises(kind, match=why) as raised:
            files.check()
        assert type(raised.value) is kind


@pytest.mark.parametrize(
    "change",
    [
        {"AWS_ENDPOINT_URL": "http://s3.example.org"},
        {"AWS_ENDPOINT_URL": "ftp://127.0.0.1"},
        {"STORAGE_URL": "s3://"},
        {"STORAGE_URL": "s3://bucket/../other"},
        {"STORAGE_URL": "https://bucket.example.org"},
        {"STORAGE_CACHE_MB": "0"},
    ],
)
def test_p36_addresses_in_the_clear_and_malformed_ones_are_refused(bucket: Place, change: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(change))):
        config.storage({**bucket.env, **change})


def test_p36_nothing_allows_plain_http_beyond_the_settings(
    running: Server, bucket: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The library would take both from the environment."""
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ENDPOINT", running.url)
    settings = config.storage({**bucket.env, "AWS_ENDPOINT_URL": ""})
    with pytest.raises(StorageDown):
        models_of(settings).check()


def test_keys_do_not_show_in_settings(bucket: Place) -> None:
    assert bucket.env["AWS_SECRET_ACCESS_KEY"] not in repr(bucket.settings)


def test_without_a_bucket_processes_are_told_nothing_of_aws(tmp_path: Path) -> None:
    elsewhere = {"DATA_DIR": str(tmp_path), "AWS_SECRET_ACCESS_KEY": "another program's"}
    assert config.storage(elsewhere).storage_environment == {}


def test_models_in_the_data_folder_move_into_the_bucket(
    bucket: Place, without_cache: Callable[[Settings], None]
) -> None:
    """They're left there by an older setting, or a restored backup; erasing would never find them."""
    settings = bucket.settings
    local = Folder(settings.models_dir)
    for name in ("a.onnx", "a.json", "prior.npz", ".new-half"):
        local.put(name, name.encode())
    Folder(settings.data_dir / "clips").put("old.clip", b"cut again")
    for _ in range(2):
        move_in(settings, models_of(settings))
    assert local.names() == set()
    without_cache(settings)
    files = models_of(settings)
    assert files.names() == {"a.onnx", "a.json", "prior.npz"}
    assert files.load("a.onnx", content) == b"a.onnx"
    assert not (settings.data_dir / "clips").exists()


def test_a_move_that_fails_loses_nothing(server: Server, bucket: Place) -> None:
    settings = bucket.settings
    Folder(settings.models_dir).put("a.onnx", b"model")
    server.stop()
    with pytest.raises(StorageDown):
        move_in(settings, models_of(settings))
    assert Folder(settings.models_dir).load("a.onnx", content) == b"model"
    server.start()
    move_in(settings, models_of(settings))
    assert models_of(settings).load("a.onnx", content) == b"model"


def test_a_file_being_written_survives_a_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot import disk

    files, put = Folder(tmp_path), disk.put

    def swept_first(made: Path, path: Path) -> None:
        monkeypatch.setattr(disk, "put", put)
        files.delete(files.names())
        put(made, path)

    monkeypatch.setattr(disk, "put", swept_first)
    files.put("a", b"content")
    assert files.load("a", content) == b"content"
    assert files.names() == {"a"}
