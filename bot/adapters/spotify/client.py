"""Client: members' Spotify accounts and their tokens.

One request at a time per member, with the tokens stored at that moment, so an unlink takes effect at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import spotipy

from bot.adapters.spotify import oauth, shapes, wire
from bot.adapters.spotify.music import SpotifyMusic
from bot.adapters.spotify.outage import Outage
from bot.adapters.spotify.sender import Sender, to_the_end
from bot.adapters.spotify.wire import Refusal
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.vault import Vault
from bot.core.library.pace import Pace
from bot.core.records import Account
from bot.errors import LinkRefused, NotLinked
from bot.errors.spotify import ConsentEnded, Unreadable
from bot.ports import Clock, SpotifyProfile, Tokens

T = TypeVar("T")

UNAUTHORISED = 401
INVALID_GRANT = "invalid_grant"  # an expired code or refresh token
NOT_POLLED = {"poll_pause": None}  # takes no share of the app's polls
PACE = Pace(timedelta(seconds=1), burst=10)
MOST_LINES = 64  # members' connections that stay open: each takes a file descriptor, and many systems give 1,024
MARGIN = timedelta(seconds=60)  # tokens are renewed this long before they expire


class Connection:
    """A member's own connection to the Web API: one request at a time."""

    def __init__(self, api_url: str) -> None:
        self.lock = asyncio.Lock()
        self._session = wire.session()
        self._client = wire.client(api_url, self._session)

    def ask(self, access: str, ask: Callable[[spotipy.Spotify], T]) -> T:
        """Make one request with that access token, which isn't kept. Blocks."""
        self._client.set_auth(access)
        try:
            return ask(self._client)
        finally:
            self._client.set_auth(None)

    def close(self) -> None:
        self._session.close()


class Spotify:
    """Spotify for all members. `secrets` maps client ids to their secrets; one without is a public client."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        api_url: str,
        accounts_url: str,
        secrets: Mapping[str, str],
        clock: Clock,
        pace: Pace = PACE,
        backoff: float = 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._vault = store, vault
        self._api_url, self._accounts_url = api_url, accounts_url
        self._secrets = secrets
        self._clock = clock
        self.sleep = sleep
        self._sender = Sender(store, clock, pace, Outage(backoff), sleep, steady)
        self._lines: dict[int, Connection] = {}  # by member, the one used last at the end
        self._user_ids: dict[str, str] = {}  # by user key

    def __repr__(self) -> str:
        return f"Spotify({self._api_url})"

    def stop(self) -> None:
        """Begin no further request."""
        self._sender.stop()

    async def close(self) -> None:
        self._sender.close()
        for line in self._lines.values():
            line.close()

    # ---------------------------------------------------------------- linking
    def consent_url(self, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
        """Return the address of the consent page. `challenge` is the S256 one (RFC 7636)."""
        return oauth.consent_url(self._accounts_url, client_id, redirect_uri, state, challenge)

    async def exchange(self, client_id: str, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Exchange an authorization code for tokens. Raises LinkRefused if Spotify rejects it."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        now = self._clock()
        try:
            return oauth.tokens(await self._grant(client_id, form), now)
        except Refusal as refusal:
            if refusal.reason != INVALID_GRANT:
                raise
        raise LinkRefused

    async def profile(self, client_id: str, tokens: Tokens) -> SpotifyProfile:
        """Return the account that these tokens belong to. Raises NotOnAllowList if the app has no seat for it."""
        line = Connection(self._api_url)
        try:
            me = await self._sender.send(client_id, partial(line.ask, tokens.access, wire.me))
        finally:
            line.close()
        return shapes.profile(me)

    def sealed(self, member: int, tokens: Tokens) -> bytes:
        """Encrypt a member's tokens."""
        return oauth.seal_tokens(self._vault, member, tokens)

    def know(self, profile: SpotifyProfile) -> None:
        """Remember a linked account."""
        if profile.id:
            self._user_ids[profile.user_key] = profile.id

    # ---------------------------------------------------------------- a member's calls
    def music(self, account: Account) -> SpotifyMusic:
        """Return the member's music. Every call looks up the tokens afresh."""
        return SpotifyMusic(self, account)

    async def call(self, member: int, ask: Callable[[spotipy.Spotify], T]) -> T:
        """Make one request for a member, after the previous one is done.

        Raises NotLinked, ConsentEnded, CoolingDown, NotOnAllowList, SpotifyDown, VaultError or a StoreError; Refusal
        for errors that only the caller can interpret.
        """
        line = self._line(member)
        async with line.lock:
            client_id, access = await self._access(member)
            try:
                return await self._sender.send(client_id, partial(line.ask, access, ask))
            except Refusal as refusal:
                if refusal.status != UNAUTHORISED:
                    raise
            client_id, access = await self._access(member, rejected=access)
            return await self._sender.send(client_id, partial(line.ask, access, ask))

    def _line(self, member: int) -> Connection:
        """Return the member's connection. Of those that nobody uses, the longest unused give way to it."""
        line = self._lines.pop(member, None) or Connection(self._api_url)
        idle = [other for other, held in self._lines.items() if not held.lock.locked()]
        for other in idle[: max(0, len(self._lines) + 1 - MOST_LINES)]:
            self._lines.pop(other).close()
        self._lines[member] = line
        return line

    async def user_id(self, account: Account) -> str:
        """Return the id by which playlists name their owner, which isn't the user key. One request after a restart."""
        if account.user_key not in self._user_ids:
            me = await self.call(account.member, wire.me)
            self._user_ids[account.user_key] = shapes.user_id(me)
        return self._user_ids[account.user_key]

    # ---------------------------------------------------------------- tokens
    async def _access(self, member: int, rejected: str | None = None) -> tuple[str, str]:
        """Return (client id, access token), renewed if it's about to expire or Spotify `rejected` it."""
        account, tokens = await self._stored(member)
        if self._is_old(tokens, rejected):
            tokens = await to_the_end(self._renewed(member, rejected))
        return account.client_id, tokens.access

    async def _stored(self, member: int) -> tuple[Account, Tokens]:
        """Return a member's account and its tokens. Raises NotLinked, ConsentEnded."""
        async with self._store.reading() as tx:
            account = await members.account(tx, member)
        if account is None:
            raise NotLinked
        return account, self._tokens(account)

    def _is_old(self, tokens: Tokens, rejected: str | None) -> bool:
        return tokens.access == rejected or tokens.expires_at - MARGIN <= self._clock()

    async def _renewed(self, member: int, rejected: str | None) -> Tokens:
        """Return renewed tokens; another process may have renewed them meanwhile."""
        async with self._store.lock(("tokens", member)):
            account, tokens = await self._stored(member)
            return await self._renew(account, tokens) if self._is_old(tokens, rejected) else tokens

    def _tokens(self, account: Account) -> Tokens:
        if not account.tokens:
            raise ConsentEnded
        return oauth.open_tokens(self._vault, account.member, account.tokens)

    async def _renew(self, account: Account, tokens: Tokens) -> Tokens:
        """Refresh the tokens, and store them before use. Raises ConsentEnded once the consent is over.

        A lost reply changes nothing: the stored tokens still refresh (promise P9). Any other refusal is Unreadable: a
        Refusal would be taken for the answer to the member's own request.
        """
        form, now = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}, self._clock()
        try:
            fresh = oauth.tokens(await self._grant(account.client_id, form), now, tokens)
        except Refusal as refusal:
            if refusal.reason != INVALID_GRANT:
                raise Unreadable(f"no tokens: {refusal}") from None
            return self._tokens(await self._replace(account, b""))
        return self._tokens(await self._replace(account, oauth.seal_tokens(self._vault, account.member, fresh)))

    async def _replace(self, account: Account, sealed: bytes) -> Account:
        """Replace the account's tokens with `sealed`, unless the member has linked again."""
        async with self._store.writing() as tx:
            current = await members.account(tx, account.member)
            if current is None:
                raise NotLinked
            if current.tokens != account.tokens:
                return current
            await members.change_account(tx, account.member, tokens=sealed, **({} if sealed else NOT_POLLED))
            return replace(current, tokens=sealed)

    async def _grant(self, client_id: str, form: Mapping[str, str]) -> Any:
        secret = self._secrets.get(client_id)
        return await self._sender.send(client_id, partial(oauth.ask, self._accounts_url, client_id, secret, form))
