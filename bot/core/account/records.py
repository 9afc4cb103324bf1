"""Records: what lets a member's programs and browsers in. Secrets are stored only as digests. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An HTTP API token without its secret, which is shown only once."""

    token: int
    member: int
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """An HTTP API token that begins, by the digest of its secret."""

    member: int
    digest: str
    name: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewSession:
    """A one-time link or a session that begins. server: where it was requested, if in a server."""

    member: int
    digest: str
    kind: str
    server: int | None
    created_at: datetime
    expires_at: datetime
