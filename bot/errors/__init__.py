"""What can go wrong, in the member's world.

CratekeeperError
├── SettingsError            a setting is missing or malformed (operator)
├── MemberError              something the member can put right
│   ├── NotLinked · LinkRefused · WrongCode · LinkUsed · NotConfirmed
│   ├── NoLikes              linked, but without a liked song
│   ├── NoPlaylists          nothing to sort into
│   ├── TooFewLabels · NotTrained  nothing learned from their labels yet
│   ├── BadFile              an uploaded file that can't be read
│   ├── BadChoice            an option that doesn't exist or is taken
│   │   ├── CannotPost       a channel where the bot or the member may not write
│   │   └── NotAmongLikes    a song for a playlist, of a member whose likes stay as they are
│   ├── StillHearing         files are being heard already: theirs, or too many others'
│   ├── NoClip               the song's file isn't here
│   ├── NoTaste              nothing is known yet of what they like
│   ├── NothingThereYet      an empty catalogue, or nothing in it that the member may see
│   ├── NotYours             somebody else's button
│   ├── TooOften             commands that cost a lot of work, too many within a minute
│   ├── NothingToUndo
│   └── …                    bot.errors.account, library, sorting, feed, social: those of one room
├── SpotifyError             bot.errors.spotify
├── AudioError               bot.errors.audio: files that can't be heard
├── SourceError              a source of features
│   ├── SourceWaits          asked too often, or down: not to be asked before a moment
│   └── SourceFailed         its answer made no sense
├── AlreadyRuns              a second bot on one data folder
├── BackupError              bot.errors.backup: a backup that can't be made or restored (operator)
├── ChatDown                 Discord doesn't answer
│   └── ChatWaits            … or wants no more of this for a while
├── StoreError               disk full, locked, newer schema, the storage of models down
├── VaultError               a sealed value that doesn't open
└── ModelError
    ├── ModelMissing · ModelCorrupt · PriorCorrupt
    └── TrainingFailed

An error says what happened, in data; `bot.messages.errors` puts it into a member's words. `str()` is the operator's
line: it names nobody. `theirs` says that members can leave the state by themselves, by what the message names: then
there is nothing to look up, and no reference. Everything else that reaches a handler is a defect: the member reads a
reference, and the log has the rest.
"""

from dataclasses import dataclass, is_dataclass
from datetime import datetime


class CratekeeperError(Exception):
    """Something went wrong."""

    theirs = False
    layer = 0  # the one that it is about, if any

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or "")

    def __str__(self) -> str:
        own = "" if is_dataclass(self) else super().__str__()
        return own or (self.__doc__ or "").strip().splitlines()[0]


class SettingsError(CratekeeperError):
    """A setting is missing or malformed."""


class MemberError(CratekeeperError):
    """Something the member can put right; the message is meant for them."""

    theirs = True


class NotLinked(MemberError):
    """They have linked no account and sent no file."""


class LinkRefused(MemberError):
    """Their link to Spotify was used, is too old, or is somebody else's."""


@dataclass(eq=False)
class WrongCode(MemberError):
    """That isn't the code on the page."""

    left: int  # tries


class LinkUsed(MemberError):
    """A link to the feed's page was used, or is too old."""


class NotConfirmed(MemberError):
    """Discord did not confirm who they are."""


class NoLikes(MemberError):
    """They have no liked songs on Spotify yet."""


class NoPlaylists(MemberError):
    """No playlist of theirs is kept here."""


@dataclass(eq=False)
class TooFewLabels(MemberError):
    """There are too few labels to learn from yet, or too few new ones since the last training."""

    missing: int
    layer: int = 0


@dataclass(eq=False)
class NotTrained(MemberError):
    """There are enough labels, and no model that can be used."""

    layer: int = 0


class BadFile(MemberError):
    """A file that can't be read."""


class BadChoice(MemberError):
    """An option that doesn't exist, is taken, or is no longer there."""


class CannotPost(BadChoice):
    """The bot, or the member, may not write in that channel."""


@dataclass(eq=False)
class BadLength(BadChoice):
    """A name or theme is empty or too long."""

    most: int  # characters


class NotAmongLikes(BadChoice):
    """A kept playlist only holds liked songs, and their feed likes stay out of their likes."""


class StillHearing(MemberError):
    """Files that came before are still being heard."""


class NoClip(MemberError):
    """There is no file of that song to cut a clip from."""


class NoTaste(MemberError):
    """Nothing is known yet of what they like."""


class NothingThereYet(MemberError):
    """There is nothing to choose from for them yet."""


class NotYours(MemberError):
    """The buttons are somebody else's."""


@dataclass(eq=False)
class TooOften(MemberError):
    """They asked for too much work within a minute."""

    seconds: float  # until they may ask again

    def __str__(self) -> str:
        return f"asked for too much within a minute; {self.seconds:.0f} s to wait"


class NothingToUndo(MemberError):
    """There is nothing to undo."""


class AlreadyRuns(CratekeeperError):
    """Another Cratekeeper runs on this data folder. Stop that one first."""


class SourceError(CratekeeperError):
    """A source of features did not say what it knows."""


@dataclass(eq=False)
class SourceWaits(SourceError):
    """A source of features mustn't be asked for a while."""

    source: str
    until: datetime

    def __str__(self) -> str:
        return f"{self.source} is not asked before {self.until:%Y-%m-%d %H:%M:%S %Z}"


class SourceFailed(SourceError):
    """A source of features answered something that makes no sense."""


class ChatDown(CratekeeperError):
    """Discord does not answer."""


@dataclass(eq=False)
class ChatWaits(ChatDown):
    """Discord wants nothing more of that kind for a while."""

    route: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.route}: Discord asks us to wait for {self.seconds:.0f} s"


class StoreError(CratekeeperError):
    """The database did not take that."""


class StoreBusy(StoreError):
    """The database is locked."""


class StoreFull(StoreError):
    """The disk is full."""


class StoreShut(StoreError):
    """The database can't be opened or written. Check whose it is, and whether its disk is read-only."""


class StoreRefused(StoreShut):
    """The database's server is there, but refuses what DATABASE_URL says."""


class StorageDown(StoreError):
    """The storage of models and clips doesn't answer."""


class StorageRefused(StorageDown):
    """The storage is there, but refuses what the settings say."""


class StoreDamaged(StoreError):
    """The database is damaged. Stop the bot and restore a backup; `python -m bot doctor` says which file."""


class StoreTaken(StoreError):
    """A database that was to be filled holds something else."""


class NewerSchema(StoreError):
    """The database was written by a newer Cratekeeper. Upgrade, or restore a backup."""


class VaultError(CratekeeperError):
    """A sealed value does not open: other keys, another member's row, or damaged."""

    theirs = True


class ModelError(CratekeeperError):
    """A model cannot be used."""

    theirs = True


class ModelMissing(ModelError):
    """There is no such model file."""


class ModelCorrupt(ModelError):
    """The model file is not the one that was published."""


class PriorCorrupt(ModelError):
    """The prior's file is not one that was learned here."""


class TrainingFailed(ModelError):
    """Training did not finish."""
