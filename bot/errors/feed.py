"""What can go wrong in the feed room: the catalogue, recommendations, the feed."""

from dataclasses import dataclass

from bot.errors import BadChoice, NothingThereYet


class NotInCatalogue(BadChoice):
    """The song isn't in the catalogue as they see it."""


class OnlyYours(BadChoice):
    """Only a file of theirs names the song, so nobody else may see it."""


class NotOnSpotify(BadChoice):
    """The song is one of the operator's files and isn't on Spotify."""


class GoneFromSpotify(BadChoice):
    """Spotify refused to save the song."""


class AllShown(NothingThereYet):
    """They've been shown every song lately."""


class NothingToHear(NothingThereYet):
    """They only want songs with sound, and there's none left for now."""


class NothingLeftOver(BadChoice):
    """Subtracting songs leaves nothing to look for."""


class SameSong(BadChoice):
    """Two of the songs they named are one."""


class UnknownSong(BadChoice):
    """The song is neither theirs nor in the catalogue."""


class UnknownSound(BadChoice):
    """Too little is known about the song to say what's near it."""


class PageOff(BadChoice):
    """The swipe page is switched off."""


@dataclass(eq=False)
class ActivityOff(BadChoice):
    """The Activity is switched off."""

    has_page: bool  # whether the swipe page is on
