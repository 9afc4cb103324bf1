"""Jobs: the kinds of durable work, and what names one. Pure."""

from dataclasses import dataclass
from enum import StrEnum

QUEUE = "members"
BACKGROUND = "hearing"  # under its first name: its jobs take long, and write nothing that other jobs write
QUEUES = (QUEUE, BACKGROUND)
EXECUTOR = "bot"  # the name of the process that does everything; a start resumes the jobs of its name
AT_ONCE, LATER = 0, 1  # arguments of LOOK_UP: a job that waits an hour mustn't keep one from starting now


class JobKind(StrEnum):
    """The kinds as the queue stores them. An upgrade resumes an older program's jobs, so a value never changes."""

    SYNC = "sync"  # read all likes
    POLL = "poll"  # check for new likes and manual edits
    LOOK_UP = "hear"  # features
    PLACE = "place"  # sort new likes
    SAVE = "save"  # save songs liked in the feed
    TRAIN = "train"  # argument: the layer
    APPLY = "apply"  # argument: the write
    KEEP = "keep"  # finish creating playlists
    SHARE = "share"  # argument: the shared playlist
    READ = "read"  # the playlists that the bot doesn't keep


UNASKED = frozenset({JobKind.POLL, JobKind.LOOK_UP, JobKind.PLACE, JobKind.SHARE, JobKind.KEEP, JobKind.READ})
IN_BACKGROUND = frozenset({JobKind.LOOK_UP, JobKind.READ})  # nothing that a member waits for waits for these


@dataclass(frozen=True, slots=True)
class Job:
    """What to do for whom; `tries` counts how often it was postponed."""

    kind: JobKind
    member: int
    argument: int = 0
    tries: int = 0

    @property
    def prefix(self) -> str:
        return f"{self.member}:{self.kind}:{self.argument}:"


@dataclass(frozen=True, slots=True)
class Next:
    """A job that follows for the same member, `delay` seconds later."""

    kind: JobKind
    argument: int = 0
    delay: float = 0
