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
│   │   ├── NotAmongLikes    a song for a playlist, of a member whose likes stay as they are
│   │   └── TooFewEntries    a round that cannot go on to the votes
│   ├── StillHearing         files are heard already, theirs, or too many others'
│   ├── AlreadyReposted      the same song, in the same server, in the same week
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

The first line of a docstring is the default message; `for_member` is what the member reads. `theirs` says that they can
leave the state by themselves, by what the message names: then there is nothing to look up, and no reference. Everything
else that reaches a handler is a defect: the member hears a reference id and the log has the rest.
"""

from datetime import datetime


def timestamp(when: datetime, style: str = "t") -> str:
    """Discord's timestamp mark-up, shown in each reader's own time zone."""
    return f"<t:{int(when.timestamp())}:{style}>"


class CratekeeperError(Exception):
    """Something went wrong."""

    theirs = False
    layer = 0  # the one that it is about, if any

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip().splitlines()[0])

    def for_member(self) -> str:
        return "That did not work, and it is not your doing. Nothing was lost."

    def for_asker(self) -> str:
        """What is read where nothing goes on by itself: a command or a button, not a job."""
        return self.for_member()


class SettingsError(CratekeeperError):
    """A setting is missing or malformed."""


class MemberError(CratekeeperError):
    """Something the member can put right; the message is meant for them."""

    theirs = True

    def for_member(self) -> str:
        return str(self)


class NotLinked(MemberError):
    """I do not know your songs yet. Use /link for Spotify, or /library import for a file."""


class LinkRefused(MemberError):
    """That link was used already, is older than ten minutes, or is not yours. Use /link for a new one."""


class WrongCode(MemberError):
    """That is not the code on the page."""

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__()

    def for_member(self) -> str:
        if not self.left:
            return "That was the last try: nothing was linked, and what Spotify gave me is deleted. /link starts again."
        return f"{self} You have {self.left} more {'try' if self.left == 1 else 'tries'}."


class LinkUsed(MemberError):
    """That link was used already, or is older than ten minutes. Use /feed web for a new one."""


class NotConfirmed(MemberError):
    """Discord did not confirm who you are. Close this and open it again."""


class NoLikes(MemberError):
    """You have no liked songs at Spotify yet. Like some, then /sync shows them to me."""


class NoPlaylists(MemberError):
    """I keep no playlist for you here. /playlists add takes one, or makes a new one."""


class TooFewLabels(MemberError):
    """There are too few labels to learn from yet, or too few new ones since the last training."""

    def __init__(self, missing: int, layer: int = 0) -> None:
        self.missing, self.layer = missing, layer
        labels = "label" if missing == 1 else "labels"
        super().__init__(
            f"I can't sort yet: I need {missing} more {labels} to learn from. /label asks you about a song."
        )


class NotTrained(MemberError):
    """I have enough labels to learn from, but no model that I can use. /train makes one; it takes a few seconds."""

    def __init__(self, layer: int = 0) -> None:
        self.layer = layer
        super().__init__()


class BadFile(MemberError):
    """I cannot read that file."""


class BadChoice(MemberError):
    """That choice does not exist."""


class NotAmongLikes(BadChoice):
    """A playlist that I keep only holds songs you like, and what you like in the feed stays out of your likes."""


class TooFewEntries(BadChoice):
    """Too few songs have been entered to vote on."""


class StillHearing(MemberError):
    """I'm still listening to files that came before. Send yours again in a few minutes."""


class AlreadyReposted(MemberError):
    """You reposted that song here in the last seven days."""

    def __init__(self, repost: int, at: datetime) -> None:
        self.repost, self.at = repost, at
        super().__init__()


class NoClip(MemberError):
    """I have no file of that song to cut a clip from."""


class NoTaste(MemberError):
    """I know nothing yet of what you like to go by. Name a song, or try /random."""


class NothingThereYet(MemberError):
    """I have nothing to choose from for you yet. Members who run /feed join share their likes with each other."""


class NotYours(MemberError):
    """These buttons belong to somebody else."""


class NothingToUndo(MemberError):
    """There is nothing to take back."""


class SpotifyError(CratekeeperError):
    """Spotify did not do what was asked."""

    def for_member(self) -> str:
        return "Spotify did not answer as it should. Nothing was lost; try again in a few minutes."


class CoolingDown(SpotifyError):
    """Spotify asks us to wait."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"no calls to Spotify before {until:%Y-%m-%d %H:%M:%S %Z}")

    def for_member(self) -> str:
        return f"Spotify asks us to wait until {timestamp(self.until)}. Nothing was lost; I go on then."

    def for_asker(self) -> str:
        return f"Spotify asks us to wait until {timestamp(self.until)}. Nothing was lost; try again then."


class NotOnAllowList(SpotifyError):
    """This app's seats on Spotify do not include that account."""

    theirs = True

    def for_member(self) -> str:
        return (
            "Spotify let you in, but this bot's Spotify app has no seat for your account (an app has five). "
            "Ask whoever runs the bot to add you, use `/link client_id:` with an app of your own (its owner "
            "needs Premium), or `/library import` with a file. Nothing was kept."
        )


class ConsentEnded(SpotifyError):
    """Spotify's consent has ended."""

    theirs = True

    def for_member(self) -> str:
        return "Your consent at Spotify has ended (it lasts six months, or you revoked it). Use /link to go on."


class SpotifyDown(SpotifyError):
    """Spotify cannot be reached."""

    def for_member(self) -> str:
        return "Spotify does not answer as it should. Nothing was lost; I keep trying."

    def for_asker(self) -> str:
        return super().for_member()


class Unreadable(SpotifyDown):
    """Nothing can be made of Spotify's answer."""


class Unsettled(SpotifyError):
    """What was written cannot be read yet."""

    theirs = True

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"not settled; looking again at {until:%Y-%m-%d %H:%M:%S %Z}")

    def for_member(self) -> str:
        return "Spotify doesn't show all of it yet. I'll check again by myself."


class SongsRefused(SpotifyError):
    """Spotify does not take these songs."""


class PlaylistFull(SpotifyError):
    """Spotify takes no more songs in that playlist."""


class PlaylistGone(SpotifyError):
    """The playlist no longer exists, or is no longer yours to change."""

    theirs = True

    def for_member(self) -> str:
        return "That playlist is gone from your Spotify, or no longer yours to change. /playlists remove lets go of it."


class AudioError(CratekeeperError):
    """That file cannot be heard."""

    theirs = True

    def for_member(self) -> str:
        return "I cannot hear that file."


class NotAudio(AudioError):
    """There is no sound in that file, or it is of a kind that is not read."""

    def for_member(self) -> str:
        return "I find no sound in that file. I read MP3, M4A (AAC), Ogg, Opus, FLAC and WAV."


class NotOpened(NotAudio):
    """The file cannot be opened."""


class EmptyAudio(AudioError):
    """There is next to nothing in that file."""

    def for_member(self) -> str:
        return "That file holds next to nothing: less than half a second of sound."


class SilentAudio(AudioError):
    """That file is silent from beginning to end."""

    def for_member(self) -> str:
        return "That file is silent from beginning to end."


class TruncatedAudio(AudioError):
    """That file breaks off before its end, or is damaged inside."""

    def for_member(self) -> str:
        return "That file breaks off before its end, or is damaged inside. Fetch or convert it once more."


class TooLongAudio(AudioError):
    """That file plays for longer than is listened to."""

    def for_member(self) -> str:
        return "That file plays for longer than I listen."


class TooLargeAudio(AudioError):
    """That file is larger, or unpacks to more, than is listened to."""

    def for_member(self) -> str:
        return "That file is larger, or unpacks to more, than I listen to."


class NamelessAudio(AudioError):
    """Its name is no text (UTF-8), so it cannot be kept: it was passed over. Another name helps."""


class NothingThere(AudioError):
    """The song is over there, or cannot be decoded."""

    def for_member(self) -> str:
        return "There is nothing to hear at that place of the song."


class ClipTooLarge(AudioError):
    """Even at the lowest bit rate the clip is larger than the limit."""

    def for_member(self) -> str:
        return "That clip is larger than I may send here."


class HearingFailed(AudioError):
    """The process that heard the file died, or took too long."""

    theirs = False

    def for_member(self) -> str:
        return "I could not hear that file to its end: something in it is out of the ordinary."


class CannotLook(CratekeeperError):
    """Something in a music folder cannot be looked at."""

    def __init__(self, why: str) -> None:
        super().__init__(f"It can't be looked at ({why}): what was heard there is kept.")


class ManyMissing(CratekeeperError):
    """Many files that were heard are not there any more."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count:,} files that were heard are gone: is a disk or a share not mounted? What was heard is kept. "
            "If you deleted them, run it again with --forget-missing."
        )


class ImportRuns(CratekeeperError):
    """Another import is under way; this one would hear the same files. Run it when that has ended."""


class AlreadyRuns(CratekeeperError):
    """Another Cratekeeper runs on this data folder. Stop that one first."""


class SourceError(CratekeeperError):
    """A source of features did not say what it knows."""

    def for_member(self) -> str:
        return "I could not find out more about your songs just now. Nothing was lost; I try again by myself."


class SourceWaits(SourceError):
    """A source of features is not to be asked for a while."""

    def __init__(self, source: str, until: datetime) -> None:
        self.until = until
        super().__init__(f"{source} is not asked before {until:%Y-%m-%d %H:%M:%S %Z}")


class SourceFailed(SourceError):
    """A source of features answered something that makes no sense."""


class ChatDown(CratekeeperError):
    """Discord does not answer."""

    def for_member(self) -> str:
        return "Discord doesn't answer as it should right now. Nothing was lost; try again in a few minutes."


class ChatWaits(ChatDown):
    """Discord wants nothing more of that kind for a while."""

    def __init__(self, door: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"{door}: Discord asks us to wait for {seconds:.0f} s")


class StoreError(CratekeeperError):
    """The database did not take that."""

    def for_member(self) -> str:
        return "I cannot write to my disk right now, so I did not do that. Please tell whoever runs this bot."


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

    def for_member(self) -> str:
        return "I cannot open what I kept for your Spotify account. Nothing was lost; use /link to go on."


class ModelError(CratekeeperError):
    """A model cannot be used."""

    theirs = True

    def for_member(self) -> str:
        return "I have not learnt your playlists yet. A few taps on /label and I will."


class ModelMissing(ModelError):
    """There is no such model file."""


class ModelCorrupt(ModelError):
    """The model file is not the one that was published."""


class PriorCorrupt(ModelError):
    """The prior's file is not one that was learnt here."""


class TrainingFailed(ModelError):
    """Training did not finish."""

    def for_member(self) -> str:
        return "Training did not finish. Your labels are safe and I try again with the next ones."
