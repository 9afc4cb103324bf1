"""Consents and what depends on them: authorization codes, access tokens, refresh tokens. No HTTP.

Facts: codes are single-use and bound to client, address and PKCE challenge; access tokens last an hour; refresh tokens
expire six months after consent, and refreshing doesn't extend them.
"""

from base64 import urlsafe_b64encode
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sandbox.spotify.errors import OAuthRefused
from sandbox.spotify.model import App

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=1)
CONSENT_MONTHS = 6  # Spotify, since 20 July 2026


@dataclass(slots=True, eq=False)
class Consent:
    """One consent: what `user` lets the app do, until it's revoked or six months have passed."""

    client_id: str
    user: str
    scopes: frozenset[str]
    at: datetime
    revoked: bool = False

    @property
    def ends(self) -> datetime:
        return months_later(self.at, CONSENT_MONTHS)

    def holds(self, now: datetime) -> bool:
        return not self.revoked and now < self.ends


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code's terms. `challenge` is empty if an app with a secret sent none."""

    consent: Consent
    redirect_uri: str
    challenge: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """The token endpoint's answer."""

    access: str
    refresh: str
    consent: Consent


def months_later(start: datetime, months: int) -> datetime:
    """Return the same day and time `months` calendar months later, or the last day of a shorter month."""
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


def s256(verifier: str) -> str:
    """Return the PKCE challenge for `verifier` (RFC 7636, section 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


class Tokens:
    """The accounts service's records. Tokens depend only on `seed` and their number, so runs are reproducible."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.single_use = False  # whether a refresh invalidates the token it used; Spotify doesn't say
        self._seed = seed
        self._now = now
        self._issued = 0
        self._codes: dict[str, Code] = {}
        self._access: dict[str, tuple[Consent, datetime]] = {}
        self._refresh: dict[str, Consent] = {}

    def agree(self, app: App, user: str, scopes: frozenset[str], redirect_uri: str, challenge: str) -> str:
        """Record a consent and return the authorization code for it."""
        consent = Consent(app.client_id, user, scopes, self._now())
        code = self._new("code")
        self._codes[code] = Code(consent, redirect_uri, challenge, self._now() + CODE_LIFE)
        return code

    def exchange(self, app: App, code: str, redirect_uri: str, verifier: str) -> Grant:
        """Exchange a code for tokens; it's used up whatever the outcome. Raises OAuthRefused."""
        terms = self._codes.pop(code, None)
        if terms is None or terms.consent.client_id != app.client_id or terms.consent.revoked:
            raise OAuthRefused("invalid_grant", "Invalid authorization code")
        if self._now() >= terms.expires:
            raise OAuthRefused("invalid_grant", "Authorization code expired")
        if redirect_uri != terms.redirect_uri:
            raise OAuthRefused("invalid_grant", "Invalid redirect URI")
        if terms.challenge and s256(verifier) != terms.challenge:
            raise OAuthRefused("invalid_grant", "code_verifier was incorrect")
        return self._grant(terms.consent)

    def refresh(self, app: App, token: str) -> Grant:
        """Exchange a refresh token for a new access token. Raises OAuthRefused once the consent has ended."""
        consent = self._refresh.get(token)
        if consent is None or consent.client_id != app.client_id:
            raise OAuthRefused("invalid_grant", "Invalid refresh token")
        if not consent.holds(self._now()):
            raise OAuthRefused("invalid_grant", "Refresh token revoked" if consent.revoked else "Refresh token expired")
        if self.single_use:
            del self._refresh[token]
        return self._grant(consent)

    def consent(self, access: str) -> Consent | None:
        """Return the consent behind an access token; None if the token is unknown, expired or revoked."""
        consent, expires = self._access.get(access, (None, self._now()))
        return consent if consent and self._now() < expires and not consent.revoked else None

    def revoke(self, user: str) -> None:
        """Withdraw every consent of `user`, invalidating their tokens and unused codes."""
        held = [*self._refresh.values(), *(code.consent for code in self._codes.values())]
        for consent in held:
            consent.revoked |= consent.user == user

    def expire_access(self, user: str) -> None:
        """Expire the access tokens of `user` now; refresh tokens stay valid."""
        for access, (consent, _) in self._access.items():
            if consent.user == user:
                self._access[access] = (consent, self._now())

    def _grant(self, consent: Consent) -> Grant:
        grant = Grant(self._new("access"), self._new("refresh"), consent)
        self._access[grant.access] = (consent, self._now() + ACCESS_LIFE)
        self._refresh[grant.refresh] = consent
        return grant

    def _new(self, kind: str) -> str:
        self._issued += 1
        digest = sha256(f"{self._seed}:{kind}:{self._issued}".encode()).digest()
        return urlsafe_b64encode(digest * 3).decode().rstrip("=")
