"""What can go wrong at Spotify.

SpotifyError
├── CoolingDown          Spotify asks everyone to wait
├── NotOnAllowList       the app's five seats don't include this member
├── ConsentEnded         `invalid_grant`: the member must link again
├── SpotifyDown          5xx or no connection: it isn't known whether it was carried out
│   ├── AppRefused       Spotify doesn't know the app, or its owner has no Premium
│   └── Unreadable       an answer that makes no sense
├── Unsettled            written, but not readable yet
├── SongsRefused         Spotify takes none of these songs
├── PlaylistFull         it takes no more songs
└── PlaylistGone         deleted, or no longer the member's to change
"""

from dataclasses import dataclass
from datetime import datetime

from bot.errors import CratekeeperError


class SpotifyError(CratekeeperError):
    """Spotify did not do what was asked."""


@dataclass(eq=False)
class CoolingDown(SpotifyError):
    """Spotify asks us to wait."""

    until: datetime

    def __str__(self) -> str:
        return f"no calls to Spotify before {self.until:%Y-%m-%d %H:%M:%S %Z}"


class NotOnAllowList(SpotifyError):
    """This app's seats on Spotify do not include that account."""

    theirs = True


class ConsentEnded(SpotifyError):
    """Spotify's consent has ended."""

    theirs = True


class SpotifyDown(SpotifyError):
    """Spotify cannot be reached."""


class AppRefused(SpotifyDown):
    """Spotify refuses the app: it was deleted, its secret is wrong, or its owner has no Premium."""

    theirs = True


class Unreadable(SpotifyDown):
    """Nothing can be made of Spotify's answer."""


@dataclass(eq=False)
class Unsettled(SpotifyError):
    """What was written can't be read yet."""

    theirs = True
    until: datetime

    def __str__(self) -> str:
        return f"not settled; looking again at {self.until:%Y-%m-%d %H:%M:%S %Z}"


class SongsRefused(SpotifyError):
    """Spotify does not take these songs."""


class PlaylistFull(SpotifyError):
    """Spotify takes no more songs in that playlist."""


class PlaylistGone(SpotifyError):
    """The playlist no longer exists, or is no longer yours to change."""

    theirs = True
