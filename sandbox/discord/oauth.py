"""OAuth: members let the application know who they are; codes are good once, tokens until the end."""

import secrets

from sandbox.discord.errors import InvalidClient, InvalidGrant
from sandbox.discord.model import Application, User


class OAuth:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._codes: dict[str, User] = {}
        self._tokens: dict[str, User] = {}

    def consent(self, user: User) -> str:
        """A member agrees; returns the code that their client hands to the application."""
        code = secrets.token_urlsafe(22)
        self._codes[code] = user
        return code

    def exchange(self, code: str, client_id: str, secret: str) -> str:
        """Turn a code into a token. Raises InvalidClient, InvalidGrant for a code that is used up or none."""
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
