"""OAuth: consent with PKCE, and its tokens. Pure, except `ask`, which sends one request."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.adapters.spotify.wire import TIMEOUT, session
from bot.adapters.vault import Vault
from bot.core import untrusted
from bot.errors.spotify import SpotifyDown
from bot.ports import Tokens

SCOPES = (
    "user-library-read user-library-modify playlist-read-private playlist-read-collaborative "
    "playlist-modify-private playlist-modify-public"
)
LONGEST = 10_000  # characters of a token
LIVES = 3600  # seconds an access token lasts, if the answer doesn't say
PURPOSE = "tokens"  # their purpose in the vault


def consent_url(accounts_url: str, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
    """Return the address of the consent page. `challenge` is the S256 one (RFC 7636)."""
    query = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": state,
        "code_challenge_method": "S256",
        "code_challenge": challenge,
        "show_dialog": "true",  # asks even members who agreed before: opening the address alone agrees to nothing
    }
    return f"{accounts_url}/authorize?{urlencode(query)}"


def ask(accounts_url: str, client_id: str, secret: str | None, form: Mapping[str, str]) -> Any:
    """Post `form` to the token endpoint, as a public client where there is no secret. Blocks; raises Refusal."""
    login = (client_id, secret) if secret else None
    with session() as over:
        data = {"client_id": client_id, **form}
        answer = over.post(f"{accounts_url}/api/token", data=data, auth=login, timeout=TIMEOUT)
        return answer.json()


def tokens(answer: Any, now: datetime, before: Tokens | None = None) -> Tokens:
    """Read the token endpoint's answer; fields it omits stay as in `before` (promise P10). Raises SpotifyDown."""
    told = untrusted.thing(answer)
    access, refresh = (untrusted.text(told.get(name), LONGEST) for name in ("access_token", "refresh_token"))
    refresh = refresh or (before.refresh if before else None)
    lives = untrusted.count(told.get("expires_in")) or LIVES
    if access is None or refresh is None:
        raise SpotifyDown("Spotify's token answer is malformed.")
    scopes = untrusted.text(told.get("scope"), LONGEST) or (before.scopes if before else "")
    return Tokens(access, refresh, now + timedelta(seconds=lives), scopes)


def seal_tokens(vault: Vault, member: int, tokens: Tokens) -> bytes:
    fields = [tokens.access, tokens.refresh, tokens.expires_at.isoformat(), tokens.scopes]
    return vault.seal(member, PURPOSE, json.dumps(fields).encode())


def open_tokens(vault: Vault, member: int, sealed: bytes) -> Tokens:
    """Decrypt a member's tokens. Raises VaultError if `sealed` wasn't sealed for this member."""
    access, refresh, expires_at, scopes = json.loads(vault.open(member, PURPOSE, sealed))
    return Tokens(access, refresh, datetime.fromisoformat(expires_at), scopes)
