"""Config: the settings, parsed once from a mapping that is passed in. Secrets never show in a repr."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.addresses import (
    POSTGRESQL,
    SQLITE,
    at_home,
    base_url,
    database_url,
    endpoint,
    folder,
    listening_address,
    loopback_origin,
    storage_url,
)
from bot.environment import token_in
from bot.errors import SettingsError
from bot.telemetry.logs import LogFormat

JOBS = "jobs.db"
STORAGE = ("STORAGE_", "AWS_")  # how a bucket's settings begin
LONGEST_STOP = 13  # seconds; with what else there is to close, the bot ends within 20 (promise P27)
SHORTEST_TOKEN = 16  # characters; nobody guesses that many
ALIKE = 0.85  # of difflib's ratio: DISCORD_BOT_TOKEN is like DISCORD_TOKEN, but HTTP_PROXY isn't like HTTP_PORT
POLL_FLOOR = 1  # seconds; the default is 15 minutes, tests and the sandbox go faster


class Secret(str):
    """A string that never shows itself: `repr` and formatting by `%r` say `Secret(…)`."""

    def __repr__(self) -> str:
        return "Secret(…)" if self else "Secret()"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the operator sets. No URL ends in a slash except `spotify_api_url`, because spotipy appends to it."""

    discord_token: Secret
    spotify_client_id: str
    spotify_client_secret: Secret
    public_url: str
    http_host: str  # the address to listen on
    http_port: int
    http_api: bool  # whether members' own programs may use the API
    api_rate: int  # requests a minute per API token
    feed_page: bool  # whether members may use the feed in a browser
    activity: bool  # whether members may open that page inside Discord
    discord_client_secret: Secret
    metrics: bool  # whether Prometheus may read /metrics
    metrics_token: Secret
    database_url: Secret  # a server's holds a password
    data_dir: Path
    storage_url: str  # the bucket for models and clips; empty: the data folder
    storage_cache_mb: int  # of a bucket's models that stay on this machine, and as many of its clips
    aws_endpoint_url: str  # the bucket's server; empty: Amazon's
    aws_region: str
    aws_access_key_id: str  # empty: the machine's role
    aws_secret_access_key: Secret
    encryption_keys: Secret
    backup_dir: Path | None  # where the running bot puts a backup once a day; None: nowhere
    backup_keep: int  # daily backups that stay
    log_level: str
    log_format: LogFormat
    poll_seconds: int
    poll_longest: int
    polls_a_day: int  # at all members of a Spotify app, in any 24 hours
    stop_seconds: int  # what running jobs get when the bot stops; the rest resumes at the next start
    discord_api_url: str
    discord_gateway_url: str
    spotify_api_url: str
    spotify_accounts_url: str
    spotify_rate: int  # requests a second, sustained
    musicbrainz_contact: str  # where MusicBrainz can reach the operator; empty: MusicBrainz is off
    listenbrainz: bool
    deezer_previews: bool
    yt_dlp: str  # the program's path or name; empty: YouTube is off
    reccobeats: bool
    prior: bool  # whether the prior that ships is used
    musicbrainz_url: str
    listenbrainz_url: str
    deezer_url: str
    reccobeats_url: str

    @property
    def redirect_uri(self) -> str:
        """The address to register with Spotify, exactly as it is."""
        return f"{self.public_url}/callback"

    @property
    def public_https(self) -> bool:
        """Whether browsers reach the callback from anywhere. If not, members paste the address they land on."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def picture_origins(self) -> tuple[str, ...]:
        """The origins of Spotify's covers: its image hosts, or a stand-in on loopback."""
        stand_in = loopback_origin(self.spotify_api_url)
        return (stand_in,) if stand_in else ("https://*.scdn.co", "https://*.spotifycdn.com")

    @property
    def sound_origins(self) -> tuple[str, ...]:
        """The origins of the previews that the page plays; empty if previews are off."""
        stand_in = loopback_origin(self.deezer_url)
        return (stand_in or "https://*.dzcdn.net",) if self.deezer_previews else ()

    @property
    def services(self) -> tuple[str, ...]:
        """The services asked for features, by their names in `core.library.merge`."""
        switches = {
            "musicbrainz": bool(self.musicbrainz_contact),
            "listenbrainz": self.listenbrainz,
            "reccobeats": self.reccobeats,
            "deezer": self.deezer_previews,
        }
        return tuple(name for name, on in switches.items() if on)

    @property
    def acousticbrainz_index(self) -> Path:
        """The file that `python -m bot import acousticbrainz` writes; it doesn't exist before that."""
        return self.data_dir / "acousticbrainz.db"

    @property
    def on_server(self) -> bool:
        """Whether PostgreSQL holds the database, not a file."""
        return self.database_url.startswith(POSTGRESQL)

    @property
    def database_path(self) -> Path:
        """The database's file. Raises SettingsError if a server holds it."""
        if self.on_server:
            raise SettingsError("the database is in PostgreSQL: back it up and restore it with PostgreSQL's own tools")
        return Path(self.database_url.removeprefix(SQLITE).partition("?")[0]).absolute()

    @property
    def jobs_url(self) -> str:
        """Where the jobs are: in a file of their own, or on the database's server."""
        return str(self.database_url) if self.on_server else f"sqlite:///{self.data_dir / JOBS}"

    @property
    def storage_environment(self) -> dict[str, str]:
        """The settings of the bucket, for a process of ours that uses it; none without one."""
        if not self.storage_url:
            return {}
        told = {
            "STORAGE_URL": self.storage_url,
            "STORAGE_CACHE_MB": str(self.storage_cache_mb),
            "AWS_ENDPOINT_URL": self.aws_endpoint_url,
            "AWS_REGION": self.aws_region,
            "AWS_ACCESS_KEY_ID": self.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": str(self.aws_secret_access_key),
        }
        return {name: value for name, value in told.items() if value}

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"


def parse(env: Mapping[str, str]) -> Settings:
    """Return the settings in `env`. Raises SettingsError, naming the first one that's wrong."""
    data_dir = folder(env, "DATA_DIR") or Path("data").resolve()
    port = _integer(env, "HTTP_PORT", 8888, 0, 65535)
    return Settings(
        discord_token=Secret(_token(env)),
        spotify_client_id=_client_id(env),
        spotify_client_secret=Secret(env.get("SPOTIFY_CLIENT_SECRET", "").strip()),
        public_url=base_url(env, "PUBLIC_URL", f"http://127.0.0.1:{port}"),
        http_host=listening_address(env),
        http_port=port,
        http_api=_switch(env, "HTTP_API"),
        api_rate=_integer(env, "API_RATE", 120, 1, 1_000_000),
        feed_page=_switch(env, "FEED_PAGE"),
        activity=_activity(env),
        discord_client_secret=Secret(env.get("DISCORD_CLIENT_SECRET", "").strip()),
        metrics=_metrics(env),
        metrics_token=Secret(env.get("METRICS_TOKEN", "").strip()),
        database_url=Secret(database_url(env, data_dir)),
        data_dir=data_dir,
        storage_url=storage_url(env),
        storage_cache_mb=_integer(env, "STORAGE_CACHE_MB", 512, 1, 1_000_000),
        aws_endpoint_url=endpoint(env),
        aws_region=env.get("AWS_REGION", "").strip() or "us-east-1",
        aws_access_key_id=env.get("AWS_ACCESS_KEY_ID", "").strip(),
        aws_secret_access_key=Secret(env.get("AWS_SECRET_ACCESS_KEY", "").strip()),
        encryption_keys=Secret(env.get("ENCRYPTION_KEYS", "")),
        backup_dir=_backup_dir(env),
        backup_keep=_integer(env, "BACKUP_KEEP", 7, 1, 1000),
        log_level=_log_level(env),
        log_format=_log_format(env),
        poll_seconds=_integer(env, "POLL_SECONDS", 900, POLL_FLOOR, 86_400),
        poll_longest=_integer(env, "POLL_LONGEST", 21_600, POLL_FLOOR, 604_800),
        polls_a_day=_integer(env, "POLLS_A_DAY", 480, 24, 100_000_000),
        stop_seconds=_integer(env, "STOP_SECONDS", LONGEST_STOP, 1, LONGEST_STOP),
        discord_api_url=base_url(env, "DISCORD_API_URL", "https://discord.com/api/v10"),
        discord_gateway_url=base_url(env, "DISCORD_GATEWAY_URL", "wss://gateway.discord.gg", "wss", "ws"),
        spotify_api_url=base_url(env, "SPOTIFY_API_URL", "https://api.spotify.com/v1") + "/",
        spotify_accounts_url=base_url(env, "SPOTIFY_ACCOUNTS_URL", "https://accounts.spotify.com"),
        spotify_rate=_integer(env, "SPOTIFY_RATE", 1, 1, 1000),
        musicbrainz_contact=_contact(env),
        listenbrainz=_listenbrainz(env),
        deezer_previews=_switch(env, "DEEZER_PREVIEWS"),
        yt_dlp=at_home("YT_DLP", env.get("YT_DLP", "").strip()),
        reccobeats=_switch(env, "RECCOBEATS"),
        prior=prior_that_ships(env),
        musicbrainz_url=base_url(env, "MUSICBRAINZ_URL", "https://musicbrainz.org"),
        listenbrainz_url=base_url(env, "LISTENBRAINZ_URL", "https://labs.api.listenbrainz.org"),
        deezer_url=base_url(env, "DEEZER_URL", "https://api.deezer.com"),
        reccobeats_url=base_url(env, "RECCOBEATS_URL", "https://api.reccobeats.com"),
    )


def without_chat(env: Mapping[str, str]) -> Settings:
    """Return the settings for a command that never talks to Discord, so the token may be missing."""
    return parse({**env, "DISCORD_TOKEN": env.get("DISCORD_TOKEN", "").strip() or "none"})


def listening(env: Mapping[str, str]) -> Settings:
    """Return the settings for a command that only asks the running bot; other settings are ignored."""
    return without_chat({name: env[name] for name in ("HTTP_HOST", "HTTP_PORT") if name in env})


def storage(env: Mapping[str, str]) -> Settings:
    """Return the settings for a command that only opens the database and its models; other settings are ignored."""
    return _only(env, "DATA_DIR", "DATABASE_URL")


def sealed_storage(env: Mapping[str, str]) -> Settings:
    """Return the settings for a command that opens the database and what's encrypted in it; others are ignored."""
    return _only(env, "DATA_DIR", "DATABASE_URL", "ENCRYPTION_KEYS")


def misspelt(env: Mapping[str, str]) -> dict[str, str]:
    """Return the names in `env` that are almost a setting's, each with that setting; only of settings without a value.

    Names for other programs are in `env`, too, so a name that's like no setting may be right.
    """
    ours = [field.name.upper() for field in fields(Settings)]
    unset = [name for name in ours if not env.get(name)]
    others = [name for name, value in env.items() if value and not name.startswith(STORAGE) and name not in ours]
    close = {name: get_close_matches(name.upper(), unset, 1, ALIKE) for name in others}
    return {name: alike[0] for name, alike in close.items() if alike}


def _only(env: Mapping[str, str], *names: str) -> Settings:
    kept = {name: env[name] for name in env if name in names or name.startswith(STORAGE)}
    return without_chat(kept)


def _token(env: Mapping[str, str]) -> str:
    token = token_in(env)
    if not token:
        raise SettingsError("DISCORD_TOKEN is missing: see .env.example for where to get it")
    return token


def _client_id(env: Mapping[str, str]) -> str:
    """A Spotify client id has 32 hexadecimal digits. Empty: members bring their own id, or a file."""
    value = env.get("SPOTIFY_CLIENT_ID", "").strip()
    if value and not is_client_id(value):
        raise SettingsError("SPOTIFY_CLIENT_ID must be 32 characters, 0-9 and a-f")
    return value


def is_client_id(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def _contact(env: Mapping[str, str]) -> str:
    """An e-mail address or a web page. It's sent in a header, so line breaks and the like are refused."""
    value = env.get("MUSICBRAINZ_CONTACT", "").strip()
    if value and not re.fullmatch(r"[!-'*-~]+(@|://)[!-'*-~]+", value):
        raise SettingsError("MUSICBRAINZ_CONTACT must be an e-mail address or the address of a web page")
    return value


def _listenbrainz(env: Mapping[str, str]) -> bool:
    wanted = _switch(env, "LISTENBRAINZ")
    if wanted and not _contact(env):
        raise SettingsError("LISTENBRAINZ needs MUSICBRAINZ_CONTACT: it looks artists up by their MusicBrainz ids")
    return wanted


def _activity(env: Mapping[str, str]) -> bool:
    wanted = _switch(env, "ACTIVITY")
    if wanted and not _switch(env, "FEED_PAGE"):
        raise SettingsError("ACTIVITY needs FEED_PAGE=on: it shows that page inside Discord")
    if wanted and not env.get("DISCORD_CLIENT_SECRET", "").strip():
        raise SettingsError(
            "ACTIVITY needs DISCORD_CLIENT_SECRET: find it in the developer portal under your application, OAuth2"
        )
    return wanted


def _metrics(env: Mapping[str, str]) -> bool:
    wanted, token = _switch(env, "METRICS"), env.get("METRICS_TOKEN", "").strip()
    if wanted and not re.fullmatch(rf"[!-~]{{{SHORTEST_TOKEN},}}", token):
        raise SettingsError(
            f"METRICS needs a METRICS_TOKEN of at least {SHORTEST_TOKEN} characters: openssl rand -hex 32"
        )
    return wanted


def prior_that_ships(env: Mapping[str, str]) -> bool:
    """Return whether the prior that ships is used in this environment. Raises SettingsError."""
    return _switch(env, "PRIOR", "on")


def _switch(env: Mapping[str, str], name: str, default: str = "off") -> bool:
    value = env.get(name, "").strip().lower() or default
    if value not in ("on", "off"):
        raise SettingsError(f"{name} must be on or off")
    return value == "on"


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _backup_dir(env: Mapping[str, str]) -> Path | None:
    backups = folder(env, "BACKUP_DIR")
    if backups and env.get("DATABASE_URL", "").startswith(POSTGRESQL):
        raise SettingsError(
            "BACKUP_DIR works for SQLite only: leave it empty, and back PostgreSQL up with its own tools"
        )
    return backups


def _log_level(env: Mapping[str, str]) -> str:
    level = env.get("LOG_LEVEL", "").strip().upper() or "INFO"
    if level not in logging.getLevelNamesMapping():
        raise SettingsError("LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
    return level


def _log_format(env: Mapping[str, str]) -> LogFormat:
    try:
        return LogFormat(env.get("LOG_FORMAT", "").strip().lower() or LogFormat.TEXT)
    except ValueError:
        raise SettingsError("LOG_FORMAT must be text or json") from None
