"""CDN: addresses of uploaded files, signed and valid for a day, as Discord's are."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from urllib.parse import quote

from sandbox.discord.model import Attachment
from sandbox.discord.snowflakes import Clock

VALID_FOR = timedelta(days=1)


class Cdn:
    """Signs and checks the addresses of attachments under `origin`."""

    def __init__(self, clock: Clock, origin: str = "") -> None:
        self.origin = origin
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def url(self, attachment: Attachment) -> str:
        """Return an address that's valid for a day."""
        path = self.path(attachment)
        issued, expires = self._clock(), self._clock() + VALID_FOR
        span = f"ex={_hex(expires.timestamp())}&is={_hex(issued.timestamp())}"
        return f"{self.origin}{path}?{span}&hm={self._sign(path, span)}&"

    def honours(self, path: str, query: dict[str, str]) -> bool:
        """Whether we signed the address and it hasn't expired."""
        span = f"ex={query.get('ex', '')}&is={query.get('is', '')}"
        if not hmac.compare_digest(self._sign(path, span), query.get("hm", "")):
            return False
        return self._clock().timestamp() < int(query["ex"], 16)

    @staticmethod
    def path(attachment: Attachment) -> str:
        shelf = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        return f"/{shelf}/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"

    def _sign(self, path: str, span: str) -> str:
        return hmac.new(self._secret, f"{path}?{span}".encode(), hashlib.sha256).hexdigest()


def _hex(timestamp: float) -> str:
    return format(int(timestamp), "x")
