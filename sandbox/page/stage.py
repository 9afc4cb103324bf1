"""Stage: everything that the page shows and lets people do. Built by whoever starts the sandbox."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sandbox.discord import Channel, Guild, User
from sandbox.discord import World as Discord
from sandbox.page.tour import Tour
from sandbox.spotify import Track
from sandbox.spotify import World as Spotify


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who can be played: a Discord user, and the id of their Spotify account."""

    user: User
    account: str


@dataclass(slots=True)
class Stage:
    """Both stand-ins, who can be played in them, and the tour.

    `songs_held_back` are tracks for "Like a new song", in the order they're offered. `sound`, if given, maps a track's
    URI to the bytes of an OGG file, or to None for a track without sound; it's called in a thread.
    """

    discord: Discord
    spotify: Spotify
    guild: Guild
    channel: Channel
    members: Sequence[Member]
    tour: Tour
    songs_held_back: Sequence[Track] = ()
    sound: Callable[[str], bytes | None] | None = None
    bot_state: str = "not started"
    watcher: Callable[[], None] = field(default=lambda: None, repr=False)

    def report_bot(self, state: str) -> None:
        """Show what the bot's process is doing, in a few words: "starting", "running", "ended with code 1"."""
        self.bot_state = state
        self.watcher()

    def member(self, user_id: int) -> Member:
        """Return the member with that id. Raises KeyError if nobody here has it."""
        member = next((member for member in self.members if member.user.id == user_id), None)
        if member is None:
            raise KeyError(f"nobody here has the id {user_id}")
        return member
