"""Addresses: settings that say where something is: a folder, a site, a database or a bucket."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import SettingsError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SQLITE, POSTGRESQL = "sqlite+aiosqlite:///", "postgresql+psycopg://"
IN_A_FILE = re.compile(rf"{re.escape(SQLITE)}(?!:memory:)[^?]*[^?/].*")
ON_A_SERVER = re.compile(  # as SQLAlchemy reads it
    rf"{re.escape(POSTGRESQL)}([^@/]*@)?(\[[^\]/@]+\]|[^:\[\]/@]*)(:[0-9]{{1,5}})?/[^/?]+(\?.*)?"
)


def folder(env: Mapping[str, str], name: str) -> Path | None:
    value = at_home(name, env.get(name, "").strip())
    return Path(value).resolve() if value else None


def at_home(name: str, path: str) -> str:
    """Return the path with the user's home for `~`, which a shell would expand, but nothing that reads `.env` does."""
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        raise SettingsError(f"{name} begins with ~, and there's no such home: write the whole path") from None


def listening_address(env: Mapping[str, str]) -> str:
    """An IP address of this machine, or 0.0.0.0 or :: for all of them."""
    value = env.get("HTTP_HOST", "").strip() or LOOPBACK[0]
    try:
        return str(ip_address(value))
    except ValueError:
        raise SettingsError("HTTP_HOST must be an IP address, such as 127.0.0.1 or 0.0.0.0") from None


def base_url(env: Mapping[str, str], name: str, default: str, secure: str = "https", plain: str = "http") -> str:
    """Accept `secure` anywhere, but `plain` only on loopback: tokens are never sent in the clear (promise P36)."""
    text = (env.get(name, "").strip() or default).rstrip("/")
    if not text.isascii():
        raise SettingsError(f"{name} must be written as browsers send it: xn--bcher-kva.example for bücher.example")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingsError(f"{name} must be a URL") from None
    bare = not (parts.query or parts.fragment or "@" in parts.netloc)
    if not host or not bare or not (parts.scheme == secure or (parts.scheme == plain and host in LOOPBACK)):
        raise SettingsError(f"{name} must start with {secure}://, or with {plain}:// on loopback")
    return text


def loopback_origin(url: str) -> str | None:
    """Return the origin of a loopback URL; None for any other."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.hostname in LOOPBACK else None


def database_url(env: Mapping[str, str], data_dir: Path) -> str:
    """Return where the database is. Raises SettingsError."""
    text = env.get("DATABASE_URL", "").strip() or f"{SQLITE}{data_dir / 'cratekeeper.db'}"
    if not IN_A_FILE.fullmatch(text) and not ON_A_SERVER.fullmatch(text):
        raise SettingsError(
            f"DATABASE_URL must be {SQLITE}path/to/file.db or {POSTGRESQL}USER:PASSWORD@HOST:PORT/NAME, "
            f"with %40 for @ and %2F for / in a password"
        )
    if text.startswith(SQLITE):
        text = f"{SQLITE}{at_home('DATABASE_URL', text.removeprefix(SQLITE))}"
    if "?" in text:
        _check_options(text)
    return text


def _check_options(url: str) -> None:
    """Raise SettingsError if the database's driver wouldn't take the options that a URL ends in."""
    from psycopg import ProgrammingError, conninfo  # these load slowly, and hardly any URL has options
    from sqlalchemy import exc, make_url

    try:
        parsed = make_url(url)
        _, options = parsed.get_dialect()().create_connect_args(parsed)
        if url.startswith(POSTGRESQL):
            conninfo.make_conninfo(**options)
    except (exc.ArgumentError, ProgrammingError, ValueError) as problem:
        raise SettingsError(f"DATABASE_URL: {str(problem).strip()}") from None


def storage_url(env: Mapping[str, str]) -> str:
    text = env.get("STORAGE_URL", "").strip().rstrip("/")
    if text and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/\w[\w.-]*)*", text, re.ASCII):
        raise SettingsError("STORAGE_URL must be s3://BUCKET, s3://BUCKET/PREFIX or empty")
    return text


def endpoint(env: Mapping[str, str]) -> str:
    """The bucket's server. Without a bucket, it may be meant for other programs of this machine."""
    given = storage_url(env) and env.get("AWS_ENDPOINT_URL", "").strip()
    return base_url(env, "AWS_ENDPOINT_URL", "") if given else ""
