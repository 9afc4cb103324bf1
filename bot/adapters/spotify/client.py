"""Client: what every request to Spotify goes through.

In order: the member's tokens from the store, renewed where they are about to expire; a cooldown ends it there and then;
the app's turn; the request counted; the request sent once, in a thread. Cooldowns and counts live in the store, so a
restart forgets neither (promise P6). Writes are never sent again: who called reads what is there, and converges.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import requests
import spotipy

from bot.adapters.spotify import oauth, wire
from bot.adapters.spotify.music import SpotifyMusic
from bot.adapters.spotify.pace import Bucket, Outage, Pace
from bot.adapters.spotify.wire import Refusal
from bot.adapters.store import Store, limits, members
from bot.adapters.vault import Vault
from bot.core.records import Account
from bot.errors import ConsentEnded, CoolingDown, LinkRefused, NotLinked, NotOnAllowList, SpotifyDown, SpotifyError
from bot.ports import Profile, Tokens

T = TypeVar("T")
Ask = Callable[[spotipy.Spotify], Any]  # makes one request; runs in a thread

PATIENCE = 5.0  # seconds; what is to be waited out in place. Anything longer is for the caller to come back for
MARGIN = timedelta(seconds=60)  # tokens are renewed so long before they expire
WINDOW = 30  # seconds; Spotify's rolling window, waited for where a 429 does not say how long
QUOTA_LOCKOUT = 6 * 3600  # seconds; the shortest lockout that was seen, where QUOTA_EXCEEDED does not say how long
LONGEST = 30 * 86_400  # seconds; a Retry-After beyond this is a mistake


class Line:
    """A member's own connection to the Web API: one request at a time."""

    def __init__(self, api_url: str) -> None:
        self.lock = asyncio.Lock()
        self._session = wire.session()
        self._client = wire.client(api_url, self._session)

    def ask(self, access: str, ask: Ask) -> Any:
        """Make one request with that access token, which is not kept. Blocks."""
        self._client.set_auth(access)
        try:
            return ask(self._client)
        finally:
            self._client.set_auth(None)

    def close(self) -> None:
        self._session.close()


class Spotify:
    """Spotify for all members. `secrets` maps client ids to their secrets; a client id without one is a public client."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        api_url: str,
        accounts_url: str,
        secrets: Mapping[str, str],
        clock: Callable[[], datetime],
        pace: Pace = Pace(),  # noqa: B008 - immutable
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._vault = store, vault
        self._api_url, self._accounts_url = api_url, accounts_url
        self._secrets = secrets
        self._clock, self._sleep = clock, sleep
        self._pace = pace
        self._outage = Outage(pace)
        self._buckets: dict[str, Bucket] = {}
        self._lines: dict[int, Line] = {}
        self._user_ids: dict[str, str] = {}  # by user key

    def __repr__(self) -> str:
        return f"Spotify({self._api_url})"

    async def close(self) -> None:
        for line in self._lines.values():
            line.close()

    # ---------------------------------------------------------------- linking
    def consent_url(self, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
        """Return the address of the consent page. `challenge` is the S256 one (RFC 7636)."""
        return oauth.consent_url(self._accounts_url, client_id, redirect_uri, state, challenge)

    async def exchange(self, client_id: str, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Trade an authorization code for tokens. Raises LinkRefused when Spotify does not take it."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        try:
            return oauth.tokens(await self._grant(client_id, form), self._clock())
        except Refusal as refusal:
            raise LinkRefused if refusal.reason == "invalid_grant" else _error(refusal) from None

    async def profile(self, client_id: str, tokens: Tokens) -> Profile:
        """Ask whose tokens these are. Raises NotOnAllowList when the app has no seat for that account."""
        line = Line(self._api_url)
        try:
            me = await self._send(client_id, lambda: line.ask(tokens.access, spotipy.Spotify.me))
        except Refusal as refusal:
            raise _error(refusal) from None
        finally:
            line.close()
        key = me.get("account_id") or me["id"]
        self._user_ids[key] = me["id"]
        return Profile(key, me.get("display_name") or me["id"])

    # ---------------------------------------------------------------- a member's calls
    def music(self, account: Account) -> SpotifyMusic:
        """Return the member's music; tokens are looked up afresh for every call."""
        return SpotifyMusic(self, account.member)

    async def call(self, member: int, ask: Ask) -> Any:
        """Make one request for a member; it waits until the member's one before it is done.

        Raises NotLinked, ConsentEnded, CoolingDown, NotOnAllowList, SpotifyDown, VaultError, a StoreError, or
        Refusal for an answer that only the caller can read.
        """
        line = self._lines.setdefault(member, Line(self._api_url))
        async with line.lock:
            account, tokens = await self._opened(member)
            if tokens.expires_at - MARGIN <= self._clock():
                tokens = await _to_the_end(self._renew(account, tokens))
            try:
                return await self._send(account.client_id, lambda: line.ask(tokens.access, ask))
            except Refusal as refusal:
                if refusal.status != 401:
                    raise
            account, stale = await self._opened(member)
            fresh = await _to_the_end(self._renew(account, stale))
            return await self._send(account.client_id, lambda: line.ask(fresh.access, ask))
