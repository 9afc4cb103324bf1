"""Presses: a click delivered twice, late or out of order is one label, and the newest wins (promise P14)."""

import asyncio
import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from bot.adapters.artefacts import Folder
from bot.adapters.local_playlists import LocalPlaylists
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.account import members
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, cards, playlists
from bot.core.records import LOCAL, Actor, Card, Like, Song
from bot.core.sorting.labels import Kind, Verdict
from bot.errors import BadChoice, NothingToUndo, NotYours
from bot.errors.sorting import PlaylistNotKept
from bot.flows.sorting import playlists as playlist_flow
from bot.flows.sorting import review
from bot.flows.sorting.labelling import bulk
from bot.flows.sorting.labelling.label import Press, Pressed
from bot.flows.sorting.labelling.presses import Presses
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.ports import ListedPlaylist
from tests.databases import new_store
from tests.machines import Machine, stories

Label = tuple[frozenset[int] | None, bool]  # where it goes (None: not said yet), and whether it was skipped since
UNSAID: Label = (None, False)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MARA, IDA = 1, 2
SONGS = ("s0", "s1", "s2")
EVENTS = st.integers(1, 12)
KINDS = st.sampled_from([Kind.ONLY, Kind.NONE, Kind.SKIP])
WHERE = st.sets(st.integers(0, 2), min_size=1, max_size=2)


async def furnish(store: Store) -> tuple[int, list[int]]:
    """Create Mara with three songs, a card for each, and three playlists. Returns her layer and playlists."""
    async with store.writing() as tx:
        await members.ensure(tx, MARA, NOW)
        await members.ensure(tx, IDA, NOW)
        await songs.like(tx, MARA, [Like(Song(song, song, ("A",)), NOW) for song in SONGS], NOW)
        layer = await playlists.ensure_layer(tx, MARA, "main")
        kept = [await playlists.add(tx, layer, name, LOCAL + name, name) for name in ("P", "Q", "R")]
        for song in SONGS:
            await cards.add(tx, Card(f"card-{song}", MARA, layer.layer, song, None, NOW))
    return layer.layer, [playlist.playlist for playlist in kept]


@dataclass(frozen=True, slots=True)
class Said:
    """What one event says: of which songs, and where they go."""

    songs: tuple[str, ...]
    kind: Kind
    where: frozenset[int]


class Delivery(Machine):
    """Discord may deliver presses late, twice and in any order. `told`: what the member said, by event."""

    @initialize()
    def begin(self) -> None:
        self.store = new_store(self.folder / "p14.db")
        self.opened.push_async_callback(lambda: self.store.close())
        self.layer, self.all = self.run(furnish(self.store))
        self.told: dict[int, Said] = {}
        self.undone: set[int] = set()
        self.kept = set(self.all)

    @property
    def libraries(self) -> ScoredLibraries:
        return ScoredLibraries(self.store, Scorer(Folder(self.folder)))

    def said(self, song: str, event: int, kind: Kind, at: Collection[int]) -> Said:
        """Return what a press says; one that was delivered before says the same again."""
        where = frozenset(self.all[one] for one in at) if kind is Kind.ONLY else frozenset[int]()
        return self.told.get(event, Said((song,), kind, where))

    @rule(song=st.sampled_from(SONGS), event=EVENTS, kind=KINDS, at=WHERE)
    def press(self, song: str, event: int, kind: Kind, at: set[int]) -> None:
        said = self.said(song, event, kind, at)
        pressing = Presses(self.store).keep(MARA, *pressed(said, event), NOW)
        if said.where <= self.kept:
            assert self.run(pressing).new == (event not in self.told)
            self.told[event] = said
        else:
            with pytest.raises(PlaylistNotKept):
                self.run(pressing)

    @rule(song=st.sampled_from(SONGS), events=st.lists(EVENTS, min_size=2, max_size=6), at=WHERE)
    def press_at_once(self, song: str, events: list[int], at: set[int]) -> None:
        """Deliver several presses in the same moment, and one of a stranger among them."""
        said = {event: self.said(song, event, Kind.ONLY, at) for event in events}
        good = [event for event in events if said[event].where <= self.kept]
        new = self.run(self._together([pressed(said[event], event) for event in events]))
        assert sum(new) == len(set(good) - self.told.keys())
        self.told |= {event: said[event] for event in good}

    async def _together(self, presses: list[tuple[str, Press]]) -> list[bool]:
        keeper = Presses(self.store)
        keeping = [keeper.keep(MARA, *press, NOW) for press in presses]
        strange = keeper.keep(IDA, *presses[0], NOW)
        *kept, refused = await asyncio.gather(*keeping, strange, return_exceptions=True)
        assert isinstance(refused, NotYours)
        assert {type(each) for each in kept} <= {Pressed, PlaylistNotKept}
        return [each.new for each in kept if isinstance(each, Pressed)]

    @rule(event=EVENTS, at=st.integers(0, 2), kind=st.sampled_from([Kind.ONLY, Kind.NONE]))
    def press_for_the_rest(self, event: int, at: int, kind: Kind) -> None:
        """Answer at once about all songs without a place."""
        labels, chosen = self.labels(), [self.all[at]] if kind is Kind.ONLY else []
        rest = tuple(song for song in SONGS if labels.get(song, UNSAID)[0] is None)
        if event not in self.told and rest and self.kept.issuperset(chosen):
            self.run(self._answer_all(rest, Press(kind, chosen, event)))
            self.told[event] = Said(rest, kind, frozenset(chosen))

    async def _answer_all(self, rest: tuple[str, ...], press: Press) -> None:
        listed = await bulk.more(self.store, self.libraries, MARA, f"card-{rest[0]}", 0)
        answered = await bulk.answer(self.store, MARA, listed, press, rest, NOW)
        assert answered.songs == list(rest)

    @rule(song=st.sampled_from(SONGS))
    def undo(self, song: str) -> None:
        """Undo the newest answer, whichever card the button is on."""
        standing = self.told.keys() - self.undone
        undoing = review.undo_answer(self.store, self.libraries, MARA, f"card-{song}", NOW)
        if standing:
            assert self.run(undoing).songs == len(self.told[max(standing)].songs)
            self.undone.add(max(standing))
        else:
            with pytest.raises(NothingToUndo):
                self.run(undoing)

    @rule(at=st.integers(0, 2))
    def let_go(self, at: int) -> None:
        """Stop keeping a playlist: what was said stays, and nothing more can be put there."""
        if self.all[at] in self.kept:
            self.run(playlist_flow.remove(self.store, MARA, self.all[at], NOW))
            self.kept.discard(self.all[at])

    @rule(at=st.integers(0, 2), name=st.sampled_from(["", " renamed"]))
    def take_back(self, at: int, name: str) -> None:
        letter = "PQR"[at]
        listed = ListedPlaylist(LOCAL + letter, letter + name, 0, None)
        music = LocalPlaylists(self.store, MARA, lambda: NOW)
        if self.all[at] not in self.kept:
            kept = self.run(playlist_flow.take(self.store, music, Actor(MARA, None, NOW), "main", listed))
            assert kept.playlist == self.all[at]
            self.kept.add(kept.playlist)

    @rule()
    def restart(self) -> None:
        self.run(self.store.close())
        self.store = Store(self.store.url)

    @rule(song=st.sampled_from(SONGS), event=EVENTS)
    def stranger(self, song: str, event: int) -> None:
        with pytest.raises(NotYours):
            self.run(Presses(self.store).keep(IDA, f"card-{song}", Press(Kind.NONE, [], event), NOW))

    @invariant()
    def the_newest_press_is_the_label(self) -> None:
        verdicts = self.run(self._verdicts())
        assert {song: (where(verdict), verdict.skipped) for song, verdict in verdicts.items()} == self.labels()

    async def _verdicts(self) -> dict[str, Verdict]:
        async with self.store.reading() as tx:
            return await answers.verdicts(tx, MARA, self.layer)

    def labels(self) -> dict[str, Label]:
        labels: dict[str, Label] = {}
        for event in sorted(self.told.keys() - self.undone):
            said = self.told[event]
            for song in said.songs:
                skipped = said.kind is Kind.SKIP
                labels[song] = (labels.get(song, UNSAID)[0], True) if skipped else (said.where, False)
        return labels


def pressed(said: Said, event: int) -> tuple[str, Press]:
    """Return a press about one song, and its card."""
    return f"card-{said.songs[0]}", Press(said.kind, sorted(said.where), event)


def where(verdict: Verdict) -> frozenset[int] | None:
    return verdict.yes if verdict.settled else None


test_p14_presses_twice_late_or_out_of_order_are_one_label_and_the_newest_wins = Delivery.TestCase
test_p14_presses_twice_late_or_out_of_order_are_one_label_and_the_newest_wins.settings = stories(0.5, steps=20)


@pytest.mark.slow
async def test_p15_forged_cards_and_playlists_never_write(store: Store) -> None:
    layer, kept = await furnish(store)
    rng = random.Random(15)
    for event in range(600):
        card = rng.choice(["card-s0", "card-s9", "", "x" * 40, "card-s0'--"])
        chosen = [rng.choice([0, kept[0] + 90, 2**62])]
        with pytest.raises((BadChoice, NotYours)):
            await Presses(store).keep(rng.choice([MARA, IDA]), card, Press(Kind.ONLY, chosen, event), NOW)
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
