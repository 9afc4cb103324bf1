"""Identity: who somebody is at Discord, with their consent (OAuth 2.0, scope `identify`).

The token is used once and dropped. Requests and answers are never logged (promise P34).
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from bot.config import Secret
from bot.core import untrusted
from bot.errors import ChatDown, NotConfirmed, SettingsError

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
SECONDS = re.compile(r"[0-9]{1,5}(\.[0-9]{1,6})?", re.ASCII)
SNOWFLAKE = re.compile(r"[0-9]{1,19}")
REFUSED, UNAUTHORIZED, TOO_MANY = 400, 401, 429
REST = 60.0  # seconds without requests after a 401 or 429: Discord bans addresses that keep asking


class Identity:
    """`base` is Discord's API, without a slash at its end. now: seconds, from whenever."""

    def __init__(self, base: str, token: Secret, secret: Secret, now: Callable[[], float] = time.monotonic) -> None:
        self._base, self._token, self._secret, self._now = base, token, secret, now
        self._application: str | None = None
        self._rests_until = now()

    async def application(self) -> str:
        """Return the application's id, which is part of its Activity's address. Raises ChatDown."""
        if self._application is None:
            headers = {"Authorization": f"Bot {self._token}"}
            self._application = _text(await self._ask("GET", "/applications/@me", headers=headers), "id")
        return self._application

    async def member(self, code: str) -> int:
        """Return the consenting member, by the code their client got. Raises NotConfirmed, ChatDown, SettingsError."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": await self.application(),
            "client_secret": str(self._secret),
        }
        token = _text(await self._ask("POST", "/oauth2/token", data=form), "access_token")
        me = await self._ask("GET", "/users/@me", headers={"Authorization": f"Bearer {token}"})
        if not SNOWFLAKE.fullmatch(user := _text(me, "id")):
            raise ChatDown("Discord's answer is malformed")
        return int(user)

    async def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        if self._now() < self._rests_until:
            raise ChatDown("Discord asked us to wait")
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT, trust_env=False) as http,
                http.request(method, self._base + path, allow_redirects=False, **options) as answer,
            ):
                if answer.status in (UNAUTHORIZED, TOO_MANY):
                    self._rests_until = self._now() + _seconds(answer.headers.get("Retry-After"))
                _check(answer.status, path)
                body = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError):
            raise ChatDown from None  # the error's message may contain the address or the answer
        if not isinstance(body, dict):
            raise ChatDown
        return body


def _text(answer: Mapping[str, Any], field: str) -> str:
    """Return a required field of the answer. Raises ChatDown."""
    value = untrusted.text(answer.get(field))
    if value is None:
        raise ChatDown("Discord's answer is malformed")
    return value


def _seconds(retry_after: str | None) -> float:
    """Read the header; REST if it's missing or malformed."""
    return float(retry_after) if retry_after and SECONDS.fullmatch(retry_after) else REST


def _check(status: int, path: str) -> None:
    if status == REFUSED:
        raise NotConfirmed
    if status == UNAUTHORIZED:
        raise SettingsError(f"Discord refused the login at {path}: copy DISCORD_CLIENT_SECRET and DISCORD_TOKEN again")
    if status >= REFUSED:
        raise ChatDown(f"Discord answered {status} at {path}")
