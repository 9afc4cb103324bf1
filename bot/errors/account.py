"""What can go wrong in the account room: linking, updates, tokens."""

from dataclasses import dataclass

from bot.errors import BadChoice, LinkRefused


class BadClientId(BadChoice):
    """A Spotify client ID is malformed."""


class NothingToConfirm(LinkRefused):
    """They have no link that waits for its code."""


class ConsentDenied(LinkRefused):
    """They refused on Spotify's page."""


class EarlierLink(LinkRefused):
    """The code belongs to an earlier link."""


class NotALinkAddress(LinkRefused):
    """The pasted address isn't the one Spotify leads to."""


class NothingToUnlink(BadChoice):
    """They have no Spotify account linked."""


class NoUpdateChannel(BadChoice):
    """Updates should go to a channel, and none was named."""


@dataclass(eq=False)
class BadDailyCap(BadChoice):
    """The number of updates a day is out of range."""

    most: int


class BadTimeZone(BadChoice):
    """That isn't a time zone, or several have that city."""


class BadQuietHours(BadChoice):
    """The quiet hours aren't two hours of the day."""


@dataclass(eq=False)
class BadTokenLife(BadChoice):
    """A token should be valid for too few or too many days."""

    most: int  # days


@dataclass(eq=False)
class TooManyTokens(BadChoice):
    """They have as many tokens as they may."""

    most: int


class NoSuchToken(BadChoice):
    """The token isn't theirs, or no longer valid."""


class NoApi(BadChoice):
    """The HTTP API is switched off."""


class NoSpotifyApp(BadChoice):
    """Neither the bot nor the member has a Spotify app to link with."""


class NoPasting(BadChoice):
    """The page shows a code, so an address isn't accepted."""


class LibraryFromFile(BadChoice):
    """Their library comes from a file, so there are no likes to sync."""


class ExportTooLarge(BadChoice):
    """Their export is too large for Discord."""


@dataclass(eq=False)
class NotConfirmedErasing(BadChoice):
    """They didn't type the word that confirms deleting everything."""

    word: str
