"""The picture of a model says its finding in words, in the member's language."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.records import Model
from bot.messages import LANGUAGES, speaking
from bot.messages.sorting import models


def entry(right: int, asked: int, of: int) -> dict[str, float]:
    return {
        "precision": right / asked if asked else 0.0,
        "recall": right / of,
        "right": right,
        "asked": asked,
        "of": of,
    }


def model(**card: Any) -> Model:
    return Model(1, 7, 1, "digest", 40, card, datetime(2026, 11, 29, tzinfo=UTC), True)


CARD = {
    "overall": {"tested": 1240},
    "scores": {"1": entry(9, 10, 12), "2": entry(7, 14, 10), "3": entry(0, 0, 4)},
    "none": entry(6, 10, 6),
    "names": {"1": "Late *night*", "2": "Run", "3": "Kitchen"},
}


def test_it_names_the_best_and_the_weakest_playlist() -> None:
    assert models.finding(model(**CARD)) == (
        "Tested on 1,240 labelled songs I hadn't seen. "
        "Surest: Late *night*, right 9 of 10 times, finding 9 of its 12 songs. "
        "Weakest: Run, right 7 of 14 times, finding 7 of its 10 songs."
    )
    assert "Weakest" not in models.finding(model(**{**CARD, "scores": {}})), "one can't be both"


@pytest.mark.parametrize("card", [{}, {"scores": {"1": entry(0, 0, 4)}, "none": None}])
def test_an_untested_one_says_so(card: dict[str, Any]) -> None:
    assert models.finding(model(**card)) == "Too few labels to say how right I am."


def test_every_language_has_words_of_its_own() -> None:
    said = []
    for language in LANGUAGES:
        with speaking(language):
            said.append(models.finding(model(**CARD)))
    assert len(set(said)) == len(LANGUAGES)
    assert all("Late *night*" in each and "9" in each for each in said)
