"""Wire: sessions on which a request is sent once, never waits, never follows, and never tells a secret.

Left alone, spotipy sleeps out Retry-After inside its thread, sends POSTs again after a 5xx (so songs are added twice),
reports 5xx as 429 and logs bearer tokens, codes and secrets at DEBUG.
"""

import logging
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Any

import requests
import spotipy

from bot.errors import SpotifyError

TIMEOUT = (5.0, 10.0)  # seconds to connect, seconds between two pieces of an answer
FIRST_ERROR = 300  # the lowest status that is no success here: a redirect could lead a token astray (promise P36)
NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?")
MOST_DIGITS = 12  # of a Retry-After; that is long enough to be a mistake
TALKATIVE = ("spotipy.client", "spotipy.oauth2", "spotipy.util", "spotipy.cache_handler")


class Refusal(SpotifyError):
    """Spotify answered, but with something else than 2xx. Becomes a more telling error wherever there is one."""

    def __init__(self, status: int, reason: str, message: str, retry_after: int | None) -> None:
        self.status = status
        self.reason = reason  # the machine-readable word: QUOTA_EXCEEDED, invalid_grant …
        self.message = message
        self.retry_after = retry_after  # seconds
        super().__init__(f"Spotify answered {status} {reason}".strip())


def session() -> requests.Session:
    """Return a session that raises Refusal for all but 2xx, with neither retries nor redirects nor netrc."""
    made = requests.Session()
    made.trust_env = False
    made.hooks["response"].append(_refuse)
    return made


def client(api_url: str, over: requests.Session) -> spotipy.Spotify:
    """Return a spotipy client without a token; `set_auth` it for each call. It never asks for one by itself."""
    _hush()
    made = spotipy.Spotify(requests_session=over, requests_timeout=TIMEOUT)
    made.prefix = api_url
    return made


def me(client: spotipy.Spotify) -> Any:
    """Ask whose token it is. spotipy's own method asks for `me/`, which is not the documented address."""
    return client._get("me")


def _refuse(response: requests.Response, **_: Any) -> None:
    if response.status_code >= FIRST_ERROR:
        reason, message = _words(response)
        raise Refusal(response.status_code, reason, message, _seconds(response.headers))


def _words(response: requests.Response) -> tuple[str, str]:
    """Return (reason, message) in any of the three forms: the Web API's, the accounts service's, or plain text."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return "", response.text
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return str(error.get("reason") or ""), str(error.get("message") or "")
    return str(error or ""), ""


def _seconds(headers: Mapping[str, str]) -> int | None:
    """Read Retry-After: seconds, or a moment (RFC 9110), which counts from the answer's own Date."""
    text = headers.get("Retry-After", "").strip()
    if NUMBER.fullmatch(text):
        return ceil(float(text[:MOST_DIGITS]))
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0, ceil(wait.total_seconds()))


def _hush() -> None:
    """Silence what spotipy logs, at any level: our own errors say all there is to say."""
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False
