"""Lookups: what a source said when it was asked about a song. Pure."""

from enum import StrEnum


class LookupState(StrEnum):
    KNOWN = "known"
    NOTHING = "nothing"  # it doesn't know the song
    FAILED = "failed"
