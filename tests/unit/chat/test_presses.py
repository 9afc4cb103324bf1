"""Presses: a click delivered twice, late or out of order is one label, and the newest wins (promise P14)."""

import asyncio
import random
import tempfile
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, cards, playlists
from bot.core.records import Card, Like, Song
from bot.core.sorting.labels import Kind, Verdict
from bot.errors import BadChoice, NotYours
from bot.flows.sorting.labelling.label import Press
from bot.flows.sorting.labelling.presses import Presses
from tests.databases import new_store

T = TypeVar("T")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MARA, IDA = 1, 2
SONGS = ("s0", "s1", "s2")


async def furnish(store: Store) -> tuple[int, list[int]]:
    """Create Mara with three songs, a card for each, and three playlists. Returns her layer and playlists."""
    async with store.writing() as tx:
        await members.ensure(tx, MARA, NOW)
        await members.ensure(tx, IDA, NOW)
        await songs.like(tx, MARA, [Like(Song(song, song, ("A",)), NOW) for song in SONGS], NOW)
        layer = await playlists.ensure_layer(tx, MARA, "main")
        kept = [await playlists.add(tx, layer, name, name, name) for name in ("P", "Q", "R")]
        for song in SONGS:
            await cards.add(tx, Card(f"card-{song}", MARA, layer.layer, song, None, NOW))
    return layer.layer, [playlist.playlist for playlist in kept]


class Delivery(RuleBasedStateMachine):
    """Discord may deliver presses in any order and repeatedly; `told` is what the member pressed, by song and event."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.store = new_store(Path(self.folder.name) / "p14.db")
        self.layer, self.kept = self.run(furnish(self.store))
        self.told: dict[tuple[str, int], tuple[Kind, int]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @rule(
        song=st.sampled_from(SONGS),
        event=st.integers(1, 12),
        kind=st.sampled_from([Kind.ONLY, Kind.NONE]),
        at=st.integers(0, 2),
    )
    def press(self, song: str, event: int, kind: Kind, at: int) -> None:
        """Deliver a press; a repeated event has the same content as the first time."""
        kind, at = self.told.get((song, event), (kind, at))
        chosen = [self.kept[at]] if kind is Kind.ONLY else []
        pressed = self.run(Presses(self.store).keep(MARA, f"card-{song}", Press(kind, chosen, event), NOW))
        assert pressed.new == ((song, event) not in self.told)
        self.told[song, event] = kind, at

    @rule(
        events=st.lists(st.integers(1, 12), min_size=2, max_size=6),
        song=st.sampled_from(SONGS),
        at=st.integers(0, 2),
    )
    def press_at_once(self, events: list[int], song: str, at: int) -> None:
        """Deliver several presses in the same moment, and one of a stranger among them."""
        before = set(self.told)
        pressed = self.run(self._together(song, [Press(*self._said(song, event, at), event) for event in events]))
        assert sum(pressed) == len({(song, event) for event in events} - before)

    def _said(self, song: str, event: int, at: int) -> tuple[Kind, list[int]]:
        kind, at = self.told.setdefault((song, event), (Kind.ONLY, at))
        return kind, [self.kept[at]] if kind is Kind.ONLY else []

    async def _together(self, song: str, said: list[Press]) -> list[bool]:
        presses = Presses(self.store)
        keeping = [presses.keep(MARA, f"card-{song}", press, NOW) for press in said]
        *kept, strange = await asyncio.gather(
            *keeping, presses.keep(IDA, f"card-{song}", said[0], NOW), return_exceptions=True
        )
        assert isinstance(strange, NotYours)
        return [pressed.new for pressed in kept if not isinstance(pressed, BaseException)]

    @rule(song=st.sampled_from(SONGS), event=st.integers(1, 12))
    def stranger(self, song: str, event: int) -> None:
        with pytest.raises(NotYours):
            self.run(Presses(self.store).keep(IDA, f"card-{song}", Press(Kind.NONE, [], event), NOW))

    @invariant()
    def the_newest_press_is_the_label(self) -> None:
        assert self.run(self._verdicts()) == self._expected()

    async def _verdicts(self) -> dict[str, Verdict]:
        async with self.store.reading() as tx:
            return await answers.verdicts(tx, MARA, self.layer)

    def _expected(self) -> dict[str, Verdict]:
        newest: dict[str, tuple[Kind, int]] = {}
        for (song, _), told in sorted(self.told.items(), key=lambda press: press[0][1]):
            newest[song] = told
        return {
            song: Verdict(none=True) if kind is Kind.NONE else Verdict(yes=frozenset({self.kept[at]}))
            for song, (kind, at) in newest.items()
        }

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.run(self.store.close())
            self.runner.close()
            self.folder.cleanup()


test_p14_presses_twice_late_or_out_of_order_are_one_label_and_the_newest_wins = Delivery.TestCase
test_p14_presses_twice_late_or_out_of_order_are_one_label_and_the_newest_wins.settings = settings(
    max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)


async def test_p15_forged_cards_and_playlists_never_write(store: Store) -> None:
    layer, kept = await furnish(store)
    dice = random.Random(15)
    for event in range(600):
        card = dice.choice(["card-s0", "card-s9", "", "x" * 40, "card-s0'--"])
        chosen = [dice.choice([0, kept[0] + 90, 2**62])]
        with pytest.raises((BadChoice, NotYours)):
            await Presses(store).keep(dice.choice([MARA, IDA]), card, Press(Kind.ONLY, chosen, event), NOW)
    async with store.reading() as tx:
        assert await answers.standing(tx, MARA, layer) == []


async def test_p15_somebody_elses_card_takes_no_answer(store: Store) -> None:
    layer, kept = await furnish(store)
    said = [(Kind.NONE, []), (Kind.SKIP, []), *((Kind.ONLY, [playlist]) for playlist in kept)]
    for event, (kind, chosen) in enumerate(said, 1):
        with pytest.raises(NotYours):
            await Presses(store).keep(IDA, "card-s0", Press(kind, chosen, event), NOW)
    async with store.reading() as tx:
        assert await answers.standing(tx, MARA, layer) == await answers.standing(tx, IDA, layer) == []
