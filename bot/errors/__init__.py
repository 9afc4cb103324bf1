"""What can go wrong, in the member's world.

CratekeeperError
├── SettingsError            a setting is missing or malformed (operator)
├── MemberError              something the member can put right
│   ├── NotLinked · LinkRefused · WrongCode · LinkUsed · NotConfirmed
│   ├── NoLikes              linked, and no song to go by
│   ├── NoPlaylists          nothing to sort into
│   ├── TooFewLabels · NotTrained  nothing was learnt from their labels yet
│   ├── BadFile              an uploaded file that cannot be read
│   ├── BadChoice            an option that does not exist or is taken
│   │   ├── CannotPost       a channel where the bot or the member may not write
│   │   └── NotAmongLikes    a song for a playlist, of a member whose likes stay as they are
│   ├── StillHearing         files are heard already, theirs, or too many others'
│   ├── NoClip               the song's file is not here
│   ├── NoTaste              nothing is known yet of what they like
│   ├── NothingThereYet      an empty catalogue, or nothing in it that the member may see
│   ├── NotYours             somebody else's button
│   └── NothingToUndo
├── SpotifyError
│   ├── CoolingDown          Spotify asks everyone to wait
│   ├── NotOnAllowList       the app's five seats do not include this member
│   ├── ConsentEnded         `invalid_grant`: the member must link again
│   ├── SpotifyDown          5xx or no connection: whether it was carried out is not known
│   │   └── Unreadable       an answer of which nothing can be made
│   ├── Unsettled            written, and not readable yet
│   ├── SongsRefused         Spotify takes none of these songs
│   ├── PlaylistFull         it takes no more songs
│   └── PlaylistGone         deleted, or no longer the member's to change
├── AudioError               a file that cannot be heard; remembered, so that it is tried once
│   ├── NotAudio             no sound in it, or of no kind that is read
│   │   └── NotOpened        not there, not readable, not a file
│   ├── EmptyAudio           next to nothing in it
│   ├── SilentAudio
│   ├── TruncatedAudio       half-downloaded, or damaged inside
│   ├── TooLongAudio · TooLargeAudio
│   ├── NamelessAudio        a file whose name is no text
│   ├── NothingThere         a clip was wanted where there is no sound
│   ├── ClipTooLarge         no bit rate brings a clip below the limit
│   └── HearingFailed        the process that heard it died, or was too slow
├── SourceError              a source of features
│   ├── SourceWaits          asked too often, or down: nobody is to ask before a moment
│   └── SourceFailed         it answered nonsense about a song
├── AlreadyRuns              a second bot on one data folder
├── ChatDown                 Discord does not answer
│   └── ChatWaits            … or wants no more of this for a while
├── StoreError               disk full, locked, newer schema
├── VaultError               a sealed value that does not open
└── ModelError
    ├── ModelMissing · ModelCorrupt · PriorCorrupt
    └── TrainingFailed

An error says what happened, in data; `bot.messages.errors` puts it into a member's words. `str()` is the operator's
line: it names nobody. `theirs` says that members can leave the state by themselves, by what the message names: then
there is nothing to look up, and no reference. Everything else that reaches a handler is a defect: the member reads a
reference, and the log has the rest.
"""

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any


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


class NothingToUndo(MemberError):
    """There is nothing to undo."""


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


class AudioError(CratekeeperError):
    """That file cannot be heard."""

    theirs = True


class NotAudio(AudioError):
    """There is no sound in that file, or it is of a kind that is not read."""


class NotOpened(NotAudio):
    """The file cannot be opened."""


class EmptyAudio(AudioError):
    """There is next to nothing in that file."""


class SilentAudio(AudioError):
    """That file is silent from beginning to end."""


class TruncatedAudio(AudioError):
    """That file breaks off before its end, or is damaged inside."""


class TooLongAudio(AudioError):
    """That file plays for longer than is listened to."""


class TooLargeAudio(AudioError):
    """That file is larger, or unpacks to more, than is listened to."""


class NamelessAudio(AudioError):
    """Its name is no text (UTF-8), so it cannot be kept: it was passed over. Another name helps."""


class NothingThere(AudioError):
    """The song is over there, or cannot be decoded."""


class ClipTooLarge(AudioError):
    """Even at the lowest bit rate the clip is larger than the limit."""


class HearingFailed(AudioError):
    """The process that heard the file died, or took too long."""

    theirs = False


@dataclass(eq=False)
class CannotLook(CratekeeperError):
    """Something in a music folder can't be looked at."""

    why: str

    def __str__(self) -> str:
        return f"It can't be looked at ({self.why}): what was heard there is kept."


@dataclass(eq=False)
class ManyMissing(CratekeeperError):
    """Many files that were heard aren't there any more."""

    count: int

    def __str__(self) -> str:
        return (
            f"{self.count:,} files that were heard are gone: is a disk or a share not mounted? What was heard is kept. "
            "If you deleted them, run it again with --forget-missing."
        )


class ImportRuns(CratekeeperError):
    """Another import is under way; this one would hear the same files. Run it when that has ended."""


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


class StoreDamaged(StoreError):
    """The database is damaged. Stop the bot and restore a backup; `python -m bot doctor` says which file."""


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
    """The prior's file is not one that was learnt here."""


class TrainingFailed(ModelError):
    """Training did not finish."""


def dumped(error: CratekeeperError) -> str:
    """Return the error as JSON, to be stored; `loaded` makes it again."""
    names: list[str] = [field.name for field in fields(error)] if is_dataclass(error) else []
    data: dict[str, Any] = {name: getattr(error, name) for name in names}
    kept = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in data.items()}
    return json.dumps({"error": type(error).__name__, **kept})


def loaded(text: str) -> CratekeeperError | None:
    """Return the error that was stored, None if it's no error. A kind we don't know is just something gone wrong."""
    try:
        record: dict[str, Any] = dict(json.loads(text))
    except (ValueError, TypeError):
        return None
    kind = _kinds(CratekeeperError).get(str(record.get("error")), CratekeeperError)
    if not is_dataclass(kind):
        return kind()
    moments = {field.name for field in fields(kind) if field.type in (datetime, "datetime")}
    try:
        return kind(
            **{
                name: datetime.fromisoformat(value) if name in moments else _immutable(value)
                for name, value in record.items()
                if name != "error"
            }
        )
    except (TypeError, ValueError):  # its data was of another shape then
        return CratekeeperError()


def _immutable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _kinds(kind: type[CratekeeperError]) -> dict[str, type[CratekeeperError]]:
    """Return the kind and all kinds below it, by name."""
    below = [found for child in kind.__subclasses__() for found in _kinds(child).items()]
    return {kind.__name__: kind, **dict(below)}
