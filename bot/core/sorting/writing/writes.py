"""Writes: what a write is for, how far it has come, and what its lines do. Pure; the values stand in the database."""

from enum import StrEnum


class WriteKind(StrEnum):
    SORT = "sort"  # a dry run that the member confirms
    WATCH = "watch"  # new likes
    TAP = "tap"  # an answer about one song, which is also a label
    ADD = "add"  # the same, but no label
    UNDO = "undo"
    RESTORE = "restore"  # a playlist as it was, which the member confirms


class WriteState(StrEnum):
    PREPARING = "preparing"  # its lines aren't complete yet
    PLANNED = "planned"  # a dry run, waiting for the member
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (WriteState.DONE, WriteState.FAILED)


class Action(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    ASK = "ask"  # a question to the member; nothing to write


class LineState(StrEnum):
    """What's known of a line."""

    ASKED = "asked"  # a question to the member; nothing to write
    WANTED = "wanted"  # to be sent
    RULED_OUT = "ruled out"  # the member said that it doesn't belong there, before it was sent
    ATTEMPTED = "attempted"  # sent; it's unknown whether Spotify carried it out
    SENT = "sent"  # Spotify confirmed it; not read there yet
    WRITTEN = "written"  # read there
    TAKEN = "taken"  # written, and removed by hand since
    UNTOUCHED = "untouched"  # already so before we wrote
    REFUSED = "refused"  # can't be done: `problem` says why
