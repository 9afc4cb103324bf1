"""Wire: sessions that send a request once, and never wait, follow redirects or leak a secret.

By default, spotipy sleeps for Retry-After inside its thread, repeats POSTs after a 5xx (so songs are added twice),
reports 5xx as 429, and logs bearer tokens, codes and secrets at DEBUG.
"""

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from math import ceil
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import requests
import spotipy

from bot.core import untrusted
from bot.errors.spotify import SpotifyError

log = logging.getLogger(__name__)
TIMEOUT = (5.0, 10.0)  # seconds to connect, seconds between two pieces of an answer
LONGEST = 10.0  # seconds from an answer's headers to its end
FIRST_ERROR = 300  # lowest status that isn't success here: a redirect could leak a token (promise P36)
NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?")
MOST_DIGITS = 12  # digits of a Retry-After
PLAYLIST = re.compile(r"(?<=/playlists/)[^/]+")
TALKATIVE = ("spotipy.client", "spotipy.oauth2", "spotipy.util", "spotipy.cache_handler")


class Refusal(SpotifyError):
    """Spotify answered with a status other than 2xx. Replaced by a more specific error wherever there is one."""

    def __init__(self, status: int, reason: str, message: str, retry_after: int | None) -> None:
        self.status = status
        self.reason = reason  # the machine-readable word: QUOTA_EXCEEDED, invalid_grant …
        self.message = message
        self.retry_after = retry_after  # seconds
        super().__init__(f"Spotify answered {status} {reason}".strip())


def session() -> requests.Session:
    """Return a session that raises Refusal for anything but 2xx, without retries, redirects or netrc."""
    made = requests.Session()
    made.trust_env = False
    made.hooks["response"] += [_read, _note, _refuse]
    return made


def client(api_url: str, over: requests.Session) -> spotipy.Spotify:
    """Return a spotipy client without a token; call `set_auth` for each request. It never requests one itself."""
    _hush()
    made = spotipy.Spotify(requests_session=over, requests_timeout=TIMEOUT)
    made.prefix = api_url
    return made


def me(client: spotipy.Spotify) -> Any:
    """Return the token's account. spotipy's method requests `me/`, which isn't the documented address."""
    return client._get("me")


def _read(response: requests.Response, **_: Any) -> None:
    """Read the whole answer; break the connection if that takes too long, because nothing else could end it."""
    giving_up = Timer(LONGEST, _break, [response])
    giving_up.start()
    try:
        response.content  # noqa: B018 - reads it
    finally:
        giving_up.cancel()


def _break(response: requests.Response) -> None:
    with suppress(RuntimeError):  # it was read just now
        response.raw.shutdown()


def _note(response: requests.Response, **_: Any) -> None:
    """Log which kind of request was answered how; never what it was about, nor the query."""
    route, ms = PLAYLIST.sub("{id}", urlsplit(response.url).path), response.elapsed.total_seconds() * 1000
    log.debug("%s %s %d in %d ms", response.request.method, route, response.status_code, ms)


def _refuse(response: requests.Response, **_: Any) -> None:
    if response.status_code >= FIRST_ERROR:
        reason, message = _words(response)
        raise Refusal(response.status_code, reason, message, _seconds(response.headers))


def _words(response: requests.Response) -> tuple[str, str]:
    """Return (reason, message) from any of the three forms: the Web API's, the accounts service's, or plain text."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return "", untrusted.text(response.text) or ""
    error = untrusted.thing(body).get("error")
    if isinstance(error, dict):
        return untrusted.text(error.get("reason")) or "", untrusted.text(error.get("message")) or ""
    return untrusted.text(error) or "", ""


def _seconds(headers: Mapping[str, str]) -> int | None:
    """Read Retry-After: seconds, or a moment (RFC 9110) relative to the answer's own Date."""
    text = headers.get("Retry-After", "").strip()
    if NUMBER.fullmatch(text):
        return ceil(float(text[:MOST_DIGITS]))
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (OverflowError, TypeError, ValueError):
        return None
    return max(0, ceil(wait.total_seconds()))


def _hush() -> None:
    """Silence spotipy's logging at every level: our own errors say all there is to say."""
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False
