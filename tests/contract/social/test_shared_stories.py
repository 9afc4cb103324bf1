"""Stories of a shared playlist: songs, votes and edits by hand in any order, with faults and crashes, and a model."""

from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from bot.adapters.store import Store
from bot.adapters.store.library import songs
from bot.core.records import Actor, Song
from bot.errors.spotify import CoolingDown, SpotifyDown, Unsettled
from bot.flows.feed.catalogue_index import key
from bot.flows.social.shared import playlists, publish
from tests.contract.social.shared_stage import BOB, CYD, SERVER, opened_with
from tests.contract.spotify.stage import MARA, TRACKS, staged
from tests.contract.spotify.writing.trouble import NONE, TROUBLE, Trouble, pass_by
from tests.machines import Machine, stories

KNOWN = [Song(track.uri, track.name, track.artists) for track in TRACKS[:12]]
FIRST, STRANGERS = KNOWN[:7], [track.uri for track in TRACKS[20:]]


class Sharing(Machine):
    """`there`: the songs in the host's playlist. `ours`: those of them that the bot put there; `theirs`: that the host
    put there or left out, of those on record.
    """

    @initialize()
    def begin(self) -> None:
        self.stage = self.run(self.opened.enter_async_context(staged(self.folder)))
        self.number = self.run(self._furnished())
        self.there, self.ours, self.theirs = set[str](), set[str](), set[str]()
        self.strangers: Iterator[str] = iter(STRANGERS)
        self.write(NONE)
        self.put_in_by_hand(KNOWN[-1])
        self.bring(0)
        self.write(NONE)

    async def _furnished(self) -> int:
        self.music = await self.stage.link(MARA, "mara")
        async with self.stage.store.writing() as tx:
            await songs.save(tx, KNOWN, self.stage.clock())
        host = Actor(MARA, SERVER, self.stage.clock())
        return await opened_with(self.stage.store, host, "Ours", [(song.song, BOB) for song in FIRST])

    def actor(self, member: int) -> Actor:
        return Actor(member, SERVER, self.stage.clock())

    @property
    def view(self) -> playlists.SharedView:
        return self.run(playlists.show(self.stage.store, BOB, SERVER, self.number))

    # What those do who keep it

    @rule(number=st.integers(0, 11))
    def bring(self, number: int) -> None:
        """Bring one that's new, the likeliest one that the host has put in."""
        on_record = {brought.song for brought in self.view.record}
        new = sorted(
            (song for song in KNOWN if song.song not in on_record), key=lambda song: song.song not in self.there
        )
        if new:
            self.run(playlists.add(self.stage.store, self.actor(CYD), self.number, new[number % len(new) // 2]))

    @rule(number=st.integers(0, 11), keep=st.booleans(), trouble=st.none() | TROUBLE)
    def vote(self, number: int, keep: bool, trouble: Trouble | None) -> None:
        """Both vote, the likeliest about one that's the host's; a day goes by, so that no limit stands in the way."""
        record = sorted(self.view.record, key=lambda brought: brought.song not in self.theirs)
        voted = key(record[number % len(record) // 2].song)
        for member in (BOB, CYD):
            self.run(playlists.vote(self.stage.store, self.actor(member), self.number, voted, keep))
        self.stage.clock.pass_by(days=1)
        if trouble is not None:
            self.write(trouble)

    # What the host does by hand

    @rule(song=st.sampled_from(KNOWN))
    def put_in_by_hand(self, song: Song) -> None:
        if song.song not in self.there:
            self.stage.world.add_by_hand("mara", self.ref, song.song)
            self.there.add(song.song)
            self.write(NONE)

    @precondition(lambda self: self.there)
    @rule(number=st.integers(0, 11))
    def take_out_by_hand(self, number: int) -> None:
        song = sorted(self.there)[number % len(self.there)]
        self.stage.world.remove_by_hand("mara", self.ref, song)
        self.there.discard(song)
        self.write(NONE)

    # What the bot does

    @rule(trouble=TROUBLE)
    def write(self, trouble: Trouble) -> None:
        for brought in self.view.record:
            self._expect(brought.song, stands=brought.stands)
        self.run(self._write(trouble))
        assert self.run(publish.unwritten(self.stage.store)) == []

    def _expect(self, song: str, *, stands: bool) -> None:
        """Note what becomes of a song on record when it's written."""
        if song in self.theirs:
            return
        if song in self.ours:
            if song not in self.there:  # the host took it out
                self.theirs.add(song)
            elif not stands:
                self.there.discard(song)
            if song in self.theirs or not stands:
                self.ours.discard(song)
        elif stands and song in self.there:
            self.theirs.add(song)
        elif stands:
            self.there.add(song)
            self.ours.add(song)

    async def _write(self, trouble: Trouble) -> None:
        if await trouble.befalls(self.stage.world, self._written(), self._add_a_strangers):
            await self._start_again()
        await self._written()
        pass_by(self.stage.world)
        self.stage.clock.pass_by(minutes=2)

    async def _written(self) -> None:
        """Write it as the worker does, waiting whenever it's postponed."""
        clock = self.stage.clock
        for _ in range(100):
            try:
                await publish.write(self.stage.store, self.music, MARA, self.number, clock())
            except (Unsettled, CoolingDown) as wait:
                clock.now = max(wait.until, clock())
            except SpotifyDown:
                clock.pass_by(seconds=5)
            else:
                return
        raise AssertionError("the write never ends")

    def _add_a_strangers(self) -> None:
        if self.there:  # else there's no playlist yet
            song = next(self.strangers)
            self.stage.world.add_by_hand("mara", self.ref, song)
            self.there.add(song)

    async def _start_again(self) -> None:
        """Drop every service, and build new ones on the same database."""
        await self.stage.store.close()
        self.stage.store = Store(self.stage.store.url)
        self.opened.push_async_callback(self.stage.store.close)
        self.stage.restart()
        self.music = await self.stage.music(MARA)

    @property
    def ref(self) -> str:
        (made,) = [playlist.id for playlist in self.stage.world.playlists.values() if playlist.name == "Ours"]
        return made

    @invariant()
    def spotify_holds_each_song_once_and_nothing_else(self) -> None:
        assert sorted(self.stage.world.playlist(self.ref).uris) == sorted(self.there)


pytestmark = pytest.mark.slow
test_p04_whatever_happens_a_shared_playlist_has_its_songs_once_and_the_hosts_stay = Sharing.TestCase
test_p04_whatever_happens_a_shared_playlist_has_its_songs_once_and_the_hosts_stay.settings = stories(0.2, steps=20)
