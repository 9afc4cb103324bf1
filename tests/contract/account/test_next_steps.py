"""The next step: each sentence is said in its own situation, with its button, and in no other."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from discord import ui

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.sorting import answers, playlists
from bot.chat import layout, next_steps
from bot.core.records import Account, Layer, Playlist
from bot.core.sorting.expectation import Expectation
from bot.core.sorting.labels import Answer, Kind, Source
from bot.errors.spotify import ConsentEnded, CoolingDown, SpotifyError
from bot.flows.account import status
from bot.flows.account.status import LayerStatus, Status
from bot.flows.sorting.labelling.label import Tally
from bot.flows.sorting.labelling.readiness import FIRST_TRAINING
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.messages import account as messages
from bot.messages.errors import describe
from bot.messages.sorting import models, outcomes

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAYER = Layer(1, 7, "main", several=False, everything=False)
RUN = Playlist(1, 7, 1, "Run", "ref", "🟦", True, 2, None, None)
LINKED = Account(7, "c", "u", "Ada", b"x", NOW, synced_at=NOW)
EMPTY = LayerStatus(LAYER, [], None, Tally(0, {}, 4), unplaced=5, expected=Expectation())
KEPT = replace(EMPTY, playlists=[RUN])
READY = replace(KEPT, tally=Tally(FIRST_TRAINING, {}, 0))
LEARNING = replace(KEPT, tally=Tally(FIRST_TRAINING, {}, 10, training=True, tried=True))
REFUSED = replace(KEPT, tally=Tally(FIRST_TRAINING, {}, 10, tried=True))
LEARNT = replace(READY, model=SimpleNamespace(labels=9), expected=Expectation(3, 2.7, 3))

SITUATIONS: dict[str, tuple[int, list[LayerStatus], bool, Account | None, str]] = {
    "never linked": (0, [], False, None, messages.WHAT_THIS_IS),
    "likes not read yet": (0, [], False, replace(LINKED, synced_at=None), messages.STILL_READING),
    "nothing liked": (0, [], False, LINKED, messages.NOTHING_LIKED),
    "no playlist": (9, [EMPTY], False, LINKED, messages.ASK_FIRST),
    "few labels": (9, [KEPT], False, LINKED, messages.WHERE_IT_STARTS),
    "the first training runs": (9, [LEARNING], False, LINKED, models.training(FIRST_TRAINING)),
    "enough labels": (9, [READY], False, LINKED, messages.ENOUGH_LABELS),
    "learned": (9, [LEARNT], False, LINKED, models.trained(LEARNT)),
    "sorted": (9, [LEARNT], True, LINKED, outcomes.FROM_NOW_ON),
    "sorted from a file": (9, [LEARNT], True, None, messages.FROM_THE_FILE),
    "consent ended": (9, [LEARNT], True, replace(LINKED, tokens=b""), messages.CONSENT_ENDED),
}


async def no_playlists(_: object) -> list[object]:
    return []


@pytest.mark.parametrize("situation", SITUATIONS)
async def test_each_step_is_offered_in_its_own_situation(store: Store, situation: str) -> None:
    songs, layers, sorted_once, account, says = SITUATIONS[situation]
    step = status._renewal(account) or status._next(songs, layers, sorted_once, account)
    known = Status(None, account, None, songs, 0, {}, (), layers, (), None, step)
    bot: Any = SimpleNamespace(offers=SimpleNamespace(of=no_playlists), services=SimpleNamespace(store=store))
    said = [item for item in await next_steps.after(bot, 7, known) if isinstance(item, str)]
    assert said[0] == says
    others = {sentence for *_, sentence in SITUATIONS.values()} - {says}
    assert others.isdisjoint(said)


@pytest.mark.parametrize(
    ("reason", "button"), [(ConsentEnded(), "Link Spotify"), (CoolingDown(NOW), "Choose playlists")]
)
async def test_without_an_answer_from_spotify_nobody_is_asked_to_choose_playlists(
    reason: SpotifyError, button: str
) -> None:
    async def fails(_: object) -> list[object]:
        raise reason

    bot: Any = SimpleNamespace(offers=SimpleNamespace(of=fails))
    said, row = await next_steps.playlists(bot, 7)
    assert said == describe(reason)
    assert isinstance(row, ui.ActionRow)
    assert [tap.item.label for tap in row.children if isinstance(tap, layout.Tap)] == [button]


async def test_the_status_counts_the_labels_that_its_layers_count(store: Store) -> None:
    """A song that was only said not to belong somewhere isn't one: it teaches no model where songs go."""
    async with store.writing() as tx:
        await members.ensure(tx, 7, NOW)
        layer = await playlists.ensure_layer(tx, 7, "main")
        for event, kind in enumerate((Kind.ONLY, Kind.NOT, Kind.NONE)):
            await answers.add(tx, 7, layer.layer, Answer(f"song {event}", kind, (1,), Source.HAND, event))

    async def none(_: int) -> list[object]:
        return []

    jobs: Any = SimpleNamespace(pending=none)
    known = await status.status(store, ScoredLibraries(store, None), jobs, [], 7, NOW)  # type: ignore[arg-type]
    assert (known.labels, [shown.tally.labels for shown in known.layers]) == (2, [2])


def test_after_a_training_without_a_model_more_answers_are_asked_for() -> None:
    assert status._next(9, [REFUSED], False, LINKED) == "label", "the same labels would lead to the same result"


def test_every_step_has_a_situation() -> None:
    steps = {status._renewal(account) or status._next(*of, account) for *of, account, _ in SITUATIONS.values()}
    assert steps == {"link", "read", "like", "renew", "playlists", "label", "train", "sort", "import", "watch"}
