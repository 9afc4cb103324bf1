"""Refusals, in Spotify's two formats.

Refused               the Web API's error object
├── NotRegistered     in plain text
└── OwnerNotPremium   in plain text
OAuthRefused          the accounts service's error object
"""

SEATLESS = (  # Spotify's wordings, the newest first; it has changed them without notice
    "The user is not registered for this application. Please check your settings on developer.spotify.com/dashboard.",
    "Check settings on developer.spotify.com/dashboard, the user may not be registered.",
    "User not registered in the Developer Dashboard",
)


class Refused(Exception):
    """The Web API refuses: `status` is the HTTP status, `reason` the machine-readable reason if Spotify gives one."""

    def __init__(self, status: int, message: str, reason: str = "", retry_after: int | None = None) -> None:
        self.status = status
        self.message = message
        self.reason = reason
        self.retry_after = retry_after  # seconds
        super().__init__(f"{status} {message}")


class NotRegistered(Refused):
    """The member isn't on the app's allow-list: consent worked, but every call is refused."""

    def __init__(self, message: str) -> None:
        super().__init__(403, message)


class OwnerNotPremium(Refused):
    """The app's owner has no Premium: tokens are issued, but every call is refused."""

    def __init__(self) -> None:
        super().__init__(
            403,
            "Active premium subscription required for the owner of the app. When the subscription status changes, it "
            "can take a few hours before requests are allowed again.",
        )


class OAuthRefused(Exception):
    """The accounts service refuses: `error` is one of RFC 6749's codes (section 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        self.error = error
        self.description = description
        super().__init__(f"{error}: {description}")
