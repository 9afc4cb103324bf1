"""What members read about an error: it has a reference only if there's something to look up."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import Parameter, signature

import pytest
from discord import ui

from bot import errors
from bot.chat.guard import problem
from bot.errors import CratekeeperError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MADE_WITH: dict[str, object] = {"int": 4, "float": 3.0, "str": "x", "datetime": NOW, "bool": True}  # by annotation


def made(kind: type[CratekeeperError]) -> CratekeeperError:
    """An error of that kind, with any arguments."""
    needed = [parameter for parameter in signature(kind).parameters.values() if parameter.default is Parameter.empty]
    return kind(*(MADE_WITH.get(getattr(parameter.annotation, "__name__", ""), ()) for parameter in needed))


def kinds(kind: type[CratekeeperError] = CratekeeperError) -> Iterator[type[CratekeeperError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__.split(".")[:2] == ["bot", "errors"]:
            yield from kinds(child)


def said(error: CratekeeperError) -> str:
    return "\n".join(item.content for item in problem(error).walk_children() if isinstance(item, ui.TextDisplay))


@pytest.mark.parametrize("kind", dict.fromkeys(kinds()), ids=lambda kind: kind.__name__)
def test_an_error_members_can_resolve_themselves_has_no_reference(kind: type[CratekeeperError]) -> None:
    text = said(made(kind))
    assert ("`#" in text) == (not kind.theirs)
    if re.search(r"(?<!\w)/[a-z]", text):  # naming a command shows a way out
        assert kind.theirs


def test_an_untrained_layer_says_what_is_missing_and_what_to_do() -> None:
    assert "4 more labels" in said(errors.TooFewLabels(4))
    assert "1 more label to" in said(errors.TooFewLabels(1))
    assert [item.item.label for item in problem(errors.NotTrained()).walk_children() if hasattr(item, "item")] == [
        "Learn from them"
    ]
