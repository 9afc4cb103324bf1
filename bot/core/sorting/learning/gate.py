"""Gate: why a newly trained model is published, or isn't. Pure."""

from enum import StrEnum


class Reason(StrEnum):
    """What decided about a new model, in words for a log line."""

    NOTHING_TO_TELL_APART = "nothing to tell apart yet"
    UNTESTED = "too few labels to test it, so it guesses and asks"
    NO_BETTER = "no better than knowing how common each playlist is"
    BETTER = "better than knowing how common each playlist is"
    NEW_RULES = "the layer's rules changed"
    WORSE = "worse than the model that serves, on the same songs"
    NOT_WORSE = "not worse than the model that serves, on the same songs"
