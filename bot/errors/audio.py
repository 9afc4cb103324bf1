"""What can go wrong with a sound file, or a folder of them.

AudioError               a file that can't be heard; it's remembered, so it's tried once
├── NotAudio             no sound in it, or a kind we don't read
│   └── NotOpened        not there, not readable, not a file
├── EmptyAudio           next to nothing in it
├── SilentAudio
├── TruncatedAudio       half-downloaded, or damaged inside
├── TooLongAudio · TooLargeAudio
├── NamelessAudio        a file whose name isn't text
├── NothingThere         a clip was wanted where there is no sound
├── ClipTooLarge         no bit rate brings a clip below the limit
└── HearingFailed        the process that heard it died, or was too slow
"""

from dataclasses import dataclass

from bot.errors import CratekeeperError


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
