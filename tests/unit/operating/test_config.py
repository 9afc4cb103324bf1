"""Settings: one line names what is wrong, and secrets never show."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.config import misspelt, parse
from bot.errors import SettingsError

GOOD = {"DISCORD_TOKEN": "token-canary", "SPOTIFY_CLIENT_ID": "0" * 32, "SPOTIFY_CLIENT_SECRET": "secret-canary"}
GOOD |= {"DISCORD_CLIENT_SECRET": "secret-canary"}


def test_defaults_are_enough_with_a_token() -> None:
    settings = parse({"DISCORD_TOKEN": "x"})
    assert settings.redirect_uri == "http://127.0.0.1:8888/callback"
    assert settings.poll_seconds == 900
    assert not settings.public_https


def test_every_source_is_off_until_it_is_switched_on() -> None:
    off = parse(GOOD)
    assert not (off.musicbrainz_contact or off.listenbrainz or off.deezer_previews or off.reccobeats)
    on = parse({**GOOD, "MUSICBRAINZ_CONTACT": "me@example.org", "LISTENBRAINZ": "on", "RECCOBEATS": "On"})
    assert on.listenbrainz
    assert on.reccobeats


def test_the_prior_that_ships_is_on_until_it_is_switched_off() -> None:
    assert parse(GOOD).prior
    assert not parse({**GOOD, "PRIOR": "off"}).prior
    with pytest.raises(SettingsError, match="PRIOR"):
        parse({**GOOD, "PRIOR": "prior.npz"})


def test_the_api_is_off_until_it_is_switched_on() -> None:
    assert not parse(GOOD).http_api
    on = parse({**GOOD, "HTTP_API": "on", "API_RATE": "5"})
    assert (on.http_api, on.api_rate, parse(GOOD).api_rate) == (True, 5, 120)


def test_the_page_is_off_by_default_and_may_load_only_from_needed_hosts() -> None:
    settings = parse(GOOD)
    assert not settings.feed_page
    assert settings.picture_origins == ("https://*.scdn.co", "https://*.spotifycdn.com")
    assert settings.sound_origins == ()
    previews = parse({**GOOD, "FEED_PAGE": "on", "DEEZER_PREVIEWS": "on"})
    assert previews.feed_page
    assert previews.sound_origins == ("https://*.dzcdn.net",)
    stand_ins = {"SPOTIFY_API_URL": "http://127.0.0.1:8100/spotify/v1", "DEEZER_URL": "http://127.0.0.1:8100/deezer"}
    near = parse({**GOOD, "DEEZER_PREVIEWS": "on", **stand_ins})
    assert near.picture_origins == near.sound_origins == ("http://127.0.0.1:8100",)


@pytest.mark.parametrize("missing", ["FEED_PAGE", "DISCORD_CLIENT_SECRET"])
def test_an_activity_needs_the_page_and_the_applications_secret(missing: str) -> None:
    enough = {**GOOD, "ACTIVITY": "on", "FEED_PAGE": "on", "DISCORD_CLIENT_SECRET": "secret-canary"}
    assert parse(enough).activity
    with pytest.raises(SettingsError, match=missing):
        parse({name: value for name, value in enough.items() if name != missing})


def test_p34_a_repr_shows_no_secret() -> None:
    assert "canary" not in repr(parse(GOOD))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_TOKEN", ""),
        ("SPOTIFY_CLIENT_ID", "not-an-id"),
        ("HTTP_PORT", "70000"),
        ("HTTP_PORT", "²"),
        ("HTTP_HOST", "bot.example"),
        ("POLL_SECONDS", "0"),
        ("STOP_SECONDS", "14"),
        ("LOG_LEVEL", "loud"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "sqlite+aiosqlite:///:memory:"),
        ("DATABASE_URL", "postgresql+psycopg://me:pass@word:1@db/x"),
        ("DATABASE_URL", "postgresql+psycopg://db:port/x"),
        ("DATABASE_URL", "postgresql+psycopg://[::1/x"),
        ("DATABASE_URL", "postgresql+psycopg://me@db/x?sslmod=require"),
        ("DATABASE_URL", "postgresql+psycopg://me@/x?host=db&port=one"),
        ("DATABASE_URL", "sqlite+aiosqlite:////x.db?timeout=long"),
        ("SPOTIFY_RATE", "0"),
        ("PUBLIC_URL", "ftp://example.org"),
        ("PUBLIC_URL", "http://example.org"),
        ("PUBLIC_URL", "https://bücher.example"),
        ("DISCORD_API_URL", "http://discord.example"),
        ("DISCORD_GATEWAY_URL", "ws://gateway.example"),
        ("SPOTIFY_API_URL", "https://user:word@api.example"),
        ("PUBLIC_URL", "https://:word@bot.example"),
        ("SPOTIFY_ACCOUNTS_URL", "https://accounts.example/?x=1"),
        ("SPOTIFY_API_URL", "http://[::1"),
        ("MUSICBRAINZ_URL", "http://musicbrainz.example"),
        ("DEEZER_URL", "http://deezer.example"),
        ("MUSICBRAINZ_CONTACT", "nobody"),
        ("MUSICBRAINZ_CONTACT", "me@example.org\r\nX-Header: 1"),
        ("LISTENBRAINZ", "on"),
        ("ACTIVITY", "on"),
        ("METRICS", "on"),
        ("LOG_FORMAT", "xml"),
        ("RECCOBEATS", "yes"),
        ("HTTP_API", "true"),
        ("API_RATE", "0"),
        ("POLL_SECONDS", "9" * 5000),
        ("POLL_SECONDS", "٩٠٠"),
    ],
)
def test_p36_missing_malformed_or_unencrypted_settings_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        parse({**GOOD, name: value})


@pytest.mark.parametrize("rest", ["db/x", "me:p#:%40@db:5432/x", "me@[::1]:5432/x?sslmode=require", "me@/x?host=/run"])
def test_a_database_on_a_server_is_accepted_as_sqlalchemy_reads_it(rest: str) -> None:
    url = f"postgresql+psycopg://{rest}"
    assert make_url(parse({**GOOD, "DATABASE_URL": url}).database_url).database == "x"


def test_a_misspelt_name_is_found_and_another_programs_is_not() -> None:
    wrong = {"SPOTIFY_CLIENTID": "1", "DISCORD_BOT_TOKEN": "2", "http_prot": "3"}
    empty = dict.fromkeys(("SPOTIFY_CLIENT_ID", "DISCORD_TOKEN"), "")
    right = {"SPOTIFY_CLIENTID": "SPOTIFY_CLIENT_ID", "DISCORD_BOT_TOKEN": "DISCORD_TOKEN", "http_prot": "HTTP_PORT"}
    assert misspelt({**wrong, **empty}) == right
    assert misspelt({**wrong, **dict.fromkeys(right.values(), "set")}) == {}
    others = ("HTTP_PROXY", "POSTGRES_PASSWORD", "AWS_ENDPOINT_URL_S3", "DISCORD_CLIENT_ID", "LOGLEVEL_ROOT", "PATH")
    assert misspelt({**dict.fromkeys(others, "set"), "LOG_LEVELS": ""}) == {}


def test_blanks_around_a_value_do_not_count() -> None:
    """As in a secret made from a file, which ends with a line break."""
    wanted = {**GOOD, "DATA_DIR": "kept"}
    assert parse({name: f" {value}\n" for name, value in wanted.items()}) == parse(wanted)


def test_a_tilde_is_the_users_home_in_every_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell would expand it in a command; in `.env`, nobody else does."""
    monkeypatch.setenv("HOME", str(tmp_path))
    paths = {"DATA_DIR": "~/data", "BACKUP_DIR": "~/backups", "YT_DLP": "~/bin/yt-dlp"}
    settings = parse({**GOOD, **paths, "DATABASE_URL": "sqlite+aiosqlite:///~/x.db?timeout=5"})
    assert (settings.data_dir, settings.backup_dir) == (tmp_path / "data", tmp_path / "backups")
    assert (settings.yt_dlp, settings.database_path) == (str(tmp_path / "bin/yt-dlp"), tmp_path / "x.db")
    for name in paths:
        with pytest.raises(SettingsError, match=f"{name} begins with ~"):
            parse({**GOOD, name: "~nobody-of-this-name/x"})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "http://[::1]:9000", "https://bot.example"])
def test_loopback_and_https_are_accepted(url: str) -> None:
    assert parse({**GOOD, "PUBLIC_URL": url}).public_url == url
