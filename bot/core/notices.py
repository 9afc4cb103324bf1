"""Notices: what a message for a member is about. Pure; the values stand in the database."""

from enum import StrEnum


class NoticeKind(StrEnum):
    SYNCED = "synced"
    TRAINED = "trained"
    RECEIPT = "receipt"  # of a write that was asked for
    UPDATE = "update"  # new likes that were sorted; follows the member's settings
    PROBLEM = "problem"  # a job that was asked for failed, or consent has ended
    ASIDE = "aside"  # work in the background failed too often
    CONSENT = "consent"  # it ends soon
    MATCH = "match"
    PROMPT = "prompt"
    INTERRUPTED = "interrupted"  # an import, by a crash
    KEPT = "kept"  # a playlist that was asked for is there
    REFUSED = "refused"  # songs that Spotify doesn't take
    SHARED = "shared"
    LOST = "lost"  # a shared playlist was deleted
    LEFT = "left"  # its host left the server
    UNWRITTEN = "unwritten"  # shared playlists can't be written
