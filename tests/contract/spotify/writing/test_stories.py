"""Stories of writes: sorts, undos and edits by hand in any order, with faults and crashes, against a simple model."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from bot.adapters.artefacts import Folder
from bot.adapters.scorer import Scorer
from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.adapters.store.sorting import answers, playlists, writes
from bot.core.records import Like, Song
from bot.core.sorting.labels import Answer, Kind, Source
from bot.core.sorting.writing.writes import WriteState
from bot.flows.sorting import dry_run
from bot.flows.sorting.scored_library import ScoredLibraries
from bot.flows.sorting.writing import manual_edits, sort, undo
from tests.contract.spotify.stage import MARA, START, URIS, staged
from tests.contract.spotify.writing.trouble import TROUBLE, Trouble, pass_by
from tests.contract.spotify.writing.writer import OWN, PlaylistWriter, kept_with
from tests.machines import Machine, stories

LIKED, STRANGERS = URIS[10:13], URIS[20:]  # Mara's likes; songs that somebody else adds
Place = tuple[int, str]  # of a song in a playlist


class Writing(Machine):
    """`there`: the songs in two playlists; `ours`: those of them that the bot put there; `said`: where a song belongs.

    `out`: what was taken out by hand, and not asked for since; `done`: what each write put in and took out, without
    those undone.
    """

    @initialize()
    def begin(self) -> None:
        self.stage = self.run(self.opened.enter_async_context(staged(self.folder)))
        self.writer, self.other = self.run(self._furnished())
        self.lists = [self.writer.kept, self.other]
        self.there: set[Place] = {(self.writer.kept.playlist, song) for song in OWN}
        self.ours: set[Place] = set()
        self.said: dict[str, int | None] = {}
        self.out: set[Place] = set()
        self.done: list[tuple[set[Place], set[Place]]] = []
        self.strangers = iter(STRANGERS)

    async def _furnished(self) -> tuple[PlaylistWriter, playlists.Playlist]:
        music = await self.stage.link(MARA, "mara")
        writer = PlaylistWriter(self.stage, music, await kept_with(self.stage, music, "Quay", OWN))
        other = await writer.another("Pier")
        async with self.stage.store.writing() as tx:
            likes = [Like(Song(uri, f"Song {uri}", ("First",)), START) for uri in LIKED]
            await songs.like(tx, MARA, likes, START)
        return writer, other

    # What Mara does

    @rule(song=st.sampled_from(LIKED), at=st.integers(0, 1), kind=st.sampled_from([Kind.ONLY, Kind.NONE]))
    def say(self, song: str, at: int, kind: Kind) -> None:
        self.said[song] = self.lists[at].playlist if kind is Kind.ONLY else None
        self.out.discard((self.lists[at].playlist, song))
        self.run(self._say(song, kind))

    async def _say(self, song: str, kind: Kind) -> None:
        where = self.said[song]
        async with self.stage.store.writing() as tx:
            event = await answers.next_event(tx, MARA)
            chosen = () if where is None else (where,)
            await answers.add(tx, MARA, self.writer.kept.layer, Answer(song, kind, chosen, Source.BUTTON, event))

    @rule(song=st.sampled_from(LIKED), at=st.integers(0, 1))
    def put_in_by_hand(self, song: str, at: int) -> None:
        place = (self.lists[at].playlist, song)
        if place not in self.there:
            self.stage.world.add_by_hand("mara", self.lists[at].ref, song)
            self.there.add(place)
            self.out.discard(place)
            self.said[song] = place[0]
            self.run(self._look())

    @precondition(lambda self: self.there)
    @rule(number=st.integers(0, 9))
    def take_out_by_hand(self, number: int) -> None:
        likeliest = sorted(self.there, key=lambda place: (place not in self.ours, place))
        place = likeliest[number % len(likeliest)]
        (kept,) = [kept for kept in self.lists if kept.playlist == place[0]]
        self.stage.world.remove_by_hand("mara", kept.ref, place[1])
        self.there.discard(place)
        self.ours.discard(place)
        self.out.add(place)
        if self.said.get(place[1]) == place[0]:
            del self.said[place[1]]
        self.run(self._look())

    async def _look(self) -> None:
        await manual_edits.detect(self.stage.store, self.writer.music, MARA, self.stage.clock())

    # What the bot does

    @rule(asked=st.sets(st.sampled_from([*LIKED, OWN[0]]), min_size=1), at=st.integers(0, 1), trouble=TROUBLE)
    def add(self, asked: set[str], at: int, trouble: Trouble) -> None:
        done = self.carry_out(self.run(self.writer.add(*sorted(asked), to=self.lists[at])), trouble)
        self.done += [done] if any(done) else []
        wanted = {(self.lists[at].playlist, song) for song in asked}
        assert wanted <= self.there
        self.out -= wanted

    @rule(trouble=TROUBLE)
    def sort_all(self, trouble: Trouble) -> None:
        planned = self.run(self._planned())
        assert places(planned.removed) <= self.ours
        assert not places(planned.placed) & self.out
        done = self.carry_out(self.run(self._confirmed(planned)), trouble)
        assert done == (places(planned.placed), places(planned.removed)), "the dry run shows what will happen"
        self.done += [done] if any(done) else []
        for song, where in self.said.items():
            assert {playlist for playlist, other in self.ours if other == song} <= {where}
            assert where is None or (where, song) in self.there

    async def _planned(self) -> sort.Receipt:
        """Plan a sort of the songs that count as placed by Mara; there's no model that could place any other."""
        store, now = self.stage.store, self.stage.clock()
        async with store.reading() as tx:
            (layer,) = await playlists.layers(tx, MARA)
            verdicts = await answers.verdicts(tx, MARA, layer.layer)
        scored = await ScoredLibraries(store, Scorer(Folder(self.folder))).of(MARA, layer.layer)
        write = await dry_run.prepare(
            store, layer, scored, frozenset(song for song in verdicts if verdicts[song].settled), now
        )
        async with store.writing() as tx:
            await writes.set_state(tx, write, WriteState.PLANNED)
        async with store.reading() as tx:
            return await sort.receipt(tx, write)

    async def _confirmed(self, planned: sort.Receipt) -> int:
        await sort.confirm(self.stage.store, MARA, planned.write.write, planned.version)
        return planned.write.write

    @precondition(lambda self: self.done)
    @rule(trouble=TROUBLE)
    def undo(self, trouble: Trouble) -> None:
        placed, removed = self.done.pop()
        back = removed - self.there, placed & self.ours
        undoing = undo.write(self.stage.store, MARA, None, self.stage.clock())
        assert self.carry_out(self.run(undoing), trouble) == back

    def carry_out(self, write: int, trouble: Trouble) -> tuple[set[Place], set[Place]]:
        """Apply a write. Returns what its receipt says that it put in and took out, which is so at Spotify."""
        receipt = self.run(self._apply(write, trouble))
        assert receipt.refused == []
        placed, removed = places(receipt.placed), places(receipt.removed)
        assert removed <= self.ours, "a song that the bot didn't add is gone"
        assert not placed & self.there
        self.there = (self.there - removed) | placed
        self.ours = (self.ours - removed) | placed
        return placed, removed

    async def _apply(self, write: int, trouble: Trouble) -> sort.Receipt:
        if await trouble.befalls(self.stage.world, self.writer.apply(write), self._add_a_strangers):
            await self._start_again()
        receipt = await self.writer.apply(write)
        pass_by(self.stage.world)
        self.stage.clock.pass_by(minutes=2)
        return receipt

    def _add_a_strangers(self) -> None:
        song = next(self.strangers)
        self.stage.world.add_by_hand("mara", self.other.ref, song)
        self.there.add((self.other.playlist, song))

    async def _start_again(self) -> None:
        """Drop every service, and build new ones on the same database."""
        await self.stage.store.close()
        self.stage.store = Store(self.stage.store.url)
        self.opened.push_async_callback(self.stage.store.close)
        self.stage.restart()
        self.writer.music = await self.stage.music(MARA)
        assert [write.write for write in await sort.unfinished(self.stage.store)]

    @invariant()
    def spotify_holds_each_song_once_and_nothing_else(self) -> None:
        held = [(kept.playlist, song) for kept in self.lists for song in self.writer.songs(kept)]
        assert sorted(held) == sorted(self.there)


def places(changes: list) -> set[Place]:
    return {(change.playlist, change.song) for change in changes}


pytestmark = pytest.mark.slow
test_p04_whatever_happens_songs_go_in_once_and_only_the_bots_own_come_out = Writing.TestCase
test_p04_whatever_happens_songs_go_in_once_and_only_the_bots_own_come_out.settings = stories(0.15, steps=16)
