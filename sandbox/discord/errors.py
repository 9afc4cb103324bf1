"""Discord's error responses.

    DiscordError
    ├── Unauthorized, MissingAccess, MissingPermissions, NotTheAuthor, CannotMessageUser, NoMutualGuild
    ├── UnknownRoute, UnknownChannel, UnknownGuild, UnknownMember, UnknownMessage, UnknownUser, UnknownEmoji,
    │   UnknownWebhook, UnknownInteraction, UnknownCommand
    ├── InvalidWebhookToken, AlreadyAcknowledged, WrongChannelType, ThreadAlreadyThere, EntryPointLeftOut, NoActivity
    ├── EmptyMessage, TooLarge, TooManyCommands, InvalidForm
    └── OAuthError (with RFC 6749's body): InvalidClient, InvalidGrant, UnsupportedGrant

The docstring is Discord's message, `code` its JSON error code, `status` the HTTP status.
"""

from sandbox.discord.model import Json


class DiscordError(Exception):
    status = 400
    code = 0

    def body(self) -> Json:
        return {"message": self.__doc__, "code": self.code}


class Unauthorized(DiscordError):
    """401: Unauthorized"""

    status = 401


class UnknownRoute(DiscordError):
    """404: Not Found"""

    status = 404


class UnknownChannel(DiscordError):
    """Unknown Channel"""

    status, code = 404, 10003


class UnknownGuild(DiscordError):
    """Unknown Guild"""

    status, code = 404, 10004


class UnknownMember(DiscordError):
    """Unknown Member"""

    status, code = 404, 10007


class UnknownMessage(DiscordError):
    """Unknown Message"""

    status, code = 404, 10008


class UnknownUser(DiscordError):
    """Unknown User"""

    status, code = 404, 10013


class UnknownEmoji(DiscordError):
    """Unknown Emoji"""

    status, code = 400, 10014


class UnknownWebhook(DiscordError):
    """Unknown Webhook"""

    status, code = 404, 10015


class UnknownInteraction(DiscordError):
    """Unknown interaction"""

    status, code = 404, 10062


class UnknownCommand(DiscordError):
    """Unknown application command"""

    status, code = 404, 10063


class TooManyCommands(DiscordError):
    """Maximum number of application commands reached (100)."""

    code = 30032


class TooLarge(DiscordError):
    """Request entity too large"""

    status, code = 413, 40005


class AlreadyAcknowledged(DiscordError):
    """Interaction has already been acknowledged."""

    code = 40060


class MissingAccess(DiscordError):
    """Missing Access"""

    status, code = 403, 50001


class NotTheAuthor(DiscordError):
    """Cannot edit a message authored by another user"""

    status, code = 403, 50005


class EmptyMessage(DiscordError):
    """Cannot send an empty message"""

    code = 50006


class CannotMessageUser(DiscordError):
    """Cannot send messages to this user"""

    status, code = 403, 50007


class MissingPermissions(DiscordError):
    """Missing Permissions"""

    status, code = 403, 50013


class WrongChannelType(DiscordError):
    """Cannot execute action on this channel type"""

    code = 50024


class ThreadAlreadyThere(DiscordError):
    """A thread has already been created for this message"""

    code = 160004


class EntryPointLeftOut(DiscordError):
    """You cannot remove this app's Entry Point command in a bulk update operation. Please include the Entry Point \
command in your update request or delete it separately."""

    code = 50240


class NoActivity(DiscordError):
    """This application has no Activity"""  # our words, without a code: Discord's aren't documented


class InvalidWebhookToken(DiscordError):
    """Invalid Webhook Token"""

    status, code = 401, 50027


class NoMutualGuild(DiscordError):
    """Cannot send messages to this user due to having no mutual guilds"""

    status, code = 403, 50278


class InvalidForm(DiscordError):
    """Invalid Form Body"""

    code = 50035

    def __init__(self, errors: Json) -> None:
        super().__init__(errors)
        self.errors = errors

    def body(self) -> Json:
        return {**super().body(), "errors": self.errors}


class OAuthError(DiscordError):
    """The request for a token was refused."""

    error = "invalid_request"

    def body(self) -> Json:
        return {"error": self.error, "error_description": self.__doc__}


class InvalidClient(OAuthError):
    """Invalid client credentials"""

    status, error = 401, "invalid_client"


class InvalidGrant(OAuthError):
    """Invalid "code" in request."""

    error = "invalid_grant"


class UnsupportedGrant(OAuthError):
    """Grant type None is not supported"""

    error = "unsupported_grant_type"
