"""OAuth: members tell the application who they are; codes are single-use, tokens never expire."""

import secrets

from sandbox.discord.errors import InvalidClient, InvalidGrant
from sandbox.discord.model import Application, User


class OAuth:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._codes: dict[str, User] = {}
        self._tokens: dict[str, User] = {}

    def consent(self, user: User) -> str:
        """Give a member's consent; return the code that their client passes to the application."""
        code = secrets.token_urlsafe(22)
        self._codes[code] = user
        return code

    def exchange(self, code: str, client_id: str, secret: str) -> str:
        """Exchange a code for a token. Raises InvalidClient, and InvalidGrant for a code that's used or unknown."""
        if (client_id, secret) != (str(self._application.id), self._application.secret):
            raise InvalidClient
        user = self._codes.pop(code, None)
        if user is None:
            raise InvalidGrant
        token = secrets.token_urlsafe(22)
        self._tokens[token] = user
        return token

    def holder(self, token: str) -> User | None:
        return self._tokens.get(token)
