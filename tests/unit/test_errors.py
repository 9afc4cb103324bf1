"""What members read of an error: a reference only where there is something to look up, never where they can go on."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from discord import ui

from bot import errors
from bot.chat.guard import problem
from bot.errors import CratekeeperError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MADE_WITH: dict[str, tuple[object, ...]] = {
    "AlreadyReposted": (1, NOW),
    "ChatWaits": ("door", 3.0),
    "CoolingDown": (NOW,),
    "Unsettled": (NOW,),
    "SourceWaits": ("deezer", NOW),
    "TooFewLabels": (4,),
    "WrongCode": (4,),
}
OURS = {
    "CratekeeperError", "SettingsError", "SpotifyError", "CoolingDown", "SpotifyDown", "HearingFailed", "ImportRuns",
    "SongsRefused", "PlaylistFull",
    "AlreadyRuns", "SourceError", "SourceWaits", "SourceFailed", "ChatDown", "ChatWaits",
    "StoreError", "StoreBusy", "StoreFull", "NewerSchema",
}  # fmt: skip


def kinds(kind: type[CratekeeperError] = CratekeeperError) -> Iterator[type[CratekeeperError]]:
    yield kind
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from kinds(each)


def said(error: CratekeeperError) -> str:
    return "\n".join(item.content for item in problem(error).walk_children() if isinstance(item, ui.TextDisplay))


@pytest.mark.parametrize("kind", dict.fromkeys(kinds()), ids=lambda kind: kind.__name__)
def test_a_state_that_members_can_leave_by_themselves_has_no_reference(kind: type[CratekeeperError]) -> None:
    text = said(kind(*MADE_WITH.get(kind.__name__, ())))
    assert ("`#" in text) == (kind.__name__ in OURS)
    if "/" in text:  # a command is a way to go on
        assert "`#" not in text


def test_what_is_not_learnt_yet_says_what_is_missing_and_shows_the_way() -> None:
    assert "4 more labels" in said(errors.TooFewLabels(4))
    assert "1 more label to" in said(errors.TooFewLabels(1))
    assert [item.item.label for item in problem(errors.NotTrained()).walk_children() if hasattr(item, "item")] == [
        "Learn from them"
    ]
