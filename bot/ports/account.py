"""Account: linking, secrets, jobs, and who opened the Activity."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.jobs import Job


@dataclass(frozen=True, slots=True)
class SpotifyProfile:
    """Who a Spotify account says it is."""

    user_key: str  # `account_id`, or `id` if that's absent
    name: str
    id: str | None  # names the owner of a playlist; None if Spotify left it out


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Spotify's accounts service issues. Secret; never shown."""

    access: str
    refresh: str
    expires_at: datetime
    scopes: str

    def __repr__(self) -> str:
        return "Tokens(…)"


class Consents(Protocol):
    """Spotify's accounts service, for linking."""

    def consent_url(self, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
        """Return the address of the consent page. `challenge` is the S256 one (RFC 7636)."""
        ...

    async def exchange(self, client_id: str, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Exchange an authorization code for tokens. Raises LinkRefused if Spotify rejects it."""
        ...

    async def profile(self, client_id: str, tokens: Tokens) -> SpotifyProfile:
        """Return the account that these tokens belong to. Raises NotOnAllowList if the app has no seat for it."""
        ...

    def sealed(self, member: int, tokens: Tokens) -> bytes:
        """Encrypt a member's tokens."""
        ...

    def know(self, profile: SpotifyProfile) -> None:
        """Remember a linked account."""
        ...


class Secrets(Protocol):
    """Encrypts what only one member's data may hold, by purpose."""

    def seal(self, member: int, purpose: str, data: bytes) -> bytes: ...

    def open(self, member: int, purpose: str, sealed: bytes) -> bytes:
        """Decrypt what `seal` made. Raises VaultError for anything else."""
        ...

    def reseal(self, member: int, purpose: str, sealed: bytes) -> bytes:
        """Encrypt again with the newest key. Raises VaultError."""
        ...

    def is_current(self, member: int, purpose: str, sealed: bytes) -> bool:
        """Whether the newest key opens it."""
        ...

    def derive(self, member: int, purpose: str) -> bytes:
        """Return 32 secret bytes, stable for a member and purpose."""
        ...


class Queue(Protocol):
    """Durable jobs."""

    async def pending(self, member: int) -> list[Job]:
        """Return the member's running and waiting jobs."""
        ...

    async def forget(self, member: int) -> None:
        """Stop and delete all of a member's jobs."""
        ...

    async def scrub(self) -> bool:
        """Remove every byte of deleted jobs; return False while something else reads the file."""
        ...


class Identities(Protocol):
    """Discord's word on who opened the Activity."""

    async def application(self) -> str:
        """Return the application's id. Raises ChatDown."""
        ...

    async def member(self, code: str) -> int:
        """Return the consenting member, by the code their client got. Raises NotConfirmed, ChatDown, SettingsError."""
        ...
